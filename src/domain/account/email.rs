//! Another email address: confirmed from the new one.

use crate::app::App;
use crate::auth::{Customer, Viewer};
use crate::check::Check;
use crate::domain::account::row::{lock, lock_own, save};
use crate::domain::account::{secret, token};
use crate::error::{Code, Result, refuse};
use crate::limit::Attempt;
use crate::transact;
use entity::user::Model;
use entity::value::{TokenPurpose, UserStatus};
use sea_orm::ActiveValue::Set;
use sea_orm::IntoActiveModel;

/// Sends a mail to the new address; nothing changes before it is confirmed. Whether somebody else has it shows only then.
pub async fn request_change(app: &App, customer: &Customer, new_email: &str, password: String) -> Result<Model> {
    let mut check = Check::new();
    let email = check.email("newEmail", new_email);
    check.finish()?;
    if email == customer.person().email {
        return refuse("newEmail", Code::Invalid, "this is your email already");
    }
    let user = secret::confirm(app, customer, password, "password").await?;
    app.limits.count(Attempt::MailFromAddress, &customer.client().network())?;
    app.limits.count(Attempt::MailToAccount, &email)?;
    transact!(app.db, tx, {
        let user = lock_own(tx, user.id).await?;
        token::issue(tx, app, user.id, TokenPurpose::ChangeEmail, &email).await?;
        Ok(user)
    })
}

/// Makes the new address the person's, by the token that was sent there.
pub async fn confirm_change(app: &App, _viewer: &Viewer, token: &str) -> Result<Model> {
    let id = token::open(app, token)?;
    transact!(app.db, tx, {
        let taken = token::take(tx, app, id, TokenPurpose::ChangeEmail).await?;
        let user = lock(tx, taken.user_id).await?;
        if user.status != UserStatus::Active {
            return Err(token::outdated());
        }
        let mut active = user.into_active_model();
        active.email = Set(taken.email);
        active.email_verified_at = Set(Some(app.clock.now()));
        save(tx, app, active).await
    })
}
