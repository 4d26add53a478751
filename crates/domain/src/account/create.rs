//! Creating users from the command line.

use crate::account::check_password;
use entity::user::{ActiveModel, Entity, Model};
use entity::value::{Permissions, Role, UserStatus};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::check::Check;
use souk_core::crypto::password::Priority;
use souk_core::db::is_taken;
use souk_core::error::{Code, Error, Problem, Result};
use souk_core::length;
use souk_core::text::truncate;
use souk_core::transact;

/// A user to be created.
pub struct NewUser {
    /// Email address to sign in with.
    pub email: String,
    /// Display name; default: the local part of the email address.
    pub name: Option<String>,
    pub role: Role,
    /// 10 to 200 characters.
    pub password: String,
}

/// Creates a user whose email address counts as verified: the operator of the server vouches for it.
pub async fn create(app: &App, _system: &System, new: NewUser) -> Result<Model> {
    let mut check = Check::new();
    let email = check.email("email", &new.email);
    let before_at = email.split('@').next().unwrap_or_default();
    let display_name = check.line("name", new.name.as_deref().unwrap_or(truncate(before_at, length::NAME)), 1..=length::NAME);
    check_password(&mut check, "password", &new.password, &email);
    check.finish()?;
    let now = app.clock.now();
    let row = ActiveModel {
        id: Set(app.clock.new_id()),
        password_hash: Set(app.passwords.hash(Priority::Reserved, new.password).await?),
        display_name: Set(display_name),
        role: Set(new.role),
        status: Set(UserStatus::Active),
        permissions: Set(Permissions::default()),
        email_verified_at: Set(Some(now)),
        vendor_applied_at: Set(None),
        blocked_reason: Set(None),
        phone: Set(None),
        avatar_key: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        email: Set(email.clone()),
    };
    transact!(app.db, tx, {
        match Entity::insert(row.clone()).exec_without_returning(tx).await {
            Ok(_) => {}
            Err(error) if is_taken(&error, "users_email", "users", &["email"]) => {
                let message = format!("The email address {email} is taken.");
                return Err(Error::from(Problem::new("email", Code::Taken, message)));
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    })?;
    row.try_into().map_err(Error::from)
}
