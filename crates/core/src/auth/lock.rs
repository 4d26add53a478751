//! Actors within a transaction. Between the check of a request and its transaction the account can be blocked or closed, its role
//! taken, or a membership ended. So a transaction that writes on behalf of a user first locks the user's row and checks it again.

use super::actor::{Customer, StoreStaff, StoreTask, System, Vendor, Viewer};
use super::permissions::{may_own_stores, requirement};
use super::resolve::person_of;
use crate::app::App;
use crate::db::{InPadded, Tx};
use crate::error::{Fault, Result};
use entity::id::{SessionId, StoreId, UserId};
use entity::value::UserStatus;
use entity::{store, user};
use sea_orm::{EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

/// Locks a user's row until the end of the transaction. [`Fault::Unauthenticated`] if the account is blocked or closed.
pub async fn lock_active(tx: &Tx, id: UserId) -> Result<user::Model> {
    let row = user::Entity::find_by_id(id).lock_exclusive().one(tx).await?;
    Ok(row.filter(|row| row.status == UserStatus::Active).ok_or(Fault::Unauthenticated)?)
}

/// Locks the rows of several users in the order of their IDs, whatever their status, so that two transactions that lock the same users
/// do not deadlock.
pub async fn lock_people(tx: &Tx, ids: &[UserId]) -> Result<Vec<user::Model>> {
    let query = user::Entity::find().filter(user::Column::Id.in_padded(ids));
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
    /// Locks the user's row. [`Fault::Unauthenticated`] if the account was blocked or closed in the meantime.
    pub async fn lock(&self, tx: &Tx) -> Result<user::Model> {
        lock_active(tx, self.user_id()).await
    }
}

impl Vendor {
    /// As [`Customer::lock`]; and [`Fault::Forbidden`] if the user may no longer own stores.
    pub async fn lock(&self, tx: &Tx) -> Result<user::Model> {
        let row = lock_active(tx, self.user_id()).await?;
        if may_own_stores(row.role) { Ok(row) } else { Err(Fault::forbidden(requirement("VENDOR", None)).into()) }
    }
}

impl StoreStaff {
    /// Locks the user's row, then the store's, and checks again that the user may do the task.
    pub async fn lock_store(&self, tx: &Tx, task: StoreTask) -> Result<store::Model> {
        let row = lock_active(tx, self.user_id()).await?;
        let store = store::Entity::find_by_id(self.store_id()).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        let viewer = Viewer::signed_in(person_of(row, self.session()), super::Client::default());
        viewer.store_staff_on(tx, store.id, task).await?;
        Ok(store)
    }
}

impl System {
    /// Locks a user's row, and checks that the user may still do a task of a store, for a job that goes on with what the user requested.
    /// The actor has no session.
    pub async fn lock_store_staff(&self, tx: &Tx, user: UserId, store: StoreId, task: StoreTask) -> Result<StoreStaff> {
        let row = lock_active(tx, user).await?;
        let viewer = Viewer::signed_in(person_of(row, SessionId(Uuid::nil())), super::Client::default());
        viewer.store_staff_on(tx, store, task).await
    }

    /// As [`System::lock_store_staff`], outside a transaction: for the part of a job that calls others before it writes.
    pub async fn store_staff(&self, app: &App, user: UserId, store: StoreId, task: StoreTask) -> Result<StoreStaff> {
        let row = user::Entity::find_by_id(user).one(app.db.read()).await?;
        let row = row.filter(|row| row.status == UserStatus::Active).ok_or(Fault::Unauthenticated)?;
        let viewer = Viewer::signed_in(person_of(row, SessionId(Uuid::nil())), super::Client::default());
        viewer.store_staff(&app.db, store, task).await
    }

    /// As [`System::store_staff`], of the owner of a store, for the command line.
    pub async fn staff_of_owner(&self, app: &App, store: StoreId) -> Result<StoreStaff> {
        let owner = store::Entity::find_by_id(store).one(app.db.read()).await?.ok_or(Fault::NotFound)?.owner_id;
        self.store_staff(app, owner, store, StoreTask::Products).await
    }
}
