//! Access to root fields: declared in the SDL by a directive and enforced by a guard.

use crate::context::ContextExt;
use crate::error::ApiError;
use async_graphql::{Context, Enum, Guard};
use entity::value::Permission as StoredPermission;

/// Role that a caller needs to use a field.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(name = "AuthRole")]
pub enum AuthRole {
    /// Any signed-in user.
    Customer,
    /// User who may own stores: a vendor, an admin or the owner of the marketplace.
    Vendor,
    /// Staff member with the required permission; admins and the owner have all permissions.
    Staff,
    /// Owner of the marketplace.
    Owner,
}

/// Mutations for callers who are not signed in yet. They ignore an invalid access token, so that a client with an expired token
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

/// Anyone may use this field. The result may depend on the caller.
#[async_graphql::TypeDirective(location = "FieldDefinition")]
pub fn public() {}

/// Role, and permission if given, that the caller needs to use this field.
#[async_graphql::TypeDirective(location = "FieldDefinition")]
pub fn auth(requires: AuthRole, permission: Option<crate::enums::Permission>) {}

/// The guard of a root field: `guard = "Needs::Vendor"` goes with `directive = auth::apply(AuthRole::Vendor, None)`. A test calls
/// every root field in every role and compares the results with the directive.
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
            Self::Staff(permission) => viewer.staff(*permission).map(drop),
            Self::Owner => viewer.owner().map(drop),
        };
        checked.map_err(|error| ApiError::from(error).into())
    }
}
