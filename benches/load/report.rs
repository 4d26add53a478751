//! Prints the results.

use crate::Plan;
use crate::measure::Measurement;
use crate::scenario::Scenario;
use std::time::Duration;

struct Row {
    database: String,
    connections: usize,
    name: &'static str,
    measurement: Measurement,
    bare: Option<f64>,
}

/// All results.
pub struct Report {
    plan: Plan,
    rows: Vec<Row>,
    starts: Vec<(String, Duration)>,
    memory: Vec<(String, usize, u64)>,
    pgbench: Vec<(usize, f64)>,
}

impl Report {
    pub fn new(plan: &Plan) -> Self {
        Self { plan: plan.clone(), rows: vec![], starts: vec![], memory: vec![], pgbench: vec![] }
    }

    pub fn start(&mut self, database: &str, time: Duration) {
        self.starts.push((database.to_owned(), time));
    }

    pub fn add(&mut self, database: &str, connections: usize, scenario: &Scenario, measurement: Measurement, bare: Option<f64>) {
        eprintln!(
            "{database:<9} {connections:>3} {:<28} {:>9.0}/s p99 {} us",
            scenario.name, measurement.per_second, measurement.p99
        );
        self.rows.push(Row { database: database.to_owned(), connections, name: scenario.name, measurement, bare });
    }

    pub fn memory(&mut self, database: &str, connections: usize, mib: u64) {
        self.memory.push((database.to_owned(), connections, mib));
    }

    pub fn pgbench(&mut self, connections: usize, rate: f64) {
        self.pgbench.push((connections, rate));
    }

    /// The mean of the runs of `pgbench` with the given number of connections.
    fn baseline(&self, connections: usize) -> Option<f64> {
        let rates: Vec<_> = self.pgbench.iter().filter(|(found, _)| *found == connections).map(|(_, rate)| rate).collect();
        (!rates.is_empty()).then(|| rates.iter().copied().sum::<f64>() / rates.len() as f64)
    }

    /// Markdown, for `docs/benchmarks.md`.
    #[allow(clippy::print_stdout, reason = "this is its output")]
    pub fn print(&self) {
        println!(
            "{} products, {} stores, {} reviews; {:?} per measurement.\n",
            self.plan.products, self.plan.stores, self.plan.reviews, self.plan.seconds
        );
        println!(
            "| database | connections | operation | per second | p50 µs | p95 µs | p99 µs | p99/p50 | SQL | bytes | relative to axum | relative to pgbench -S |"
        );
        println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
        for row in &self.rows {
            let f = &row.measurement;
            let percent =
                |part: f64, whole: Option<f64>| whole.map_or_else(String::new, |whole| format!("{:.2} %", 100.0 * part / whole));
            println!(
                "| {} | {} | {} | {:.0} | {} | {} | {} | {:.1} | {} | {} | {} | {} |",
                row.database,
                row.connections,
                row.name,
                f.per_second,
                f.p50,
                f.p95,
                f.p99,
                f.p99 as f64 / f.p50.max(1) as f64,
                f.statements,
                f.bytes,
                percent(f.per_second, row.bare),
                percent(f.per_second, self.baseline(row.connections)),
            );
        }
        println!();
        for (connections, rate) in &self.pgbench {
            println!("- `pgbench -S -M prepared -c {connections} -j 2`, scale 10: {rate:.0} per second.");
        }
        for (database, connections, mib) in &self.memory {
            println!("- Memory of the process after {connections} connections on {database}: {mib} MiB.");
        }
        for (database, time) in &self.starts {
            println!("- Time from the start to the first response on {database}: {} ms.", time.as_millis());
        }
    }
}
