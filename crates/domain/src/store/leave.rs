//! Ending the membership of a store.

use crate::store::invitation;
use crate::store::member::of;
use entity::id::{StoreId, UserId};
use entity::store_member::Entity;
use entity::{former_store_member, store};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::{Customer, StoreStaff, StoreTask, lock_people};
use souk_core::db::Tx;
use souk_core::error::{Code, Fault, Result, refuse};
use souk_core::transact;

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

/// Deletes the ended memberships of a user whose account is closed.
pub(crate) async fn erase_former_memberships(tx: &Tx, user: UserId) -> Result<()> {
    former_store_member::Entity::delete_many().filter(former_store_member::Column::UserId.eq(user)).exec(tx).await?;
    Ok(())
}
