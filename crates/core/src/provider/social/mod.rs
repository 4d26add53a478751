//! A common interface to the social networks.

mod oauth;
mod webhook;
pub mod weight;
mod x;

use crate::clock::Clock;
use crate::config::{SocialWebhook, X};
use crate::random::Random;
use bytes::Bytes;
use entity::value::SocialNetwork;
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

/// The social networks of the marketplace.
#[derive(Clone)]
pub struct Networks {
    x: Option<X>,
    webhook: Option<SocialWebhook>,
    http: reqwest::Client,
    clock: Clock,
    random: Random,
}

impl Networks {
    pub fn new(x: Option<&X>, webhook: Option<&SocialWebhook>, http: &reqwest::Client, clock: &Clock, random: &Random) -> Self {
        let (clock, random) = (clock.clone(), random.clone());
        Self { x: x.cloned(), webhook: webhook.cloned(), http: http.clone(), clock, random }
    }

    /// The networks that are configured.
    pub fn configured(&self) -> Vec<SocialNetwork> {
        let x = self.x.iter().map(|_| SocialNetwork::X);
        x.chain(self.webhook.iter().map(|_| SocialNetwork::Webhook)).collect()
    }

    /// Publishes a post.
    ///
    /// # Errors
    ///
    /// If the network refused it, or did not respond; then it may have been published.
    pub async fn post(&self, network: SocialNetwork, announcement: &Announcement) -> Result<Posted, PostError> {
        match network {
            SocialNetwork::X => match &self.x {
                Some(account) => x::post(&self.http, &self.clock, &self.random, account, announcement).await,
                None => Err(not_configured("X")),
            },
            SocialNetwork::Webhook => match &self.webhook {
                Some(hook) => webhook::post(&self.http, &self.clock, hook, announcement).await,
                None => Err(not_configured("the webhook")),
            },
        }
    }
}

fn not_configured(name: &str) -> PostError {
    PostError::Never { reason: format!("The marketplace no longer posts to {name}.") }
}

/// There was no response: the post may have been published or not.
fn no_response(name: &str, error: &reqwest::Error) -> PostError {
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
fn retry_after(response: &reqwest::Response) -> Option<Duration> {
    let seconds = response.headers().get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
