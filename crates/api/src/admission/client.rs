//! Clients, which have budgets and fair shares.

use entity::id::UserId;
use souk_core::auth::Viewer;

/// The weight of a user; the weight of a guest network is 1.
const USER_WEIGHT: u64 = 3;

/// Identifies a client for budgets and fair shares.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClientKey {
    /// A signed-in user, from any address.
    User(UserId),
    /// All guests of a network ([`souk_core::auth::Client::network`]).
    Guests(String),
}

impl ClientKey {
    /// The client of a viewer.
    pub fn of(viewer: &Viewer) -> Self {
        match viewer.user_id() {
            Some(user) => Self::User(user),
            None => Self::Guests(viewer.client().network()),
        }
    }

    pub(super) fn weight(&self) -> u64 {
        match self {
            Self::User(_) => USER_WEIGHT,
            Self::Guests(_) => 1,
        }
    }
}
