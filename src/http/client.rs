//! The client of a request: its address and its viewer.

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, header};
use souk_api::cookie;
use souk_core::app::App;
use souk_core::auth::{Client, Viewer, resolve};
use souk_core::error::{Error, Fault, Result};
use std::net::{IpAddr, SocketAddr};

/// The address of the connected peer.
pub fn peer(request: &Request) -> Option<SocketAddr> {
    request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer)
}

/// The client's IP address and user agent. The last `trusted_proxies` entries of `X-Forwarded-For` were written by trusted
/// proxies, and the first of them is the client; earlier entries are set by the client and ignored. If there are fewer entries,
/// or the entry is not an IP address, the address of the peer is used.
pub fn describe(headers: &HeaderMap, peer: Option<SocketAddr>, trusted_proxies: usize) -> Client {
    let entries: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let forwarded = (trusted_proxies > 0)
        .then(|| entries.get(entries.len().checked_sub(trusted_proxies)?).and_then(|entry| address(entry.trim())))
        .flatten();
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Client { ip: forwarded.or(peer.map(|peer| peer.ip().to_canonical())), user_agent }
}

/// Parses an IP address in the formats of proxies: bare, with a port, or in brackets.
fn address(entry: &str) -> Option<IpAddr> {
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    let found = bare.parse().or_else(|_| entry.parse::<SocketAddr>().map(|address| address.ip())).ok()?;
    Some(IpAddr::to_canonical(&found))
}

/// The viewer of a request. An invalid token in the `Authorization` header is an error; an expired cookie is ignored because
/// scripts in a browser can't read or remove it.
pub async fn viewer(app: &App, headers: &HeaderMap, client: Client) -> Result<Viewer> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let token =
            value.to_str().ok().and_then(|text| text.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let Some((_, token)) = token else { return Err(Fault::Unauthenticated.into()) };
        return Ok(resolve::viewer(app, token.trim(), client).await?.viewer);
    }
    // The cookie is only read if the request has a header that other sites can't send.
    let Some(token) = cookie::read(headers, cookie::ACCESS_COOKIE) else { return Ok(Viewer::guest(client)) };
    match resolve::viewer(app, &token, client.clone()).await {
        Ok(signed_in) => Ok(signed_in.viewer),
        Err(Error::Fault(Fault::Unauthenticated)) => Ok(Viewer::guest(client)),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(forwarded: &[&'static str], trusted: usize) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", axum::http::HeaderValue::from_static(line));
        }
        let peer = "[::ffff:10.0.0.9]:5000".parse().ok();
        describe(&headers, peer, trusted).ip.map(|ip| ip.to_string()).unwrap_or_default()
    }

    #[test]
    fn only_entries_of_trusted_proxies_are_used() {
        assert_eq!(ip(&["1.1.1.1, 2.2.2.2"], 0), "10.0.0.9");
        assert_eq!(ip(&["1.1.1.1, 2.2.2.2"], 1), "2.2.2.2");
        assert_eq!(ip(&["1.1.1.1", "2.2.2.2"], 2), "1.1.1.1");
        assert_eq!(ip(&["1.1.1.1"], 2), "10.0.0.9");
        assert_eq!(ip(&["6.6.6.6, rubbish"], 1), "10.0.0.9");
        assert_eq!(ip(&["rubbish, 3.3.3.3:4711"], 1), "3.3.3.3");
        assert_eq!(ip(&["[2001:db8::1]:4711"], 1), "2001:db8::1");
        assert_eq!(ip(&["[2001:db8::1]"], 1), "2001:db8::1");
    }
}
