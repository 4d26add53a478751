//! What a caller must prove: roles, and a type for each permission.

use entity::value::{Permission, Role};

/// A permission as a type, so that [`Staff`](super::Staff) of one is not taken for that of another.
pub trait ProvenPermission: Send + Sync + 'static {
    /// The stored value of the permission.
    const PERMISSION: Permission;
}

macro_rules! permissions {
    ($($name:ident)*) => {$(
        #[doc = concat!("[`Permission::", stringify!($name), "`].")]
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}

        impl ProvenPermission for $name {
            const PERMISSION: Permission = Permission::$name;
        }
    )*};
}

permissions!(ManageContent ManageFinance ManageOrders ManageProducts ManageUsers Moderate);

/// Role that a caller needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthRole {
    /// Any signed-in user.
    Customer,
    /// A user who may own stores.
    Vendor,
    /// A user of the marketplace's staff who holds the permission.
    Staff,
    /// The owner of the marketplace.
    Owner,
}

/// Requirement of an operation, as descriptions and errors say it after "requires": the names of an `AuthRole` and a `Permission`.
pub fn requirement(role: &str, permission: Option<&str>) -> String {
    match permission {
        Some(permission) => format!("{role} with {permission}"),
        None if role == "CUSTOMER" => "a signed-in user".to_owned(),
        None => role.to_owned(),
    }
}

/// Whether a role allows to own stores.
pub(super) fn may_own_stores(role: Role) -> bool {
    matches!(role, Role::Vendor | Role::Admin | Role::Owner)
}
