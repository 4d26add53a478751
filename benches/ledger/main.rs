//! The ledger on PostgreSQL, through the code of the server: postings per second, and the balance and statement of a store with many
//! entries.
//!
//! `cargo bench --bench ledger -- --tasks 8,32 --seconds 5 --entries 1000000`

#![allow(unreachable_pub, reason = "a program, of which no other crate can use anything")]

mod history;
mod market;
mod postings;
mod reads;

#[path = "../common/arguments.rs"]
mod arguments;

#[path = "../common/pgbench.rs"]
mod pgbench;

use arguments::Arguments;
use market::Market;
use pgbench::pgbench;
use std::time::Duration;

fn main() {
    let arguments = Arguments::read();
    let (postgres, time) = (arguments.postgres(), Duration::from_secs(arguments.number("--seconds", 5)));
    let tasks: Vec<usize> =
        arguments.value("--tasks", "8,32").split(',').map(|number| number.parse().expect("--tasks takes numbers")).collect();
    let entries: u64 = arguments.number("--entries", 1_000_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let market = Market::create(&postgres).await;
        postings::measure(&market, &tasks, time, |script, tasks| pgbench(&postgres, script, tasks, time)).await;
        history::fill(&market, entries).await;
        reads::measure(&market, "without daily balances").await;
        history::add_up_each_day(&market).await;
        reads::measure(&market, "with daily balances").await;
        market.remove().await;
    });
}
