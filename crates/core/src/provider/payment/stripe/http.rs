//! Requests to the API of Stripe: form encoding, idempotency keys, retries and errors.

use super::super::ProviderError;
use crate::config;
use crate::text::truncate;
use reqwest::{Method, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use url::form_urlencoded::Serializer;
use uuid::Uuid;

/// Version of the API that this client is written for.
const VERSION: &str = "2026-09-30.endive";
/// Time limit for connecting.
const CONNECT: Duration = Duration::from_secs(3);
/// Time limit for a call with its retries.
const WHOLE: Duration = Duration::from_secs(20);
/// Maximum size of a response, in bytes.
const MAX_BYTES: usize = 1024 * 1024;
/// Number of retries, as in Stripe's own clients.
const RETRIES: u32 = 2;
/// Pause before the first retry; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(500);

pub(super) struct Http {
    client: reqwest::Client,
    base: String,
    key: SecretString,
}

/// Why a request has no result.
pub(super) enum Failure {
    /// Stripe answered with an error that the caller interprets.
    Answered(StripeError),
    /// Every other error.
    Other(ProviderError),
}

impl From<Failure> for ProviderError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Answered(error) => error.into(),
            Failure::Other(error) => error,
        }
    }
}

/// The error object of a response (<https://docs.stripe.com/api/errors>).
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct StripeError {
    #[serde(skip)]
    pub(super) status: u16,
    pub(super) code: Option<String>,
    pub(super) decline_code: Option<String>,
    pub(super) param: Option<String>,
    message: Option<String>,
}

impl StripeError {
    pub(super) fn has_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    fn why(&self) -> String {
        let code = self.code.as_deref().unwrap_or("no code");
        let message = truncate(self.message.as_deref().unwrap_or("no message"), 300);
        format!("Stripe refused the request ({}, {code}): {message}", self.status)
    }
}

impl From<StripeError> for ProviderError {
    fn from(error: StripeError) -> Self {
        Self::Refused { why: error.why() }
    }
}

#[derive(Deserialize)]
struct ErrorBody {
    error: StripeError,
}

/// A failed attempt, and whether Stripe's rules allow to repeat it at once.
struct Failed {
    failure: Failure,
    retry: bool,
}

impl Http {
    pub(super) fn new(config: &config::Stripe) -> reqwest::Result<Self> {
        let client = super::super::super::http_client_with(CONNECT, WHOLE)?;
        let base = config.api_base.as_str().trim_end_matches('/').to_owned();
        Ok(Self { client, base, key: config.secret_key.clone() })
    }

    /// Reads an object or a list.
    pub(super) async fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Value, Failure> {
        let query = encode(parameters);
        let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        self.send(Method::GET, &path, None, None).await
    }

    /// Writes. Without a `key`, only for requests that can be repeated without harm.
    pub(super) async fn post(&self, path: &str, parameters: &[(&str, &str)], key: Option<Uuid>) -> Result<Value, Failure> {
        self.send(Method::POST, path, Some(encode(parameters)), key).await
    }

    /// Repeats a request as Stripe's own clients do: with the same key if it was not sent, or on 409, 5xx or if the header
    /// `stripe-should-retry` says so.
    async fn send(&self, method: Method, path: &str, form: Option<String>, key: Option<Uuid>) -> Result<Value, Failure> {
        let attempts = async {
            let mut pause = PAUSE;
            for _ in 0..RETRIES {
                match self.attempt(&method, path, form.clone(), key).await {
                    Err(Failed { retry: true, .. }) => tokio::time::sleep(pause).await,
                    other => return other,
                }
                pause *= 2;
            }
            self.attempt(&method, path, form.clone(), key).await
        };
        match tokio::time::timeout(WHOLE, attempts).await {
            Ok(result) => result.map_err(|failed| failed.failure),
            Err(_) => Err(unknown("Stripe did not respond in time").failure),
        }
    }

    async fn attempt(&self, method: &Method, path: &str, form: Option<String>, key: Option<Uuid>) -> Result<Value, Failed> {
        let mut request = self
            .client
            .request(method.clone(), format!("{}{path}", self.base))
            .bearer_auth(self.key.expose_secret())
            .header("stripe-version", VERSION);
        if let Some(form) = form {
            request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key.to_string());
        }
        let response = request.send().await.map_err(|error| not_answered(&error))?;
        read(response).await
    }
}

fn encode(parameters: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(parameters).finish()
}

fn not_answered(error: &reqwest::Error) -> Failed {
    if error.is_connect() || error.is_builder() {
        let why = "Stripe cannot be reached".to_owned();
        return Failed { failure: Failure::Other(ProviderError::Retryable { after: None, why }), retry: true };
    }
    let why = if error.is_timeout() { "Stripe did not respond in time" } else { "Stripe closed the connection" };
    Failed { retry: true, ..unknown(why) }
}

fn unknown(why: impl Into<String>) -> Failed {
    Failed { failure: Failure::Other(ProviderError::Unknown { why: why.into() }), retry: false }
}

async fn read(mut response: Response) -> Result<Value, Failed> {
    let status = response.status();
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let should_retry = header("stripe-should-retry").map(|value| value == "true");
    let after = header("retry-after").and_then(|value| value.parse().ok()).map(Duration::from_secs);
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > MAX_BYTES => return Err(unknown("Stripe sent too large a response")),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(_) => return Err(Failed { retry: true, ..unknown(format!("Stripe's response ({status}) was cut off")) }),
        }
    }
    if status.is_success() {
        let value: Value = serde_json::from_slice(&body).unwrap_or_default();
        return if value.is_object() { Ok(value) } else { Err(unknown(format!("Stripe sent an invalid response ({status})"))) };
    }
    let error = serde_json::from_slice::<ErrorBody>(&body).map(|body| body.error).unwrap_or_default();
    let error = StripeError { status: status.as_u16(), ..error };
    let failure = match status {
        StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS => {
            Failure::Other(ProviderError::Retryable { after, why: error.why() })
        }
        _ if status.is_client_error() && should_retry == Some(true) => {
            Failure::Other(ProviderError::Retryable { after, why: error.why() })
        }
        _ if status.is_client_error() => Failure::Answered(error),
        _ => Failure::Other(ProviderError::Unknown { why: format!("Stripe sent the status {status}") }),
    };
    let retry = should_retry.unwrap_or(status == StatusCode::CONFLICT || status.is_server_error());
    Err(Failed { failure, retry })
}
