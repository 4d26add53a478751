//! Attacks on a running release binary, one after the other, while a normal client keeps working.
//!
//! `cargo bench --bench attack -- --database sqlite --seconds 10`
//!
//! Each attack runs from 20 connections, unless stated otherwise, against a server with its default configuration. Meanwhile another
//! client sends `Storefront` 100 times per second from a different IP address. For each attack the latency of this client, the maximum
//! resident memory of the server, the responses to the attackers and whether the server is still alive are printed. The program exits
//! with status 1 if a goal is missed: p99 under 250 ms (for attacks from 20 connections), memory under 300 MiB, alive,
//! no request of the other client failed.

#![allow(unreachable_pub, reason = "a program, of which no other crate can use anything")]

mod attacks;
mod bystander;
mod server;
mod world;

#[path = "../../benches/common/mod.rs"]
mod common;

#[path = "../it/journey_file.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod journey_file;

use attacks::Attack;
use bystander::Latency;
use common::arguments::Arguments;
use server::Running;
use std::time::Duration;

/// The goals of every attack.
const P99: Duration = Duration::from_millis(250);
const MEMORY_MIB: u64 = 300;

/// What to run.
pub struct Plan {
    /// `sqlite` or `postgres`.
    pub database: String,
    /// URL of the PostgreSQL server, on which a database is created for the run.
    pub postgres: String,
    /// Duration of each attack.
    pub time: Duration,
    /// Runs only attacks whose name contains this.
    pub only: String,
    /// Products in the marketplace.
    pub products: u32,
}

impl Plan {
    fn from_arguments() -> Self {
        let arguments = Arguments::read();
        Self {
            database: arguments.value("--database", "sqlite"),
            postgres: arguments.postgres(),
            time: Duration::from_secs(arguments.number("--seconds", 10)),
            only: arguments.value("--only", ""),
            products: arguments.number("--products", 10_000),
        }
    }
}

/// The result of an attack.
struct Outcome {
    name: &'static str,
    has_latency_goal: bool,
    latency: Latency,
    memory_mib: u64,
    alive: bool,
    answers: String,
}

impl Outcome {
    fn is_good(&self) -> bool {
        let fast = self.latency.p99 < P99 || !self.has_latency_goal;
        self.alive && self.memory_mib < MEMORY_MIB && fast && self.latency.failed == 0
    }
}

fn main() {
    let plan = Plan::from_arguments();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let outcomes = runtime.block_on(run(&plan));
    print(&plan, &outcomes);
    if outcomes.iter().any(|outcome| !outcome.is_good()) {
        std::process::exit(1);
    }
}

async fn run(plan: &Plan) -> Vec<Outcome> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let database = server::Prepared::fill(plan).await;
    let mut outcomes = Vec::new();
    for attack in Attack::all().into_iter().filter(|attack| attack.name().contains(&plan.only)) {
        // A separate server, so that the memory of one attack does not affect the next.
        let mut running = database.serve(attack.open_files()).await;
        let world = world::World::make(&running, &database).await;
        let outcome = against(&mut running, &world, attack, plan.time).await;
        eprintln!(
            "{:<28} p99 {:>6} ms, {:>4} MiB, alive {}, {}",
            outcome.name,
            outcome.latency.p99.as_millis(),
            outcome.memory_mib,
            outcome.alive,
            outcome.answers
        );
        outcomes.push(outcome);
        running.stop();
    }
    database.remove().await;
    outcomes
}

async fn against(running: &mut Running, world: &world::World, attack: Attack, time: Duration) -> Outcome {
    let memory = running.watch_memory();
    let (latency, answers) = tokio::join!(bystander::watch(running.address, time), attack.run(running.address, world, time));
    Outcome {
        name: attack.name(),
        has_latency_goal: attack.has_latency_goal(),
        latency,
        memory_mib: memory.largest_mib().await,
        alive: running.is_alive().await,
        answers: answers.to_string(),
    }
}

#[allow(clippy::print_stdout, reason = "this is its output")]
fn print(plan: &Plan, outcomes: &[Outcome]) {
    println!("{}, {} products, {:?} for each attack.\n", plan.database, plan.products, plan.time);
    println!("| attack | p50 ms | p99 ms | longest ms | failed | memory MiB | alive | answers to the attackers |");
    println!("|---|---|---|---|---|---|---|---|");
    for outcome in outcomes {
        let latency = &outcome.latency;
        println!(
            "| {} | {} | {} | {} | {} of {} | {} | {} | {} |",
            outcome.name,
            latency.p50.as_millis(),
            latency.p99.as_millis(),
            latency.longest.as_millis(),
            latency.failed,
            latency.sent,
            outcome.memory_mib,
            if outcome.alive { "yes" } else { "NO" },
            outcome.answers
        );
    }
}
