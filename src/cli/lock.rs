//! Locks between processes: one server and one worker for each SQLite database; one at a time that migrates or fills a database.

use crate::cli::{Failure, Outcome};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use souk_core::app::App;
use souk_core::config::Config;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

/// What a process does with a SQLite database for as long as it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// `souk serve`.
    Serve,
    /// The jobs: `souk worker`, or `souk serve` without `--no-worker`.
    Work,
}

/// A lock on a SQLite database; it ends with the process, however that ends.
pub struct Held {
    _file: File,
}

/// The file of a SQLite database, if it is one.
pub fn sqlite_file(config: &Config) -> Option<PathBuf> {
    let path = config.database_url.0.strip_prefix("sqlite:")?.trim_start_matches("//").split('?').next()?;
    (!path.is_empty() && !path.starts_with(":memory:")).then(|| PathBuf::from(path))
}

/// Takes a duty on. On PostgreSQL and MariaDB any number of processes may have it. Commands that end by themselves need none: SQLite
/// lets them write between the others.
pub fn take(config: &Config, duty: Duty) -> Outcome<Option<Held>> {
    let Some(database) = sqlite_file(config) else { return Ok(None) };
    let (ending, does) = match duty {
        Duty::Serve => ("serve.lock", "serves from"),
        Duty::Work => ("worker.lock", "does the jobs of"),
    };
    let path = PathBuf::from(format!("{}.{ending}", database.display()));
    let failed = |error: std::io::Error| Failure::Usage(format!("{} can't be used: {error}", path.display()));
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            let hint = match duty {
                Duty::Serve => "stop it first; several instances need PostgreSQL or MariaDB",
                Duty::Work => "`souk serve` does them itself unless it is started with --no-worker",
            };
            return Err(Failure::Usage(format!(
                "another Souk (process {}) {does} the SQLite database {}: {hint}",
                holder.trim(),
                database.display()
            )));
        }
        // Some network file systems have no locks, and SQLite is at risk there anyway.
        Err(TryLockError::Error(error)) => {
            tracing::warn!(path = %path.display(), %error, "the database can't be locked against a second Souk");
            return Ok(None);
        }
    }
    // For the message of the second one.
    file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0)).map(|_| ())).map_err(failed)?;
    write!(file, "{}", std::process::id()).map_err(failed)?;
    Ok(Some(Held { _file: file }))
}

/// What only one process at a time may do with a database of PostgreSQL or MariaDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alone {
    /// Run migrations.
    Migrate,
    /// Fill the database with the demo.
    Demo,
}

/// Longest wait for another process, in seconds.
const LONGEST_WAIT: u32 = 600;

/// Waits until no other process does the same. The lock belongs to a connection of its own, so it ends with the process; close it to
/// end it. `None` on SQLite, whose server is the only one.
pub async fn alone(app: &App, what: Alone) -> Outcome<Option<DatabaseConnection>> {
    let backend = app.db.backend();
    if backend == DbBackend::Sqlite {
        return Ok(None);
    }
    // Any numbers; the same for every Souk on a database. MariaDB's names are of the whole server.
    let (number, name) = match what {
        Alone::Migrate => (7_685_107, "souk_migrate"),
        Alone::Demo => (7_685_108, "souk_demo"),
    };
    let mut options = ConnectOptions::new(app.config.database_url.0.clone());
    options.max_connections(1).sqlx_logging(false);
    let connection = Database::connect(options).await?;
    if backend == DbBackend::MySql {
        let sql = format!("SELECT COALESCE(GET_LOCK(CONCAT('{name}_', MD5(DATABASE())), {LONGEST_WAIT}), 0) AS locked");
        let row = connection.query_one_raw(Statement::from_string(backend, sql)).await?;
        let locked: i64 = row.map_or(Ok(0), |row| row.try_get("", "locked"))?;
        if locked != 1 {
            return Err(Failure::Failed(format!("another Souk has held the lock {name} for {LONGEST_WAIT} seconds")));
        }
    } else {
        let sql = format!("SET lock_timeout = '{LONGEST_WAIT}s'; SELECT pg_advisory_lock({number})");
        connection.execute_unprepared(&sql).await?;
    }
    Ok(Some(connection))
}
