//! Clients of external services: storage, email, social networks and payment providers. They are called outside transactions, and from
//! jobs if the caller need not wait for the result.

pub mod guarded;
pub mod mail;
pub mod payment;
pub mod search;
pub mod social;
pub mod storage;

use std::time::Duration;

/// The shared HTTP client. It follows no redirects, as a redirect could leak a signature, and times out after 30 seconds.
///
/// # Errors
///
/// If TLS cannot be initialised.
pub fn http_client() -> reqwest::Result<reqwest::Client> {
    http_client_with(Duration::from_secs(10), Duration::from_secs(30))
}

/// As [`http_client`], with other time limits: for connecting, and for a whole call.
fn http_client_with(connect: Duration, whole: Duration) -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .user_agent(concat!("Souk/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(connect)
        .timeout(whole)
        .redirect(reqwest::redirect::Policy::none())
        .build()
}
