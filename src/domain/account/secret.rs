//! Passwords: set anew by a mail, or changed.

use crate::app::App;
use crate::auth::{Customer, Viewer};
use crate::check::Check;
use crate::crypto::password;
use crate::domain::account::row::{lock, lock_own, save};
use crate::domain::account::session::{check_password, revoke_of};
use crate::domain::account::{rule, token};
use crate::domain::mail::{self, Mail};
use crate::error::{Code, Fault, Result, refuse};
use crate::limit::Attempt;
use crate::transact;
use entity::user::{Column, Entity, Model};
use entity::value::{TokenPurpose, UserStatus};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

/// Sends a mail that allows a new password to be set. Answers the same, and does as much, where nobody has this email.
pub async fn request_reset(app: &App, viewer: &Viewer, email: &str) -> Result<()> {
    let mut check = Check::new();
    let email = check.email("email", email);
    check.finish()?;
    app.limits.count(Attempt::MailFromAddress, &viewer.client().network())?;
    app.limits.count(Attempt::MailToAccount, &email)?;
    transact!(app.db, tx, {
        let user = Entity::find().filter(Column::Email.eq(email.as_str())).one(tx).await?;
        match user.filter(|user| user.status == UserStatus::Active) {
            Some(user) => token::issue(tx, app, user.id, TokenPurpose::ResetPassword, &user.email).await,
            // A mail about nothing: the job finds no token, and the answer took as long.
            None => mail::enqueue(tx, app, Mail::AccountLink { token_id: app.clock.new_id() }).await,
        }
    })
}

/// Sets a new password by the token from the mail. Every session ends; and as the mail was read, the address is proven.
pub async fn reset(app: &App, _viewer: &Viewer, token: &str, new_password: String) -> Result<Model> {
    let id = token::open(app, token)?;
    let seen = token::look(app.db.read(), app, id, TokenPurpose::ResetPassword).await?;
    let mut check = Check::new();
    rule::check_password(&mut check, "password", &new_password, &seen.email);
    check.finish()?;
    let hash = password::hash(new_password).await?;
    transact!(app.db, tx, {
        let taken = token::take(tx, app, id, TokenPurpose::ResetPassword).await?;
        let user = lock(tx, taken.user_id).await?;
        if user.status != UserStatus::Active || user.email != taken.email {
            return Err(token::outdated());
        }
        revoke_of(tx, app, user.id, None).await?;
        let proven = user.email_verified_at.unwrap_or_else(|| app.clock.now());
        let mut active = user.into_active_model();
        active.password_hash = Set(hash.clone());
        active.email_verified_at = Set(Some(proven));
        save(tx, app, active).await
    })
}

/// Changes the password of somebody who knows it. All their other sessions end.
pub async fn change(app: &App, customer: &Customer, current: String, new_password: String) -> Result<Model> {
    let mut check = Check::new();
    rule::check_password(&mut check, "newPassword", &new_password, &customer.person().email);
    check.finish()?;
    let user = confirm(app, customer, current, "currentPassword").await?;
    let hash = password::hash(new_password).await?;
    transact!(app.db, tx, {
        let locked = lock_own(tx, user.id).await?;
        if locked.password_hash != user.password_hash {
            return refuse("currentPassword", Code::InvalidCredentials, "the password is wrong");
        }
        revoke_of(tx, app, user.id, Some(customer.person().session)).await?;
        let mut active = locked.into_active_model();
        active.password_hash = Set(hash.clone());
        save(tx, app, active).await
    })
}

/// Somebody who is signed in shows that they know the password, before something that can't be undone. A wrong one counts as a
/// wrong sign-in.
pub(super) async fn confirm(app: &App, customer: &Customer, password: String, path: &str) -> Result<Model> {
    let email = &customer.person().email;
    app.limits.count(Attempt::SignInToAccount, email)?;
    let user = Entity::find_by_id(customer.user_id()).one(app.db.read()).await?.ok_or(Fault::Unauthenticated)?;
    let Some(user) = check_password(Some(user), password).await? else {
        return refuse(path, Code::InvalidCredentials, "the password is wrong");
    };
    app.limits.give_back(Attempt::SignInToAccount, email);
    Ok(user)
}
