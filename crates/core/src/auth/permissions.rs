//! What a caller must prove: a type for each permission, and for each actor the role and the permission that it stands for.

use super::actor::{Customer, Owner, Staff, Vendor, Viewer};
use crate::error::Fault;
use entity::value::Permission;

/// A permission as a type, so that [`Staff`] of one is not taken for [`Staff`] of another.
pub trait ProvenPermission: Send + Sync + 'static {
    /// Its value, as it is stored.
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

permissions!(ManageOrders ManageProducts ManageUsers Moderate);

/// The least role of a caller.
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

/// Somebody who may call an operation, and what they prove for it.
pub trait Actor: Sized {
    /// The least role.
    const ROLE: AuthRole;
    /// The permission that staff must hold; only for [`AuthRole::Staff`].
    const PERMISSION: Option<Permission> = None;

    /// Checks the caller: [`Fault::Unauthenticated`] or [`Fault::Forbidden`].
    fn prove(viewer: &Viewer) -> Result<Self, Fault>;
}

impl Actor for Customer {
    const ROLE: AuthRole = AuthRole::Customer;

    fn prove(viewer: &Viewer) -> Result<Self, Fault> {
        viewer.customer()
    }
}

impl Actor for Vendor {
    const ROLE: AuthRole = AuthRole::Vendor;

    fn prove(viewer: &Viewer) -> Result<Self, Fault> {
        viewer.vendor()
    }
}

impl<P: ProvenPermission> Actor for Staff<P> {
    const ROLE: AuthRole = AuthRole::Staff;
    const PERMISSION: Option<Permission> = Some(P::PERMISSION);

    fn prove(viewer: &Viewer) -> Result<Self, Fault> {
        viewer.staff()
    }
}

impl Actor for Owner {
    const ROLE: AuthRole = AuthRole::Owner;

    fn prove(viewer: &Viewer) -> Result<Self, Fault> {
        viewer.owner()
    }
}

/// What a caller must be, as descriptions and errors say it after "requires": the names of an `AuthRole` and a `Permission`.
pub fn requirement(role: &str, permission: Option<&str>) -> String {
    match permission {
        Some(permission) => format!("{role} with {permission}"),
        None if role == "CUSTOMER" => "a signed-in user".to_owned(),
        None => role.to_owned(),
    }
}
