//! Access to root fields. From the type of a field's actor, `root_object` of souk-macros derives the directive that declares the
//! access in the SDL, and the check.

use crate::context::ContextExt;
use async_graphql::{Context, Enum};
use souk_core::auth::Actor;
use souk_core::error::Fault;

/// Role that a caller needs to use a field.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "souk_core::auth::AuthRole")]
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

/// The role that an actor proves, for the directive of a root field. A test calls every root field in every role and compares the
/// results with the directive.
pub(crate) fn role<A: Actor>() -> AuthRole {
    A::ROLE.into()
}

/// The permission that an actor proves.
pub(crate) fn permission<A: Actor>() -> Option<crate::enums::Permission> {
    A::PERMISSION.map(Into::into)
}

/// The actor of a root field, made from the caller.
pub(crate) fn prove<A: Actor>(ctx: &Context<'_>) -> Result<A, Fault> {
    A::prove(ctx.viewer()?)
}
