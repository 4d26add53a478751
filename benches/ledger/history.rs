//! A store with many entries, spread over the last days, and the daily balances of the ledger.

use crate::market::Market;
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{ConnectOptions, ConnectionTrait, Database};
use souk_core::job::Worker;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Days over which the entries are spread.
pub const DAYS: u32 = 100;
/// Entries of a sale in the account of the store.
const ENTRIES: u64 = 4;

/// Adds entries to the account of the first store. The rows are those of `postings::sale`, written in bulk without checking their
/// references one by one.
#[allow(clippy::print_stdout, reason = "this is its output")]
pub async fn fill(market: &Market, entries: u64) {
    let begun = Instant::now();
    let mut options = ConnectOptions::new(&market.url);
    options.max_connections(1).sqlx_logging(false);
    let db = Database::connect(options).await.expect("the database can be reached");
    let (store, currency, sales) = (market.stores[0].0, market.app.config.currency, entries / ENTRIES);
    let payable = format!("STORE_PAYABLE:{store}");
    let entry = |debit: &str, credit: &str, amount: u32| {
        format!(
            "INSERT INTO ledger_entries (id, transaction_id, debit_account_id, credit_account_id, currency, amount, created_at) \
             SELECT gen_random_uuid(), id, (SELECT id FROM ledger_accounts WHERE code = '{debit}' AND currency = '{currency}'), \
             (SELECT id FROM ledger_accounts WHERE code = '{credit}' AND currency = '{currency}'), '{currency}', {amount}, at \
             FROM bench_sales"
        )
    };
    let statements = [
        "SET session_replication_role = replica".to_owned(),
        format!(
            "CREATE UNLOGGED TABLE bench_sales AS SELECT gen_random_uuid() AS id, gen_random_uuid() AS source_id, \
             now() - interval '{DAYS} days' * (1 - n / {sales}.0) AS at FROM generate_series(0, {sales} - 1) AS n"
        ),
        format!(
            "INSERT INTO ledger_transactions (id, kind, source_id, currency, created_at) \
             SELECT id, 'CAPTURE', source_id, '{currency}', at FROM bench_sales"
        ),
        entry("PROVIDER:STRIPE", &payable, 8701),
        entry("PROMOTIONS", &payable, 800),
        entry(&payable, "COMMISSION", 800),
        entry(&payable, "COMMISSION_TAX", 104),
        // Delivered after three days, and paid out a week later.
        format!(
            "INSERT INTO earnings (id, store_id, kind, source_id, amount, currency, available_at, created_at) \
             SELECT gen_random_uuid(), '{store}', 'SALE', source_id, 8597, '{currency}', \
             CASE WHEN at < now() - interval '3 days' THEN at + interval '10 days' END, at FROM bench_sales"
        ),
        "DROP TABLE bench_sales".to_owned(),
        "VACUUM ANALYZE".to_owned(),
    ];
    for statement in statements {
        db.execute_unprepared(&statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    db.close().await.expect("closing");
    println!("{entries} entries over {DAYS} days were written in {:.0} s.\n", begun.elapsed().as_secs_f64());
}

/// Lets the periodic tasks run at each day, as the worker does.
#[allow(clippy::print_stdout, reason = "this is its output")]
pub async fn add_up_each_day(market: &Market) {
    let worker = Worker::new(Arc::clone(&market.app), souk_domain::jobs());
    let (clock, now) = (&market.app.clock, market.app.clock.now());
    let begun = Instant::now();
    for day in (0..DAYS).rev() {
        clock.freeze(at_five(now - Duration::from_secs(86_400) * day));
        worker.tidy().await;
    }
    clock.freeze(now + begun.elapsed());
    println!("The periodic tasks of {DAYS} days took {:.1} s.\n", begun.elapsed().as_secs_f64());
}

/// Five o'clock on the day of a time: the day before is added up, and the invariants are not checked.
fn at_five(time: DateTimeUtc) -> DateTimeUtc {
    time.date_naive().and_hms_opt(5, 0, 0).map_or(time, |five| five.and_utc())
}
