//! Measures a scenario over many connections.

use crate::client::Connection;
use crate::scenario::Scenario;
use crate::server::Running;
use hdrhistogram::Histogram;
use std::time::{Duration, Instant};

/// The result of a measurement.
pub struct Measurement {
    pub per_second: f64,
    /// Microseconds.
    pub p50: u64,
    pub p95: u64,
    pub p99: u64,
    /// SQL statements of one round.
    pub statements: u64,
    /// Processor time of the server.
    pub processor: Duration,
    /// Number of measured rounds.
    pub rounds: u64,
    /// Size of a response (of the last request of a round), in bytes.
    pub bytes: usize,
}

/// Measures a scenario after a warm-up of a tenth of the time.
pub async fn run(server: &Running, scenario: &Scenario, connections: usize, time: Duration) -> Measurement {
    let mut first = Connection::open(server.address).await;
    let (statements, bytes) = scenario.round(&mut first, 0).await;
    drop(first);
    drive(server, scenario, connections, time / 5).await;
    let (started, processor) = (Instant::now(), server.processor_time());
    let histogram = drive(server, scenario, connections, time).await;
    let elapsed = started.elapsed();
    Measurement {
        per_second: histogram.len() as f64 / elapsed.as_secs_f64(),
        p50: histogram.value_at_quantile(0.50),
        p95: histogram.value_at_quantile(0.95),
        p99: histogram.value_at_quantile(0.99),
        statements,
        processor: server.processor_time().saturating_sub(processor),
        rounds: histogram.len(),
        bytes,
    }
}

async fn drive(server: &Running, scenario: &Scenario, connections: usize, time: Duration) -> Histogram<u64> {
    let until = Instant::now() + time;
    let tasks = (0..connections).map(|number| {
        let (scenario, address) = (scenario.clone(), server.address);
        tokio::spawn(async move {
            let mut connection = Connection::open(address).await;
            let mut histogram = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3).expect("a histogram");
            let mut round = number * 1_000_003 + 1;
            while Instant::now() < until {
                let begun = Instant::now();
                scenario.round(&mut connection, round).await;
                histogram.saturating_record(u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX));
                round += 7;
            }
            histogram
        })
    });
    let mut all = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3).expect("a histogram");
    for histogram in futures::future::join_all(tasks).await {
        all.add(histogram.expect("no request failed")).expect("the same kind");
    }
    all
}
