//! Store members.

use crate::store::invitation;
use entity::id::{StoreId, StoreMemberId, UserId};
use entity::store_member::{ActiveModel, Column, Entity, Model};
use entity::value::StoreRole;
use entity::{former_store_member, store};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::{Customer, StoreStaff, StoreTask, Viewer, lock_people, managed};
use souk_core::db::{InPadded, Tx};
use souk_core::error::{Code, Fault, Result, refuse};
use souk_core::group::grouped;
use souk_core::transact;
use std::collections::HashMap;

/// Maximum number of members of a store.
pub(super) const MAX_MEMBERS: u64 = 100;

/// Members by store, of stores that the viewer works for.
pub async fn members(app: &App, viewer: &Viewer, stores: &[StoreId]) -> Result<HashMap<StoreId, Vec<Model>>> {
    let managed = managed(app, viewer, stores).await?;
    if managed.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = Entity::find().filter(Column::StoreId.is_in(managed)).order_by_asc(Column::Id).all(app.db.read()).await?;
    Ok(grouped(rows, |row| row.store_id))
}

/// Memberships by ID, of stores that the viewer works for.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[StoreMemberId]) -> Result<Vec<Model>> {
    let mut rows = Entity::find().filter(Column::Id.in_padded(ids)).all(app.db.read()).await?;
    let stores: Vec<_> = rows.iter().map(|row| row.store_id).collect();
    let managed = managed(app, viewer, &stores).await?;
    rows.retain(|row| managed.contains(&row.store_id));
    Ok(rows)
}

fn of(store: StoreId, user: UserId) -> sea_orm::Select<Entity> {
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

/// Ends the membership of a user.
pub async fn remove(app: &App, staff: &StoreStaff, user: UserId) -> Result<()> {
    transact!(app.db, tx, {
        lock_people(tx, &[staff.user_id(), user]).await?;
        let store = staff.lock_store(tx, StoreTask::Settings).await?;
        end(tx, app, store.id, user).await
    })
}

/// Ends the caller's membership of a store.
pub async fn leave(app: &App, customer: &Customer, id: StoreId) -> Result<()> {
    transact!(app.db, tx, {
        let person = customer.lock(tx).await?;
        let store = store::Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        if store.owner_id == person.id {
            return refuse("storeId", Code::NotAllowed, "You own this store; close it instead of leaving it.");
        }
        end(tx, app, store.id, person.id).await
    })
}

/// Records the former membership with its times, as the review policy needs them.
async fn end(tx: &Tx, app: &App, store: StoreId, user: UserId) -> Result<()> {
    let member = of(store, user).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
    let former = former_store_member::ActiveModel {
        id: Set(member.id),
        store_id: Set(store),
        user_id: Set(user),
        joined_at: Set(member.created_at),
        left_at: Set(app.clock.now()),
    };
    former_store_member::Entity::insert(former).exec_without_returning(tx).await?;
    Entity::delete_by_id(member.id).exec(tx).await?;
    invitation::revoke_by_former_member(tx, store, user).await
}
