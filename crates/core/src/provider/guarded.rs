//! An HTTP client for addresses that users give: it connects to public addresses only, and limits time, size and redirects.
//!
//! The address is checked when it is connected to, not when the URL is read: a name can have another address a moment later (DNS
//! rebinding). Therefore the client resolves names itself, and connects to what it has checked. An address in the URL is not resolved, so
//! each URL is checked before it is requested. The client follows redirects itself for the same reason.

use bytes::{Bytes, BytesMut};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

/// Limits of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestLimits {
    /// Maximum size of the body of a response, in bytes.
    pub bytes: usize,
    /// Time for the whole request with all redirects.
    pub time: Duration,
    /// Maximum number of redirects that are followed.
    pub redirects: usize,
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// The URL, or one that it redirects to, is not allowed. It will never succeed.
    Refused(String),
    /// There was no complete response; it may succeed later.
    NoResponse(String),
    /// The response is not that of a success.
    Status(u16),
    /// The response is larger than allowed.
    TooLarge(usize),
}

impl RequestError {
    /// Whether the same request can succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NoResponse(_) => true,
            Self::Status(status) => matches!(status, 408 | 429 | 500..=599),
            Self::Refused(_) | Self::TooLarge(_) => false,
        }
    }
}

impl std::fmt::Display for RequestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(reason) => f.write_str(reason),
            Self::NoResponse(reason) => write!(f, "The server did not respond: {reason}."),
            Self::Status(status) => write!(f, "The server responded with the status {status}."),
            Self::TooLarge(most) => write!(f, "The response must have at most {most} bytes."),
        }
    }
}

/// A client that requests public addresses only.
#[derive(Clone)]
pub struct GuardedClient {
    http: reqwest::Client,
    allows_loopback: bool,
}

impl GuardedClient {
    /// `allows_loopback` also allows this machine, for tests with servers of their own.
    ///
    /// # Errors
    ///
    /// If TLS cannot be initialised.
    pub fn new(allows_loopback: bool) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("Souk/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .redirect(Policy::none())
            // A proxy of the environment would resolve names in its own network.
            .no_proxy()
            .dns_resolver(PublicAddresses { allows_loopback })
            .build()?;
        Ok(Self { http, allows_loopback })
    }

    /// Reads what a URL refers to.
    pub async fn get(&self, url: &str, limits: RequestLimits) -> Result<Bytes, RequestError> {
        let deadline = Instant::now() + limits.time;
        let mut url = Url::parse(url).map_err(|_| RequestError::Refused("The URL is not valid.".to_owned()))?;
        for _ in 0..=limits.redirects {
            check(&url, self.allows_loopback)?;
            let sent = timeout_at(deadline, self.http.get(url.clone()).send());
            let response = sent.await.map_err(|_| too_slow(limits))?.map_err(|error| failed(&error))?;
            let status = response.status();
            if status.is_redirection() {
                url = target(&url, &response)?;
                continue;
            }
            if !status.is_success() {
                return Err(RequestError::Status(status.as_u16()));
            }
            return timeout_at(deadline, read(response, limits.bytes)).await.map_err(|_| too_slow(limits))?;
        }
        Err(RequestError::Refused(format!("The URL redirects more than {} times.", limits.redirects)))
    }
}

fn too_slow(limits: RequestLimits) -> RequestError {
    RequestError::NoResponse(format!("it took longer than {} seconds", limits.time.as_secs()))
}

/// Where a response redirects to.
fn target(from: &Url, response: &reqwest::Response) -> Result<Url, RequestError> {
    let location = response.headers().get(reqwest::header::LOCATION).and_then(|value| value.to_str().ok());
    let target = location.and_then(|location| from.join(location).ok());
    target.ok_or_else(|| RequestError::Refused("The URL redirects to what is no URL.".to_owned()))
}

