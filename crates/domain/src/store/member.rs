//! Store members.

use entity::id::{StoreId, StoreMemberId, UserId};
use entity::store_member::{ActiveModel, Column, Entity, Model};
use entity::value::StoreRole;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::{Viewer, managed, of_managed_stores};
use souk_core::db::{InPadded, Tx};
use souk_core::error::{Code, Result, refuse};
use souk_core::group::grouped;
use std::collections::HashMap;

/// Maximum number of members of a store.
pub(super) const MAX_MEMBERS: u64 = 100;

/// Members by store, of stores that the viewer works for.
pub async fn members(app: &App, viewer: &Viewer, stores: &[StoreId]) -> Result<HashMap<StoreId, Vec<Model>>> {
    let managed = managed(app, viewer, stores).await?;
    if managed.is_empty() {
        return Ok(HashMap::new());
    }
    let managed: Vec<_> = managed.into_iter().collect();
    let rows = Entity::find().filter(Column::StoreId.in_padded(&managed)).order_by_asc(Column::Id).all(app.db.read()).await?;
    Ok(grouped(rows, |row| row.store_id))
}

/// Memberships by ID, of stores that the viewer works for.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[StoreMemberId]) -> Result<Vec<Model>> {
    let Some(managed) = of_managed_stores(viewer, Column::StoreId) else { return Ok(Vec::new()) };
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).filter(managed).all(app.db.read()).await?)
}

pub(super) fn of(store: StoreId, user: UserId) -> sea_orm::Select<Entity> {
    Entity::find().filter(Column::StoreId.eq(store)).filter(Column::UserId.eq(user))
}

/// Refuses a member above the limit; the store's row is locked. `path` is the field in the problem.
pub(super) async fn check_limit(tx: &Tx, store: StoreId, path: &str) -> Result<()> {
    let count = Entity::find().filter(Column::StoreId.eq(store)).count(tx).await?;
    if count >= MAX_MEMBERS {
        return refuse(path, Code::LimitReached, format!("A store can have at most {MAX_MEMBERS} members."));
    }
    Ok(())
}

/// Makes a user a member, or changes the role of a member. The rows of the user and the store are locked.
pub(super) async fn join(tx: &Tx, app: &App, store: StoreId, user: UserId, role: StoreRole) -> Result<Model> {
    if let Some(member) = of(store, user).lock_exclusive().one(tx).await? {
        let mut active = member.into_active_model();
        active.role = Set(role);
        return Ok(Entity::update(active).exec(tx).await?);
    }
    check_limit(tx, store, "token").await?;
    let row = ActiveModel {
        id: Set(app.clock.new_id()),
        store_id: Set(store),
        user_id: Set(user),
        role: Set(role),
        created_at: Set(app.clock.now()),
    };
    Ok(Entity::insert(row).exec_with_returning(tx).await?)
}

/// Ends the memberships of a user whose account is closed.
pub(crate) async fn erase_memberships(tx: &Tx, user: UserId) -> Result<()> {
    Entity::delete_many().filter(Column::UserId.eq(user)).exec(tx).await?;
    Ok(())
}
