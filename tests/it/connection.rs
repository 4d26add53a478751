//! Limits on the time and number of connections.

use crate::app::{Souk, each_of, each_server, each_with};
use crate::database::TestDatabase;
use crate::process::Process;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Nothing here takes longer when all is well.
const PATIENCE: Duration = Duration::from_secs(20);

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: souk\r\n\r\n";

/// A connection of bytes.
struct Raw(TcpStream);

impl Raw {
    async fn open(base: &str) -> Self {
        Self::from("127.0.0.1", base).await
    }

    /// From another address of this machine.
    async fn from(address: &str, base: &str) -> Self {
        let server: SocketAddr = base.strip_prefix("http://").expect("http").parse().expect("an address");
        let socket = TcpSocket::new_v4().expect("a socket");
        // Little room for what is not read.
        socket.set_recv_buffer_size(4096).expect("a size");
        socket.bind(SocketAddr::new(address.parse().expect("an address"), 0)).expect("an address of this machine");
        Self(socket.connect(server).await.expect("a connection"))
    }

    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.expect("the connection is open");
    }

    /// The next answer: its status, its headers and its body.
    async fn answer(&mut self) -> (u16, String, String) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(tokio::time::timeout(PATIENCE, self.0.read_u8()).await.expect("in time").expect("an answer"));
        }
        let head = String::from_utf8(head).expect("text").to_lowercase();
        let status = head[9..12].parse().expect("a status");
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |text| text.parse().expect("a number"));
        let mut body = vec![0; length];
        tokio::time::timeout(PATIENCE, self.0.read_exact(&mut body)).await.expect("in time").expect("a body");
        (status, head, String::from_utf8(body).expect("text"))
    }

    async fn status(&mut self) -> u16 {
        self.answer().await.0
    }

    /// Waits until the server has closed it; answers with what came before.
    async fn closed(&mut self) -> usize {
        let (mut count, mut buffer) = (0, vec![0; 65536]);
        loop {
            match tokio::time::timeout(PATIENCE, self.0.read(&mut buffer)).await.expect("the server closes it") {
                Ok(0) | Err(_) => return count,
                Ok(more) => count += more,
            }
        }
    }
}

fn post(path: &str, length: usize, headers: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: souk\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{headers}\r\n")
}

#[test]
fn headers_that_are_not_sent_to_their_end_close_the_connection() {
    each_with(&[("SOUK_HEADER_SECONDS", "1")], async |souk| {
        let begun = Instant::now();
        let mut silent = Raw::open(&souk.url).await;
        let mut half = Raw::open(&souk.url).await;
        half.send("POST /graphql HTTP/1.1\r\nHost: souk\r\nContent-Ty").await;
        let mut dripping = Raw::open(&souk.url).await;
        let drip = async {
            // A byte at a time does not put the end off.
            for byte in HEALTH.repeat(100).bytes() {
                if byte == b'\n' || dripping.0.write_all(&[byte]).await.is_err() {
                    continue;
                }
                if tokio::time::timeout(Duration::from_millis(20), dripping.0.readable()).await.is_ok() {
                    return;
                }
            }
            panic!("it is still open");
        };
        let ends = async { (silent.closed().await, half.closed().await) };
        let ((), ends) = tokio::join!(drip, ends);
        assert_eq!(ends, (0, 0));
        assert!(begun.elapsed() >= Duration::from_millis(900));
        // A second request has as much time for its header as the first.
        let mut second = Raw::open(&souk.url).await;
        second.send(HEALTH).await;
        assert_eq!(second.status().await, 200);
        second.send("GET /heal").await;
        assert_eq!(second.closed().await, 0);
    });
}

#[test]
fn an_idle_connection_is_closed_and_a_busy_one_is_not() {
    each_with(&[("SOUK_IDLE_SECONDS", "1")], async |souk| {
        let mut connection = Raw::open(&souk.url).await;
        for _ in 0..3 {
            connection.send(HEALTH).await;
            assert_eq!(connection.status().await, 200);
            tokio::time::sleep(Duration::from_millis(600)).await;
        }
        let begun = Instant::now();
        assert_eq!(connection.closed().await, 0);
        assert!(begun.elapsed() < Duration::from_secs(5));
    });
}

#[test]
fn a_body_that_pauses_is_answered_and_its_connection_closed() {
    each_with(&[("SOUK_STALL_SECONDS", "1")], async |souk| {
        // Small ones and large ones are read in different ways; multipart is another reader.
        for length in [100, 500_000] {
            let mut connection = Raw::open(&souk.url).await;
            connection.send(&post("/graphql", length, "")).await;
            connection.send("{").await;
            let (status, _, body) = connection.answer().await;
            assert_eq!(status, 408, "{body}");
            connection.closed().await;
        }
        let mut connection = Raw::open(&souk.url).await;
        let headers = "Content-Type: multipart/form-data; boundary=x\r\nX-Souk-Csrf: 1\r\n";
        connection.send(&format!("POST /graphql HTTP/1.1\r\nHost: souk\r\nContent-Length: 500000\r\n{headers}\r\n--x\r\n")).await;
        assert_eq!(connection.status().await, 408);
        // A body that is slow, but does not pause, is taken.
        let query = json!({ "query": "{ version }" }).to_string();
        let mut connection = Raw::open(&souk.url).await;
        connection.send(&post("/graphql", query.len(), "")).await;
        for chunk in query.as_bytes().chunks(8) {
            tokio::time::sleep(Duration::from_millis(600)).await;
            connection.0.write_all(chunk).await.expect("the connection is open");
        }
        assert_eq!(connection.status().await, 200);
    });
}

