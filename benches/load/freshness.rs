//! Time from the response to a change until a search finds it, on two instances that share a database.

use crate::Plan;
use crate::client::Connection;
use crate::common::database::THIS_BINARY;
use crate::scenario::wait_for_index;
use crate::server::Prepared;
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Tasks that change products.
const WRITERS: u32 = 4;
/// One of so many changes is looked for, as looking takes requests, too.
const SAMPLE: u32 = 10;
const POLL: Duration = Duration::from_millis(10);

/// Makes `changes` per second for the time of the plan on each database, and prints when they are found.
#[allow(clippy::print_stdout, reason = "this is its output")]
pub async fn run(plan: &Plan, changes: u32) {
    println!("{} products, two instances, {changes} changes per second for {:?}\n", plan.products, plan.seconds);
    println!(
        "| database | changes per second | looked for | instance | found after p50 ms | p99 ms | max ms |\n|---|---|---|---|---|---|---|"
    );
    for database in &plan.databases {
        let mut prepared = Prepared::fill(database, plan, THIS_BINARY.as_ref(), 18080).await;
        let (first, second) = (prepared.serve().await, prepared.serve_at(18081).await);
        let addresses = [first.address, second.address];
        for address in addresses {
            wait_for_index(&mut Connection::open(address).await).await;
        }
        let vendor = Arc::new(Vendor::sign_in(first.address).await);
        let begun = Instant::now();
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| tokio::spawn(write(Arc::clone(&vendor), addresses, writer, changes, plan.seconds)))
            .collect();
        let mut found = [histogram(), histogram()];
        let mut count = 0;
        for writer in writers {
            let (made, times) = writer.await.expect("a writer");
            count += made;
            for (all, some) in found.iter_mut().zip(times) {
                all.add(some).expect("the same bounds");
            }
        }
        let rate = f64::from(count) / begun.elapsed().as_secs_f64();
        for (instance, times) in (1..).zip(&found) {
            let ms = |micros: u64| micros / 1_000;
            let (p50, p99) = (ms(times.value_at_quantile(0.5)), ms(times.value_at_quantile(0.99)));
            println!("| {database} | {rate:.0} | {} | {instance} | {p50} | {p99} | {} |", times.len(), ms(times.max()));
        }
        first.stop();
        second.stop();
        prepared.remove().await;
    }
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000, 3).expect("a histogram")
}

/// A vendor with products.
struct Vendor {
    token: String,
    products: Vec<String>,
}

impl Vendor {
    async fn sign_in(address: SocketAddr) -> Self {
        let mut connection = Connection::open(address).await;
        let list = "{ products(first: 100) { nodes { id store { contactEmail } } } }";
        let nodes = connection.data(list, &json!({})).await["products"]["nodes"].clone();
        let nodes = nodes.as_array().expect("products");
        let email = &nodes[0]["store"]["contactEmail"];
        let products = nodes.iter().filter(|node| node["store"]["contactEmail"] == *email);
        let products = products.filter_map(|node| node["id"].as_str().map(str::to_owned)).collect();
        let sign_in = "mutation($email: String!, $password: String!) {
            sessionCreate(input: { email: $email, password: $password }) { tokens { accessToken } } }";
        let session = connection.data(sign_in, &json!({ "email": email, "password": "demo-password" })).await;
        let token = session["sessionCreate"]["tokens"]["accessToken"].as_str().expect("a token").to_owned();
        Self { token, products }
    }
}

/// Changes names at an even pace; returns how many, and the microseconds until each instance found the sampled ones.
async fn write(
    vendor: Arc<Vendor>,
    addresses: [SocketAddr; 2],
    writer: u32,
    changes: u32,
    time: Duration,
) -> (u32, [Histogram<u64>; 2]) {
    const UPDATE: &str = "mutation($id: ID!, $input: ProductUpdateInput!) {
        productUpdate(id: $id, input: $input) { product { id } userErrors { message } } }";
    let mut connection = Connection::open(addresses[0]).await;
    connection.sign_in(&vendor.token);
    let begun = Instant::now();
    let mut found = [histogram(), histogram()];
    let mut looking = Vec::new();
    let mut made = 0;
    while begun.elapsed() < time {
        tokio::time::sleep_until((begun + Duration::from_secs(1) * made * WRITERS / changes).into()).await;
        // Numbers are found exactly, and no other product has these.
        let number = 9_000_000 + made * WRITERS + writer;
        let id = &vendor.products[number as usize % vendor.products.len()];
        let variables = json!({ "id": id, "input": { "name": format!("Product {number}") } });
        let updated = connection.data(UPDATE, &variables).await;
        assert_eq!(updated["productUpdate"]["userErrors"], json!([]), "{updated}");
        if made % SAMPLE == 0 {
            let changed = Instant::now();
            looking.extend((0..2).map(|instance| tokio::spawn(look(addresses[instance], instance, number, changed))));
        }
        made += 1;
    }
    for task in looking {
        let (instance, after) = task.await.expect("a search");
        found[instance].saturating_record(u64::try_from(after.as_micros()).unwrap_or(u64::MAX));
    }
    (made, found)
}

/// Searches until the number is found.
async fn look(address: SocketAddr, instance: usize, number: u32, changed: Instant) -> (usize, Duration) {
    const SEARCH: &str = "query($query: String!) { productSearch(query: $query, first: 1) { totalCount } }";
    let mut connection = Connection::open(address).await;
    loop {
        let found: Value = connection.data(SEARCH, &json!({ "query": format!("{number} ") })).await;
        if found["productSearch"]["totalCount"] == 1 {
            return (instance, changed.elapsed());
        }
        assert!(changed.elapsed() < Duration::from_secs(30), "{number} is not found");
        tokio::time::sleep(POLL).await;
    }
}
