//! A post on a social network, and its outcome.

use bytes::Bytes;
use std::time::Duration;

/// The content of a post.
#[derive(Clone, Debug)]
pub struct Announcement {
    /// Unique identifier of the post. It stays the same at a retry, so that duplicates can be recognised.
    pub id: String,
    /// `store.created` or `product.published`.
    pub event: &'static str,
    /// Text with the link, short enough for the network.
    pub text: String,
    /// Name of the store or product.
    pub name: String,
    /// URL of the store or product in the storefront.
    pub url: String,
    pub picture: Option<Picture>,
}

/// An image attached to a post.
#[derive(Clone, Debug)]
pub struct Picture {
    pub bytes: Bytes,
    /// MIME type, such as `image/png`.
    pub content_type: String,
    /// Public URL.
    pub url: String,
}

/// A published post.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posted {
    /// The network's identifier of the post.
    pub external_id: Option<String>,
    /// Public URL of the post.
    pub url: Option<String>,
}

/// A post failed. The reasons are sentences for the vendor and contain no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostError {
    /// A retry may succeed, or it is unknown whether the post was published.
    Later {
        reason: String,
        /// Delay that the network asks for.
        after: Option<Duration>,
    },
    /// The network already has a post with this text.
    Duplicate { reason: String },
    /// A retry is pointless.
    Never { reason: String },
}

/// There was no response: the post may have been published or not.
pub(super) fn no_response(name: &str, error: &reqwest::Error) -> PostError {
    let problem = if error.is_timeout() {
        "did not respond in time"
    } else if error.is_connect() {
        "cannot be reached"
    } else {
        "closed the connection"
    };
    PostError::Later { reason: format!("{name} {problem}."), after: None }
}

/// The delay in the header `Retry-After`, if it is in seconds.
pub(super) fn retry_after(response: &reqwest::Response) -> Option<Duration> {
    let seconds = response.headers().get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
