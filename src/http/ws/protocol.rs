//! The two subprotocols of GraphQL over WebSocket: `graphql-transport-ws`
//! (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>) and the older `graphql-ws`
//! (<https://github.com/apollographql/subscriptions-transport-ws/blob/master/PROTOCOL.md>).

use async_graphql::{Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::borrow::Cow;

/// The subprotocol of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// `graphql-transport-ws`.
    Transport,
    /// `graphql-ws`, as `subscriptions-transport-ws` defined it.
    Legacy,
}

/// The names of the subprotocols, the preferred one first.
pub(super) const NAMES: [&str; 2] = ["graphql-transport-ws", "graphql-ws"];

/// The close code and reason of a connection.
///
/// The codes are those of the subprotocol if it defines one, otherwise those of WebSocket (RFC 6455 and its registry). The client
/// graphql-ws reconnects after 1001, 1005, 1006, 1012, 1013, 1014, 4403, 4408 and 4499, and treats every other code as fatal
/// (`shouldRetryConnectOrThrow` in its `client.ts`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Close {
    /// 1000 to 1015 of WebSocket, or 4400 to 4500 of the subprotocol.
    pub code: u16,
    /// Human-readable reason, at most 123 bytes.
    pub reason: Cow<'static, str>,
}

const fn close(code: u16, reason: &'static str) -> Close {
    Close { code, reason: Cow::Borrowed(reason) }
}

/// The client terminated the connection in the legacy protocol.
pub(super) const NORMAL: Close = close(1000, "");
/// The server is stopping; clients reconnect to another instance or after the restart.
pub(super) const TRY_AGAIN: Close = close(1012, "The server is stopping: reconnect with the last cursor");
/// The user has too many connections: retry later.
pub(super) const TOO_MANY: Close = close(1013, "Too many connections of this user");
/// The server is busy, or the client made too many attempts: retry later.
pub(super) const BUSY: Close = close(1013, "The server is busy: reconnect later");
/// A frame is not a valid WebSocket frame.
pub(super) const BAD_FRAME: Close = close(1002, "Invalid WebSocket frame");
/// A text message is not UTF-8.
pub(super) const NOT_UTF8: Close = close(1007, "A message must be UTF-8");
/// A message is too large.
pub(super) const TOO_LARGE: Close = close(1009, "A message must have at most 262144 bytes");
/// A message is not valid in the subprotocol.
pub(super) const BAD_MESSAGE: Close = close(4400, "Invalid message of the subprotocol");
/// An operation was sent before the connection was acknowledged.
pub(super) const UNAUTHORIZED: Close = close(4401, "Unauthorized: send connection_init and wait for connection_ack first");
/// The token of `connection_init` is invalid, or the session has ended. Clients reconnect with a new token.
pub(super) const FORBIDDEN: Close = close(4403, "Forbidden: the access token is invalid or expired, or its session has ended");
/// The client sent no `connection_init` in time.
pub(super) const INIT_TIMEOUT: Close = close(4408, "Connection initialisation timeout");
/// The client sent a second `connection_init`.
pub(super) const TWO_INITS: Close = close(4429, "Too many initialisation requests");
/// The connection failed with an internal error.
pub(super) const FAILED: Close = close(4500, "Internal error");

/// The client used the ID of a running operation.
pub(super) fn duplicate(id: &str) -> Close {
    // 16 characters of at most 4 bytes, because a reason has at most 123 bytes.
    let shown: String = id.chars().filter(|c| !c.is_control()).take(16).collect();
    Close { code: 4409, reason: Cow::Owned(format!("Subscriber for {shown} already exists")) }
}

/// A message of the client.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ClientMessage {
    /// The first message, with the token.
    ConnectionInit {
        /// An object with `authToken`, `Authorization`, or `headers` with either of them.
        payload: Option<Value>,
    },
    /// Starts an operation.
    #[serde(alias = "start")]
    Subscribe {
        /// The client's ID of the operation.
        id: String,
        /// The operation.
        payload: Box<Request>,
    },
    /// Ends an operation.
    #[serde(alias = "stop")]
    Complete {
        /// The client's ID of the operation.
        id: String,
    },
    /// Requests a pong.
    Ping {
        /// Any value, which is sent back.
        payload: Option<Value>,
    },
    /// Responds to a ping.
    Pong,
    /// Terminates the connection, in the legacy protocol.
    ConnectionTerminate,
}

impl Protocol {
    /// The subprotocol with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "graphql-transport-ws" => Some(Self::Transport),
            "graphql-ws" => Some(Self::Legacy),
            _ => None,
        }
    }

    /// Acknowledges the connection.
    pub(super) fn ack(self) -> String {
        json!({ "type": "connection_ack" }).to_string()
    }

    /// Responds to a ping.
    pub(super) fn pong(self, payload: Option<Value>) -> String {
        match payload {
            Some(payload) => json!({ "type": "pong", "payload": payload }).to_string(),
            None => json!({ "type": "pong" }).to_string(),
        }
    }

    /// The keep-alive message of the legacy protocol; the newer protocol uses WebSocket pings.
    pub(super) fn keep_alive(self) -> Option<String> {
        (self == Self::Legacy).then(|| json!({ "type": "ka" }).to_string())
    }

    /// The error message before closing in the legacy protocol, which has no close codes.
    pub(super) fn connection_error(self, close: &Close) -> Option<String> {
        let is_error = self == Self::Legacy && close.code != NORMAL.code;
        is_error.then(|| json!({ "type": "connection_error", "payload": { "message": close.reason } }).to_string())
    }

    /// A result of an operation.
    pub(super) fn next(self, id: &str, response: &Response) -> String {
        let kind = if self == Self::Transport { "next" } else { "data" };
        message(kind, id, response)
    }

    /// The errors of an operation that did not start, which also complete it.
    pub(super) fn error(self, id: &str, errors: &[async_graphql::ServerError]) -> String {
        match self {
            Self::Transport => message("error", id, errors),
            Self::Legacy => message("error", id, errors.first()),
        }
    }

    /// The completion of an operation.
    pub(super) fn complete(self, id: &str) -> String {
        json!({ "type": "complete", "id": id }).to_string()
    }
}

/// A message about an operation. Serialized without `serde_json::Value`, which sorts the fields of objects: a response must keep
/// the order of the selection.
fn message(kind: &str, id: &str, payload: impl Serialize) -> String {
    #[derive(Serialize)]
    struct Message<'a, P> {
        #[serde(rename = "type")]
        kind: &'a str,
        id: &'a str,
        payload: P,
    }
    // Responses can always be serialized.
    serde_json::to_string(&Message { kind, id, payload }).unwrap_or_default()
}

/// The token in the payload of `connection_init`: `authToken`, `Authorization`, or either of them in `headers`.
pub(super) fn token(payload: &Value) -> Option<String> {
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
    fn a_response_keeps_the_order_of_its_fields() {
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
    fn a_token_is_found_in_all_supported_locations() {
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
