//! Connections that were cut: the server was restarted, an administrator ended them, or the network broke.

use sea_orm::{DbErr, RuntimeErr};

/// Whether a statement failed because its connection was cut, also while the connection was being made. Whether the server has run the
/// statement is then unknown.
pub(super) fn is_cut(error: &DbErr) -> bool {
    let (DbErr::Conn(RuntimeErr::SqlxError(error))
    | DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return false;
    };
    match error.as_ref() {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => match error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
            // ER_SERVER_SHUTDOWN, ER_CONNECTION_KILLED.
            Some(error) => matches!(error.number(), 1053 | 1927),
            // Class 08 connection exception; admin_shutdown, crash_shutdown, idle_session_timeout.
            None => error.code().is_some_and(|code| code.starts_with("08") || matches!(&*code, "57P01" | "57P02" | "57P05")),
        },
        _ => false,
    }
}
