//! Reading a person's row for a change, and writing it.

use entity::id::UserId;
use entity::user::{ActiveModel, Column, Entity, Model};
use entity::value::{Role, UserStatus};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth;
use souk_core::db::{Tx, is_taken};
use souk_core::error::{Code, Error, Fault, Problem, Result};

/// Locks a person's row: of two changes at once the second waits here, and then sees the first.
pub(super) async fn lock(tx: &Tx, id: UserId) -> Result<Model> {
    Ok(Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?)
}

/// As [`lock`], for somebody who changes their own account: blocked or closed in the meantime, they are nobody any more.
pub(super) async fn lock_own(tx: &Tx, id: UserId) -> Result<Model> {
    auth::lock_active(tx, id).await
}

/// Holds a person's row for what is made in their name: who is closed or blocked in the meantime makes nothing more, and who closes
/// their account now waits and then sees what was made.
pub(crate) async fn lock_user(tx: &Tx, id: UserId) -> Result<()> {
    lock_own(tx, id).await.map(drop)
}

/// Locks the rows of all owners who can sign in, and says who they are. Taken before any other row of people, so that two
/// owners can't make each other the last but none.
pub(super) async fn lock_owners(tx: &Tx) -> Result<Vec<UserId>> {
    let query = Entity::find().filter(Column::Role.eq(Role::Owner)).filter(Column::Status.eq(UserStatus::Active));
    let rows = query.order_by_asc(Column::Id).lock_exclusive().all(tx).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Writes a changed row, with its version and its time.
pub(super) async fn save(tx: &Tx, app: &App, mut row: ActiveModel) -> Result<Model> {
    let version = row.version.take().unwrap_or_default();
    row.version = Set(version.saturating_add(1));
    row.updated_at = Set(app.clock.now());
    Entity::update(row).exec(tx).await.map_err(|error| email_taken(error, "email"))
}

/// Somebody has this email: a user error at `path`.
pub(super) fn email_taken(error: DbErr, path: &str) -> Error {
    if is_taken(&error, "users_email", "users", &["email"]) {
        return Problem::new(path, Code::Taken, "there is an account with this email: sign in, or set a new password").into();
    }
    error.into()
}
