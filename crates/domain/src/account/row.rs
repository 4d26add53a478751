//! Reading user rows for a change, and writing them.

use entity::id::UserId;
use entity::user::{ActiveModel, Column, Entity, Model};
use entity::value::{Role, UserStatus};
use entity::versioned::Versioned;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth;
use souk_core::db::{Tx, is_taken};
use souk_core::error::{Code, Error, Fault, Problem, Result};

/// Locks a user's row: the second of two concurrent changes waits, and then sees the first.
pub(super) async fn lock(tx: &Tx, id: UserId) -> Result<Model> {
    Ok(Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?)
}

/// As [`lock`], for the caller's own account. Not signed in any more ([`Fault::Unauthenticated`]) if it was blocked or closed in
/// the meantime.
pub(super) async fn lock_own(tx: &Tx, id: UserId) -> Result<Model> {
    auth::lock_active(tx, id).await
}

/// Locks the caller's row before something is created for them: a blocked or closed account creates nothing, and a concurrent
/// closing of the account waits and then sees what was created.
pub(crate) async fn lock_user(tx: &Tx, id: UserId) -> Result<()> {
    lock_own(tx, id).await.map(drop)
}

/// Locks the rows of all active owners, and returns their IDs. Locked before all other users, so that two owners can't demote
/// each other at the same time.
pub(crate) async fn lock_owners(tx: &Tx) -> Result<Vec<UserId>> {
    let query = Entity::find().filter(Column::Role.eq(Role::Owner)).filter(Column::Status.eq(UserStatus::Active));
    let rows = query.order_by_asc(Column::Id).lock_exclusive().all(tx).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Writes a changed row; increments its version and sets the time.
pub(super) async fn save(tx: &Tx, app: &App, mut row: ActiveModel) -> Result<Model> {
    row.touch(app.clock.now());
    Entity::update(row).exec(tx).await.map_err(|error| email_taken(error, "email"))
}

/// Maps a violated uniqueness of the email address to a problem at `path`.
pub(super) fn email_taken(error: DbErr, path: &str) -> Error {
    if is_taken(&error, "users_email", "users", &["email"]) {
        return Problem::new(path, Code::Taken, "The email address is taken; sign in, or reset the password.").into();
    }
    error.into()
}
