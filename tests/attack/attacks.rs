//! The attacks.

use crate::world::{EMAIL, PASSWORD, World};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// Number of connections of an attack unless stated otherwise.
const CONNECTIONS: usize = 20;
/// Time for which an attacker waits for a response.
const PATIENCE: Duration = Duration::from_secs(40);

/// An attack on availability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// No attack, for comparison.
    None,
    /// Fragments that spread each other twice, by POST.
    Fragments,
    /// The same by GET.
    FragmentsByGet,
    /// The same, ten in one request.
    FragmentsInBatches,
    /// The same over WebSocket.
    FragmentsOverWebSocket,
    /// A field with 50,000 aliases and a document of 50,000 variables, in turn.
    LongDocuments,
    /// Lists within lists: 100 variants of 100 variants of 100 variants.
    NestedLists,
    /// 30 searches with counts in one request.
    Searches,
    /// The products of 100 stores counted 16 times in one request.
    Counts,
    /// One WebSocket with 100 of them concurrently.
    CountsOverWebSocket,
    /// 1,500 connections that send incomplete headers.
    HalfHeaders,
    /// 200 connections that send a body byte by byte.
    SlowBodies,
    /// 60 WebSockets that request 100 large responses each and read none.
    DeafSockets,
    /// Images that are large in memory, from a client that waits for the response.
    Pictures,
    /// The same from clients that disconnect.
    PicturesWithHangUps,
    /// Continuous sign-ins with a wrong password from 20 connections with 250 alternating IP addresses, and a correct one.
    WrongSignIns,
    /// 1,500 simultaneous sign-ins with a wrong password from 250 IP addresses, and a correct one.
    SignInBurst,
}

/// Number of responses to the attackers by kind.
#[derive(Clone, Default)]
pub struct Answers(Arc<Mutex<BTreeMap<String, u64>>>);

impl Answers {
    fn add(&self, kind: impl Into<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(kind.into()).or_default() += 1;
    }
}

impl fmt::Display for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let texts: Vec<_> = counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        f.write_str(&texts.join(", "))
    }
}

/// The address of an attacker.
pub fn address(number: usize) -> IpAddr {
    let [high, low] = u16::try_from(number % 60_000).unwrap_or(0).to_be_bytes();
    IpAddr::V4(Ipv4Addr::new(127, 2, high, low.max(1)))
}

impl Attack {
    /// All attacks in the order in which they run.
    pub fn all() -> Vec<Self> {
        vec![
            Self::None,
            Self::Fragments,
            Self::FragmentsByGet,
            Self::FragmentsInBatches,
            Self::FragmentsOverWebSocket,
            Self::LongDocuments,
            Self::NestedLists,
            Self::Searches,
            Self::Counts,
            Self::CountsOverWebSocket,
            Self::HalfHeaders,
            Self::SlowBodies,
            Self::DeafSockets,
            Self::Pictures,
            Self::PicturesWithHangUps,
            Self::WrongSignIns,
            Self::SignInBurst,
        ]
    }

