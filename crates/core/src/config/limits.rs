//! What a client may ask for, and how people sign in.

use super::read::Reader;
use std::time::Duration;

/// What a client may ask for.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The longest a request may take.
    pub request: Duration,
    /// The largest body without files, in bytes.
    pub body_bytes: usize,
    /// The largest picture, in bytes.
    pub upload_bytes: usize,
    /// The most connections.
    pub connections: usize,
    /// The most connections of one network.
    pub connections_per_address: usize,
    /// The longest that the header of a request may take.
    pub header: Duration,
    /// The longest pause within a body or an answer.
    pub stall: Duration,
    /// The longest pause between two requests.
    pub idle: Duration,
    /// The most WebSockets.
    pub sockets: usize,
    /// The most WebSockets of one network.
    pub sockets_per_address: usize,
    /// The most WebSockets of one user.
    pub sockets_per_user: usize,
    /// The most operations at a time on one WebSocket.
    pub socket_operations: usize,
    /// The most operations that wait for their turn.
    pub waiting: usize,
    /// The most operations of one client that wait for their turn.
    pub waiting_per_client: usize,
    /// The cost per second of the guests of one network; zero for no limit.
    pub guest_budget: u64,
    /// The cost per second of one user; zero for no limit.
    pub user_budget: u64,
    /// The deepest query.
    pub query_depth: usize,
    /// The highest cost of an operation.
    pub query_cost: u64,
    /// The largest document: selections, arguments and values, with fragments counted wherever they are used.
    pub document_size: usize,
    /// The most objects in the lists of an answer.
    pub answer_objects: u64,
    /// The most bytes in the lists of an answer.
    pub answer_bytes: u64,
}

/// How people sign in.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// How long a used refresh token still answers with its successor.
    pub refresh_reuse: Duration,
    /// How many passwords may wait to be hashed.
    pub password_queue: usize,
    /// How many wrong passwords of one account may come in an hour from addresses that never signed in to it.
    pub guesses_per_hour: u32,
}

pub(super) fn limits(reader: &Reader<'_>) -> Limits {
    Limits {
        request: reader.seconds("SOUK_REQUEST_SECONDS", 1, 600),
        body_bytes: reader.number("SOUK_BODY_MAX_BYTES", 1024, 104_857_600),
        upload_bytes: reader.number("SOUK_UPLOAD_MAX_BYTES", 1024, 104_857_600),
        connections: reader.number("SOUK_CONNECTIONS", 16, 1_000_000),
        connections_per_address: reader.number("SOUK_CONNECTIONS_PER_ADDRESS", 1, 1_000_000),
        header: reader.seconds("SOUK_HEADER_SECONDS", 1, 600),
        stall: reader.seconds("SOUK_STALL_SECONDS", 1, 600),
        idle: reader.seconds("SOUK_IDLE_SECONDS", 1, 3600),
        sockets: reader.number("SOUK_SOCKETS", 1, 1_000_000),
        sockets_per_address: reader.number("SOUK_SOCKETS_PER_ADDRESS", 1, 1_000_000),
        sockets_per_user: reader.number("SOUK_SOCKETS_PER_USER", 1, 1_000_000),
        socket_operations: reader.number("SOUK_SOCKET_OPERATIONS", 1, 1000),
        waiting: reader.number("SOUK_WAITING", 1, 1_000_000),
        waiting_per_client: reader.number("SOUK_WAITING_PER_CLIENT", 1, 1_000_000),
        guest_budget: reader.number("SOUK_GUEST_BUDGET", 0, 1_000_000_000),
        user_budget: reader.number("SOUK_USER_BUDGET", 0, 1_000_000_000),
        query_depth: reader.number("SOUK_QUERY_DEPTH", 1, 100),
        query_cost: reader.number("SOUK_QUERY_COMPLEXITY", 1, 1_000_000),
        document_size: reader.number("SOUK_QUERY_SIZE", 100, 1_000_000),
        answer_objects: reader.number("SOUK_ANSWER_MAX_OBJECTS", 100, 10_000_000),
        answer_bytes: reader.number("SOUK_ANSWER_MAX_BYTES", 1024, 1_073_741_824),
    }
}

pub(super) fn accounts(reader: &Reader<'_>) -> Accounts {
    Accounts {
        refresh_reuse: reader.seconds("SOUK_REFRESH_REUSE_SECONDS", 0, 300),
        password_queue: reader.number("SOUK_PASSWORD_QUEUE", 1, 10_000),
        guesses_per_hour: reader.number("SOUK_GUESSES_PER_HOUR", 10, 1_000_000),
    }
}
