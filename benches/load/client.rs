//! A client with little overhead, as it shares the machine with the server: one connection, one request at a time.

use serde_json::Value;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A persistent connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// The header of a signed-in user.
    authorization: String,
}

/// A response: status, the number of SQL statements (if the server reports it), and the body.
pub struct Answer {
    pub status: u16,
    pub statements: Option<u64>,
    pub body: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("no delay");
        Self { stream, buffer: Vec::with_capacity(64 * 1024), authorization: String::new() }
    }

    /// Sends an access token with all further requests.
    pub fn sign_in(&mut self, token: &str) {
        self.authorization = format!("Authorization: Bearer {token}\r\n");
    }

    /// Sends a GraphQL request and waits for the complete response.
    pub async fn graphql(&mut self, body: &[u8]) -> Answer {
        let head = format!(
            "POST /graphql HTTP/1.1\r\nHost: souk\r\nContent-Type: application/json\r\nAccept: application/json\r\nContent-Length: {}\r\n{}\r\n",
            body.len(),
            self.authorization
        );
        let mut request = head.into_bytes();
        request.extend_from_slice(body);
        self.stream.write_all(&request).await.expect("sending");
        self.read().await
    }

    /// Like [`Connection::graphql`]; returns the data and fails if there are errors.
    pub async fn data(&mut self, query: &str, variables: &Value) -> Value {
        let body = serde_json::to_vec(&serde_json::json!({ "query": query, "variables": variables })).expect("JSON");
        let answer = self.graphql(&body).await;
        let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        assert!(answer.status == 200 && json.get("errors").is_none(), "{query}\n{variables}\n{json}");
        json["data"].clone()
    }

    async fn read(&mut self) -> Answer {
        self.buffer.clear();
        let (head, length) = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.buffer[..at]).to_ascii_lowercase();
                let length: usize = header(&head, "content-length").and_then(|text| text.parse().ok()).expect("a length");
                break (head, at + 4 + length);
            }
            self.more().await;
        };
        while self.buffer.len() < length {
            self.more().await;
        }
        let body_at = find(&self.buffer, b"\r\n\r\n").expect("found before") + 4;
        Answer {
            status: head.split(' ').nth(1).and_then(|text| text.parse().ok()).expect("a status"),
            statements: header(&head, "x-souk-sql-statements").and_then(|text| text.parse().ok()),
            body: self.buffer[body_at..length].to_vec(),
        }
    }

    async fn more(&mut self) {
        let read = self.stream.read_buf(&mut self.buffer).await.expect("reading");
        assert!(read > 0, "the server closed the connection");
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}
