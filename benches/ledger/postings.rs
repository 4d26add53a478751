//! Sales that several tasks post at the same time, each in a transaction of its own.

use crate::market::Market;
use entity::id::StoreId;
use entity::money::Minor;
use entity::value::{LedgerTransactionKind, PaymentProvider};
use souk_core::app::App;
use souk_core::transact;
use souk_domain::ledger::{self, Account, NewTransaction, Posting};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Postings of a sale.
const POSTINGS: u64 = 4;

/// The sale of `docs/ledger.md`: money, a discount that the marketplace bears, commission, and the tax on it.
pub fn sale(app: &App, store: StoreId) -> NewTransaction {
    let payable = Account::StorePayable(store);
    let postings = vec![
        Posting::new(Account::Provider(PaymentProvider::Stripe), payable, Minor(8701)),
        Posting::new(Account::Promotions, payable, Minor(800)),
        Posting::new(payable, Account::Commission, Minor(800)),
        Posting::new(payable, Account::CommissionTax, Minor(104)),
    ];
    NewTransaction {
        kind: LedgerTransactionKind::Capture,
        source_id: app.clock.new_uuid(),
        order_id: None,
        currency: app.config.currency,
        postings,
        earners: Vec::new(),
        at: app.clock.now(),
    }
}

/// Posts a sale.
pub async fn post(app: &App, sale: NewTransaction) {
    let posted = transact!(app.db, tx, { ledger::post(tx, app, vec![sale.clone()]).await });
    posted.expect("a sale is posted");
}

/// Prints how many postings are written per second, with `pgbench` of the same run.
#[allow(clippy::print_stdout, reason = "this is its output")]
pub async fn measure(market: &Market, tasks: &[usize], time: Duration, pgbench: impl Fn(&str, usize) -> f64) {
    for store in &market.stores {
        post(&market.app, sale(&market.app, *store)).await;
    }
    println!(
        "| tasks | postings per second | transactions per second | SQL | pgbench -N | relative to it | pgbench -S | relative to it |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for tasks in tasks {
        let (sales, statements, took) = post_for(market, *tasks, time).await;
        let rate = sales as f64 / took.as_secs_f64();
        let (writes, reads) = (pgbench("-N", *tasks), pgbench("-S", *tasks));
        println!(
            "| {tasks} | {:.0} | {rate:.0} | {} | {writes:.0} | {:.0} % | {reads:.0} | {:.1} % |",
            rate * POSTINGS as f64,
            statements.checked_div(sales).unwrap_or_default(),
            100.0 * rate / writes,
            100.0 * rate / reads
        );
    }
    println!();
}

/// Sales and SQL statements, and the time that they took.
async fn post_for(market: &Market, tasks: usize, time: Duration) -> (u64, u64, Duration) {
    let (before, begun) = (market.app.db.statements(), Instant::now());
    let until = begun + time;
    let running = market.stores.iter().cycle().take(tasks).map(|store| {
        let (app, store) = (Arc::clone(&market.app), *store);
        tokio::spawn(async move {
            let mut sales = 0_u64;
            while Instant::now() < until {
                post(&app, sale(&app, store)).await;
                sales += 1;
            }
            sales
        })
    });
    let sales = futures::future::join_all(running).await;
    let sales = sales.into_iter().map(|count| count.expect("no task failed")).sum();
    (sales, market.app.db.statements() - before, begun.elapsed())
}
