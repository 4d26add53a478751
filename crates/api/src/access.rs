//! Who may call a root field: stated in the SDL by a directive, and checked by the guard of the same value.

use crate::context::ContextExt;
use crate::error::ApiError;
use async_graphql::{Context, Enum, Guard};
use entity::value::Permission as StoredPermission;

/// What somebody must be.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(name = "AuthRole")]
pub enum AuthRole {
    /// Anybody who is signed in.
    Customer,
    /// Somebody who may own stores: a vendor, an admin, the owner.
    Vendor,
    /// Somebody of the marketplace who holds the permission; admins and the owner hold all.
    Staff,
    /// The owner of the marketplace.
    Owner,
}

/// Mutations for people who are not signed in yet. A bad access token counts as none for them: a client that kept an expired one
/// can sign in again.
pub const SIGN_IN_FIELDS: [&str; 8] = [
    "emailChangeConfirm",
    "passwordReset",
    "passwordResetRequest",
    "sessionCreate",
    "sessionRefresh",
    "storeInvitationDecline",
    "userRegister",
    "userVerifyEmail",
];

/// Anybody may call this field; what it shows depends on who asks.
#[async_graphql::TypeDirective(location = "FieldDefinition")]
pub fn public() {}

/// Who may call this field.
#[async_graphql::TypeDirective(location = "FieldDefinition")]
pub fn auth(requires: AuthRole, permission: Option<crate::enums::Permission>) {}

/// The guard: `guard = "Needs::Vendor"` stands beside `directive = auth::apply(AuthRole::Vendor, None)`; a test calls every
/// root field as everybody and holds the answers against the directive.
#[derive(Clone, Copy, Debug)]
pub enum Needs {
    /// `@auth(requires: CUSTOMER)`.
    Customer,
    /// `@auth(requires: VENDOR)`.
    Vendor,
    /// `@auth(requires: STAFF, permission: ...)`.
    Staff(StoredPermission),
    /// `@auth(requires: OWNER)`.
    Owner,
}

impl Guard for Needs {
    async fn check(&self, ctx: &Context<'_>) -> async_graphql::Result<()> {
        let viewer = ctx.viewer().map_err(ApiError::from)?;
        let checked = match self {
            Self::Customer => viewer.customer().map(drop),
            Self::Vendor => viewer.vendor().map(drop),
            Self::Staff(StoredPermission::ManageUsers) => viewer.staff::<souk_core::auth::permissions::ManageUsers>().map(drop),
            Self::Staff(StoredPermission::ManageOrders) => viewer.staff::<souk_core::auth::permissions::ManageOrders>().map(drop),
            Self::Staff(StoredPermission::Moderate) => viewer.staff::<souk_core::auth::permissions::Moderate>().map(drop),
            Self::Staff(_) => viewer.staff::<souk_core::auth::permissions::ManageProducts>().map(drop),
            Self::Owner => viewer.owner().map(drop),
        };
        checked.map_err(|error| ApiError::from(error).into())
    }
}
