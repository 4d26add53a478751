//! Values of reviews.

use super::stored_enums;

stored_enums! {
    $
    /// Status of a review.
    ReviewStatus in review_status {
        /// Everyone can see it, and it counts towards ratings.
        Published = "PUBLISHED",
        /// Waiting for moderation; only its author and moderators can see it.
        Pending = "PENDING",
        /// Rejected by a moderator; only its author and moderators can see it.
        Rejected = "REJECTED",
    }
}
