//! Who is asking: the actors, and the only place where they are made. Without one no operation of the marketplace can be called.

pub mod actor;
pub mod resolve;

pub use actor::{Client, Customer, Owner, Person, Staff, StoreStaff, StoreTask, System, Vendor, Viewer};
