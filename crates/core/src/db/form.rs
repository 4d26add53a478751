//! Whether the database has the schema that this binary expects.

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbErr, Statement};
use std::collections::HashSet;

/// The migrations that were applied to a database, compared with those of this binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// All were applied.
    Present,
    /// Number of migrations that were not applied.
    Missing(usize),
    /// Applied by a newer version; this binary does not know them.
    Newer(Vec<String>),
}

/// Compares the migrations; writes nothing.
pub async fn form<C: ConnectionTrait>(db: &C) -> Result<Form, DbErr> {
    // It also fails if there are unknown ones.
    let failure = match Migrator::get_pending_migrations_read_only(db).await {
        Ok(missing) if missing.is_empty() => return Ok(Form::Present),
        Ok(missing) => return Ok(Form::Missing(missing.len())),
        Err(failure) => failure,
    };
    let known: HashSet<String> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
    let query = Statement::from_string(db.get_database_backend(), "SELECT version FROM seaql_migrations ORDER BY version");
    let Ok(rows) = db.query_all_raw(query).await else { return Err(failure) };
    let run: Vec<String> = rows.iter().map(|row| row.try_get("", "version")).collect::<Result<_, _>>()?;
    let newer: Vec<_> = run.into_iter().filter(|version| !known.contains(version)).collect();
    if newer.is_empty() { Err(failure) } else { Ok(Form::Newer(newer)) }
}
