//! The outside world: files, mails, networks, payments. Called outside transactions, and from jobs where it can wait.

pub mod mail;
pub mod payment;
pub mod social;
pub mod storage;

use std::time::Duration;

/// The one HTTP client: no redirects (a provider that redirects is misconfigured, and a redirect could leak a signature), and
/// nobody is waited for longer than half a minute.
pub fn http_client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .user_agent(concat!("Souk/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(10))
        .timeout(Duration::from_secs(30))
        .redirect(reqwest::redirect::Policy::none())
        .build()
}
