//! What a user is in the marketplace.

use entity::value::{Permission, Role};

/// Current role and permissions of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Role in the marketplace.
    pub role: Role,
    /// Permissions; empty unless the user is staff.
    pub permissions: Vec<Permission>,
}