    /// The printed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "no attack",
            Self::Fragments => "fragments, POST",
            Self::FragmentsByGet => "fragments, GET",
            Self::FragmentsInBatches => "fragments, batches of 10",
            Self::FragmentsOverWebSocket => "fragments, WebSocket",
            Self::LongDocuments => "long documents",
            Self::NestedLists => "nested lists",
            Self::Searches => "searches with counts",
            Self::Counts => "counts of 100 stores",
            Self::CountsOverWebSocket => "counts over one WebSocket",
            Self::HalfHeaders => "half-sent headers",
            Self::SlowBodies => "slow bodies",
            Self::DeafSockets => "sockets that do not read",
            Self::Pictures => "large pictures",
            Self::PicturesWithHangUps => "large pictures, hanging up",
            Self::WrongSignIns => "wrong sign-ins",
            Self::SignInBurst => "1,500 wrong sign-ins at once",
        }
    }

    /// Whether the goal for the latency of the normal client applies. It does not for attacks that open 1,500 connections at the same moment,
    /// because the processors that accept them also open them.
    pub fn has_latency_goal(self) -> bool {
        self != Self::SignInBurst
    }

    /// The limit on open files of the server. For attacks on connections it is the lowest usual one; for others it allows
    /// `SOUK_CONNECTIONS`, so that 1,500 concurrent sign-ins reach the password hashing.
    pub fn open_files(self) -> u32 {
        if matches!(self, Self::HalfHeaders | Self::SlowBodies | Self::DeafSockets) { 1024 } else { 8192 }
    }

    /// Runs the attack for the given time.
    pub async fn run(self, server: SocketAddr, world: &World, time: Duration) -> Answers {
        let target = Target { server, answers: Answers::default(), until: Instant::now() + time, token: world.token.clone() };
        match self {
            Self::None => tokio::time::sleep(time).await,
            Self::Fragments => target.repeat(CONNECTIONS, || json!({ "query": fragments(36) })).await,
            Self::FragmentsByGet => target.repeat_get(CONNECTIONS, &fragments(36)).await,
            Self::FragmentsInBatches => {
                target.repeat(CONNECTIONS, || Value::Array(vec![json!({ "query": fragments(36) }); 10])).await;
            }
            Self::FragmentsOverWebSocket => target.sockets(CONNECTIONS, 5, &fragments(36), true).await,
            Self::LongDocuments => {
                let documents = [aliases(50_000), variables(20_000), nested(100_000)];
                target.repeat_any(CONNECTIONS, documents.iter().map(|query| json!({ "query": query })).collect()).await;
            }
            Self::NestedLists => {
                let query = nested_lists(&world.product_id);
                target.repeat(CONNECTIONS, || json!({ "query": query })).await;
            }
            Self::Searches => target.repeat(CONNECTIONS, || json!({ "query": searches() })).await,
            Self::Counts => target.repeat(CONNECTIONS, || json!({ "query": counts() })).await,
            Self::CountsOverWebSocket => target.sockets(1, 100, &counts(), true).await,
            Self::HalfHeaders => target.half_headers(1500).await,
            Self::SlowBodies => target.slow_bodies(200).await,
            Self::DeafSockets => target.sockets(60, 100, &large_answer(), false).await,
            Self::Pictures => target.pictures(world, None).await,
            Self::PicturesWithHangUps => target.pictures(world, Some(Duration::from_millis(150))).await,
            Self::WrongSignIns => target.wrong_sign_ins(CONNECTIONS, usize::MAX).await,
            Self::SignInBurst => target.wrong_sign_ins(1500, 1).await,
        }
        target.answers
    }
}

/// The target and duration of an attack, and the responses.
struct Target {
    server: SocketAddr,
    answers: Answers,
    until: Instant,
    token: String,
}

impl Target {
    fn url(&self) -> String {
        format!("http://{}/graphql", self.server)
    }

    /// Sends a request repeatedly over several connections.
    async fn repeat(&self, connections: usize, body: impl Fn() -> Value) {
        self.repeat_any(connections, vec![body()]).await;
    }

    /// Sends several requests alternately and repeatedly.
    async fn repeat_any(&self, connections: usize, bodies: Vec<Value>) {
        let bodies: Arc<Vec<_>> = Arc::new(bodies.iter().map(|body| body.to_string()).collect());
        let url = self.url();
        self.many(connections, move |client, round| {
            let body = bodies[round % bodies.len()].clone();
            client.post(&url).header("content-type", "application/json").body(body)
        })
        .await;
    }

    async fn repeat_get(&self, connections: usize, query: &str) {
        let mut url = url::Url::parse(&self.url()).expect("a URL");
        url.query_pairs_mut().append_pair("query", query);
        self.many(connections, move |client, _| client.get(url.clone())).await;
    }