/// Reads a body, at most as many bytes as allowed: what it announces can be wrong, and compressed.
async fn read(mut response: reqwest::Response, most: usize) -> Result<Bytes, RequestError> {
    if response.content_length().is_some_and(|length| usize::try_from(length).unwrap_or(usize::MAX) > most) {
        return Err(RequestError::TooLarge(most));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
        if body.len() + chunk.len() > most {
            return Err(RequestError::TooLarge(most));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// What failed, without the URL: it can contain a secret.
fn failed(error: &reqwest::Error) -> RequestError {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut reason = String::new();
    while let Some(error) = source {
        if let Some(NoPublicAddress) = error.downcast_ref() {
            return RequestError::Refused(NoPublicAddress.to_string());
        }
        reason = error.to_string();
        source = error.source();
    }
    RequestError::NoResponse(reason)
}

/// Refuses a URL whose scheme or address is not allowed. A name is checked when it is resolved.
fn check(url: &Url, allows_loopback: bool) -> Result<(), RequestError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(RequestError::Refused(format!("The URL must begin with https:// or http://; got {}:.", url.scheme())));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(RequestError::Refused("The URL must not contain a user name or a password.".to_owned()));
    }
    let address = match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
        Some(Host::Domain(_)) => return Ok(()),
        None => return Err(RequestError::Refused("The URL has no host.".to_owned())),
    };
    if is_allowed(address, allows_loopback) { Ok(()) } else { Err(RequestError::Refused(NoPublicAddress.to_string())) }
}

/// The error of a name without a public address.
#[derive(Debug)]
struct NoPublicAddress;

impl std::fmt::Display for NoPublicAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("The host of the URL has no public address.")
    }
}

impl std::error::Error for NoPublicAddress {}

/// Resolves names to their public addresses.
struct PublicAddresses {
    allows_loopback: bool,
}

