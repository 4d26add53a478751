//! A serving process that is killed during changes: the index that it fills when it starts again is that of any other instance.

use super::history::{World, change, name};
use super::{PAGE, shop};
use crate::app::{Souk, each, each_of};
use crate::kill::seed;
use crate::make::{self, Make, User};
use crate::process::{PATIENCE, Process};
use entity::{change, event_head};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, TransactionTrait};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const STATUS: &str = operation!("search", "SearchStatus");
const KILLS: usize = 3;
const TASKS: u64 = 4;

async fn start(souk: &Souk) -> Process {
    let settings = [
        ("SOUK_SECRET", souk.app.config.signing.secret.expose_secret().to_owned()),
        ("SOUK_LOG", "off".to_owned()),
        ("SOUK_GUEST_BUDGET", "0".to_owned()),
        ("SOUK_USER_BUDGET", "0".to_owned()),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    Process::start_on(souk.app.config.database_url.expose_secret(), folder, &settings).await
}

/// Waits until the process knows everything that was committed.
async fn settled(souk: &Souk, process: &Process, owner: &User) {
    let begun = Instant::now();
    loop {
        let status = process.data(Some(&owner.token), STATUS, json!({})).await["searchStatus"].clone();
        let pending = change::Entity::find().filter(change::Column::Position.is_null());
        let pending = pending.one(souk.app.db.read()).await.expect("a query");
        if pending.is_none() && status["position"] == status["logPosition"] {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "the index does not follow: {status}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[test]
fn an_instance_that_was_killed_during_changes_has_the_same_index() {
    each(async |souk| {
        let seed = seed();
        let mut random = StdRng::seed_from_u64(seed);
        let mut world = World { shops: Vec::new(), categories: Vec::new(), products: Vec::new(), admin: make::admin(souk).await };
        for n in 0..3 {
            world.shops.push(shop(souk, &format!("Shop {n}")).await);
            world.categories.push(make::category(souk, &name(&mut random), None).await);
        }
        for n in 0..20 {
            let product = make::product(souk, world.shops[n % 3].1, Make { name: &name(&mut random), ..Make::default() }).await;
            world.products.push((n % 3, product));
        }
        souk.reindexed().await;
        let owner = make::owner(souk).await;
        let mut process = start(souk).await;
        for turn in 0..KILLS as u64 {
            let changes = futures::future::join_all((0..TASKS).map(|task| {
                let world = &world;
                async move {
                    let mut random = StdRng::seed_from_u64(seed + 100 * turn + task);
                    for _ in 0..10 {
                        // This instance writes, so that what a killed process was asked does not matter.
                        let answer = change(souk, world, &mut random).await;
                        assert_eq!(answer["errors"], Value::Null, "seed {seed}: {answer}");
                    }
                }
            }));
            let pause = Duration::from_millis(random.random_range(0..200));
            let kill = async {
                tokio::time::sleep(pause).await;
                process.kill_and_restart().await;
            };
            tokio::join!(changes, kill);
        }
        souk.work().await;
        souk.indexed().await;
        settled(souk, &process, &owner).await;
        let fresh = souk.another().await;
        fresh.indexed().await;
        for n in 0..40 {
            let query = if n == 0 { String::new() } else { name(&mut random) };
            let variables = json!({ "query": query });
            let expected = fresh.guest().data(PAGE, variables.clone()).await;
            assert_eq!(process.data(None, PAGE, variables.clone()).await, expected, "seed {seed}: {query:?}");
            assert_eq!(souk.guest().data(PAGE, variables).await, expected, "seed {seed}: {query:?}");
        }
        fresh.finish().await;
    });
}

#[test]
fn a_change_whose_sequencer_was_killed_before_it_got_a_position_is_found() {
    // On SQLite the lock on the head of the log would be one on the whole database.
    each_of(&["postgres", "mysql"], async |souk| {
        let (vera, store) = shop(souk, "Vera").await;
        let tea = make::product(souk, store, Make { name: "Green Tea", ..Make::default() }).await;
        souk.reindexed().await;
        let owner = make::owner(souk).await;
        let mut process = start(souk).await;
        settled(souk, &process, &owner).await;
        // No sequencer comes any further than this lock.
        let url = souk.app.config.database_url.expose_secret();
        let other = sea_orm::Database::connect(url).await.expect("a connection");
        let lock = other.begin().await.expect("a transaction");
        event_head::Entity::find_by_id(event_head::CHANGES).lock_exclusive().one(&lock).await.expect("a lock").expect("a head");
        let input = json!({ "id": tea.id.to_string(), "input": { "name": "Black Tea" } });
        process.data(Some(&vera.token), super::UPDATE, input).await;
        let waits = change::Entity::find().filter(change::Column::Position.is_null());
        assert!(waits.one(souk.app.db.raw()).await.expect("a query").is_some(), "it has no position yet");
        process.kill();
        lock.rollback().await.expect("it ends");
        souk.indexed().await;
        assert_eq!(souk.found("black", Value::Null).await, ["Black Tea"]);
        assert_eq!(souk.found("green", Value::Null).await, Vec::<String>::new());
        process.kill_and_restart().await;
        settled(souk, &process, &owner).await;
        for (query, count) in [("black", 1), ("green", 0)] {
            let found = process.data(None, PAGE, json!({ "query": query })).await;
            assert_eq!(found["productSearch"]["totalCount"], count, "{query}");
        }
    });
}