    async fn many(
        &self,
        connections: usize,
        request: impl Fn(&reqwest::Client, usize) -> reqwest::RequestBuilder + Clone + Send + 'static,
    ) {
        let tasks = (0..connections).map(|_| {
            let (request, answers, until) = (request.clone(), self.answers.clone(), self.until);
            // All from one address: one client.
            let client = crate::bystander::client(address(1));
            tokio::spawn(async move {
                let mut round = 0;
                while Instant::now() < until {
                    let sent = tokio::time::timeout(PATIENCE.min(left(until)), request(&client, round).send()).await;
                    answers.add(kind(sent).await);
                    round += 1;
                }
            })
        });
        futures::future::join_all(tasks).await;
    }

    /// Opens WebSockets with concurrent operations; if it reads, a new operation follows each completed one.
    async fn sockets(&self, sockets: usize, operations: usize, query: &str, reads: bool) {
        let tasks = (0..sockets).map(|_| {
            let (answers, until, server, query) = (self.answers.clone(), self.until, self.server, query.to_owned());
            tokio::spawn(async move {
                while Instant::now() < until {
                    let work = socket(server, operations, &query, reads, &answers);
                    if tokio::time::timeout(left(until), work).await.is_ok() {
                        answers.add("socket closed");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                }
            })
        });
        futures::future::join_all(tasks).await;
    }

    async fn half_headers(&self, connections: usize) {
        let connect = || self.raw(b"POST /graphql HTTP/1.1\r\nHost: souk\r\nContent-Ty");
        let mut open = Vec::new();
        for result in futures::future::join_all((0..connections).map(|_| connect())).await {
            match result {
                Ok(stream) => open.push(stream),
                Err(error) => self.answers.add(format!("connect: {}", error.kind())),
            }
        }
        tokio::time::sleep(left(self.until)).await;
        for mut stream in open {
            // If the server closed the connection, a response or the end can be read immediately.
            let mut buffer = [0; 64];
            match tokio::time::timeout(Duration::from_millis(1), stream.read(&mut buffer)).await {
                Err(_) => self.answers.add("still open"),
                Ok(Ok(0)) => self.answers.add("closed"),
                Ok(Ok(count)) => self.answers.add(format!("{:?}", String::from_utf8_lossy(&buffer[..count.min(12)]))),
                Ok(Err(error)) => self.answers.add(error.kind().to_string()),
            }
        }
    }

    async fn slow_bodies(&self, connections: usize) {
        let head = b"POST /graphql HTTP/1.1\r\nHost: souk\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{";
        let tasks = (0..connections).map(|_| async {
            let Ok(mut stream) = self.raw(head).await else { return self.answers.add("connect failed") };
            while Instant::now() < self.until {
                tokio::time::sleep(Duration::from_millis(500)).await;
                if stream.write_all(b" ").await.is_err() {
                    return self.answers.add("closed");
                }
            }
            self.answers.add("still open");
        });
        futures::future::join_all(tasks).await;
    }

    async fn raw(&self, beginning: &[u8]) -> std::io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(address(1), 0))?;
        let connect = tokio::time::timeout(Duration::from_secs(2), socket.connect(self.server));
        let mut stream = connect.await.map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))??;
        stream.write_all(beginning).await?;
        Ok(stream)
    }

    /// Uploads the image as an avatar; disconnects after the given time, if any.
    async fn pictures(&self, world: &World, patience: Option<Duration>) {
        let (url, token, picture) = (self.url(), self.token.clone(), world.picture.clone());
        let (answers, until) = (&self.answers, self.until);
        let tasks = (0..CONNECTIONS).map(|_| {
            let (url, token, picture, answers) = (url.clone(), token.clone(), picture.clone(), answers.clone());
            let client = crate::bystander::client(address(1));
            tokio::spawn(async move {
                while Instant::now() < until {
                    let operations = json!({
                        "query": "mutation($file: Upload!) { avatarUpdate(input: { file: $file }) { userErrors { code } } }",
                        "variables": { "file": null },
                    });
                    let file = reqwest::multipart::Part::stream(picture.clone()).file_name("a.png");
                    let form = reqwest::multipart::Form::new()
                        .text("operations", operations.to_string())
                        .text("map", r#"{"0":["variables.file"]}"#)
                        .part("0", file.mime_str("image/png").expect("a type"));
                    let request = client.post(&url).bearer_auth(&token).header("x-souk-csrf", "1").multipart(form).send();
                    let patience = patience.unwrap_or(PATIENCE).min(left(until));
                    answers.add(kind(tokio::time::timeout(patience, request).await).await);
                }
            })
        });
        futures::future::join_all(tasks).await;
    }

    /// The given number of clients sign in the given number of times each while the attack lasts.
    async fn wrong_sign_ins(&self, at_once: usize, each: usize) {
        let query = "mutation($email: String!, $password: String!) {
            sessionCreate(input: { email: $email, password: $password }) { tokens { accessToken } userErrors { code } } }";
        let (url, answers, until) = (self.url(), &self.answers, self.until);
        // Created before, as creating a client takes processor time that the server needs.
        let clients: Arc<Vec<_>> = Arc::new((0..250).map(|number| crate::bystander::client(address(number))).collect());
        let tasks = (0..at_once).map(|task| {
            let (url, answers, clients) = (url.clone(), answers.clone(), Arc::clone(&clients));
            tokio::spawn(async move {
                for round in 0..each {
                    if left(until).is_zero() {
                        return;
                    }
                    let number = task + round * at_once;
                    // Half of them try one account, the others unknown accounts.
                    let email = if number.is_multiple_of(2) { EMAIL.to_owned() } else { format!("nobody-{number}@example.com") };
                    let variables = json!({ "email": email, "password": format!("wrong password {number}") });
                    let body = json!({ "query": query, "variables": variables });
                    let request = clients[number % clients.len()].post(&url).json(&body).send();
                    answers.add(kind(tokio::time::timeout(PATIENCE.min(left(until)), request).await).await);
                }
            })
        });
        let flood = futures::future::join_all(tasks);
        let right = async {
            // During the flood the user signs in with the correct password from a known IP address.
            tokio::time::sleep(Duration::from_millis(500)).await;
            let client = crate::bystander::client(address(0));
            let variables = json!({ "email": EMAIL, "password": PASSWORD });
            let begun = Instant::now();
            let mut tries = 0;
            loop {
                tries += 1;
                let body = json!({ "query": query, "variables": variables });
                let answer = client.post(&url).timeout(PATIENCE).json(&body).send().await;
                let answer = match answer {
                    Ok(answer) => answer.json::<Value>().await.unwrap_or_default(),
                    Err(_) => Value::Null,
                };
                if answer["data"]["sessionCreate"]["tokens"]["accessToken"].is_string() {
                    return answers.add(format!("right sign-in after {} ms and {tries} tries", begun.elapsed().as_millis()));
                }
                if begun.elapsed() > PATIENCE {
                    return answers.add("right sign-in NOT POSSIBLE");
                }
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
        };
        tokio::join!(flood, right);
        tokio::time::sleep(left(until)).await;
    }
}

fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now())
}

/// The response to an attacker: status and code of the first error.
async fn kind(sent: Result<reqwest::Result<reqwest::Response>, tokio::time::error::Elapsed>) -> String {
    let response = match sent {
        Ok(Ok(response)) => response,
        Ok(Err(error)) if error.is_connect() => return "connection refused".into(),
        Ok(Err(_)) => return "connection cut".into(),
        Err(_) => return "no answer".into(),
    };
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap_or_default();
    let first = if body.is_array() { &body[0] } else { &body };
    let mut text = status.to_string();
    if let Some(code) = first["errors"][0]["extensions"]["code"].as_str() {
        let _ = write!(text, " {code}");
    }
    text
}

/// One WebSocket, until it is closed.
async fn socket(server: SocketAddr, operations: usize, query: &str, reads: bool, answers: &Answers) -> Option<()> {
    let socket = TcpSocket::new_v4().ok()?;
    socket.bind(SocketAddr::new(address(1), 0)).ok()?;
    let stream = socket.connect(server).await.ok()?;
    let mut request = format!("ws://{server}/graphql/ws").into_client_request().ok()?;
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().ok()?);
    let connected = tokio_tungstenite::client_async(request, stream).await;
    let Ok((mut stream, _)) = connected else {
        answers.add("socket refused");
        tokio::time::sleep(Duration::from_millis(100)).await;
        return None;
    };
    stream.send(Message::text(json!({ "type": "connection_init" }).to_string())).await.ok()?;
    let begin = |id: &str| {
        let message = json!({ "type": "subscribe", "id": id, "payload": { "query": query } });
        Message::text(message.to_string())
    };
    for id in 0..operations {
        stream.send(begin(&id.to_string())).await.ok()?;
    }
    if !reads {
        // The socket stays open, and nothing is read.
        std::future::pending::<()>().await;
    }
    let mut next = operations;
    while let Some(Ok(message)) = stream.next().await {
        let Message::Text(text) = message else { continue };
        let message: Value = serde_json::from_str(&text).unwrap_or_default();
        match message["type"].as_str() {
            Some("next") => answers.add("next"),
            Some("error") => answers.add(message["payload"][0]["extensions"]["code"].as_str().unwrap_or("error").to_owned()),
            _ => {}
        }
        if matches!(message["type"].as_str(), Some("error" | "complete")) {
            next += 1;
            stream.send(begin(&next.to_string())).await.ok()?;
        }
    }
    Some(())
}

