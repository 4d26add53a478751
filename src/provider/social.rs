//! Social networks behind one interface.

use crate::clock::Clock;
use crate::config::{SocialWebhook, X};
use entity::value::SocialNetwork;

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
}
