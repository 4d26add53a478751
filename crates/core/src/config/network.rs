//! The listening address, the public URL and the allowed origins.

use super::Environment;
use super::read::Reader;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use url::Url;

/// The address and port to listen on: `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`, `:8080` (all IPv4 addresses) or `8080`
/// (127.0.0.1 only).
pub(super) fn listen(reader: &Reader<'_>) -> SocketAddr {
    let value = reader.text("SOUK_LISTEN").trim();
    parse(value).unwrap_or_else(|| {
        reader.problem(format!(
            "SOUK_LISTEN must be an IP address and a port such as 127.0.0.1:8080 or localhost:8080, or :8080 for all IPv4 addresses; \
             got {value:?}."
        ));
        SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
    })
}

fn parse(value: &str) -> Option<SocketAddr> {
    if let Ok(address) = value.parse() {
        return Some(address);
    }
    let (host, port) = value.rsplit_once(':').unwrap_or(("localhost", value));
    let ip: IpAddr = match host {
        "" => Ipv4Addr::UNSPECIFIED.into(),
        "localhost" => Ipv4Addr::LOCALHOST.into(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port.parse().ok()?))
}

/// The public base URL of Souk; in development by default the listening address.
pub(super) fn public_url(reader: &Reader<'_>, environment: Environment, listen: SocketAddr) -> Option<Url> {
    if environment == Environment::Production && reader.optional("SOUK_PUBLIC_URL").is_none() {
        reader.problem("SOUK_PUBLIC_URL must be set in production: links in emails begin with it.");
    }
    let mut address = listen;
    if listen.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    reader.url("SOUK_PUBLIC_URL").or_else(|| Url::parse(&format!("http://{address}")).ok())
}

/// The allowed origins, in the form in which browsers send them.
pub(super) fn cors_origins(reader: &Reader<'_>) -> Vec<String> {
    let origin = |text: &str| {
        if text == "*" {
            return Some(text.to_owned());
        }
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.path() == "/" && url.query().is_none() => {
                Some(url.origin().ascii_serialization())
            }
            _ => {
                reader.problem(format!(
                    "SOUK_CORS_ORIGINS must be * or origins such as https://shop.example.com, without a path; got {text:?}."
                ));
                None
            }
        }
    };
    reader.list("SOUK_CORS_ORIGINS").into_iter().filter_map(origin).collect()
}

pub(super) fn requests_to_loopback(reader: &Reader<'_>, environment: Environment) -> bool {
    let allowed = reader.boolean("SOUK_REQUESTS_TO_LOOPBACK");
    if allowed && environment == Environment::Production {
        reader.problem("SOUK_REQUESTS_TO_LOOPBACK must be false in production; got true.".to_owned());
    }
    allowed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_to_listen_on_may_be_short() {
        for (value, expected) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("[::1]:8080", "[::1]:8080"),
            ("localhost:8080", "127.0.0.1:8080"),
            (":8080", "0.0.0.0:8080"),
            ("8080", "127.0.0.1:8080"),
        ] {
            assert_eq!(parse(value).map(|address| address.to_string()).as_deref(), Some(expected), "{value}");
        }
        for value in ["", ":", "localhost", "127.0.0.1", "shop.example.com:80", ":80800", "8080:", "::1", "-1"] {
            assert_eq!(parse(value), None, "{value}");
        }
    }
}
