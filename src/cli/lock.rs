//! Locks between processes: at most one server and one worker per SQLite database, and at most one process that migrates or fills a
//! database.

use crate::cli::failure::{Failure, Outcome};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use secrecy::ExposeSecret;
use souk_core::app::App;
use souk_core::config::Config;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

/// A long-running process of which a SQLite database allows only one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Process {
    /// `souk serve`.
    Server,
    /// `souk worker`, or `souk serve` without `--no-worker`.
    Worker,
}

/// A lock on a SQLite database. The operating system releases it when the process ends.
pub(super) struct FileLock {
    _file: File,
}

/// The file of the SQLite database; `None` for other databases.
pub(super) fn sqlite_file(config: &Config) -> Option<PathBuf> {
    let path = config.database_url.expose_secret().strip_prefix("sqlite:")?.trim_start_matches("//").split('?').next()?;
    (!path.is_empty() && !path.starts_with(":memory:")).then(|| PathBuf::from(path))
}

/// Locks a SQLite database for a process. On PostgreSQL and MariaDB there is no lock, as they allow any number of processes. Short
/// commands need no lock: SQLite lets them write between the others.
pub(super) fn lock_sqlite(config: &Config, process: Process) -> Outcome<Option<FileLock>> {
    let Some(database) = sqlite_file(config) else { return Ok(None) };
    let (extension, activity) = match process {
        Process::Server => ("serve.lock", "serves"),
        Process::Worker => ("worker.lock", "runs the jobs of"),
    };
    let path = PathBuf::from(format!("{}.{extension}", database.display()));
    let failed = |error: std::io::Error| Failure::Usage(format!("The lock file {} cannot be used: {error}.", path.display()));
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            let hint = match process {
                Process::Server => "Stop it first; several instances require PostgreSQL or MariaDB.",
                Process::Worker => "`souk serve` runs jobs itself unless it is started with --no-worker.",
            };
            return Err(Failure::Usage(format!(
                "Another Souk (process {}) {activity} the SQLite database {}. {hint}",
                holder.trim(),
                database.display()
            )));
        }
        // Some network file systems support no locks; SQLite is not safe on them in any case.
        Err(TryLockError::Error(error)) => {
            tracing::warn!(path = %path.display(), %error, "the database cannot be locked against a second process");
            return Ok(None);
        }
    }
    // The process ID for the error message of a second process.
    file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0)).map(|_| ())).map_err(failed)?;
    write!(file, "{}", std::process::id()).map_err(failed)?;
    Ok(Some(FileLock { _file: file }))
}

/// A task that only one process at a time may run on a PostgreSQL or MariaDB database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExclusiveTask {
    Migrate,
    /// Filling the database with the demo.
    Demo,
}

/// Maximum time to wait for another process.
const MAX_WAIT_SECONDS: u32 = 600;

/// Waits until no other process runs the task, and locks it. The lock belongs to the returned connection: it is released when the
/// connection is closed, at the latest when the process ends. `None` on SQLite, which has only one server.
///
/// # Errors
///
/// If another process holds the lock for too long.
pub(super) async fn lock_exclusively(app: &App, task: ExclusiveTask) -> Outcome<Option<DatabaseConnection>> {
    let backend = app.db.backend();
    if backend == DbBackend::Sqlite {
        return Ok(None);
    }
    // Arbitrary constants that are the same in every process. On MariaDB lock names are global to the server, so that the name of the
    // database is appended.
    let (number, name) = match task {
        ExclusiveTask::Migrate => (7_685_107, "souk_migrate"),
        ExclusiveTask::Demo => (7_685_108, "souk_demo"),
    };
    let mut options = ConnectOptions::new(app.config.database_url.expose_secret().to_owned());
    options.max_connections(1).sqlx_logging(false);
    let connection = Database::connect(options).await?;
    if backend == DbBackend::MySql {
        let sql = format!("SELECT COALESCE(GET_LOCK(CONCAT('{name}_', MD5(DATABASE())), {MAX_WAIT_SECONDS}), 0) AS locked");
        let row = connection.query_one_raw(Statement::from_string(backend, sql)).await?;
        let locked: i64 = row.map_or(Ok(0), |row| row.try_get("", "locked"))?;
        if locked != 1 {
            return Err(Failure::Failed(format!("Another process has held the lock {name} for {MAX_WAIT_SECONDS} seconds.")));
        }
    } else {
        let sql = format!("SET lock_timeout = '{MAX_WAIT_SECONDS}s'; SELECT pg_advisory_lock({number})");
        connection.execute_unprepared(&sql).await?;
    }
    Ok(Some(connection))
}
