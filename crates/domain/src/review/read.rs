//! Queries of reviews.

use crate::page::{self, Cursor, Keyset, Page, PageRequest};
use entity::id::{ProductId, ReviewId, StoreId};
use entity::review::{Column, Entity, Model};
use entity::value::{Permission, ReviewStatus};
use entity::{product, store};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, EntityTrait, JoinType, QueryFilter, QuerySelect, Select};
use souk_core::app::App;
use souk_core::auth::permissions::Moderate;
use souk_core::auth::{self, Customer, Staff, Viewer};
use souk_core::db::InPadded;
use souk_core::error::Result;
use std::collections::HashMap;
use std::hash::Hash;

/// Sort orders of reviews.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sort {
    /// Newest first.
    Newest,
    /// Highest rating first.
    HighestRating,
    /// Lowest rating first.
    LowestRating,
}

impl Sort {
    fn keyset(self) -> Keyset<Column> {
        match self {
            Self::Newest => Keyset::newest(Column::CreatedAt, Column::Id),
            Self::HighestRating => Keyset::number(Column::Rating, Column::Id, true),
            Self::LowestRating => Keyset::number(Column::Rating, Column::Id, false),
        }
    }

    fn cursor(self, row: &Model) -> Cursor {
        match self {
            Self::Newest => Cursor::at(row.created_at, row.id.0),
            Self::HighestRating | Self::LowestRating => Cursor::of(row.rating, row.id.0),
        }
    }
}

/// Reviews by ID: published ones of products that the viewer may see, the viewer's own, and all for moderators.
pub async fn visible(app: &App, viewer: &Viewer, ids: &[ReviewId]) -> Result<Vec<Model>> {
    let mut query = Entity::find().filter(Column::Id.in_padded(ids));
    if !viewer.may(Permission::Moderate) {
        let product = Entity::belongs_to(product::Entity).from(Column::ProductId).to(product::Column::Id).into();
        let mut seen = Condition::any().add(product::Column::Listed.eq(true));
        if let Some(me) = viewer.user_id() {
            let own =
                Query::select().column(store::Column::Id).from(store::Entity).and_where(store::Column::OwnerId.eq(me)).to_owned();
            seen = seen.add(Column::StoreId.in_subquery(own)).add(Column::StoreId.in_subquery(auth::memberships(me)));
        }
        if viewer.may(Permission::ManageProducts) {
            seen = Condition::all();
        }
        let published = Condition::all().add(Column::Status.eq(ReviewStatus::Published)).add(seen);
        let own = viewer.user_id().map(|user| Column::UserId.eq(user));
        query = query.join(JoinType::InnerJoin, product).filter(Condition::any().add(published).add_option(own));
    }
    Ok(query.all(app.db.read()).await?)
}

fn published() -> Select<Entity> {
    Entity::find().filter(Column::Status.eq(ReviewStatus::Published))
}

async fn of_each<P: Copy + Eq + Hash>(
    app: &App,
    parents: &[P],
    select_for: impl Fn(P) -> Select<Entity>,
    sort: Sort,
    request: &PageRequest,
) -> Result<HashMap<P, Page<Model>>> {
    let cursor = |row: &Model| sort.cursor(row);
    page::fetch_for_each(app.db.read(), parents, select_for, &sort.keyset(), request, cursor).await
}

/// A page of the published reviews of each product, by one statement.
pub async fn of_products(
    app: &App,
    _viewer: &Viewer,
    products: &[ProductId],
    sort: &Sort,
    request: &PageRequest,
) -> Result<HashMap<ProductId, Page<Model>>> {
    of_each(app, products, |id| published().filter(Column::ProductId.eq(id)), *sort, request).await
}

/// Published reviews of a store's products; only of products that storefronts show, unless the viewer works for the store.
fn of_store(store: StoreId, managed: bool) -> Select<Entity> {
    let query = published().filter(Column::StoreId.eq(store));
    if managed {
        return query;
    }
    let product = Entity::belongs_to(product::Entity).from(Column::ProductId).to(product::Column::Id).into();
    query.join(JoinType::InnerJoin, product).filter(product::Column::Listed.eq(true))
}

/// A page of the published reviews of each store's products that the viewer may see, by one statement.
pub async fn of_stores(
    app: &App,
    viewer: &Viewer,
    stores: &[StoreId],
    sort: &Sort,
    request: &PageRequest,
) -> Result<HashMap<StoreId, Page<Model>>> {
    let managed = auth::managed(app, viewer, stores).await?;
    of_each(app, stores, |id| of_store(id, managed.contains(&id)), *sort, request).await
}

/// Number of reviews of a store's products that the viewer may see, counted up to `cap`, and whether that is exact.
pub async fn count_of_store(app: &App, viewer: &Viewer, store: StoreId, cap: u64) -> Result<(u64, bool)> {
    let managed = auth::managed(app, viewer, &[store]).await?.contains(&store);
    page::count(app.db.read(), of_store(store, managed), cap).await
}

/// A page of the caller's reviews in every status, newest first.
pub async fn of_customer(app: &App, customer: &Customer, request: &PageRequest) -> Result<Page<Model>> {
    let select = Entity::find().filter(Column::UserId.eq(customer.user_id()));
    page::fetch(app.db.read(), select, &Sort::Newest.keyset(), request, |row| Sort::Newest.cursor(row)).await
}

/// Number of the caller's reviews, counted up to `cap`, and whether that is exact.
pub async fn count_of_customer(app: &App, customer: &Customer, cap: u64) -> Result<(u64, bool)> {
    page::count(app.db.read(), Entity::find().filter(Column::UserId.eq(customer.user_id())), cap).await
}

fn in_status(status: Option<ReviewStatus>) -> Select<Entity> {
    match status {
        Some(status) => Entity::find().filter(Column::Status.eq(status)),
        None => Entity::find(),
    }
}

/// A page of all reviews, or of those with a status, newest first.
pub async fn list(
    app: &App,
    _staff: &Staff<Moderate>,
    status: Option<ReviewStatus>,
    request: &PageRequest,
) -> Result<Page<Model>> {
    let cursor = |row: &Model| Sort::Newest.cursor(row);
    page::fetch(app.db.read(), in_status(status), &Sort::Newest.keyset(), request, cursor).await
}

/// Number of reviews with a status, counted up to `cap`, and whether that is exact.
pub async fn count(app: &App, _staff: &Staff<Moderate>, status: Option<ReviewStatus>, cap: u64) -> Result<(u64, bool)> {
    page::count(app.db.read(), in_status(status), cap).await
}