#[test]
fn a_client_that_takes_no_answer_is_cut_off() {
    each_with(&[("SOUK_STALL_SECONDS", "1")], async |souk| {
        let mut page = Raw::open(&souk.url).await;
        let request = "GET /assets/vendor/graphiql.js HTTP/1.1\r\nHost: souk\r\n\r\n";
        let request = request.replace("/assets/vendor/graphiql.js", &largest_asset(souk).await);
        page.send(&request).await;
        let size = page.answer().await.2.len();
        let mut deaf = Raw::open(&souk.url).await;
        // More than the buffers of the system hold.
        let many = 40_000_000 / size;
        deaf.send(&request.repeat(many)).await;
        tokio::time::sleep(Duration::from_millis(2500)).await;
        assert!(deaf.closed().await < size * many);
    });
}

/// The path of the largest file that the page at `/` loads.
async fn largest_asset(souk: &Souk) -> String {
    let page = souk.http.get(&souk.url).send().await.expect("an answer").text().await.expect("a page");
    let mut paths = Vec::new();
    for path in page.split('"').filter(|part| part.contains("assets/") && part.ends_with(".js")) {
        let path = format!("/{}", path.trim_start_matches('/'));
        let file = souk.http.get(format!("{}{path}", souk.url)).send().await.expect("an answer").bytes().await.expect("a file");
        paths.push((file.len(), path));
    }
    paths.into_iter().max().expect("the page loads scripts").1
}

#[test]
fn an_address_has_so_many_connections_and_others_have_theirs() {
    each_with(&[("SOUK_CONNECTIONS_PER_ADDRESS", "3")], async |souk| {
        let mut open = Vec::new();
        for _ in 0..3 {
            let mut connection = Raw::open(&souk.url).await;
            connection.send(HEALTH).await;
            assert_eq!(connection.status().await, 200);
            open.push(connection);
        }
        let (status, head, body) = Raw::open(&souk.url).await.answer().await;
        assert_eq!(status, 429);
        assert!(head.contains("retry-after: 5"), "{head}");
        let body: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(body["errors"][0]["extensions"]["code"], "RATE_LIMITED");
        let mut other = Raw::from("127.0.0.2", &souk.url).await;
        other.send(HEALTH).await;
        assert_eq!(other.status().await, 200);
        // Those that are there go on, and one that goes makes room.
        open[0].send(HEALTH).await;
        assert_eq!(open[0].status().await, 200);
        drop(open);
        let begun = Instant::now();
        loop {
            let mut again = Raw::open(&souk.url).await;
            let _ = again.0.write_all(HEALTH.as_bytes()).await;
            if again.status().await == 200 {
                break;
            }
            assert!(begun.elapsed() < PATIENCE, "there is still no room");
        }
    });
}

#[test]
fn when_all_connections_are_taken_an_idle_one_of_the_largest_address_makes_room() {
    each_with(&[("SOUK_CONNECTIONS", "16")], async |souk| {
        let mut first = Raw::open(&souk.url).await;
        let mut others = Vec::new();
        for _ in 0..15 {
            let mut connection = Raw::open(&souk.url).await;
            connection.send(HEALTH).await;
            assert_eq!(connection.status().await, 200);
            others.push(connection);
        }
        // Not for the address that has them all.
        let (status, _, body) = Raw::open(&souk.url).await.answer().await;
        assert_eq!(status, 503, "{body}");
        let mut other = Raw::from("127.0.0.2", &souk.url).await;
        other.send(HEALTH).await;
        assert_eq!(other.status().await, 200);
        assert_eq!(first.closed().await, 0);
    });
}

#[test]
fn behind_a_proxy_requests_are_counted_by_the_address_it_tells() {
    let settings = [("SOUK_TRUSTED_PROXIES", "1"), ("SOUK_CONNECTIONS_PER_ADDRESS", "2")];
    each_with(&settings, async |souk| {
        let mut waiting = Vec::new();
        for _ in 0..2 {
            let mut connection = Raw::open(&souk.url).await;
            let headers = "X-Forwarded-For: 203.0.113.7\r\nExpect: 100-continue\r\n";
            connection.send(&post("/graphql", 100, headers)).await;
            // The server reads the body: the request is counted.
            assert_eq!(connection.status().await, 100);
            waiting.push(connection);
        }
        let status_of = async |address: &str| {
            let request = souk.http.get(format!("{}/healthz", souk.url)).header("x-forwarded-for", address);
            request.send().await.expect("an answer").status().as_u16()
        };
        assert_eq!(status_of("203.0.113.7").await, 429);
        assert_eq!(status_of("203.0.113.8").await, 200);
        drop(waiting);
        let begun = Instant::now();
        while status_of("203.0.113.7").await != 200 {
            assert!(begun.elapsed() < PATIENCE, "the requests are still counted");
        }
    });
}

