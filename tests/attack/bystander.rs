//! The normal client whose latency is measured.

use crate::journey_file::operation;
use hdrhistogram::Histogram;
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

/// Its IP address; attackers use others.
pub const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 1, 0, 1));
/// Time between two requests.
const INTERVAL: Duration = Duration::from_millis(10);
/// A request that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(5);

/// The measured latencies and failures.
pub struct Latency {
    pub p50: Duration,
    pub p99: Duration,
    pub longest: Duration,
    pub sent: u64,
    pub failed: u64,
}

/// An HTTP client that connects from this address.
pub fn client(address: IpAddr) -> reqwest::Client {
    reqwest::Client::builder().local_address(address).build().expect("a client")
}

/// Sends `Storefront` at fixed times independent of the responses, so that a stall is measured by every request that falls into it.
pub async fn watch(server: SocketAddr, time: Duration) -> Latency {
    let client = client(ADDRESS);
    let variables = json!({ "first": 20 });
    let body = json!({ "query": operation("Storefront"), "variables": variables });
    let until = Instant::now() + time;
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
    let mut requests = Vec::new();
    while Instant::now() < until {
        ticks.tick().await;
        let request = client.post(format!("http://{server}/graphql")).timeout(PATIENCE).json(&body);
        requests.push(tokio::spawn(async move {
            let begun = Instant::now();
            let good = match request.send().await {
                Ok(answer) => {
                    let status = answer.status();
                    let body = answer.bytes().await.unwrap_or_default();
                    let good = status.is_success() && body.starts_with(b"{\"data\":{\"products\":{");
                    if !good {
                        eprintln!("the bystander got {status} {}", String::from_utf8_lossy(&body[..body.len().min(200)]));
                    }
                    good
                }
                Err(error) => {
                    eprintln!("the bystander got {error:?}");
                    false
                }
            };
            (begun.elapsed(), good)
        }));
    }
    let mut histogram = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3).expect("a histogram");
    let (sent, mut failed) = (requests.len() as u64, 0);
    for request in requests {
        let (elapsed, good) = request.await.expect("no request panics");
        histogram.saturating_record(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX));
        failed += u64::from(!good);
    }
    Latency {
        p50: Duration::from_micros(histogram.value_at_quantile(0.50)),
        p99: Duration::from_micros(histogram.value_at_quantile(0.99)),
        longest: Duration::from_micros(histogram.max()),
        sent,
        failed,
    }
}
