//! Limits on requests, connections and operations, and on sign-ins.

use super::read::Reader;
use std::time::Duration;

/// Limits on requests, connections and operations.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Time limit of a request.
    pub request: Duration,
    /// Maximum size of a request body without files.
    pub body_bytes: usize,
    /// Maximum size of an uploaded image.
    pub upload_bytes: usize,
    /// Maximum size of a file of a digital product.
    pub digital_file_bytes: usize,
    /// Maximum number of open connections.
    pub connections: usize,
    /// Maximum number of open connections per IPv4 address or IPv6 /64 network.
    pub connections_per_address: usize,
    /// Time limit for receiving the headers of a request.
    pub header: Duration,
    /// Maximum pause while a body is received or a response is sent.
    pub stall: Duration,
    /// Maximum idle time between two requests.
    pub idle: Duration,
    /// Maximum number of open WebSockets.
    pub sockets: usize,
    pub sockets_per_address: usize,
    pub sockets_per_user: usize,
    /// Maximum number of concurrent operations per WebSocket.
    pub socket_operations: usize,
    /// Maximum number of queued operations.
    pub waiting: usize,
    pub waiting_per_client: usize,
    /// Operation cost per second for all guests of one network; 0 for no limit.
    pub guest_budget: u64,
    /// Operation cost per second and user; 0 for no limit.
    pub user_budget: u64,
    /// Maximum depth of an operation.
    pub query_depth: usize,
    /// Maximum cost of an operation.
    pub query_cost: u64,
    /// Maximum number of selections, arguments and values in a document, with fragments counted at each use.
    pub document_size: usize,
    /// Maximum number of objects in the lists of a response.
    pub answer_objects: u64,
    /// Maximum size of the lists of a response.
    pub answer_bytes: u64,
}

/// Limits on sign-ins and passwords.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// Time in which a used refresh token returns the same successor.
    pub refresh_reuse: Duration,
    /// Maximum number of passwords waiting to be hashed.
    pub password_queue: usize,
    /// Wrong passwords allowed per account and hour from all addresses that never signed in to it.
    pub guesses_per_hour: u32,
}

pub(super) fn limits(reader: &Reader<'_>) -> Limits {
    Limits {
        request: reader.seconds("SOUK_REQUEST_SECONDS", 1, 600),
        body_bytes: reader.number("SOUK_BODY_MAX_BYTES", 1024, 104_857_600),
        upload_bytes: reader.number("SOUK_UPLOAD_MAX_BYTES", 1024, 104_857_600),
        digital_file_bytes: reader.number("SOUK_DIGITAL_FILE_BYTES", 1024, 2_147_483_647),
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
