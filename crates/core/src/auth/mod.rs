//! Who is asking: the actors, and the only place where they are made. Without one no operation of the marketplace can be called.

mod actor;
mod lock;
pub mod permissions;
pub mod resolve;
mod stores;

pub use actor::{Authenticated, Client, Customer, Owner, Staff, StoreStaff, StoreTask, System, Vendor, Viewer};
pub use lock::{lock_active, lock_people};
pub use permissions::{Actor, AuthRole, requirement};
pub use stores::managed;
pub use stores::memberships;
pub(crate) use stores::{Claim, claims_that_hold};
