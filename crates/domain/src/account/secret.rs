//! Resetting and changing passwords.

use crate::account::row::{lock_own, save};
use crate::account::session::{check_password, revoke_of};
use crate::account::token::{self, NewToken};
use crate::account::{known, rule};
use crate::mail::{self, Mail};
use entity::session;
use entity::user::{Column, Entity, Model};
use entity::value::{TokenPurpose, UserStatus};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::{Customer, Viewer};
use souk_core::check::Check;
use souk_core::crypto::password::Priority;
use souk_core::db::Tx;
use souk_core::error::{Code, Fault, Result, refuse};
use souk_core::limit::Attempt;
use souk_core::transact;

/// Sends a link to reset the password. The response and the work are the same if no account has this email address.
pub async fn request_reset(app: &App, viewer: &Viewer, email: &str) -> Result<()> {
    let mut check = Check::new();
    let email = check.email("email", email);
    check.finish()?;
    let client = viewer.client();
    let network = client.network();
    let mut attempts = vec![(Attempt::EmailByAddress, network.clone()), (Attempt::EmailByAccount, format!("{email} {network}"))];
    if !known::is_known(app, &email, client).await? {
        // If strangers have exhausted this limit, the newest link they requested stays valid for the user.
        attempts.push((Attempt::ResetByAccount, email.clone()));
    }
    app.limits.count_all(&attempts)?;
    transact!(app.db, tx, {
        let user = Entity::find().filter(Column::Email.eq(email.as_str())).lock_exclusive().one(tx).await?;
        match user.filter(|user| user.status == UserStatus::Active) {
            Some(user) => {
                let purpose = TokenPurpose::ResetPassword;
                let new = NewToken { user_id: user.id, purpose, email: &user.email, client: Some(client) };
                token::issue(tx, app, new).await.map(drop)
            }
            // A mail without content: the job finds no token, and the response took as long.
            None => mail::enqueue(tx, app, Mail::AccountLink { token_id: app.clock.new_id() }).await,
        }
    })
}

/// Sets a new password by the token from the mail. Revokes all sessions and all other tokens. As the mail was read, the email
/// address is verified and the client's network is known.
pub async fn reset(app: &App, viewer: &Viewer, token: &str, new_password: String) -> Result<Model> {
    let id = token::decode(app, token)?;
    let seen = token::find_usable(app.db.read(), app, id, TokenPurpose::ResetPassword).await?;
    let mut check = Check::new();
    rule::check_password(&mut check, "password", &new_password, &seen.email);
    check.finish()?;
    let hash = app.passwords.hash(Priority::Reserved, new_password).await?;
    transact!(app.db, tx, {
        let (taken, user) = token::consume(tx, app, id, TokenPurpose::ResetPassword).await?;
        if user.email != taken.email {
            return Err(token::outdated());
        }
        revoke_of(tx, app, user.id, None).await?;
        token::end_all(tx, user.id).await?;
        known::record(tx, app, user.id, viewer.client()).await?;
        let proven = user.email_verified_at.unwrap_or_else(|| app.clock.now());
        let mut active = user.into_active_model();
        active.password_hash = Set(hash.clone());
        active.email_verified_at = Set(Some(proven));
        save(tx, app, active).await
    })
}

/// Changes the password of a user who knows the current one. Revokes all other sessions and all tokens.
pub async fn change(app: &App, customer: &Customer, current: String, new_password: String) -> Result<Model> {
    let mut check = Check::new();
    rule::check_password(&mut check, "newPassword", &new_password, customer.email());
    check.finish()?;
    let confirmed = confirm(app, customer, current, "currentPassword").await?;
    let hash = app.passwords.hash(Priority::Reserved, new_password).await?;
    transact!(app.db, tx, {
        let user = lock_confirmed(tx, customer, &confirmed, "currentPassword").await?;
        revoke_of(tx, app, user.id, Some(customer.session())).await?;
        token::end_all(tx, user.id).await?;
        let mut active = user.into_active_model();
        active.password_hash = Set(hash.clone());
        save(tx, app, active).await
    })
}

/// Checks the caller's password before an irreversible change. Wrong passwords are counted by session, so that other users can't
/// exhaust the limit.
pub(crate) async fn confirm(app: &App, customer: &Customer, password: String, path: &str) -> Result<Model> {
    let user = Entity::find_by_id(customer.user_id()).one(app.db.read()).await?.ok_or(Fault::Unauthenticated)?;
    let attempts = [(Attempt::ConfirmPassword, format!("{} {}", customer.session(), user.password_hash))];
    app.limits.count_all(&attempts)?;
    let Some(user) = check_password(app, Priority::Reserved, &attempts, Some(user), password).await? else {
        return refuse(path, Code::InvalidCredentials, "The password is wrong.");
    };
    Ok(user)
}

/// Locks the row of a user who passed [`confirm`]. Refused if the password was changed or the session was revoked since then: a
/// stolen session must not outlive the measures against it.
pub(crate) async fn lock_confirmed(tx: &Tx, customer: &Customer, confirmed: &Model, path: &str) -> Result<Model> {
    let user = lock_own(tx, confirmed.id).await?;
    if user.password_hash != confirmed.password_hash {
        return refuse(path, Code::InvalidCredentials, "The password is wrong.");
    }
    let session = session::Entity::find_by_id(customer.session()).one(tx).await?;
    session.filter(|session| session.revoked_at.is_none()).ok_or(Fault::Unauthenticated)?;
    Ok(user)
}
