//! Accounts.

mod user;

pub use user::{Person, PersonKey, User, UserKey};