impl Resolve for PublicAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        let allows_loopback = self.allows_loopback;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| is_allowed(address.ip(), allows_loopback)).collect();
            if allowed.is_empty() {
                return Err(NoPublicAddress.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

fn is_allowed(address: IpAddr, allows_loopback: bool) -> bool {
    is_public(address) || (allows_loopback && address.is_loopback())
}

/// Whether an address belongs to the public internet, by the registries of special addresses
/// (<https://www.iana.org/assignments/iana-ipv4-special-registry>, <https://www.iana.org/assignments/iana-ipv6-special-registry>).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let is_special = match ip.octets() {
        // This network; private; loopback.
        [0 | 10 | 127, ..] => true,
        // Shared by the customers of a provider.
        [100, second, ..] => (64..128).contains(&second),
        // Link-local, which has the metadata of cloud machines.
        [169, 254, ..] => true,
        // Private.
        [172, second, ..] => (16..32).contains(&second),
        // Protocol assignments; documentation; relays of 6to4; private.
        [192, 0, 0 | 2, _] | [192, 88, 99, _] | [192, 168, ..] => true,
        // Benchmarks; documentation.
        [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        // Multicast; reserved; broadcast.
        [first, ..] => first >= 224,
    };
    !is_special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    match ip.segments() {
        // Public unicast, without those parts that are assigned to protocols, documentation, and addresses that contain others.
        [0x2001, second, ..] => second >= 0x0200 && second != 0x0db8,
        // 6to4 contains an IPv4 address.
        [0x2002, ..] => false,
        // Documentation.
        [0x3fff, second, ..] => second >= 0x1000,
        // All others: unspecified, loopback, addresses that contain IPv4 addresses, unique local, link-local, multicast.
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for text in
            ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.0.1.1", "223.255.255.255"]
        {
            assert!(is_public(text.parse().expect("an address")), "{text}");
        }
        for text in ["2606:4700:4700::1111", "2001:4860:4860::8888", "2a00::1", "3fff:1000::1", "2001:200::1"] {
            assert!(is_public(text.parse().expect("an address")), "{text}");
        }
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
        ] {
            assert!(!is_public(text.parse().expect("an address")), "{text}");
        }
        for text in [
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2001:20::1",
            "2002:7f00:1::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(text.parse().expect("an address")), "{text}");
        }
    }

    const LIMITS: RequestLimits = RequestLimits { bytes: 100, time: Duration::from_secs(5), redirects: 3 };

    /// Answers each connection with one text.
    async fn server(answer: impl Fn(u16) -> String + Send + 'static) -> u16 {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer(port).as_bytes()).await;
            }
        });
        port
    }

    fn client(allows_loopback: bool) -> GuardedClient {
        let _ = rustls::crypto::ring::default_provider().install_default();
        GuardedClient::new(allows_loopback).expect("a client")
    }

    #[tokio::test]
    async fn names_and_addresses_of_private_networks_are_refused() {
        let port = server(|_| "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\nsecret".to_owned()).await;
        let guarded = client(false);
        let own = [
            format!("http://127.0.0.1:{port}/"),
            format!("http://localhost:{port}/"),
            format!("http://[::1]:{port}/"),
            format!("http://[::ffff:127.0.0.1]:{port}/"),
            // Other spellings of 127.0.0.1.
            format!("http://2130706433:{port}/"),
            format!("http://0x7f.1:{port}/"),
            "http://169.254.169.254/latest/meta-data/".to_owned(),
            "http://10.0.0.1/".to_owned(),
        ];
        for url in &own {
            let refused = RequestError::Refused("The host of the URL has no public address.".to_owned());
            assert_eq!(guarded.get(url, LIMITS).await, Err(refused), "{url}");
        }
        for (url, reason) in [
            ("file:///etc/passwd", "The URL must begin with https:// or http://; got file:."),
            ("gopher://example.com/", "The URL must begin with https:// or http://; got gopher:."),
            ("https://user:password@example.com/", "The URL must not contain a user name or a password."),
            ("no URL", "The URL is not valid."),
        ] {
            assert_eq!(guarded.get(url, LIMITS).await, Err(RequestError::Refused(reason.to_owned())), "{url}");
        }
        // The same server can be reached if the machine is allowed.
        let body = client(true).get(&format!("http://localhost:{port}/"), LIMITS).await;
        assert_eq!(body.as_deref(), Ok(&b"secret"[..]));
    }

    #[tokio::test]
    async fn redirects_are_followed_to_what_is_allowed() {
        let to = |url: &str| format!("HTTP/1.1 302 Found\r\nlocation: {url}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let inside = to("http://169.254.169.254/");
        let port = server(move |_| inside.clone()).await;
        let refused = RequestError::Refused("The host of the URL has no public address.".to_owned());
        assert_eq!(client(true).get(&format!("http://127.0.0.1:{port}/"), LIMITS).await, Err(refused));
        let port = server(move |port| to(&format!("http://127.0.0.1:{port}/again"))).await;
        let refused = RequestError::Refused("The URL redirects more than 3 times.".to_owned());
        assert_eq!(client(true).get(&format!("http://127.0.0.1:{port}/"), LIMITS).await, Err(refused));
    }

    #[tokio::test]
    async fn size_time_and_status_are_limited() {
        let large = |_| format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", "x".repeat(101));
        let port = server(large).await;
        assert_eq!(client(true).get(&format!("http://127.0.0.1:{port}/"), LIMITS).await, Err(RequestError::TooLarge(100)));
        let port = server(|_| "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned()).await;
        let error = client(true).get(&format!("http://127.0.0.1:{port}/"), LIMITS).await.expect_err("an error");
        assert_eq!((&error, error.is_transient()), (&RequestError::Status(404), false));
        let port = server(|_| "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf".to_owned()).await;
        let error = client(true).get(&format!("http://127.0.0.1:{port}/"), LIMITS).await.expect_err("an error");
        assert!(error.is_transient(), "{error}");
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = silent.local_addr().expect("an address").port();
        let short = RequestLimits { time: Duration::from_millis(50), ..LIMITS };
        let error = client(true).get(&format!("http://127.0.0.1:{port}/"), short).await.expect_err("an error");
        assert!(error.is_transient(), "{error}");
    }
}
