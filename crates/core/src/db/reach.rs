//! Whether the database can be reached, with the reason if not, within seconds: the pool would try for half a minute and then report
//! only a timeout.

use sqlx::{Connection, MySqlConnection, PgConnection};
use std::io;
use std::time::Duration;
use url::Url;

/// How long the database may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(3);

/// Connects once to a PostgreSQL or MariaDB server. SQLite's files are opened by the pool, which fails at once.
///
/// # Errors
///
/// Why it can't be reached, as the end of a sentence. The password is not in it.
pub async fn reach(url: &str) -> Result<(), String> {
    if url.starts_with("sqlite:") {
        return Ok(());
    }
    // The reason of the parser alone: the address has the password in it.
    let parsed = Url::parse(url).map_err(|error| {
        format!("its address can't be read ({error}); special characters of a password are written as in %40 for @")
    })?;
    let is_mysql = parsed.scheme() == "mysql";
    if is_mysql && parsed.path().trim_matches('/').is_empty() {
        return Err("its address names no database, as in mysql://user@host/souk".into());
    }
    let place = Place::new(&parsed, if is_mysql { 3306 } else { 5432 });
    let connecting = async {
        if let Some((host, port)) = &place.tcp {
            let addresses = tokio::net::lookup_host((host.as_str(), *port)).await;
            drop(addresses.map_err(|_| format!("the host {host} is unknown"))?);
        }
        // Closed politely; if that fails the connection is dropped.
        if is_mysql {
            let connection = MySqlConnection::connect(url).await.map_err(|error| place.reason(&error))?;
            let _ = connection.close().await;
        } else {
            let connection = PgConnection::connect(url).await.map_err(|error| place.reason(&error))?;
            let _ = connection.close().await;
        }
        Ok(())
    };
    match tokio::time::timeout(PATIENCE, connecting).await {
        Ok(result) => result,
        Err(_) => Err(format!("{} does not answer within {} seconds", place.name(), PATIENCE.as_secs())),
    }
}

/// The parts of a URL, without the password.
struct Place {
    /// Host and port; absent for a Unix socket.
    tcp: Option<(String, u16)>,
    user: String,
    database: String,
}

impl Place {
    fn new(url: &Url, default_port: u16) -> Self {
        let by_socket = url.query_pairs().any(|(name, value)| name == "socket" || (name == "host" && value.starts_with('/')));
        let host = url.host_str().unwrap_or("localhost").trim_matches(['[', ']']).to_owned();
        // The folder of a socket as the host: /var/run is written as %2Fvar%2Frun.
        let tcp = (!by_socket && !host.contains('%')).then(|| (host, url.port().unwrap_or(default_port)));
        let database = url.path().trim_matches('/').to_owned();
        let user = url.username().to_owned();
        Self { tcp, database: if database.is_empty() { user.clone() } else { database }, user }
    }

    fn name(&self) -> String {
        match &self.tcp {
            Some((host, port)) => format!("{host}:{port}"),
            None => "the socket".to_owned(),
        }
    }

    fn reason(&self, error: &sqlx::Error) -> String {
        let (user, database, name) = (&self.user, &self.database, self.name());
        match error {
            sqlx::Error::Io(error) => match error.kind() {
                io::ErrorKind::ConnectionRefused => format!("nothing listens at {name} (connection refused)"),
                io::ErrorKind::NotFound => format!("{name} does not exist"),
                io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
                    format!("{name} closed the connection; is it the database's port?")
                }
                _ => format!("{name} can't be connected to: {error}"),
            },
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default();
                let number = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>().map(|error| error.number());
                match (code.as_ref(), number) {
                    ("28P01", _) | (_, Some(1045 | 1698)) => {
                        format!("{name} does not accept the user {user:?} with this password")
                    }
                    ("28000", None) => format!("{name} does not let the user {user:?} in: {}", error.message()),
                    ("3D000", _) | (_, Some(1049)) => {
                        format!("{name} has no database {database:?}; it must be created first: CREATE DATABASE {database}")
                    }
                    (_, Some(1044)) => format!("the user {user:?} may not use the database {database:?}"),
                    ("53300", _) | (_, Some(1040)) => format!("{name} has too many connections already"),
                    _ => format!("{name} refuses: {}", error.message()),
                }
            }
            sqlx::Error::Tls(error) => format!("TLS with {name} failed: {error}"),
            sqlx::Error::Configuration(error) => format!("its address can't be used: {error}"),
            error => format!("{name}: {error}"),
        }
    }
}
