//! Who may call a root field. `root_object` of souk-macros makes two things of the type of the field's actor: the directive that
//! states it in the SDL, and the check.

use crate::context::ContextExt;
use async_graphql::{Context, Enum};
use souk_core::auth::Actor;
use souk_core::error::Fault;

/// What somebody must be.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "souk_core::auth::AuthRole")]
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

/// The role that an actor stands for; for the directive of a root field.
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
