//! Tokens sent by mail: each is valid for one purpose, for a limited time, and once.
//!
//! A token is the row's ID, signed with the marketplace's key (see [`Capability`]), so nothing usable is stored.

use crate::account::row;
use crate::mail::{self, Mail};
use chrono::Duration;
use entity::id::{OneTimeTokenId, UserId};
use entity::one_time_token::{ActiveModel, Column, Entity, Model};
use entity::user;
use entity::value::{TokenPurpose, UserStatus};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::Client;
use souk_core::crypto::keys::Capability;
use souk_core::db::Tx;
use souk_core::error::{Code, Error, Problem, Result};

fn lifetime(purpose: TokenPurpose) -> Duration {
    match purpose {
        TokenPurpose::VerifyEmail => Duration::days(3),
        TokenPurpose::ResetPassword => Duration::hours(1),
        TokenPurpose::ChangeEmail => Duration::days(1),
    }
}

fn refused() -> Error {
    Problem::new("token", Code::InvalidToken, "The token is unknown, used or expired; request a new one.").into()
}

/// A token to be issued.
pub(super) struct NewToken<'a> {
    pub user_id: UserId,
    pub purpose: TokenPurpose,
    /// The address that it is sent to.
    pub email: &'a str,
    /// The requesting client, for tokens that can be requested without signing in: a request only replaces tokens of the same
    /// client. Otherwise a stranger could invalidate every reset link before the user opens it.
    pub client: Option<&'a Client>,
}

/// Creates a token and sends it by mail; replaces earlier tokens for the same purpose.
pub(super) async fn issue(tx: &Tx, app: &App, new: NewToken<'_>) -> Result<OneTimeTokenId> {
    let requested_from = new.client.map(Client::network);
    let now = app.clock.now();
    let mut replaced = Entity::delete_many().filter(Column::UserId.eq(new.user_id)).filter(Column::Purpose.eq(new.purpose));
    if let Some(network) = &requested_from {
        let own = Condition::any().add(Column::RequestedFrom.is_null()).add(Column::RequestedFrom.eq(network.as_str()));
        replaced = replaced.filter(own.add(Column::ExpiresAt.lte(now)));
    }
    replaced.exec(tx).await?;
    let id: OneTimeTokenId = app.clock.new_id();
    let row = ActiveModel {
        id: Set(id),
        user_id: Set(new.user_id),
        purpose: Set(new.purpose),
        email: Set(new.email.to_owned()),
        requested_from: Set(requested_from),
        created_at: Set(now),
        expires_at: Set(now + lifetime(new.purpose)),
        used_at: Set(None),
    };
    Entity::insert(row).exec_without_returning(tx).await?;
    mail::enqueue(tx, app, Mail::AccountLink { token_id: id }).await?;
    Ok(id)
}

/// Checks the signature of a token and returns its ID. Forged tokens are refused before anything is read.
pub(super) fn decode(app: &App, token: &str) -> Result<OneTimeTokenId> {
    app.keys.check(Capability::OneTimeToken, token.trim()).ok_or_else(refused)
}

fn usable(app: &App, row: Option<Model>, purpose: TokenPurpose) -> Result<Model> {
    row.filter(|row| row.purpose == purpose && row.used_at.is_none() && app.clock.now() < row.expires_at).ok_or_else(refused)
}

/// Finds a token that can be used now.
pub(super) async fn find_usable(
    db: &impl ConnectionTrait,
    app: &App,
    id: OneTimeTokenId,
    purpose: TokenPurpose,
) -> Result<Model> {
    usable(app, Entity::find_by_id(id).one(db).await?, purpose)
}

/// Uses a token: the second of two concurrent requests waits, and then finds it used. Returns the locked row of the user, who is
/// active. The user's row is locked first, as everywhere tokens are deleted.
pub(super) async fn consume(tx: &Tx, app: &App, id: OneTimeTokenId, purpose: TokenPurpose) -> Result<(Model, user::Model)> {
    let seen = find_usable(tx, app, id, purpose).await?;
    let user = row::lock(tx, seen.user_id).await?;
    let taken = usable(app, Entity::find_by_id(id).lock_exclusive().one(tx).await?, purpose)?;
    if user.status != UserStatus::Active {
        return Err(refused());
    }
    let mut used = taken.clone().into_active_model();
    used.used_at = Set(Some(app.clock.now()));
    Entity::update(used).exec(tx).await?;
    Ok((taken, user))
}

/// Deletes all tokens of a user, whose row must be locked.
pub(crate) async fn end_all(tx: &Tx, user_id: UserId) -> Result<()> {
    Entity::delete_many().filter(Column::UserId.eq(user_id)).exec(tx).await?;
    Ok(())
}

/// As [`end_all`], for one purpose.
pub(super) async fn end_all_for(tx: &Tx, user_id: UserId, purpose: TokenPurpose) -> Result<()> {
    Entity::delete_many().filter(Column::UserId.eq(user_id)).filter(Column::Purpose.eq(purpose)).exec(tx).await?;
    Ok(())
}

/// The refusal of a valid token whose purpose no longer applies.
pub(super) fn outdated() -> Error {
    refused()
}
