//! X, by version 2 of its API: `POST /2/media/upload` for the image, then `POST /2/tweets`.

use super::post::{no_response, retry_after};
use super::{Announcement, Picture, PostError, Posted, oauth};
use crate::clock::Clock;
use crate::config::X;
use crate::random::Random;
use crate::text::truncate;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use std::time::Duration;
use url::Url;

/// Maximum size of an image on X, in bytes.
const MAX_IMAGE_BYTES: usize = 5 * 1024 * 1024;
/// MIME types of images that X accepts.
const IMAGE_TYPES: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];

/// A client for one account.
struct Session<'a> {
    http: &'a reqwest::Client,
    clock: &'a Clock,
    random: &'a Random,
    account: &'a X,
}

/// Posts with the image if X accepts it, else without it.
pub(super) async fn post(
    http: &reqwest::Client,
    clock: &Clock,
    random: &Random,
    account: &X,
    announcement: &Announcement,
) -> Result<Posted, PostError> {
    let session = Session { http, clock, random, account };
    let fits =
        |picture: &&Picture| picture.bytes.len() <= MAX_IMAGE_BYTES && IMAGE_TYPES.contains(&picture.content_type.as_str());
    let mut body = json!({ "text": announcement.text });
    if let Some(picture) = announcement.picture.as_ref().filter(fits) {
        let id = session.upload(picture).await?;
        body["media"] = json!({ "media_ids": [id] });
    }
    let answer = session.send("2/tweets", |request| Ok(request.json(&body))).await?;
    let id = id_of(&answer)?;
    Ok(Posted { url: Some(format!("https://x.com/i/web/status/{id}")), external_id: Some(id) })
}

impl Session<'_> {
    async fn upload(&self, picture: &Picture) -> Result<String, PostError> {
        let answer = self
            .send("2/media/upload", |request| {
                let part = Part::stream(picture.bytes.clone()).file_name("picture").mime_str(&picture.content_type)?;
                Ok(request.multipart(Form::new().text("media_category", "tweet_image").part("media", part)))
            })
            .await?;
        id_of(&answer)
    }

    async fn send(
        &self,
        path: &str,
        with_body: impl Fn(reqwest::RequestBuilder) -> reqwest::Result<reqwest::RequestBuilder>,
    ) -> Result<Value, PostError> {
        let invalid = || PostError::Never { reason: "The marketplace's configuration for X is invalid.".into() };
        let base = self.account.api_url.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{base}/{path}")).map_err(|_| invalid())?;
        let nonce = self.random.hex();
        let header = oauth::header(self.account, "POST", &url, &nonce, self.clock.now().timestamp());
        let request = with_body(self.http.post(url).header("authorization", header)).map_err(|_| invalid())?;
        let response = request.send().await.map_err(|error| no_response("X", &error))?;
        self.read(response).await
    }

    async fn read(&self, response: reqwest::Response) -> Result<Value, PostError> {
        let status = response.status();
        let after = retry_after(&response).or_else(|| self.reset_after(&response));
        // If the response is cut off, the post may have been published.
        let bytes = response.bytes().await.map_err(|error| no_response("X", &error))?;
        let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if status.is_success() {
            return Ok(answer);
        }
        let said = explanation(&answer);
        Err(match status.as_u16() {
            429 => PostError::Later { reason: "X accepts no more posts for now.".into(), after },
            408 | 500..=599 => PostError::Later { reason: format!("X is temporarily unavailable ({status})."), after },
            403 if said.to_lowercase().contains("duplicate") => {
                PostError::Duplicate { reason: format!("X already has a post with the same text: {said}") }
            }
            401 => PostError::Never { reason: format!("X did not accept the marketplace's credentials: {said}") },
            403 => PostError::Never { reason: format!("X does not allow this post: {said}") },
            _ => PostError::Never { reason: format!("X refused the post ({status}): {said}") },
        })
    }

    /// Time until `x-rate-limit-reset`, which is in seconds since 1970.
    fn reset_after(&self, response: &reqwest::Response) -> Option<Duration> {
        let reset: i64 = response.headers().get("x-rate-limit-reset")?.to_str().ok()?.trim().parse().ok()?;
        let seconds = reset.checked_sub(self.clock.now().timestamp())?;
        Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
    }
}

/// `data.id` of a response.
fn id_of(answer: &Value) -> Result<String, PostError> {
    let id = answer.pointer("/data/id").and_then(Value::as_str).filter(|id| !id.is_empty() && id.len() <= 64);
    id.map(str::to_owned).ok_or_else(|| PostError::Later { reason: "X sent an invalid response.".into(), after: None })
}

/// X's error message: `detail`, else `title`, else the message of the first of `errors`.
fn explanation(answer: &Value) -> String {
    let places = ["/detail", "/title", "/errors/0/message"];
    let said = places.iter().find_map(|place| answer.pointer(place).and_then(Value::as_str)).unwrap_or("no reason given");
    truncate(said, 300).to_owned()
}
