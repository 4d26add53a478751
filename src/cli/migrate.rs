//! `souk migrate`, and what the other commands need of it.

use crate::cli::lock::{self, Alone};
use crate::cli::{Failure, Outcome, start};
use migration::{Migrator, MigratorTrait};
use sea_orm::DbBackend;
use souk_core::app::App;
use souk_core::config::Config;
use souk_core::db::{Form, form};
use std::io::Write;

/// Runs the missing steps.
pub async fn run(config: Config) -> Outcome {
    start(config, true).await?;
    writeln!(std::io::stdout(), "The database has its present form.")?;
    Ok(())
}

/// Runs the missing steps on SQLite, and elsewhere where that is wanted; refuses where steps are missing.
pub async fn prepare(app: &App, migrate: bool) -> Outcome {
    let db = app.db.migrating();
    let missing = match form(db).await? {
        Form::Present => return Ok(()),
        Form::Missing(missing) => missing,
        Form::Newer(newer) => {
            let version = env!("CARGO_PKG_VERSION");
            return Err(Failure::Usage(format!(
                "the database belongs to a newer version of Souk than {version}, which does not know the migrations {}; start the newer \
                 version, or restore a backup from before the upgrade",
                newer.join(", ")
            )));
        }
    };
    if app.db.backend() == DbBackend::Sqlite {
        return Ok(Migrator::up(db, None).await?);
    }
    if !migrate {
        return Err(Failure::Usage(format!(
            "the database lacks {missing} migrations; run `souk migrate`, or start with `souk serve --migrate`"
        )));
    }
    // Several instances may start at once: one runs the migrations, the others wait and find none missing.
    let lock = lock::alone(app, Alone::Migrate).await?;
    let result = Migrator::up(db, None).await;
    if let Some(lock) = lock {
        lock.close().await?;
    }
    Ok(result?)
}
