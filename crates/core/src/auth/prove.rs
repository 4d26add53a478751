//! The actors by what they prove: the role and the permission of each.

use super::actor::{Customer, Owner, Staff, Vendor, Viewer};
use super::permissions::{AuthRole, ProvenPermission};
use crate::error::Fault;
use entity::value::Permission;

/// An actor, with the role and the permission that it proves.
pub trait Actor: Sized {
    /// Role that the actor proves.
    const ROLE: AuthRole;
    /// Permission that the actor proves; only for [`AuthRole::Staff`].
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
