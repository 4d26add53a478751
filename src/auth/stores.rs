//! Which stores somebody works for.

use super::actor::Viewer;
use crate::app::App;
use crate::db::Among;
use crate::error::Result;
use entity::id::{StoreId, UserId};
use entity::store::{Column, Entity};
use entity::store_member;
use entity::value::Permission;
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use std::collections::HashSet;

/// Which of several stores the viewer owns, works for or watches over.
pub async fn managed(app: &App, viewer: &Viewer, ids: &[StoreId]) -> Result<HashSet<StoreId>> {
    if viewer.may(Permission::ManageProducts) {
        return Ok(ids.iter().copied().collect());
    }
    let Some(me) = viewer.user_id() else { return Ok(HashSet::new()) };
    let query = Entity::find().select_only().column(Column::Id).filter(Column::Id.among(ids));
    let mine = Condition::any().add(Column::OwnerId.eq(me)).add(Column::Id.in_subquery(memberships(me)));
    Ok(query.filter(mine).into_tuple::<StoreId>().all(app.db.read()).await?.into_iter().collect())
}

/// The stores somebody works for.
pub(crate) fn memberships(user: UserId) -> SelectStatement {
    Query::select()
        .column(store_member::Column::StoreId)
        .from(store_member::Entity)
        .and_where(store_member::Column::UserId.eq(user))
        .to_owned()
}
