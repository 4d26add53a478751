//! Passwords: set anew by a mail, or changed.

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

/// Sends a mail that allows a new password to be set. Answers the same, and does as much, where nobody has this email.
pub async fn request_reset(app: &App, viewer: &Viewer, email: &str) -> Result<()> {
    let mut check = Check::new();
    let email = check.email("email", email);
    check.finish()?;
    let client = viewer.client();
    let network = client.network();
    let mut attempts = vec![(Attempt::EmailByAddress, network.clone()), (Attempt::EmailByAccount, format!("{email} {network}"))];
    if !known::is_known(app, &email, client).await? {
        // When strangers have used these up, the newest of the mails that they asked for stays valid for its reader.
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
            // A mail about nothing: the job finds no token, and the answer took as long.
            None => mail::enqueue(tx, app, Mail::AccountLink { token_id: app.clock.new_id() }).await,
        }
    })
}

/// Sets a new password by the token from the mail. Every session and every other open token ends; as the mail was read, the address
/// is proven, and the network it was done from is known.
pub async fn reset(app: &App, viewer: &Viewer, token: &str, new_password: String) -> Result<Model> {
    let id = token::open(app, token)?;
    let seen = token::look(app.db.read(), app, id, TokenPurpose::ResetPassword).await?;
    let mut check = Check::new();
    rule::check_password(&mut check, "password", &new_password, &seen.email);
    check.finish()?;
    let hash = app.passwords.hash(Priority::Reserved, new_password).await?;
    transact!(app.db, tx, {
        let (taken, user) = token::take(tx, app, id, TokenPurpose::ResetPassword).await?;
        if user.email != taken.email {
            return Err(token::outdated());
        }
        revoke_of(tx, app, user.id, None).await?;
        token::end_all(tx, user.id).await?;
        known::remember(tx, app, user.id, viewer.client()).await?;
        let proven = user.email_verified_at.unwrap_or_else(|| app.clock.now());
        let mut active = user.into_active_model();
        active.password_hash = Set(hash.clone());
        active.email_verified_at = Set(Some(proven));
        save(tx, app, active).await
    })
}

/// Changes the password of a user who knows the current one. All their other sessions and all open tokens end.
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

/// A signed-in user proves knowledge of the password, before something that can't be undone. Wrong ones are counted by
/// session: nobody else can use them up.
pub(super) async fn confirm(app: &App, customer: &Customer, password: String, path: &str) -> Result<Model> {
    let user = Entity::find_by_id(customer.user_id()).one(app.db.read()).await?.ok_or(Fault::Unauthenticated)?;
    let attempts = [(Attempt::ConfirmPassword, format!("{} {}", customer.session(), user.password_hash))];
    app.limits.count_all(&attempts)?;
    let Some(user) = check_password(app, Priority::Reserved, &attempts, Some(user), password).await? else {
        return refuse(path, Code::InvalidCredentials, "the password is wrong");
    };
    Ok(user)
}

/// Locks the row of a user who has proven their password by [`confirm`]. Refused if the password was changed or the session ended
/// since then: what they asked for must not outlive what was done against them.
pub(super) async fn lock_confirmed(tx: &Tx, customer: &Customer, confirmed: &Model, path: &str) -> Result<Model> {
    let user = lock_own(tx, confirmed.id).await?;
    if user.password_hash != confirmed.password_hash {
        return refuse(path, Code::InvalidCredentials, "the password is wrong");
    }
    let session = session::Entity::find_by_id(customer.session()).one(tx).await?;
    session.filter(|session| session.revoked_at.is_none()).ok_or(Fault::Unauthenticated)?;
    Ok(user)
}
