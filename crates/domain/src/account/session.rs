//! Sessions: sign-in, renewal by refresh tokens, sign-out.

use crate::account::known;
use crate::cart;
use entity::id::{SessionId, UserId};
use entity::session::{self, Column, Entity, Model};
use entity::value::{Permission, SessionTransport, UserStatus};
use entity::{refresh_token, user};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::{Customer, Viewer};
use souk_core::crypto::keys::{hash_token, opaque_token};
use souk_core::crypto::password::{self, Priority};
use souk_core::db::{InPadded, Tx};
use souk_core::error::{Code, Error, Fault, Problem, Result, refuse};
use souk_core::group::grouped;
use souk_core::limit::Attempt;
use souk_core::text::truncate;
use souk_core::transact;
use std::collections::HashMap;

/// Input of a sign-in.
#[derive(Clone)]
pub struct SignIn {
    pub email: String,
    pub password: String,
    /// How the client stores the tokens.
    pub transport: SessionTransport,
    /// Token of a guest cart to be merged into the user's cart.
    pub cart_token: Option<String>,
}

/// Tokens of a session.
#[derive(Clone)]
pub struct Tokens {
    /// Authenticates requests.
    pub access: String,
    pub access_expires_at: DateTimeUtc,
    /// Exchanged once for new tokens.
    pub refresh: String,
    pub refresh_expires_at: DateTimeUtc,
}

/// Result of a sign-in or a renewal.
#[derive(Clone)]
pub struct SignedIn {
    pub user: user::Model,
    pub session: Model,
    pub tokens: Tokens,
    /// Lines of the guest cart that did not fit into the user's cart.
    pub cart_warnings: Vec<cart::Warning>,
}

/// The rate limits that an attempt to sign in counts against. A network from which the user signed in before has a bucket of its
/// own, which strangers can't exhaust. Other networks are limited by network, by account and network, and by account: the last
/// limits guesses from many networks, and does not lock out a user who signs in from a known network or resets the password from
/// the current one. The password's hash is part of the keys, so a new password refills all buckets of the account.
fn sign_in_attempts(known: bool, email: &str, network: &str, user: Option<&user::Model>) -> Vec<(Attempt, String)> {
    let account = format!("{email} {}", user.map_or("", |user| user.password_hash.as_str()));
    let from_here = format!("{network} {account}");
    if known {
        return vec![(Attempt::SignInFromKnownAddress, from_here)];
    }
    vec![
        (Attempt::SignInByAddress, network.to_owned()),
        (Attempt::SignInByAccountAndAddress, from_here),
        (Attempt::SignInByAccount, account),
    ]
}

/// Signs in. An unknown email address takes as long as a known one, and counts against the same limits.
pub async fn create(app: &App, viewer: &Viewer, sign_in: SignIn) -> Result<SignedIn> {
    let email = sign_in.email.trim().to_lowercase();
    let network = viewer.client().network();
    let found = user::Entity::find().filter(user::Column::Email.eq(email.as_str())).one(app.db.read()).await?;
    let known = known::is_known(app, &email, viewer.client()).await?;
    let attempts = sign_in_attempts(known, &email, &network, found.as_ref());
    app.limits.count_all(&attempts)?;
    let priority = if known { Priority::Reserved } else { Priority::Normal };
    let Some(found) = check_password(app, priority, &attempts, found, sign_in.password).await? else {
        return refuse("", Code::InvalidCredentials, "The email address or the password is wrong.");
    };
    let row = new_session(app, viewer, found.id, sign_in.transport);
    transact!(app.db, tx, {
        // Locked and checked again: a session must not outlive a password or an email address that was changed in the meantime.
        let user = user::Entity::find_by_id(found.id).lock_exclusive().one(tx).await?;
        let same = |user: &user::Model| user.password_hash == found.password_hash && user.email == found.email;
        let Some(user) = user.filter(same) else {
            return refuse("", Code::InvalidCredentials, "The email address or the password is wrong.");
        };
        if user.status != UserStatus::Active {
            return refuse("", Code::NotAllowed, "The account is blocked; contact the marketplace.");
        }
        delete_expired(tx, app, user.id).await?;
        known::record(tx, app, user.id, viewer.client()).await?;
        Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
        let cart_warnings = match &sign_in.cart_token {
            Some(token) => cart::merge_guest_cart(tx, app, user.id, token).await?,
            None => Vec::new(),
        };
        let tokens = new_tokens(tx, app, &user, &row, opaque_token(&app.random)).await?;
        Ok(SignedIn { user, session: row.clone(), tokens, cart_warnings })
    })
}

