//! The load generator: starts Souk, fills a database, measures, and compares with baselines of the same run.
//!
//! `cargo bench --bench load -- --databases sqlite,postgres --connections 8,64 --seconds 5`
//!
//! Beside the binary of another version, both in one run, in turns:
//! `cargo bench --bench load -- --against before=/path/to/souk --rounds 5`
//!
//! The time until a change is found by searches on two instances: `cargo bench --bench load -- --freshness 100 --seconds 20`

#![allow(unreachable_pub, reason = "a program, of which no other crate can use anything")]

mod baseline;
mod client;
mod compare;
mod freshness;
mod measure;
mod report;
mod scenario;
mod server;

#[path = "../common/mod.rs"]
mod common;

#[path = "../common/pgbench.rs"]
mod pgbench;

#[path = "../../tests/it/journey_file.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod journey_file;

use common::arguments::Arguments;
use common::database::THIS_BINARY;
use std::path::PathBuf;
use std::time::Duration;

/// What to measure.
#[derive(Clone, Debug)]
pub struct Plan {
    pub databases: Vec<String>,
    pub connections: Vec<usize>,
    pub seconds: Duration,
    pub products: u32,
    pub stores: u32,
    pub reviews: u32,
    /// URL of the PostgreSQL server, on which a database is created for the run.
    pub postgres: String,
    pub only: Option<String>,
    /// Binaries of other versions, by name.
    pub against: Vec<(String, PathBuf)>,
    /// How often each binary has its turn.
    pub rounds: usize,
    /// Changes per second, in place of the scenarios; 0: none.
    pub freshness: u32,
}

impl Plan {
    pub fn includes(&self, scenario: &scenario::Scenario) -> bool {
        self.only.as_ref().is_none_or(|only| scenario.name.contains(only.as_str()))
    }

    fn from_arguments() -> Self {
        let arguments = Arguments::read();
        let list = |name: &str, default: &str| -> Vec<String> {
            arguments.value(name, default).split(',').filter(|item| !item.is_empty()).map(str::to_owned).collect()
        };
        Self {
            databases: list("--databases", "sqlite,postgres"),
            connections: list("--connections", "8,64")
                .iter()
                .map(|number| number.parse().expect("--connections takes numbers"))
                .collect(),
            seconds: Duration::from_secs(arguments.number("--seconds", 5)),
            products: arguments.number("--products", 10_000),
            stores: arguments.number("--stores", 100),
            reviews: arguments.number("--reviews", 20_000),
            postgres: arguments.postgres(),
            only: Some(arguments.value("--only", "")).filter(|only| !only.is_empty()),
            against: list("--against", "")
                .iter()
                .map(|binary| binary.split_once('=').expect("--against takes NAME=PATH"))
                .map(|(name, path)| (name.to_owned(), path.into()))
                .collect(),
            rounds: arguments.number("--rounds", 5),
            freshness: arguments.number("--freshness", 0),
        }
    }
}

fn main() {
    if std::env::args().any(|argument| argument == "--bare") {
        baseline::serve_bare();
        return;
    }
    let plan = Plan::from_arguments();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    if plan.freshness > 0 {
        runtime.block_on(freshness::run(&plan, plan.freshness));
        return;
    }
    if !plan.against.is_empty() {
        runtime.block_on(compare::run(&plan));
        return;
    }
    runtime.block_on(async {
        let mut report = report::Report::new(&plan);
        for database in &plan.databases {
            let mut prepared = server::Prepared::fill(database, &plan, THIS_BINARY.as_ref(), 18080).await;
            report.start(database, prepared.start_time().await);
            let running = prepared.serve().await;
            let scenarios = scenario::all(&running).await;
            for connections in &plan.connections {
                // Before and after the scenarios, as the dead rows of the checkouts slow PostgreSQL down.
                if database == "postgres" {
                    report.pgbench(*connections, pgbench::pgbench(&plan.postgres, "-S", *connections, plan.seconds));
                }
                let bare = baseline::Bare::start();
                for scenario in scenarios.iter().filter(|scenario| plan.includes(scenario)) {
                    let measurement = measure::run(&running, scenario, *connections, plan.seconds).await;
                    let bare_rate = bare.rate(scenario, measurement.bytes, *connections, plan.seconds).await;
                    report.add(database, *connections, scenario, measurement, bare_rate);
                }
                if database == "postgres" {
                    report.pgbench(*connections, pgbench::pgbench(&plan.postgres, "-S", *connections, plan.seconds));
                }
                report.memory(database, *connections, running.memory_mib());
            }
            running.stop();
            prepared.remove().await;
        }
        report.print();
    });
}
