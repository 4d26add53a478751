//! The database URL and SQLite's durability.
use super::read::Reader;
use secrecy::SecretString;
use std::path::Path;

/// What SQLite does at a commit (<https://www.sqlite.org/pragma.html#pragma_synchronous>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqliteSynchronous {
    /// Waits until the disk has the data: a committed transaction survives a power failure.
    Full,
    /// Leaves writing to the operating system: a power failure can lose the last commits, but does not corrupt the database.
    Normal,
}

/// The database URL. `mariadb://` is replaced by `mysql://`, the scheme that the driver knows.
pub(super) fn url(reader: &Reader<'_>, data_dir: &Path) -> SecretString {
    let Some(url) = reader.optional("SOUK_DATABASE_URL") else {
        return SecretString::from(format!("sqlite://{}", data_dir.join("souk.db").display()));
    };
    if let Some(rest) = url.strip_prefix("mariadb://") {
        return SecretString::from(format!("mysql://{rest}"));
    }
    if !["sqlite:", "postgres://", "postgresql://", "mysql://"].iter().any(|scheme| url.starts_with(scheme)) {
        // Only the scheme: the rest can contain a password.
        let scheme: String = url.chars().take_while(|c| *c != ':').take(20).collect();
        reader.problem(format!(
            "SOUK_DATABASE_URL must begin with sqlite://, postgres://, mysql:// or mariadb://; got {scheme:?}."
        ));
    }
    SecretString::from(url)
}

pub(super) fn synchronous(reader: &Reader<'_>) -> SqliteSynchronous {
    reader.one_of("SOUK_SQLITE_SYNCHRONOUS", [("full", SqliteSynchronous::Full), ("normal", SqliteSynchronous::Normal)])
}