/// A short document whose size doubles with each fragment.
fn fragments(levels: usize) -> String {
    let mut query = "{...F0}".to_owned();
    for level in 0..levels {
        let next = level + 1;
        let _ = write!(query, " fragment F{level} on Query{{...F{next} ...F{next}}}");
    }
    let _ = write!(query, " fragment F{levels} on Query{{version}}");
    query
}

fn aliases(count: usize) -> String {
    let mut query = "{".to_owned();
    for number in 0..count {
        let _ = write!(query, " a{number}: version");
    }
    query + " }"
}

fn variables(count: usize) -> String {
    let mut query = "query(".to_owned();
    for number in 0..count {
        let _ = write!(query, "$v{number}: Int = {number}, ");
    }
    query + ") { version }"
}

fn nested(depth: usize) -> String {
    format!("{{ products(first: 1, filter: {}) {{ totalCount }} }}", "[".repeat(depth))
}

/// Variants of a product, their product, its variants, and so on: each level has 100 times as many objects.
fn nested_lists(product_id: &str) -> String {
    let mut fields = "id".to_owned();
    for _ in 0..4 {
        fields = format!("variants {{ id name sku product {{ {fields} }} }}");
    }
    format!("{{ product(id: \"{product_id}\") {{ {fields} }} }}")
}

fn searches() -> String {
    let mut query = "{".to_owned();
    for number in 0..30 {
        let _ =
            write!(query, " a{number}: products(first: 1, filter: {{ search: \"a b c d e f g {number}\" }}) {{ totalCount }}");
    }
    query + " }"
}

fn counts() -> String {
    let mut query = "{".to_owned();
    for number in 0..16 {
        let _ = write!(query, " a{number}: stores(first: 100) {{ nodes {{ products(first: 1) {{ totalCount }} }} }}");
    }
    query + " }"
}

/// A query whose response is as large as the default limits allow.
fn large_answer() -> String {
    "{ products(first: 100) { nodes { id name slug description store { id name } category { id name } } } }".into()
}
