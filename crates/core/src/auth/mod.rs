//! Actors and authentication. Only this module creates actors, and every operation of the marketplace needs one.

mod actor;
mod lock;
pub mod permissions;
mod prove;
pub mod resolve;
mod standing;
mod stores;

pub use actor::{Authenticated, Client, Customer, Owner, Staff, StoreStaff, StoreTask, System, Vendor, Viewer};
pub use lock::{lock_active, lock_people};
pub use permissions::{AuthRole, requirement};
pub use prove::Actor;
pub use standing::Standing;
pub(crate) use stores::{Claim, claims_that_hold};
pub use stores::{managed, memberships, of_managed_stores, of_stores_with_task};
