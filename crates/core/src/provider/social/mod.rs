//! Social networks behind one interface.

mod oauth;
mod webhook;
pub mod weight;
mod x;

use crate::clock::Clock;
use crate::config::{SocialWebhook, X};
use bytes::Bytes;
use entity::value::SocialNetwork;
use std::time::Duration;

/// What is posted.
#[derive(Clone, Debug)]
pub struct Announcement {
    /// Names the post among all: the same one sent twice by a retry can be recognised.
    pub id: String,
    /// `store.created` or `product.published`.
    pub event: &'static str,
    /// With the link, and short enough for the network.
    pub text: String,
    /// The store or the product.
    pub name: String,
    /// Its page in the storefront.
    pub url: String,
    /// Its picture.
    pub picture: Option<Picture>,
}

/// A picture that goes along.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The file.
    pub bytes: Bytes,
    /// Such as `image/png`.
    pub content_type: String,
    /// Where anybody can get it.
    pub url: String,
}

/// A post that is out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posted {
    /// The network's name for it.
    pub external_id: Option<String>,
    /// Where it can be seen.
    pub url: Option<String>,
}

/// Why something could not be posted, in words a vendor can use; without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostError {
    /// It may work later; or nobody knows whether it is out.
    Later {
        /// Why.
        reason: String,
        /// When the network wants to be asked again.
        after: Option<Duration>,
    },
    /// The network has this text already.
    Duplicate {
        /// Why.
        reason: String,
    },
    /// It will never work.
    Never {
        /// Why.
        reason: String,
    },
}

/// The networks this marketplace posts to.
#[derive(Clone)]
pub struct Networks {
    x: Option<X>,
    webhook: Option<SocialWebhook>,
    http: reqwest::Client,
    clock: Clock,
}

impl Networks {
    /// Those that are configured.
    pub fn new(x: Option<&X>, webhook: Option<&SocialWebhook>, http: &reqwest::Client, clock: &Clock) -> Self {
        Self { x: x.cloned(), webhook: webhook.cloned(), http: http.clone(), clock: clock.clone() }
    }

    /// Which they are.
    pub fn configured(&self) -> Vec<SocialNetwork> {
        let x = self.x.iter().map(|_| SocialNetwork::X);
        x.chain(self.webhook.iter().map(|_| SocialNetwork::Webhook)).collect()
    }

    /// Posts something. Where the answer is lost it can be out all the same.
    pub async fn post(&self, network: SocialNetwork, announcement: &Announcement) -> Result<Posted, PostError> {
        match network {
            SocialNetwork::X => match &self.x {
                Some(account) => x::post(&self.http, &self.clock, account, announcement).await,
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

/// No answer came: it may be out or not.
fn unanswered(name: &str, error: &reqwest::Error) -> PostError {
    let how = if error.is_timeout() {
        "did not answer in time"
    } else if error.is_connect() {
        "can't be reached"
    } else {
        "broke off the connection"
    };
    PostError::Later { reason: format!("{name} {how}."), after: None }
}

/// How long to wait, as `Retry-After` in seconds says.
fn retry_after(response: &reqwest::Response) -> Option<Duration> {
    let seconds = response.headers().get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