#[test]
fn a_request_in_progress_is_answered_before_the_server_stops() {
    each_with(&[], async |souk| {
        let query = json!({ "query": "{ version }" }).to_string();
        let mut idle = Raw::open(&souk.url).await;
        idle.send(HEALTH).await;
        assert_eq!(idle.status().await, 200);
        let mut busy = Raw::open(&souk.url).await;
        busy.send(&post("/graphql", query.len(), "Expect: 100-continue\r\n")).await;
        // The server reads the body: the request has begun.
        assert_eq!(busy.status().await, 100);
        souk.stop();
        assert_eq!(idle.closed().await, 0);
        busy.send(&query).await;
        let (status, head, _) = busy.answer().await;
        assert_eq!(status, 200);
        assert!(head.contains("connection: close"), "{head}");
        assert_eq!(busy.closed().await, 0);
    });
}

#[test]
fn what_is_too_large_to_be_read_into_memory_is_refused() {
    each_of(&["sqlite"], async |souk| {
        let send = async |body: String| {
            let request = souk.http.post(format!("{}/graphql", souk.url)).header("content-type", "application/json");
            let answer = request.body(body).send().await.expect("an answer");
            let status = answer.status().as_u16();
            (status, answer.json::<Value>().await.expect("JSON")["errors"][0]["message"].as_str().unwrap_or_default().to_owned())
        };
        let list = |count: usize| format!("[{}0]", "0,".repeat(count));
        let (status, message) = send(format!(r#"{{"query":"{{ version }}","variables":{{"a":{}}}}}"#, list(100_000))).await;
        assert_eq!((status, message.contains("20000 values")), (400, true), "{message}");
        assert_eq!(send(format!(r#"{{"query":"{{ version }}","variables":{{"a":{}}}}}"#, list(1000))).await.0, 200);
        let upload = async |operations: String, map: String| {
            let file = reqwest::multipart::Part::text("x").file_name("a.txt");
            let form = reqwest::multipart::Form::new().text("operations", operations).text("map", map).part("0", file);
            let request = souk.http.post(format!("{}/graphql", souk.url)).header("x-souk-csrf", "1").multipart(form);
            request.send().await.expect("an answer").status().as_u16()
        };
        let good = json!({ "query": "{ version }", "variables": { "a": null } }).to_string();
        let map = r#"{"0":["variables.a"]}"#;
        assert_eq!(upload(good.clone(), map.into()).await, 200);
        assert_eq!(upload(format!("{good}{}", " ".repeat(2_000_000)), map.into()).await, 413);
        assert_eq!(
            upload(format!(r#"{{"query":"{{ version }}","variables":{{"a":{}}}}}"#, list(100_000)), map.into()).await,
            400
        );
        // Each of them would open the file again.
        assert_eq!(upload(good.clone(), json!({ "0": vec!["variables.a"; 11] }).to_string()).await, 400);
        assert_eq!(upload(good.clone(), json!({ "0": ["x".repeat(10_000)] }).to_string()).await, 413);
        assert_eq!(upload(good, r#"{"1":["variables.a"]}"#.into()).await, 400);
        let mut connection = Raw::open(&souk.url).await;
        connection.send(&format!("GET /healthz HTTP/1.1\r\nHost: souk\r\nX: {}\r\n\r\n", "x".repeat(200_000))).await;
        assert_eq!(connection.status().await, 431);
    });
}

#[test]
fn a_low_limit_on_open_files_does_not_end_the_service() {
    each_server(async |server| {
        let folder = tempfile::tempdir().expect("a folder");
        let database = TestDatabase::create(server, folder.path()).await;
        let process = Process::start_with_files(240, &database, folder, &[("SOUK_DATABASE_POOL", "8".into())]).await;
        // More than there are files, none of which ever sends a whole header.
        let mut open = Vec::new();
        for _ in 0..400 {
            let mut connection = Raw::open(&process.url).await;
            let _ = connection.0.write_all(b"GET /healthz HTTP/1.1\r\n").await;
            open.push(connection);
        }
        let mut other = Raw::from("127.0.0.2", &process.url).await;
        other.send(HEALTH).await;
        assert_eq!(other.status().await, 200);
        let ready = HEALTH.replace("healthz", "readyz");
        other.send(&ready).await;
        assert_eq!(other.status().await, 200);
        drop((open, process));
        database.remove().await;
    });
}