/// Returns the user if the password is right. The attempts are given back unless the password is wrong.
pub(super) async fn check_password(
    app: &App,
    priority: Priority,
    attempts: &[(Attempt, String)],
    user: Option<user::Model>,
    password: String,
) -> Result<Option<user::Model>> {
    // A password above the maximum length can't be right, and hashing it would be expensive.
    let (password, hash) = if password.chars().count() > password::MAX_LENGTH {
        (String::new(), None)
    } else {
        (password, user.as_ref().map(|user| user.password_hash.clone()))
    };
    let verified = app.passwords.verify(priority, password, hash).await;
    if !matches!(verified, Ok(false)) {
        app.limits.uncount_all(attempts);
    }
    let right = verified?;
    Ok(user.filter(|_| right))
}

fn new_session(app: &App, viewer: &Viewer, user_id: UserId, transport: SessionTransport) -> Model {
    let now = app.clock.now();
    let client = viewer.client();
    Model {
        id: app.clock.new_id(),
        user_id,
        user_agent: client.user_agent.as_deref().map(|agent| truncate(agent, 400).to_owned()),
        ip: client.ip.map(|ip| ip.to_string()),
        transport,
        created_at: now,
        last_used_at: now,
        expires_at: now + app.config.signing.refresh_token,
        revoked_at: None,
    }
}

/// Issues new tokens for a session: an access token, and a refresh token that is stored by its hash.
async fn new_tokens(
    tx: &Tx,
    app: &App,
    user: &user::Model,
    session: &Model,
    (refresh, token_hash): (String, String),
) -> Result<Tokens> {
    let now = app.clock.now();
    let (access, access_expires_at) = app.access_tokens.issue(user.id, user.role, session.id, now)?;
    let refresh_expires_at = now + app.config.signing.refresh_token;
    let row = refresh_token::ActiveModel {
        token_hash: Set(token_hash),
        session_id: Set(session.id),
        created_at: Set(now),
        expires_at: Set(refresh_expires_at),
        used_at: Set(None),
    };
    refresh_token::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(Tokens { access, access_expires_at, refresh, refresh_expires_at })
}

/// Deletes the user's sessions that expired more than 30 days ago, with their tokens.
async fn delete_expired(tx: &Tx, app: &App, user_id: UserId) -> Result<()> {
    let long_ago = app.clock.now() - chrono::Duration::days(30);
    Entity::delete_many().filter(Column::UserId.eq(user_id)).filter(Column::ExpiresAt.lt(long_ago)).exec(tx).await?;
    Ok(())
}

fn refused() -> Error {
    Problem::new("refreshToken", Code::InvalidToken, "The refresh token is unknown, used, expired or revoked; sign in again.")
        .into()
}

/// Exchanges a refresh token for new tokens. A token that was used within `SOUK_REFRESH_REUSE_SECONDS` returns its successor
/// again: two tabs share a token, and a response can be lost. A token that was used earlier has been stolen, so its whole session
/// is revoked (RFC 9700, section 4.14.2).
pub async fn refresh(app: &App, _viewer: &Viewer, token: &str) -> Result<SignedIn> {
    let hash = hash_token(token);
    // An unknown token takes no lock.
    let Some(seen) = refresh_token::Entity::find_by_id(hash.clone()).one(app.db.read()).await? else { return Err(refused()) };
    app.limits.count(Attempt::Refresh, &seen.session_id.to_string())?;
    let done = transact!(app.db, tx, {
        // Of several concurrent requests the first gets this lock; the others wait, and then find the token used.
        let session = Entity::find_by_id(seen.session_id).lock_exclusive().one(tx).await?;
        let found = refresh_token::Entity::find_by_id(hash.clone()).one(tx).await?;
        let (Some(session), Some(found)) = (session, found) else { return Ok(None) };
        let now = app.clock.now();
        if found.used_at.is_some_and(|used_at| now >= used_at + app.config.accounts.refresh_reuse) {
            tracing::warn!(session = %session.id, "a used refresh token was sent again; its session is revoked");
            revoke_where(tx, app, Column::Id.eq(session.id)).await?;
            return Ok(None);
        }
        if session.revoked_at.is_some() {
            return Ok(None);
        }
        let user = user::Entity::find_by_id(session.user_id).one(tx).await?;
        let Some(user) = user.filter(|user| user.status == UserStatus::Active) else { return Ok(None) };
        let Some((refresh, newest)) = newest(tx, app, token, found).await? else { return Ok(None) };
        if now >= newest.expires_at {
            return Ok(None);
        }
        if refresh != token {
            let (access, access_expires_at) = app.access_tokens.issue(user.id, user.role, session.id, now)?;
            let tokens = Tokens { access, access_expires_at, refresh, refresh_expires_at: newest.expires_at };
            return Ok(Some(SignedIn { user, session, tokens, cart_warnings: Vec::new() }));
        }
        let Some(next) = app.keys.successors(token).into_iter().next() else { return Ok(None) };
        let mut used = newest.into_active_model();
        used.used_at = Set(Some(now));
        refresh_token::Entity::update(used).exec(tx).await?;
        let tokens = new_tokens(tx, app, &user, &session, next).await?;
        let session = extend(tx, app, session, &tokens).await?;
        Ok(Some(SignedIn { user, session, tokens, cart_warnings: Vec::new() }))
    })?;
    done.ok_or_else(refused)
}

