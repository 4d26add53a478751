//! Lists of stores.

use crate::page::{self, Cursor, Keyset, Page, PageRequest};
use entity::id::UserId;
use entity::store::{Column, Entity, Model};
use entity::value::{Permission, StoreStatus};
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Select};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::auth::permissions::ManageProducts;
use souk_core::db::InPadded;
use souk_core::error::Result;
use souk_core::text::words;
use std::collections::HashMap;

/// Conditions on a list of stores.
#[derive(Clone, Debug, Default)]
pub struct StoreFilter {
    /// Words of the name; each may be the beginning of a word.
    pub search: Option<String>,
    /// Minimum average rating, in hundredths of a star.
    pub min_rating: Option<i32>,
    /// Only for staff of the marketplace; default: ACTIVE.
    pub status: Option<Vec<StoreStatus>>,
}

/// Sort orders of stores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StoreSort {
    /// Newest first.
    #[default]
    Newest,
    /// Best average rating first.
    Rating,
}

impl StoreSort {
    fn keyset(self) -> Keyset<Column> {
        match self {
            Self::Newest => Keyset::newest(Column::CreatedAt, Column::Id),
            Self::Rating => Keyset::number(Column::RatingAverage, Column::Id, true),
        }
    }

    fn cursor(self, row: &Model) -> Cursor {
        match self {
            Self::Newest => Cursor::at(row.created_at, row.id.0),
            Self::Rating => Cursor::of(row.rating_average, row.id.0),
        }
    }
}

/// The active stores; staff can request other statuses.
pub async fn list(app: &App, viewer: &Viewer, filter: &StoreFilter, sort: StoreSort, page: &PageRequest) -> Result<Page<Model>> {
    page::fetch(app.db.read(), select(viewer, filter)?, &sort.keyset(), page, |row| sort.cursor(row)).await
}

/// Number of stores, counted up to `cap`, and whether that is exact.
pub async fn count(app: &App, viewer: &Viewer, filter: &StoreFilter, cap: u64) -> Result<(u64, bool)> {
    page::count(app.db.read(), select(viewer, filter)?, cap).await
}

fn select(viewer: &Viewer, filter: &StoreFilter) -> Result<Select<Entity>> {
    let mut query = match &filter.status {
        None => Entity::find().filter(Column::Status.eq(StoreStatus::Active)),
        Some(wanted) => {
            viewer.staff::<ManageProducts>()?;
            Entity::find().filter(Column::Status.in_padded(wanted))
        }
    };
    if let Some(least) = filter.min_rating {
        query = query.filter(Column::RatingAverage.gte(least));
    }
    if let Some(search) = &filter.search {
        let words = words(search);
        if words.is_empty() {
            return Ok(query.filter(Column::Id.in_padded::<uuid::Uuid>(&[])));
        }
        // Words are ASCII letters and digits only, so they contain no wildcards of LIKE.
        for word in words.iter().take(8) {
            let name = Expr::expr(Func::lower(Expr::col((Entity, Column::Name))));
            let any = Condition::any()
                .add(Column::Slug.like(format!("{word}%")))
                .add(Column::Slug.like(format!("%-{word}%")))
                .add(name.like(format!("%{word}%")));
            query = query.filter(any);
        }
    }
    Ok(query)
}

fn owned_by(viewer: &Viewer, owner: UserId) -> Select<Entity> {
    let query = Entity::find().filter(Column::OwnerId.eq(owner));
    let all = viewer.user_id() == Some(owner) || viewer.may(Permission::ManageProducts);
    if all { query } else { query.filter(Column::Status.eq(StoreStatus::Active)) }
}

/// Stores by owner, newest first: the viewer's own in any status, active ones of other users.
pub async fn owned(app: &App, viewer: &Viewer, owners: &[UserId], page: &PageRequest) -> Result<HashMap<UserId, Page<Model>>> {
    let sort = StoreSort::Newest;
    let select_for = |owner| owned_by(viewer, owner);
    page::fetch_for_each(app.db.read(), owners, select_for, &sort.keyset(), page, |row: &Model| sort.cursor(row)).await
}

/// Number of a user's stores that the viewer may see, counted up to `cap`, and whether that is exact.
pub async fn count_owned(app: &App, viewer: &Viewer, owner: UserId, cap: u64) -> Result<(u64, bool)> {
    page::count(app.db.read(), owned_by(viewer, owner), cap).await
}
