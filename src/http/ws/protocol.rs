//! The two protocols of GraphQL over WebSocket: `graphql-transport-ws`
//! (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>) and the older `graphql-ws`
//! (<https://github.com/apollographql/subscriptions-transport-ws/blob/master/PROTOCOL.md>).

use async_graphql::{Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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

/// Why a connection is closed: the code and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// 1000 to 1015 of WebSocket (RFC 6455), or 4400 to 4499 of the protocol.
    pub code: u16,
    /// For people.
    pub reason: &'static str,
}

/// Souk is stopping; another instance, or this one started again, goes on.
pub const TRY_AGAIN: Close = Close { code: 1012, reason: "Souk is stopping: connect again, with the last cursor" };
/// Something failed inside.
pub const FAILED: Close = Close { code: 1011, reason: "Internal error" };
/// A message can't be read, or has more bytes than allowed.
pub const UNREADABLE: Close = Close { code: 1009, reason: "A message must be text of at most 262144 bytes" };
/// Not of the protocol.
pub const BAD_MESSAGE: Close = Close { code: 4400, reason: "Not a message of the protocol" };
/// The token is not good, or no longer; or there was no `connection_init`.
pub const UNAUTHORIZED: Close = Close { code: 4401, reason: "Unauthorized" };
/// Nothing came.
pub const INIT_TIMEOUT: Close = Close { code: 4408, reason: "Connection initialisation timeout" };
/// The ID of an operation that still runs.
pub const DUPLICATE: Close = Close { code: 4409, reason: "Subscriber for this ID already exists" };
/// The user has as many connections as one may have. 1013 is "try again later" in the registry of RFC 6455.
pub const TOO_MANY: Close = Close { code: 1013, reason: "Too many connections of this user" };
/// A second `connection_init`.
pub const TWO_INITS: Close = Close { code: 4429, reason: "Too many initialisation requests" };

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
    pub fn connection_error(self, message: &str) -> Option<String> {
        (self == Self::Legacy).then(|| json!({ "type": "connection_error", "payload": { "message": message } }).to_string())
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
