//! A process that is killed at random points of checkouts, refunds and cancellations, while Stripe is slow, loses responses, and repeats
//! and reorders its webhooks. Afterwards each charge has exactly one order or was refunded.
//!
//! `SOUK_TEST_KILL=long` selects the long form, and `SOUK_TEST_SEED` repeats what a seed selects: operations, moments and trouble. How the
//! operating system interleaves them differs from run to run.

mod operation;

use crate::app::Souk;
use crate::charges;
use crate::checkout::{begin, order_row, set_settings};
use crate::fake::stripe::Stripe;
use crate::make::{self, Make};
use crate::payment::stripe::{each_stripe, findings};
use crate::process::{PATIENCE, Process};
use entity::value::{JobStatus, OrderStatus, Role};
use entity::{job, order, refund, store_order};
use futures::future::join_all;
use operation::{Client, Operation, Outcome};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use secrecy::ExposeSecret;
use serde_json::json;
use souk_core::crypto::keys::Capability;
use souk_domain::setting::Settings;
use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How much is done; the process is killed once for each group of concurrent operations.
struct Form {
    operations: usize,
    /// Milliseconds that Stripe waits before and after it acts.
    delay: RangeInclusive<u64>,
}

const AT_ONCE: usize = 3;

impl Form {
    fn chosen() -> Self {
        match std::env::var("SOUK_TEST_KILL").as_deref() {
            Ok("long") => Self { operations: 300, delay: 50..=1500 },
            _ => Self { operations: 12, delay: 5..=150 },
        }
    }
}

pub fn seed() -> u64 {
    match std::env::var("SOUK_TEST_SEED") {
        Ok(seed) => seed.parse().expect("SOUK_TEST_SEED is a number"),
        Err(_) => 1,
    }
}

/// What was done until now.
#[derive(Default)]
struct Done {
    keys: usize,
    /// Orders whose buyers were told that they are paid.
    paid: HashSet<String>,
    refunds: HashSet<String>,
    /// Refunds that were requested, with or without an answer.
    refund_requests: usize,
}

#[test]
fn each_charge_is_an_order_or_was_refunded_whenever_the_process_is_killed() {
    let (form, seed) = (Form::chosen(), seed());
    // Shown if the test fails.
    eprintln!("SOUK_TEST_SEED={seed}");
    each_stripe(&[], async |souk, stripe, _| {
        let random = &mut StdRng::seed_from_u64(seed);
        let unlimited = Settings {
            unpaid_orders_per_guest: 0,
            unpaid_pieces_per_guest: 0,
            unpaid_orders_per_network: 0,
            unpaid_pieces_per_network: 0,
            ..Settings::default()
        };
        set_settings(souk, unlimited).await;
        let had = i32::try_from(form.operations).expect("a number");
        let store = crate::checkout::store(souk, "Pots").await;
        let pot = make::product(souk, store, Make { name: "Pot", stock: had, ..Make::default() }).await;
        let mut process = start(souk, stripe).await;
        let mut steps = stripe.make_trouble(seed, form.delay.clone());
        let client = Client { http: process.http.clone(), url: process.url.clone() };
        let stop = CancellationToken::new();
        let webhooks = tokio::spawn(send_webhooks(stripe.clone(), client.clone(), souk.app.clock.clone(), stop.clone()));
        let mut done = Done::default();
        for _ in 0..form.operations / AT_ONCE {
            let mut operations = Vec::new();
            for _ in 0..AT_ONCE {
                operations.push(draw(souk, random, pot, &mut done).await);
            }
            let moment = *steps.borrow_and_update() + random.random_range(1..=12_usize);
            let pause = Duration::from_millis(random.random_range(0..=20));
            let ended = CancellationToken::new();
            let kill = async {
                tokio::select! {
                    _ = steps.wait_for(|count| *count >= moment) => {}
                    () = ended.cancelled() => {}
                }
                // Stripe does nothing at the moments between its steps.
                tokio::time::sleep(pause).await;
                process.kill_and_restart().await;
            };
            let run = async {
                let outcomes = join_all(operations.iter().map(|operation| client.run(operation))).await;
                ended.cancel();
                outcomes
            };
            let ((), outcomes) = tokio::join!(kill, run);
            for outcome in outcomes {
                match outcome {
                    Outcome::Paid(order) => done.paid.extend([order]),
                    Outcome::Refunded(refund) => done.refunds.extend([refund]),
                    Outcome::Other => {}
                }
            }
            decide(random, stripe, 60);
        }
        process.kill();
        stop.cancel();
        webhooks.await.expect("they end");
        reconcile(souk, stripe, random).await;
        charges::check(souk, stripe, pot, had).await;
        check_answers(souk, &done).await;
        assert_eq!(findings(souk).await, []);
        let failed = job::Entity::find().filter(job::Column::Status.eq(JobStatus::Failed));
        let failed = failed.all(souk.app.db.read()).await.expect("jobs");
        assert!(failed.is_empty(), "{failed:#?}");
    });
}

