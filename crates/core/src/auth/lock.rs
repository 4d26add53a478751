//! Actors within a transaction. Between the check of a request and its transaction the account can be blocked or closed, its role
//! taken, a membership ended: what is written in a person's name is written only after their row was locked and looked at again.

use super::actor::{Customer, StoreStaff, StoreTask, Vendor, Viewer};
use super::permissions::requirement;
use super::resolve::person_of;
use crate::db::Tx;
use crate::error::{Fault, Result};
use entity::id::UserId;
use entity::value::{Role, UserStatus};
use entity::{store, user};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// Locks a person's row until the end of the transaction. [`Fault::Unauthenticated`] if the account is blocked or closed.
pub async fn lock_active(tx: &Tx, id: UserId) -> Result<user::Model> {
    let row = user::Entity::find_by_id(id).lock_exclusive().one(tx).await?;
    Ok(row.filter(|row| row.status == UserStatus::Active).ok_or(Fault::Unauthenticated)?)
}

/// Locks the rows of several people by their IDs, whatever their status: two transactions that lock the same people do not wait for
/// each other in a circle.
pub async fn lock_people(tx: &Tx, ids: &[UserId]) -> Result<Vec<user::Model>> {
    let query = user::Entity::find().filter(user::Column::Id.is_in(ids.iter().copied()));
    Ok(query.order_by_asc(user::Column::Id).lock_exclusive().all(tx).await?)
}

impl Viewer {
    /// As [`Customer::lock`]; a guest has no row to lock.
    pub async fn lock(&self, tx: &Tx) -> Result<()> {
        match self.user_id() {
            Some(id) => lock_active(tx, id).await.map(drop),
            None => Ok(()),
        }
    }
}

impl Customer {
    /// Locks the person's row. [`Fault::Unauthenticated`] if the account was blocked or closed in the meantime.
    pub async fn lock(&self, tx: &Tx) -> Result<user::Model> {
        lock_active(tx, self.user_id()).await
    }
}

impl Vendor {
    /// As [`Customer::lock`]; and [`Fault::Forbidden`] if the person may not own stores any more.
    pub async fn lock(&self, tx: &Tx) -> Result<user::Model> {
        let row = lock_active(tx, self.user_id()).await?;
        if may_own_stores(row.role) { Ok(row) } else { Err(Fault::forbidden(requirement("VENDOR", None)).into()) }
    }
}

impl StoreStaff {
    /// Locks the person's row, then the store's, and checks again that the person may do the task.
    pub async fn lock_store(&self, tx: &Tx, task: StoreTask) -> Result<store::Model> {
        let row = lock_active(tx, self.user_id()).await?;
        let store = store::Entity::find_by_id(self.store_id()).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        let viewer = Viewer::signed_in(person_of(row, self.session()), super::Client::default());
        viewer.store_staff_on(tx, store.id, task).await?;
        Ok(store)
    }
}

/// Whether a role allows to own stores.
pub(super) fn may_own_stores(role: Role) -> bool {
    matches!(role, Role::Vendor | Role::Admin | Role::Owner)
}
