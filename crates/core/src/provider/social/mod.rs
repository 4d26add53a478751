//! A common interface to the social networks.

mod oauth;
mod post;
mod webhook;
pub mod weight;
mod x;

pub use post::{Announcement, Picture, PostError, Posted};

use crate::clock::Clock;
use crate::config::{SocialWebhook, X};
use crate::random::Random;
use entity::value::SocialNetwork;

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
