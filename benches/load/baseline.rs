//! The baseline of the comparison: a minimal axum handler that responds with the same number of bytes.

use crate::client::Connection;
use crate::scenario::Scenario;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ADDRESS: &str = "127.0.0.1:18081";

/// The minimal handler, in a separate process like Souk.
pub struct Bare(Child);

/// Answers `POST /graphql` with the number of bytes in the request body.
pub fn serve_bare() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let answer = |body: axum::body::Bytes| async move {
            let size = std::str::from_utf8(&body).ok().and_then(|text| text.parse::<usize>().ok()).unwrap_or(32);
            ([("content-type", "application/json")], vec![b'x'; size])
        };
        let router = axum::Router::new().route("/graphql", axum::routing::post(answer));
        let listener = tokio::net::TcpListener::bind(ADDRESS).await.expect("a port");
        axum::serve(listener, router).await.expect("serving");
    });
}

impl Bare {
    pub fn start() -> Self {
        let this = std::env::current_exe().expect("this program");
        Self(Command::new(this).arg("--bare").stdout(Stdio::null()).spawn().expect("it starts"))
    }

    /// Requests per second for responses of the scenario's size; `None` for rounds of several requests.
    pub async fn rate(&self, scenario: &Scenario, bytes: usize, connections: usize, time: Duration) -> Option<f64> {
        if !scenario.is_single() {
            return None;
        }
        let address: SocketAddr = ADDRESS.parse().expect("an address");
        let deadline = Instant::now() + Duration::from_secs(10);
        while tokio::net::TcpStream::connect(address).await.is_err() {
            assert!(Instant::now() < deadline, "the bare handler does not listen");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let body = bytes.to_string().into_bytes();
        let begun = Instant::now();
        let until = begun + time / 2;
        let tasks = (0..connections).map(|_| {
            let body = body.clone();
            tokio::spawn(async move {
                let mut connection = Connection::open(address).await;
                let mut count = 0_u64;
                while Instant::now() < until {
                    connection.graphql(&body).await;
                    count += 1;
                }
                count
            })
        });
        let counts = futures::future::join_all(tasks).await;
        let total: u64 = counts.into_iter().map(|count| count.expect("no request failed")).sum();
        Some(total as f64 / begun.elapsed().as_secs_f64())
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
