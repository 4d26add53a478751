//! Several versions in one run: each has a server and a database of its own, and they are measured in turns, so that what else
//! happens on the machine meets all of them alike.

use crate::common::database::THIS_BINARY;
use crate::scenario::{self, Scenario};
use crate::server::{Prepared, Running};
use crate::{Plan, measure};
use std::path::PathBuf;

struct Version {
    name: String,
    prepared: Prepared,
    running: Running,
    scenarios: Vec<Scenario>,
}

/// Figures of one version in one scenario.
#[derive(Default)]
struct Rounds {
    per_second: Vec<f64>,
    /// Microseconds of processor time of the server for one round.
    processor: Vec<f64>,
    statements: u64,
    bytes: usize,
}

/// Measures the binary of this build and the others, and prints a table.
#[allow(clippy::print_stdout, reason = "this is its output")]
pub async fn run(plan: &Plan) {
    let this = [("this".to_owned(), PathBuf::from(THIS_BINARY))];
    println!("{} products; {:?} for each of {} turns; best turn of each version.\n", plan.products, plan.seconds, plan.rounds);
    println!(
        "| database | connections | what | version | a second | processor µs | SQL | bytes | rate of `this` | processor of `this` |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for database in &plan.databases {
        let mut versions = Vec::new();
        for ((name, binary), port) in this.iter().chain(&plan.against).zip(18080..) {
            let mut prepared = Prepared::fill(database, plan, binary, port).await;
            let running = prepared.serve().await;
            let scenarios = scenario::all(&running).await;
            versions.push(Version { name: name.clone(), prepared, running, scenarios });
        }
        let scenarios = versions.first().map_or(0, |version| version.scenarios.len());
        for connections in &plan.connections {
            for at in (0..scenarios).filter(|at| plan.includes(&versions[0].scenarios[*at])) {
                let mut rounds: Vec<Rounds> = versions.iter().map(|_| Rounds::default()).collect();
                for _ in 0..plan.rounds {
                    for (version, rounds) in versions.iter().zip(&mut rounds) {
                        version.measure(&version.scenarios[at], *connections, plan, rounds).await;
                    }
                }
                print(database, *connections, &versions, at, &rounds);
            }
        }
        for version in versions {
            version.running.stop();
            version.prepared.remove().await;
        }
    }
}

impl Version {
    async fn measure(&self, scenario: &Scenario, connections: usize, plan: &Plan, rounds: &mut Rounds) {
        let figures = measure::run(&self.running, scenario, connections, plan.seconds).await;
        rounds.per_second.push(figures.per_second);
        rounds.processor.push(figures.processor.as_secs_f64() * 1e6 / figures.rounds.max(1) as f64);
        (rounds.statements, rounds.bytes) = (figures.statements, figures.bytes);
    }
}

#[allow(clippy::print_stdout, reason = "this is its output")]
fn print(database: &str, connections: usize, versions: &[Version], at: usize, rounds: &[Rounds]) {
    let best = |rounds: &Rounds| {
        let rate = rounds.per_second.iter().copied().fold(0.0, f64::max);
        (rate, rounds.processor.iter().copied().fold(f64::MAX, f64::min))
    };
    let Some(this) = rounds.first().map(best) else { return };
    for (version, rounds) in versions.iter().zip(rounds) {
        let (rate, processor) = best(rounds);
        println!(
            "| {database} | {connections} | {} | {} | {rate:.0} | {processor:.0} | {} | {} | {:.2} | {:.2} |",
            version.scenarios[at].name,
            version.name,
            rounds.statements,
            rounds.bytes,
            this.0 / rate,
            this.1 / processor
        );
    }
}
