//! Times of calls.

use crate::world::World;
use souk_core::provider::search::{Document, MemoryIndex, SearchEngine, Update};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Changes per second in the mixed load.
const CHANGES: u64 = 450;

/// Microseconds by kind of call, and numbers of products found.
#[derive(Default)]
pub struct Table(Vec<(&'static str, Vec<f64>, Vec<f64>)>);

impl Table {
    /// Calls for some time, once at least; `call` is given the number of the call, and returns how many products it found.
    pub fn measure(&mut self, name: &'static str, time: Duration, mut call: impl FnMut(usize) -> u64) {
        let (end, mut times, mut found) = (Instant::now() + time, Vec::new(), Vec::new());
        while times.is_empty() || Instant::now() < end {
            let begin = Instant::now();
            found.push(call(times.len()) as f64);
            times.push(begin.elapsed().as_secs_f64() * 1e6);
        }
        self.0.push((name, times, found));
    }

    /// Like [`Self::measure`], for calls to a database.
    pub async fn measure_async(&mut self, name: &'static str, time: Duration, mut call: impl AsyncFnMut(usize) -> u64) {
        let (end, mut times, mut found) = (Instant::now() + time, Vec::new(), Vec::new());
        while times.is_empty() || Instant::now() < end {
            let begin = Instant::now();
            found.push(call(times.len()).await as f64);
            times.push(begin.elapsed().as_secs_f64() * 1e6);
        }
        self.0.push((name, times, found));
    }

    /// Calls once for each of these.
    pub fn measure_each(&mut self, name: &'static str, all: Vec<Document>, mut call: impl FnMut(Document)) {
        let time = |one| {
            let begin = Instant::now();
            call(one);
            begin.elapsed().as_secs_f64() * 1e6
        };
        self.0.push((name, all.into_iter().map(time).collect(), Vec::new()));
    }

    /// Prints median and 99th percentile.
    pub fn print(&self) {
        println!("| call | calls | products found p50 | p50 µs | p99 µs |\n|---|---|---|---|---|");
        for (name, times, found) in &self.0 {
            let (calls, found) = (times.len(), percentile(found, 50));
            println!("| {name} | {calls} | {found:.0} | {:.0} | {:.0} |", percentile(times, 50), percentile(times, 99));
        }
    }
}

fn percentile(times: &[f64], percent: usize) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

/// Queries of all kinds on two threads, with changes beside them.
pub fn mixed(index: &MemoryIndex, world: &mut World, time: Duration) {
    let queries: Vec<_> = world.queries().iter().take(8).flat_map(|(_, make)| (0..50).map(make).collect::<Vec<_>>()).collect();
    let changes: Vec<_> =
        (0..CHANGES * time.as_secs().max(1) / 2).flat_map(|_| [world.changed_text(), world.changed_price()]).collect();
    let is_over = AtomicBool::new(false);
    let (times, writes) = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2_usize)
            .map(|thread| {
                let (queries, is_over) = (&queries, &is_over);
                scope.spawn(move || {
                    let mut times = Vec::new();
                    while !is_over.load(Ordering::Relaxed) {
                        let begin = Instant::now();
                        index.search(&queries[(times.len() * 37 + thread * 101) % queries.len()]);
                        times.push(begin.elapsed().as_secs_f64() * 1e6);
                    }
                    times
                })
            })
            .collect();
        let begin = Instant::now();
        let mut writes = Vec::new();
        for (at, change) in (0_u32..).zip(changes) {
            std::thread::sleep((begin + Duration::from_secs(1) * at / CHANGES as u32).saturating_duration_since(Instant::now()));
            let from = Instant::now();
            index.apply(vec![Update::Put(Box::new(change))]);
            writes.push(from.elapsed().as_secs_f64() * 1e6);
        }
        is_over.store(true, Ordering::Relaxed);
        let times: Vec<f64> = readers.into_iter().flat_map(|reader| reader.join().expect("a reader")).collect();
        (times, writes)
    });
    let rate = times.len() as f64 / time.as_secs_f64();
    let (p50, p99, write) = (percentile(&times, 50), percentile(&times, 99), percentile(&writes, 99));
    println!(
        "\nTwo threads beside {CHANGES} changes per second: {rate:.0} queries per second, p50 {p50:.0} µs, p99 {p99:.0} µs; change p99 {write:.0} µs."
    );
}
