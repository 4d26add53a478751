//! User accounts.

pub mod address;
pub mod admin;
pub mod mutation;
pub mod session;
pub mod user;

pub use address::Address;
pub use session::Session;
pub use user::{Person, PersonKey, User, UserKey};

use async_graphql::MergedObject;

/// Queries of user accounts.
pub type AccountQuery = admin::UserQuery;

/// Mutations of user accounts, sessions and address books.
#[derive(MergedObject, Default)]
pub struct AccountMutations(mutation::AccountMutation, session::SessionMutation, address::AddressMutation, admin::UserMutation);
