//! Who is asking: the actors, and the only place where they are made. Without one no operation of the marketplace can be called.

pub mod actor;
mod lock;
pub mod resolve;
mod stores;

pub use actor::{Client, Customer, Owner, Person, Staff, StoreStaff, StoreTask, System, Vendor, Viewer, requirement};
pub use lock::{lock_active, lock_people};
pub use stores::managed;
pub use stores::memberships;
pub(crate) use stores::{Claim, claims_that_hold};
