//! Errors of the database as errors of operations.

use super::reference;
use super::{Error, Fault};
use sea_orm::{DbErr, RuntimeErr};
use std::sync::Arc;

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match reference::problem(&error) {
            Some(problem) => problem.into(),
            None => Self::Fault(error.into()),
        }
    }
}

impl From<DbErr> for Fault {
    fn from(error: DbErr) -> Self {
        if is_unstorable_text(&error) {
            let message = "A text contains the character U+0000, which is not allowed.".into();
            return Self::BadUserInput { argument: "input", message };
        }
        // The row was deleted after it was read.
        if matches!(error, DbErr::RecordNotUpdated) {
            return Self::NotFound;
        }
        Self::Internal(Arc::new(error))
    }
}

/// Whether PostgreSQL refused a text for its characters (`character_not_in_repertoire`, `untranslatable_character`). Input that
/// is stored is checked before; search terms are not.
fn is_unstorable_text(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(driver)) | DbErr::Query(RuntimeErr::SqlxError(driver))) = error else { return false };
    let code = driver.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| matches!(code.as_ref(), "22021" | "22P05"))
}
