//! Tokens sent by mail: each is good for one purpose, for a while, and once.
//!
//! A token is the row's ID with a signature of the marketplace's key (see [`Capability`]): nothing that could be used is stored.

use crate::app::App;
use crate::crypto::keys::Capability;
use crate::db::Tx;
use crate::domain::mail::{self, Mail};
use crate::error::{Code, Error, Problem, Result};
use chrono::Duration;
use entity::id::{OneTimeTokenId, UserId};
use entity::one_time_token::{ActiveModel, Column, Entity, Model};
use entity::value::TokenPurpose;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

fn lifetime(purpose: TokenPurpose) -> Duration {
    match purpose {
        TokenPurpose::VerifyEmail => Duration::days(3),
        TokenPurpose::ResetPassword => Duration::hours(1),
        TokenPurpose::ChangeEmail => Duration::days(1),
    }
}

fn refused() -> Error {
    Problem::new("token", Code::InvalidToken, "the token is unknown, used or expired: ask for a new one").into()
}

/// Makes a token and has it sent; older ones for the same purpose are worth nothing from then on.
pub(super) async fn issue(tx: &Tx, app: &App, user_id: UserId, purpose: TokenPurpose, email: &str) -> Result<()> {
    Entity::delete_many().filter(Column::UserId.eq(user_id)).filter(Column::Purpose.eq(purpose)).exec(tx).await?;
    let now = app.clock.now();
    let id: OneTimeTokenId = app.clock.new_id();
    let row = ActiveModel {
        id: Set(id),
        user_id: Set(user_id),
        purpose: Set(purpose),
        email: Set(email.to_owned()),
        created_at: Set(now),
        expires_at: Set(now + lifetime(purpose)),
        used_at: Set(None),
    };
    Entity::insert(row).exec_without_returning(tx).await?;
    mail::enqueue(tx, app, Mail::AccountLink { token_id: id }).await
}

/// The ID in a token that is one of ours. Forged ones end here, before anything is read.
pub(super) fn open(app: &App, token: &str) -> Result<OneTimeTokenId> {
    app.keys.check(Capability::OneTimeToken, token.trim()).ok_or_else(refused)
}

fn usable(app: &App, row: Option<Model>, purpose: TokenPurpose) -> Result<Model> {
    row.filter(|row| row.purpose == purpose && row.used_at.is_none() && app.clock.now() < row.expires_at).ok_or_else(refused)
}

/// Looks whether a token could be used now.
pub(super) async fn look(db: &impl ConnectionTrait, app: &App, id: OneTimeTokenId, purpose: TokenPurpose) -> Result<Model> {
    usable(app, Entity::find_by_id(id).one(db).await?, purpose)
}

/// Uses a token: of two at once the second waits here, and then finds it used.
pub(super) async fn take(tx: &Tx, app: &App, id: OneTimeTokenId, purpose: TokenPurpose) -> Result<Model> {
    let row = usable(app, Entity::find_by_id(id).lock_exclusive().one(tx).await?, purpose)?;
    let mut used = row.clone().into_active_model();
    used.used_at = Set(Some(app.clock.now()));
    Entity::update(used).exec(tx).await?;
    Ok(row)
}

/// The answer where a token was good, and what it was for is no longer.
pub(super) fn outdated() -> Error {
    refused()
}
