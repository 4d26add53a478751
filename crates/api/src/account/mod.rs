//! Accounts.

pub mod address;
pub mod admin;
pub mod mutation;
pub mod session;
pub mod user;

pub use address::Address;
pub use session::Session;
pub use user::{Person, PersonKey, User, UserKey};

use async_graphql::MergedObject;

/// Reading accounts.
pub type AccountQuery = admin::UserQuery;

/// Changing accounts.
#[derive(MergedObject, Default)]
pub struct AccountMutations(mutation::AccountMutation, session::SessionMutation, address::AddressMutation, admin::UserMutation);