async fn start(souk: &Souk, stripe: &Stripe) -> Process {
    let mut settings = vec![
        ("SOUK_SECRET", souk.app.config.signing.secret.expose_secret().to_owned()),
        ("SOUK_LOG", "off".to_owned()),
        ("SOUK_GUEST_BUDGET", "0".to_owned()),
        ("SOUK_USER_BUDGET", "0".to_owned()),
    ];
    settings.extend(stripe.settings().into_iter().map(|(name, value)| (name, value.to_owned())));
    let folder = tempfile::tempdir().expect("a folder");
    Process::start_on(souk.app.config.database_url.expose_secret(), folder, &settings).await
}

/// Sends the webhooks of Stripe, as long as the process is down again and again.
async fn send_webhooks(stripe: Stripe, client: Client, clock: souk_core::clock::Clock, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if !stripe.send_next(&client.http, &client.url, clock.now().timestamp()).await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// The next operation, of a cart of its own or of an order that is paid.
async fn draw(souk: &Souk, random: &mut StdRng, pot: make::Product, done: &mut Done) -> Operation {
    done.keys += 1;
    let (key, repeats) = (format!("key {}", done.keys), random.random_range(0..4) > 0);
    let paid = order::Entity::find().filter(order::Column::Status.eq(OrderStatus::Confirmed));
    let paid = paid.filter(order::Column::PaidAt.is_not_null()).order_by_asc(order::Column::Id);
    let paid = paid.all(souk.app.db.read()).await.expect("orders");
    if !paid.is_empty() && random.random_range(0..100) < 45 {
        let order = &paid[random.random_range(0..paid.len())];
        if random.random_range(0..3) == 0 {
            let token = souk.app.keys.capability(Capability::Order, order.id);
            return Operation::Cancel { order: order.id.to_string(), token, repeats };
        }
        let store_order = store_order::Entity::find().filter(store_order::Column::OrderId.eq(order.id));
        let store_order = store_order.one(souk.app.db.read()).await.expect("a query").expect("a store order").id.to_string();
        let selection = if random.random() { json!({}) } else { json!({ "amount": "3.33" }) };
        done.refund_requests += 1;
        // An access token would expire before the long form ends.
        let staff = make::staff(souk, &format!("staff-{}", done.keys), Role::Admin, &[]).await.token;
        return Operation::Refund { store_order, selection, staff, key, repeats };
    }
    let cart = make::guest_cart(souk, &[(pot.variant, 1)]).await;
    let checkout = begin(&souk.guest(), &cart).await;
    let method = match random.random_range(0..10) {
        0 => "pm_declined",
        1 => "pm_action",
        2 => "pm_processing",
        _ => "pm_card",
    };
    Operation::Checkout { checkout, method, key, repeats }
}

/// Banks and buyers decide this percentage of the payments that wait for them.
fn decide(random: &mut StdRng, stripe: &Stripe, percent: u32) {
    let waits = |status: Option<&str>| matches!(status, Some("requires_action" | "processing"));
    for intent in stripe.intents().into_iter().filter(|intent| waits(intent["status"].as_str())) {
        if random.random_range(0..100) < percent {
            stripe.decide(&intent["id"], random.random_range(0..3) > 0);
        }
    }
}

/// Lets time pass, now in this process, until all webhooks are accepted and all jobs are done.
async fn reconcile(souk: &Souk, stripe: &Stripe, random: &mut StdRng) {
    stripe.be_quick();
    let begun = Instant::now();
    while stripe.under_way() > 0 {
        assert!(begun.elapsed() < PATIENCE, "Stripe does not finish");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for _ in 0..300 {
        decide(random, stripe, 100);
        while stripe.send_next(&souk.http, &souk.url, souk.app.clock.now().timestamp()).await {}
        souk.pass(Duration::from_secs(600)).await;
        if !stripe.has_events() && charges::queued(souk).await == 0 {
            return;
        }
    }
    panic!("there is no end: {} jobs, events: {}", charges::queued(souk).await, stripe.has_events());
}

/// What clients were told holds, and what they asked for once was done once.
async fn check_answers(souk: &Souk, done: &Done) {
    for id in &done.paid {
        let order = order_row(souk, &json!(id)).await;
        assert_ne!(order.status, OrderStatus::Failed, "its buyer was told that it is paid: {order:#?}");
    }
    let refunds = refund::Entity::find().all(souk.app.db.read()).await.expect("refunds");
    for id in &done.refunds {
        assert!(refunds.iter().any(|refund| refund.id.to_string() == *id), "the refund {id} was confirmed and is missing");
    }
    let requested = refund::Entity::find().filter(refund::Column::RequestedById.is_not_null());
    let requested = requested.filter(refund::Column::Reason.eq(entity::value::RefundReason::Returned));
    let requested = requested.count(souk.app.db.read()).await.expect("a count");
    assert!(requested <= done.refund_requests as u64, "{requested} refunds of {} requests", done.refund_requests);
}
