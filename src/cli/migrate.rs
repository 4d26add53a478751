//! `souk migrate`, and what the other commands need of it.

use crate::cli::{Failure, Outcome, start};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend};
use souk::app::App;
use souk::config::Config;
use std::io::Write;

/// Any number; the same for every Souk on a database.
const LOCK: i64 = 7_685_107;

/// Runs the missing steps.
pub async fn run(config: Config) -> Outcome {
    start(config, true).await?;
    writeln!(std::io::stdout(), "The database has its present form.")?;
    Ok(())
}

/// Runs the missing steps on SQLite, and elsewhere where that is wanted; refuses where steps are missing.
pub async fn prepare(app: &App, migrate: bool) -> Outcome {
    let db = app.db.migrating();
    let missing = Migrator::get_pending_migrations_read_only(db).await?.len();
    if missing == 0 {
        return Ok(());
    }
    if app.db.backend() == DbBackend::Sqlite {
        return Ok(Migrator::up(db, None).await?);
    }
    if !migrate {
        return Err(Failure::Usage(format!(
            "the database lacks {missing} steps; run `souk migrate`, or start with `souk serve --migrate`"
        )));
    }
    let lock = lock(app).await?;
    let result = Migrator::up(db, None).await;
    lock.close().await?;
    Ok(result?)
}

/// Several instances may start at once: one runs the steps, the others wait and find none missing. The lock is the
/// connection's own, so it ends with it, whatever happens.
async fn lock(app: &App) -> Outcome<DatabaseConnection> {
    let mut options = sea_orm::ConnectOptions::new(app.config.database_url.0.clone());
    options.max_connections(1).sqlx_logging(false);
    let connection = Database::connect(options).await?;
    let statement = if app.db.backend() == DbBackend::MySql {
        format!("SELECT GET_LOCK('souk_migrate_{LOCK}', 600)")
    } else {
        format!("SELECT pg_advisory_lock({LOCK})")
    };
    connection.execute_unprepared(&statement).await?;
    Ok(connection)
}
