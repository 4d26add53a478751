//! Registration, and verification of the email address.

use crate::account::row::{email_taken, lock_own, save};
use crate::account::rule;
use crate::account::token::{self, NewToken};
use crate::setting::{self, Approval};
use entity::user::{ActiveModel, Entity, Model};
use entity::value::{Permissions, Role, TokenPurpose, UserStatus};
use sea_orm::ActiveValue::Set;
use sea_orm::{EntityTrait, IntoActiveModel, TryIntoModel};
use souk_core::app::App;
use souk_core::auth::{Customer, Viewer};
use souk_core::check::Check;
use souk_core::crypto::password::Priority;
use souk_core::error::{Code, Result, refuse};
use souk_core::length;
use souk_core::limit::Attempt;
use souk_core::transact;

/// A registration.
#[derive(Clone)]
pub struct Registration {
    /// Email address to sign in with.
    pub email: String,
    /// See [`rule::check_password`].
    pub password: String,
    pub display_name: String,
    /// Whether the user wants to become a vendor.
    pub vendor: bool,
}

/// Creates a user and sends a verification link to the email address. With `vendor`, the user becomes a vendor at once or a
/// customer with an application, depending on the setting `vendorApproval`.
pub async fn register(app: &App, viewer: &Viewer, new: Registration) -> Result<Model> {
    let mut check = Check::new();
    let email = check.email("email", &new.email);
    rule::check_password(&mut check, "password", &new.password, &email);
    let display_name = check.line("displayName", &new.display_name, 1..=length::NAME);
    check.finish()?;
    app.limits.count(Attempt::Register, &viewer.client().network())?;
    let approves_vendors = setting::load(app.db.read()).await?.vendor_approval == Approval::Auto;
    let now = app.clock.now();
    let row = ActiveModel {
        id: Set(app.clock.new_id()),
        email: Set(email.clone()),
        password_hash: Set(app.passwords.hash(Priority::Normal, new.password).await?),
        display_name: Set(display_name),
        phone: Set(None),
        avatar_key: Set(None),
        role: Set(if new.vendor && approves_vendors { Role::Vendor } else { Role::Customer }),
        status: Set(UserStatus::Active),
        permissions: Set(Permissions::default()),
        email_verified_at: Set(None),
        vendor_applied_at: Set((new.vendor && !approves_vendors).then_some(now)),
        blocked_reason: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let user: Model = row.clone().try_into_model()?;
    transact!(app.db, tx, {
        Entity::insert(row.clone()).exec_without_returning(tx).await.map_err(|error| email_taken(error, "email"))?;
        token::issue(tx, app, verification(&user)).await
    })?;
    Ok(user)
}

fn verification(user: &Model) -> NewToken<'_> {
    NewToken { user_id: user.id, purpose: TokenPurpose::VerifyEmail, email: &user.email, client: None }
}

/// Verifies the email address, by the token that was sent to it. Ends a pending change to another address: it may have been
/// requested by a user who can't read these mails.
pub async fn verify_email(app: &App, _viewer: &Viewer, token: &str) -> Result<Model> {
    let id = token::decode(app, token)?;
    transact!(app.db, tx, {
        let (taken, user) = token::consume(tx, app, id, TokenPurpose::VerifyEmail).await?;
        if user.email != taken.email {
            return Err(token::outdated());
        }
        token::end_all_for(tx, user.id, TokenPurpose::ChangeEmail).await?;
        let mut active = user.into_active_model();
        active.email_verified_at = Set(Some(app.clock.now()));
        save(tx, app, active).await
    })
}

/// Sends the verification link again.
pub async fn request_verification(app: &App, customer: &Customer) -> Result<Model> {
    if customer.email_verified() {
        return refuse("", Code::InvalidState, "The email address is verified already.");
    }
    app.limits.count(Attempt::EmailByAddress, &customer.client().network())?;
    app.limits.count(Attempt::EmailByAccount, &format!("{} {}", customer.email(), customer.user_id()))?;
    transact!(app.db, tx, {
        let user = lock_own(tx, customer.user_id()).await?;
        token::issue(tx, app, verification(&user)).await?;
        Ok(user)
    })
}
