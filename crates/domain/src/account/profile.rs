//! Name, telephone number and picture of the caller.

use crate::account::row::{lock_own, save};
use crate::image::{Source, delete_later, receive};
use entity::user::Model;
use entity::versioned::put;
use sea_orm::ActiveValue::Set;
use sea_orm::IntoActiveModel;
use souk_core::app::App;
use souk_core::auth::Customer;
use souk_core::check::{Check, check_version};
use souk_core::error::Result;
use souk_core::length;
use souk_core::transact;

/// Changes; a `None` field is left as it is.
#[derive(Clone, Debug, Default)]
pub struct ProfilePatch {
    pub display_name: Option<String>,
    /// `Some(None)` clears the field.
    pub phone: Option<Option<String>>,
    /// Refused as stale when it has moved on.
    pub expected_version: Option<i32>,
}

/// Changes the caller's profile.
pub async fn update(app: &App, customer: &Customer, patch: ProfilePatch) -> Result<Model> {
    let mut check = Check::new();
    let display_name = patch.display_name.as_ref().map(|name| check.line("displayName", name, 1..=length::NAME));
    let phone = patch.phone.as_ref().map(|phone| check.phone("phone", phone.as_deref()));
    check.finish()?;
    transact!(app.db, tx, {
        let row = lock_own(tx, customer.user_id()).await?;
        check_version(patch.expected_version, row.version)?;
        let mut active = row.into_active_model();
        put(&mut active.display_name, &display_name);
        put(&mut active.phone, &phone);
        save(tx, app, active).await
    })
}

/// Sets the caller's picture. The file is stored before the transaction, and deleted if the transaction fails.
pub async fn set_avatar(app: &App, customer: &Customer, source: &Source) -> Result<Model> {
    let received = receive(app, customer, source, "public/avatars").await?;
    let result = transact!(app.db, tx, {
        let row = lock_own(tx, customer.user_id()).await?;
        received.claim(tx, app).await?;
        delete_later(tx, app, row.avatar_key.as_slice()).await?;
        let mut active = row.into_active_model();
        active.avatar_key = Set(Some(received.key.clone()));
        save(tx, app, active).await
    });
    received.clean_up(app, result.is_ok()).await;
    result
}

/// Removes the caller's picture.
pub async fn remove_avatar(app: &App, customer: &Customer) -> Result<Model> {
    transact!(app.db, tx, {
        let row = lock_own(tx, customer.user_id()).await?;
        let Some(old) = row.avatar_key.clone() else { return Ok(row) };
        delete_later(tx, app, &[old]).await?;
        let mut active = row.into_active_model();
        active.avatar_key = Set(None);
        save(tx, app, active).await
    })
}
