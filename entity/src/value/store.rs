//! Values of stores and their members.

use super::stored_enums;

stored_enums! {
    $
    /// Status of a store.
    StoreStatus in store_status {
        /// Waiting for approval by staff; buyers do not see the store.
        Pending = "PENDING",
        /// Open: buyers see the store and its products.
        Active = "ACTIVE",
        /// Suspended by staff, or because its owner is blocked; buyers do not see the store.
        Suspended = "SUSPENDED",
        /// Closed for good by its owner or staff; its orders remain.
        Closed = "CLOSED",
    }
    /// Role of a member in a store.
    StoreRole in store_role {
        /// Full control of the store.
        Owner = "OWNER",
        /// Can manage products and orders, and reply to reviews.
        Manager = "MANAGER",
        /// Can manage orders only.
        Fulfiller = "FULFILLER",
    }
    /// Status of an invitation to work for a store.
    StoreInvitationStatus in store_invitation_status {
        /// Not answered yet.
        Pending = "PENDING",
        /// Accepted: the invited user became a member.
        Accepted = "ACCEPTED",
        /// Declined by the invited user.
        Declined = "DECLINED",
        /// Withdrawn by the store, or replaced by a newer invitation.
        Revoked = "REVOKED",
    }
}
