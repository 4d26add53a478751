//! `souk doctor`: tells in plain words whether the database, the jobs, the logs and the search are well.

use crate::cli::failure::{Failure, Outcome};
use sea_orm::DbBackend;
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::clock::Clock;
use souk_core::config::Config;
use souk_core::db::{Form, form};
use souk_domain::health::{self, Health, LogHealth};
use souk_domain::search::Inspection;
use std::io::Write;

/// A statement about one thing, and whether it needs attention.
struct Finding {
    is_problem: bool,
    text: String,
}

fn well(text: String) -> Finding {
    Finding { is_problem: false, text }
}

fn problem(text: String) -> Finding {
    Finding { is_problem: true, text }
}

/// Prints the findings. Fails if one of them needs attention.
pub(super) async fn run(config: Config) -> Outcome {
    let app = App::start(config, Clock::system()).await?;
    let database = match app.db.backend() {
        DbBackend::Sqlite => "SQLite",
        DbBackend::Postgres => "PostgreSQL",
        _ => "MariaDB",
    };
    let mut findings = vec![well(format!("Database: reachable ({database})."))];
    let (migrations, has_tables) = migrations(form(app.db.read()).await?);
    findings.push(migrations);
    if has_tables {
        let health = health::health(&app, &System::for_command_line()).await?;
        findings.extend(of_health(&health));
    }
    let mut out = std::io::stdout().lock();
    for finding in &findings {
        writeln!(out, "{} {}", if finding.is_problem { "PROBLEM" } else { "ok     " }, finding.text)?;
    }
    match findings.iter().filter(|finding| finding.is_problem).count() {
        0 => Ok(()),
        1 => Err(Failure::Failed("One finding needs attention.".to_owned())),
        count => Err(Failure::Failed(format!("{count} findings need attention."))),
    }
}

/// What is to be said of the schema, and whether the tables are those of this version.
fn migrations(form: Form) -> (Finding, bool) {
    match form {
        Form::Present => (well("Migrations: all were applied.".to_owned()), true),
        Form::Missing(count) => (problem(format!("Migrations: {count} are pending; run `souk migrate`.")), false),
        Form::Newer(names) => {
            let names = names.join(", ");
            (problem(format!("Migrations: the database belongs to a newer version of Souk, which has {names}.")), false)
        }
    }
}

fn of_health(health: &Health) -> Vec<Finding> {
    let Health { waiting_jobs, overdue_jobs, failed_jobs, .. } = health;
    let jobs = match overdue_jobs {
        0 => well(format!("Jobs: {waiting_jobs} wait, none is overdue.")),
        _ => problem(format!(
            "Jobs: {waiting_jobs} wait, {overdue_jobs} of them are overdue by more than ten minutes. Is a worker running?"
        )),
    };
    let failed = match failed_jobs {
        0 => well("Failed jobs: none.".to_owned()),
        _ => problem(format!("Failed jobs: {failed_jobs}. The query `jobs` lists them, and `jobRetry` runs one again.")),
    };
    vec![jobs, failed, of_log("Event log", health.events), of_log("Change log", health.changes), of_search(&health.search)]
}

fn of_log(name: &str, log: LogHealth) -> Finding {
    let LogHealth { position, pending, is_late } = log;
    if is_late {
        return problem(format!(
            "{name}: at position {position}; {pending} rows wait for theirs, some for more than a minute. Is an instance serving?"
        ));
    }
    well(format!("{name}: at position {position}; {pending} rows wait for theirs."))
}

fn of_search(inspection: &Inspection) -> Finding {
    let Inspection { size, agreement } = inspection;
    let has = format!("Search: an index that was filled now has {} products and {} words", size.shown, size.words);
    match agreement {
        None => {
            problem(format!("{has}, and could not be compared with the database, as stores changed meanwhile; run it again."))
        }
        Some(found) if found.is_equal() => well(format!("{has}, and agrees with the database at position {}.", found.position)),
        Some(found) => {
            let of = |sums: souk_core::provider::search::Totals| {
                format!(
                    "{} products, {} in stock, prices of {} and {} sales",
                    sums.products, sums.in_stock, sums.min_price, sums.sales
                )
            };
            problem(format!("{has}, and disagrees with the database: {} instead of {}.", of(found.index), of(found.database)))
        }
    }
}
