//! Values of posts on social networks.

use super::stored_enums;

stored_enums! {
    $
    /// Social network that new stores and products are posted to.
    SocialNetwork in social_network {
        /// X, formerly Twitter.
        X = "X",
        /// HTTP endpoint that the marketplace configured.
        Webhook = "WEBHOOK",
    }
    /// Status of a post on a social network.
    SocialPostStatus in social_post_status {
        /// Waiting to be published, or for another attempt.
        Pending = "PENDING",
        /// Published on the network.
        Posted = "POSTED",
        /// Could not be published.
        Failed = "FAILED",
    }
}
