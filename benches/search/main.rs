//! The search index in memory, without database and HTTP: time of queries and changes, time to fill it, memory.
//!
//! `cargo bench --bench search -- --products 10000,100000,1000000 --seconds 3`; with `--only facets` the queries whose name has this word,
//! such as for a profiler.
//!
//! With `--yardsticks 100000`, the full-text search of SQLite and PostgreSQL with so many of these products. Searches through HTTP are
//! scenarios of the load generator: `cargo bench --bench load -- --only search`.

#![allow(unreachable_pub, reason = "a program, of which no other crate can use anything")]
#![allow(clippy::print_stdout, reason = "a program that prints its measurements")]

mod measure;
mod world;
mod yardstick;

#[path = "../common/arguments.rs"]
#[allow(dead_code, reason = "the other benchmarks use more of it")]
mod arguments;

#[path = "../common/memory.rs"]
mod memory;

use arguments::Arguments;
use measure::{Table, mixed};
use souk_core::provider::search::{Language, MemoryIndex, SearchEngine, Update};
use std::time::{Duration, Instant};
use world::World;

/// Products that are indexed at once, as when a process starts.
const PAGE: usize = 2_000;

/// The one of Souk.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments = Arguments::read();
    let time = Duration::from_secs(arguments.number("--seconds", 3));
    let yardsticks: usize = arguments.number("--yardsticks", 0);
    if yardsticks > 0 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(yardstick::measure(&arguments.postgres(), yardsticks, time));
        return;
    }
    let sizes = arguments.value("--products", "10000,100000,1000000");
    for products in sizes.split(',').map(|number| number.parse().expect("--products takes numbers")) {
        run(products, time, &arguments.value("--only", ""));
    }
}

fn run(products: usize, time: Duration, only: &str) {
    let mut world = World::new();
    let before = memory::resident_kib(std::process::id());
    let index = MemoryIndex::new(&[Language::En]);
    let (mut done, mut filling) = (0, Duration::ZERO);
    index.apply(world.names());
    while done < products {
        let page: Vec<Update> = (0..PAGE.min(products - done)).map(|_| Update::Put(Box::new(world.document()))).collect();
        done += page.len();
        let begin = Instant::now();
        index.apply(page);
        filling += begin.elapsed();
    }
    index.shrink();
    let size = index.size();
    let resident = memory::resident_kib(std::process::id()).saturating_sub(before) / 1024;
    println!(
        "\n{products} products, {} words: filled in {:.1} s, {resident} MiB more resident\n",
        size.words,
        filling.as_secs_f64()
    );
    let mut table = Table::default();
    for (name, query) in world.queries().into_iter().filter(|(name, _)| name.contains(only)) {
        table.measure(name, time, |at| index.search(&query(at)).total);
    }
    if !only.is_empty() {
        table.print();
        return;
    }
    let texts: Vec<_> = (0..2_000).map(|_| world.changed_text()).collect();
    let prices: Vec<_> = (0..2_000).map(|_| world.changed_price()).collect();
    for (name, changes) in [("one changed product, text", texts), ("one changed product, price", prices)] {
        table.measure_each(name, changes, |document| index.apply(vec![Update::Put(Box::new(document))]));
    }
    table.print();
    mixed(&index, &mut world, time);
}
