//! The two protocols of GraphQL over WebSocket: `graphql-transport-ws`
//! (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>) and the older `graphql-ws`
//! (<https://github.com/apollographql/subscriptions-transport-ws/blob/master/PROTOCOL.md>).

use async_graphql::{Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::borrow::Cow;

/// Which protocol a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `graphql-transport-ws`.
    Transport,
    /// `graphql-ws`, as `subscriptions-transport-ws` defined it.
    Legacy,
}

/// Their names, the preferred one first.
pub const NAMES: [&str; 2] = ["graphql-transport-ws", "graphql-ws"];

/// Why a connection is closed: the code and a reason.
///
/// The codes are those of the protocol, as far as it has one, else those of WebSocket (RFC 6455 and its registry). graphql-ws connects
/// again after 1001, 1005, 1006, 1012, 1013, 1014, 4403, 4408 and 4499, and takes every other code for final
/// (`shouldRetryConnectOrThrow` in its `client.ts`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// 1000 to 1015 of WebSocket, or 4400 to 4500 of the protocol.
    pub code: u16,
    /// For people; at most 123 bytes.
    pub reason: Cow<'static, str>,
}

const fn close(code: u16, reason: &'static str) -> Close {
    Close { code, reason: Cow::Borrowed(reason) }
}

/// The client has said good-bye in the older protocol.
pub const NORMAL: Close = close(1000, "");
/// Souk is stopping; another instance, or this one started again, goes on.
pub const TRY_AGAIN: Close = close(1012, "Souk is stopping: connect again, with the last cursor");
/// The user has too many connections, or too much is being done: try again later.
pub const TOO_MANY: Close = close(1013, "Too many connections of this user");
/// As [`TOO_MANY`].
pub const BUSY: Close = close(1013, "Too much is being done: connect again later");
/// The frames are not those of WebSocket.
pub const BAD_FRAME: Close = close(1002, "Not a frame of WebSocket");
/// A text that is not UTF-8.
pub const NOT_UTF8: Close = close(1007, "A message must be UTF-8");
/// A message has more bytes than allowed.
pub const TOO_LARGE: Close = close(1009, "A message must have at most 262144 bytes");
/// Not of the protocol.
pub const BAD_MESSAGE: Close = close(4400, "Not a message of the protocol");
/// An operation before the connection was acknowledged.
pub const UNAUTHORIZED: Close = close(4401, "Unauthorized: send connection_init and wait for connection_ack first");
/// The token of `connection_init` is not valid, or no longer. Clients connect again, with a new token.
pub const FORBIDDEN: Close = close(4403, "Forbidden: the access token is invalid or expired, or its session has ended");
/// Nothing came.
pub const INIT_TIMEOUT: Close = close(4408, "Connection initialisation timeout");
/// A second `connection_init`.
pub const TWO_INITS: Close = close(4429, "Too many initialisation requests");
/// Something failed inside.
pub const FAILED: Close = close(4500, "Internal error");

/// The ID of an operation that still runs.
pub fn duplicate(id: &str) -> Close {
    // 16 characters of at most 4 bytes: a reason has at most 123.
    let shown: String = id.chars().filter(|c| !c.is_control()).take(16).collect();
    Close { code: 4409, reason: Cow::Owned(format!("Subscriber for {shown} already exists")) }
}

/// What a client says.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// First of all, with the token.
    ConnectionInit {
        /// `authToken`, `Authorization`, or `headers` with it.
        payload: Option<Value>,
    },
    /// Begins an operation.
    #[serde(alias = "start")]
    Subscribe {
        /// The client's name for it.
        id: String,
        /// The operation.
        payload: Box<Request>,
    },
    /// Ends an operation.
    #[serde(alias = "stop")]
    Complete {
        /// The client's name for it.
        id: String,
    },
    /// Wants a pong.
    Ping {
        /// Anything; sent back.
        payload: Option<Value>,
    },
    /// Answers a ping.
    Pong,
    /// Good-bye, in the older protocol.
    ConnectionTerminate,
}

