//! Balance and statement of the store with many entries.

use crate::history::DAYS;
use crate::market::Market;
use sea_orm::prelude::DateTimeUtc;
use souk_core::auth::Viewer;
use souk_domain::ledger::{self, Period, Statement, download};
use souk_domain::page::PageRequest;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often each read is measured.
const ROUNDS: usize = 21;

/// Prints the time of each read: the median and the longest.
#[allow(clippy::print_stdout, reason = "this is its output")]
pub async fn measure(market: &Market, title: &str) {
    let (app, viewer, store) = (&market.app, market.owner().await, market.stores[0]);
    println!("| {title} | median ms | longest ms | SQL |");
    println!("|---|---|---|---|");
    repeat(market, "balance", async || {
        ledger::of_store(app, &viewer, store).await.expect("a balance");
    })
    .await;
    // Not at midnight, so that a part of a day is added up at both ends.
    let ago = |days: u32| app.clock.now() - Duration::from_secs(86_400) * days - Duration::from_secs(40_000);
    let month = period(market, ago(60), ago(30));
    repeat(market, "statement of a month, 100 earnings", async || {
        let statement = statement(market, &viewer, month).await;
        let page = ledger::lines(app, &statement, &PageRequest::first(100)).await.expect("earnings");
        assert_eq!(page.items.len(), 100);
    })
    .await;
    let everything = statement(market, &viewer, period(market, ago(DAYS + 1), app.clock.now())).await;
    let (begun, mut rows) = (Instant::now(), 0);
    let url = download::url(app, &viewer, &everything).expect("a URL");
    let download = download::open(app, url.rsplit('/').next().unwrap_or_default()).expect("a download");
    let mut unread = download.rows(Arc::clone(app));
    let mut last = everything.opening.amount;
    loop {
        let some = unread.next().await.expect("rows");
        let Some(row) = some.last() else { break };
        last = row.balance;
        rows += some.len();
    }
    assert_eq!(last, everything.closing.amount, "the rows add up to the statement");
    let took = begun.elapsed();
    println!(
        "\nReading the {rows} rows of the CSV of everything took {:.1} s, {:.0} per second.\n",
        took.as_secs_f64(),
        rows as f64 / took.as_secs_f64()
    );
}

fn period(market: &Market, from: DateTimeUtc, before: DateTimeUtc) -> Period {
    Period { store_id: market.stores[0], currency: market.app.config.currency, from, before }
}

async fn statement(market: &Market, viewer: &Viewer, period: Period) -> Statement {
    ledger::statement(&market.app, viewer, period).await.expect("a statement")
}

#[allow(clippy::print_stdout, reason = "this is its output")]
async fn repeat(market: &Market, name: &str, read: impl AsyncFn()) {
    let (mut times, before) = (Vec::new(), market.app.db.statements());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        read().await;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let (median, longest) = (times[ROUNDS / 2], times[ROUNDS - 1]);
    let statements = (market.app.db.statements() - before) / ROUNDS as u64;
    println!("| {name} | {median:.1} | {longest:.1} | {statements} |");
}