/// The token of the chain that was not used yet: the token itself, or a successor. All tokens between were used after it, so they
/// are as recent; their number is limited by how often a session may renew its tokens. `None` if a secret that made one of them
/// is no longer configured.
async fn newest(tx: &Tx, app: &App, token: &str, found: refresh_token::Model) -> Result<Option<(String, refresh_token::Model)>> {
    let (mut token, mut row) = (token.to_owned(), found);
    while row.used_at.is_some() {
        let successors = app.keys.successors(&token);
        let hashes: Vec<_> = successors.iter().map(|(_, hash)| hash.as_str()).collect();
        let next = refresh_token::Entity::find()
            .filter(refresh_token::Column::TokenHash.in_padded(&hashes))
            .filter(refresh_token::Column::SessionId.eq(row.session_id))
            .one(tx)
            .await?;
        let Some(next) = next else { return Ok(None) };
        let Some((successor, _)) = successors.into_iter().find(|(_, hash)| *hash == next.token_hash) else { return Ok(None) };
        (token, row) = (successor, next);
    }
    Ok(Some((token, row)))
}

async fn extend(tx: &Tx, app: &App, session: Model, tokens: &Tokens) -> Result<Model> {
    let now = app.clock.now();
    // An expired token is refused anyway, so it is not needed to detect a theft.
    refresh_token::Entity::delete_many()
        .filter(refresh_token::Column::SessionId.eq(session.id))
        .filter(refresh_token::Column::ExpiresAt.lt(now))
        .exec(tx)
        .await?;
    let mut active = session.into_active_model();
    active.last_used_at = Set(now);
    active.expires_at = Set(tokens.refresh_expires_at);
    Ok(Entity::update(active).exec(tx).await?)
}

/// Active sessions by user, newest first: the viewer's own, and any for staff with MANAGE_USERS.
pub async fn of_users(app: &App, viewer: &Viewer, ids: &[UserId]) -> Result<HashMap<UserId, Vec<Model>>> {
    let all = viewer.may(Permission::ManageUsers);
    let visible: Vec<_> = ids.iter().copied().filter(|id| all || viewer.user_id() == Some(*id)).collect();
    let rows = Entity::find()
        .filter(Column::UserId.in_padded(&visible))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.gt(app.clock.now()))
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .all(app.db.read())
        .await?;
    Ok(grouped(rows, |row| row.user_id))
}

/// Active sessions by ID; visible as in [`of_users`].
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[SessionId]) -> Result<Vec<Model>> {
    let Some(me) = viewer.user_id() else { return Ok(Vec::new()) };
    let mut query = Entity::find().filter(Column::Id.in_padded(ids));
    if !viewer.may(Permission::ManageUsers) {
        query = query.filter(Column::UserId.eq(me));
    }
    let usable = query.filter(Column::RevokedAt.is_null()).filter(Column::ExpiresAt.gt(app.clock.now()));
    Ok(usable.all(app.db.read()).await?)
}

/// Selects sessions to be revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The session of the request.
    Current,
    /// One of the caller's sessions.
    One(SessionId),
    /// All sessions of the caller.
    All,
}

/// Revokes sessions of the caller; returns their number.
pub async fn revoke(app: &App, customer: &Customer, which: Which) -> Result<u64> {
    let own = Column::UserId.eq(customer.user_id());
    transact!(app.db, tx, {
        let id = match which {
            Which::Current => customer.session(),
            Which::All => return revoke_where(tx, app, own.clone()).await,
            Which::One(id) => id,
        };
        if Entity::find_by_id(id).filter(own.clone()).one(tx).await?.is_none() {
            return Err(Fault::NotFound.into());
        }
        revoke_where(tx, app, Column::Id.eq(id)).await
    })
}

/// Revokes the sessions of a user, except for `except`.
pub(super) async fn revoke_of(tx: &Tx, app: &App, user_id: UserId, except: Option<SessionId>) -> Result<u64> {
    let all = Column::UserId.eq(user_id);
    match except {
        Some(id) => revoke_where(tx, app, all.and(Column::Id.ne(id))).await,
        None => revoke_where(tx, app, all).await,
    }
}

async fn revoke_where(tx: &Tx, app: &App, which: Expr) -> Result<u64> {
    let done = session::Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(app.clock.now()))
        .filter(which)
        .filter(Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    Ok(done.rows_affected)
}

/// Deletes the sessions of a user whose account is closed, with their refresh tokens.
pub(crate) async fn erase(tx: &Tx, user_id: UserId) -> Result<()> {
    Entity::delete_many().filter(Column::UserId.eq(user_id)).exec(tx).await?;
    Ok(())
}
