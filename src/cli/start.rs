//! Connecting to the database, and the check of its schema.

use crate::cli::failure::{Failure, Outcome};
use crate::cli::lock::{self, ExclusiveTask};
use clap::Args;
use migration::{Migrator, MigratorTrait};
use sea_orm::DbBackend;
use souk_core::app::App;
use souk_core::clock::Clock;
use souk_core::config::Config;
use souk_core::db::{Form, form};
use std::sync::Arc;

#[derive(Args)]
pub(super) struct Migrate {
    /// Run pending migrations first (automatic on SQLite)
    #[arg(long)]
    pub migrate: bool,
}

/// Connects to the database and ensures that its schema is up to date.
pub(super) async fn start(config: Config, migrate: bool) -> Outcome<Arc<App>> {
    let app = App::start(config, Clock::system()).await?;
    ensure_schema(&app, migrate).await?;
    Ok(app)
}

/// Runs the pending migrations on SQLite, and on other databases if `migrate` is set.
///
/// # Errors
///
/// If there are pending migrations that may not be run, or if the schema belongs to a newer version of Souk.
async fn ensure_schema(app: &App, migrate: bool) -> Outcome {
    let db = app.db.migrating();
    let missing = match form(db).await? {
        Form::Present => return Ok(()),
        Form::Missing(missing) => missing,
        Form::Newer(newer) => {
            let version = env!("CARGO_PKG_VERSION");
            return Err(Failure::Usage(format!(
                "The database belongs to a newer version of Souk than {version}, which does not know the migrations {}. Start the newer \
                 version, or restore a backup from before the upgrade.",
                newer.join(", ")
            )));
        }
    };
    if app.db.backend() == DbBackend::Sqlite {
        return Ok(Migrator::up(db, None).await?);
    }
    if !migrate {
        return Err(Failure::Usage(format!(
            "The database has {missing} pending migrations; run `souk migrate`, or start with `souk serve --migrate`."
        )));
    }
    // If several instances start at the same time, one runs the migrations, and the others wait and find none pending.
    let lock = lock::lock_exclusively(app, ExclusiveTask::Migrate).await?;
    let result = Migrator::up(db, None).await;
    if let Some(lock) = lock {
        lock.close().await?;
    }
    Ok(result?)
}