impl Protocol {
    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "graphql-transport-ws" => Some(Self::Transport),
            "graphql-ws" => Some(Self::Legacy),
            _ => None,
        }
    }

    /// The token was good.
    pub fn ack(self) -> String {
        json!({ "type": "connection_ack" }).to_string()
    }

    /// Answers a ping.
    pub fn pong(self, payload: Option<Value>) -> String {
        match payload {
            Some(payload) => json!({ "type": "pong", "payload": payload }).to_string(),
            None => json!({ "type": "pong" }).to_string(),
        }
    }

    /// Shows that the connection is alive, in the older protocol; the newer one leaves that to WebSocket's own pings.
    pub fn keep_alive(self) -> Option<String> {
        (self == Self::Legacy).then(|| json!({ "type": "ka" }).to_string())
    }

    /// Why the connection will be closed, for the older protocol, which knows no close codes.
    pub fn connection_error(self, close: &Close) -> Option<String> {
        let is_error = self == Self::Legacy && close.code != NORMAL.code;
        is_error.then(|| json!({ "type": "connection_error", "payload": { "message": close.reason } }).to_string())
    }

    /// A result of an operation.
    pub fn next(self, id: &str, response: &Response) -> String {
        let kind = if self == Self::Transport { "next" } else { "data" };
        message(kind, id, response)
    }

    /// The operation did not begin; nothing more of it will come.
    pub fn error(self, id: &str, errors: &[async_graphql::ServerError]) -> String {
        match self {
            Self::Transport => message("error", id, errors),
            Self::Legacy => message("error", id, errors.first()),
        }
    }

    /// The operation is over.
    pub fn complete(self, id: &str) -> String {
        json!({ "type": "complete", "id": id }).to_string()
    }
}

/// A message about an operation. Written without `serde_json::Value`, which sorts the fields of objects: an answer has them in the
/// order in which they were asked for.
fn message(kind: &str, id: &str, payload: impl Serialize) -> String {
    #[derive(Serialize)]
    struct Message<'a, P> {
        #[serde(rename = "type")]
        kind: &'a str,
        id: &'a str,
        payload: P,
    }
    // What answers are made of can always be written.
    serde_json::to_string(&Message { kind, id, payload }).unwrap_or_default()
}

/// The token in the payload of `connection_init`: `authToken`, `Authorization`, or either of them in `headers`.
pub fn token(payload: &Value) -> Option<String> {
    let places = [Some(payload), payload.get("headers")];
    let found = places.into_iter().flatten().filter_map(Value::as_object).find_map(|object| {
        object.iter().find_map(|(name, value)| {
            let known = name == "authToken" || name.eq_ignore_ascii_case("authorization");
            value.as_str().filter(|text| known && !text.trim().is_empty())
        })
    })?;
    let bare = match found.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token,
        _ => found,
    };
    Some(bare.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_keeps_the_order_of_its_fields() {
        let document = r#"{ zebra: __typename apple: __typename mango: __typename }"#;
        let schema = async_graphql::Schema::new(Query, async_graphql::EmptyMutation, async_graphql::EmptySubscription);
        let response = futures::executor::block_on(schema.execute(document));
        let message = Protocol::Transport.next("1", &response);
        assert_eq!(message, r#"{"type":"next","id":"1","payload":{"data":{"zebra":"Query","apple":"Query","mango":"Query"}}}"#);
    }

    struct Query;

    #[async_graphql::Object]
    impl Query {
        async fn version(&self) -> i32 {
            1
        }
    }

    #[test]
    fn a_token_is_found_where_clients_put_it() {
        for payload in [
            json!({ "authToken": "t" }),
            json!({ "Authorization": "Bearer t" }),
            json!({ "authorization": "bearer  t" }),
            json!({ "headers": { "Authorization": "Bearer t" } }),
            json!({ "headers": { "authToken": "t" }, "other": 1 }),
        ] {
            assert_eq!(token(&payload).as_deref(), Some("t"), "{payload}");
        }
        for payload in [json!(null), json!({}), json!({ "authToken": "" }), json!({ "authToken": 7 }), json!("t")] {
            assert_eq!(token(&payload), None, "{payload}");
        }
    }
}
