//! Accounts that are closed.

use crate::account::row::save;
use entity::user::Model;
use entity::value::{Permissions, Role, UserStatus};
use sea_orm::ActiveValue::Set;
use sea_orm::IntoActiveModel;
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::Result;

/// Display name of closed accounts.
const DELETED_NAME: &str = "Deleted user";

/// Closes the account of a locked row. Keeps the row, without personal data: reviews and timelines refer to it.
pub(crate) async fn anonymise(tx: &Tx, app: &App, row: Model) -> Result<Model> {
    let id = row.id;
    let mut active = row.into_active_model();
    active.email = Set(format!("{}@closed.invalid", id.0.simple()));
    active.password_hash = Set(String::new());
    active.display_name = Set(DELETED_NAME.to_owned());
    active.phone = Set(None);
    active.avatar_key = Set(None);
    active.role = Set(Role::Customer);
    active.status = Set(UserStatus::Closed);
    active.permissions = Set(Permissions::default());
    active.email_verified_at = Set(None);
    active.vendor_applied_at = Set(None);
    save(tx, app, active).await
}
