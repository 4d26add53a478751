//! Vendor applications.
//!
//! If the setting `vendorApproval` is `MANUAL`, an applicant stays a customer until staff decide.

use crate::account::row::{lock, lock_own, save};
use crate::setting::{self, Approval};
use entity::id::UserId;
use entity::user::Model;
use entity::value::{Role, UserStatus};
use sea_orm::ActiveValue::Set;
use sea_orm::IntoActiveModel;
use souk_core::app::App;
use souk_core::auth::permissions::ManageUsers;
use souk_core::auth::{Customer, Staff};
use souk_core::check::Check;
use souk_core::error::{Code, Result, refuse};
use souk_core::transact;

/// Applies to become a vendor. For vendors, and for users who applied already, only the telephone number changes.
pub async fn apply(app: &App, customer: &Customer, phone: Option<String>) -> Result<Model> {
    let mut check = Check::new();
    let phone = check.phone("phone", phone.as_deref());
    check.finish()?;
    transact!(app.db, tx, {
        let row = lock_own(tx, customer.user_id()).await?;
        if row.role == Role::Staff {
            return refuse("", Code::NotAllowed, "Staff can't be vendors; use another account.");
        }
        let (role, applied_at) = (row.role, row.vendor_applied_at);
        let mut active = row.into_active_model();
        if let Some(phone) = &phone {
            active.phone = Set(Some(phone.clone()));
        }
        if role == Role::Customer {
            match setting::load(tx).await?.vendor_approval {
                Approval::Auto => {
                    active.role = Set(Role::Vendor);
                    active.vendor_applied_at = Set(None);
                }
                Approval::Manual => active.vendor_applied_at = Set(Some(applied_at.unwrap_or_else(|| app.clock.now()))),
            }
        }
        save(tx, app, active).await
    })
}

/// Approves or rejects an application.
pub async fn decide(app: &App, _staff: &Staff<ManageUsers>, id: UserId, approved: bool) -> Result<Model> {
    transact!(app.db, tx, {
        let row = lock(tx, id).await?;
        if approved && row.status != UserStatus::Active {
            let message = format!("Only the owner of an active account can become a vendor; this one is {}.", row.status);
            return refuse("id", Code::InvalidState, message);
        }
        if row.vendor_applied_at.is_none() {
            return refuse("id", Code::InvalidState, "The user has no pending vendor application.");
        }
        let promoted = approved && row.role == Role::Customer;
        let mut active = row.into_active_model();
        active.vendor_applied_at = Set(None);
        if promoted {
            active.role = Set(Role::Vendor);
        }
        save(tx, app, active).await
    })
}
