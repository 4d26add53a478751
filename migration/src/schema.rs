//! Builders for tables and indexes with the same column types on SQLite, PostgreSQL and MariaDB.
//!
//! MariaDB does not roll back DDL, so that everything here is idempotent and can run again after an interrupted migration.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, Statement};
use sea_orm_migration::sea_query::{ColumnDef, ForeignKey, Table as SqlTable, TableCreateStatement};

/// The action on a row if the row that it refers to is deleted.
#[derive(Clone, Copy)]
pub(crate) enum OnDelete {
    Cascade,
    Restrict,
    SetNull,
}

#[derive(Clone, Copy)]
enum Kind {
    Uuid,
    String(u32),
    Text,
    Integer,
    BigInteger,
    Boolean,
    Time,
    Json,
}

struct Column {
    name: &'static str,
    kind: Kind,
    null: bool,
    at_least: Option<i32>,
    check: Option<&'static str>,
    default_text: Option<&'static str>,
}

pub(crate) struct Table {
    name: &'static str,
    columns: Vec<Column>,
    references: Vec<(&'static str, &'static str, OnDelete)>,
    references_pair: Vec<([&'static str; 2], &'static str, [&'static str; 2])>,
    checks: Vec<(&'static str, &'static str)>,
    primary_key: Vec<&'static str>,
}

macro_rules! columns {
    ($($name:ident, $null:ident, $kind:expr;)*) => {$(
        #[allow(dead_code, reason = "also for future migrations")]
        pub(crate) fn $name(self, name: &'static str) -> Self {
            self.column(name, $kind, false)
        }
        #[allow(dead_code, reason = "also for future migrations")]
        pub(crate) fn $null(self, name: &'static str) -> Self {
            self.column(name, $kind, true)
        }
    )*};
}

impl Table {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, columns: vec![], references: vec![], references_pair: vec![], checks: vec![], primary_key: vec![] }
    }

    columns! {
        uuid, uuid_null, Kind::Uuid;
        text, text_null, Kind::Text;
        integer, integer_null, Kind::Integer;
        big_integer, big_integer_null, Kind::BigInteger;
        boolean, boolean_null, Kind::Boolean;
        time, time_null, Kind::Time;
        json, json_null, Kind::Json;
    }

    /// Text of at most `length` characters.
    pub(crate) fn string(self, name: &'static str, length: u32) -> Self {
        self.column(name, Kind::String(length), false)
    }

    pub(crate) fn string_null(self, name: &'static str, length: u32) -> Self {
        self.column(name, Kind::String(length), true)
    }

    fn column(mut self, name: &'static str, kind: Kind, null: bool) -> Self {
        self.columns.push(Column { name, kind, null, at_least: None, check: None, default_text: None });
        self
    }

    /// A foreign key to the `id` of another table.
    pub(crate) fn references(mut self, column: &'static str, table: &'static str, on_delete: OnDelete) -> Self {
        self.references.push((column, table, on_delete));
        self
    }

    /// Adds a check constraint: the column must not be smaller than `min`.
    pub(crate) fn at_least(mut self, column: &'static str, min: i32) -> Self {
        if let Some(found) = self.columns.iter_mut().find(|c| c.name == column) {
            found.at_least = Some(min);
        }
        self
    }

    /// A foreign key of two columns to a unique pair of another table; the row that it refers to can't be deleted.
    pub(crate) fn references_pair(mut self, columns: [&'static str; 2], table: &'static str, others: [&'static str; 2]) -> Self {
        self.references_pair.push((columns, table, others));
        self
    }

    /// Adds a check constraint over several columns.
    pub(crate) fn check(mut self, name: &'static str, condition: &'static str) -> Self {
        self.checks.push((name, condition));
        self
    }

    /// Adds a check constraint to a column, which can name other columns.
    pub(crate) fn column_check(mut self, column: &'static str, condition: &'static str) -> Self {
        if let Some(found) = self.columns.iter_mut().find(|c| c.name == column) {
            found.check = Some(condition);
        }
        self
    }

    /// The value of a text in existing rows, if its column is added.
    pub(crate) fn default_text(mut self, column: &'static str, value: &'static str) -> Self {
        if let Some(found) = self.columns.iter_mut().find(|c| c.name == column) {
            found.default_text = Some(value);
        }
        self
    }

    pub(crate) fn primary_key(mut self, columns: &[&'static str]) -> Self {
        self.primary_key = columns.to_vec();
        self
    }

    pub(crate) async fn create(self, m: &SchemaManager<'_>) -> Result<(), DbErr> {
        m.create_table(self.statement(m.get_database_backend())).await
    }

    /// Adds the columns to an existing table, except those that exist already. Required numbers and booleans are 0 or false in existing
    /// rows, and required texts have their default.
    pub(crate) async fn add_columns(self, m: &SchemaManager<'_>) -> Result<(), DbErr> {
        let backend = m.get_database_backend();
        for column in &self.columns {
            if m.has_column(self.name, column.name).await? {
                continue;
            }
            let mut def = definition(column, backend);
            match column.kind {
                _ if column.null => {}
                Kind::String(_) => {
                    def.default(column.default_text.unwrap_or_default());
                }
                Kind::Integer | Kind::BigInteger => {
                    def.default(0);
                }
                Kind::Boolean => {
                    def.default(false);
                }
                _ => {}
            }
            m.alter_table(SqlTable::alter().table(self.name).add_column(&mut def).take()).await?;
        }
        Ok(())
    }

    fn statement(&self, backend: DbBackend) -> TableCreateStatement {
        let mut table = SqlTable::create();
        table.table(self.name).if_not_exists();
        for column in &self.columns {
            table.col(definition(column, backend));
        }
        let mut key = Index::create();
        for column in &self.primary_key {
            key.col(*column);
        }
        table.primary_key(&mut key);
        for (column, other, on_delete) in &self.references {
            let action = match on_delete {
                OnDelete::Cascade => ForeignKeyAction::Cascade,
                OnDelete::Restrict => ForeignKeyAction::Restrict,
                OnDelete::SetNull => ForeignKeyAction::SetNull,
            };
            table.foreign_key(
                ForeignKey::create()
                    .name(format!("{}_{column}_fk", self.name))
                    .from(self.name, *column)
                    .to(*other, "id")
                    .on_delete(action),
            );
        }
        for ([first, second], other, [other_first, other_second]) in &self.references_pair {
            let mut key = ForeignKey::create();
            key.name(format!("{}_{first}_fk", self.name)).from_tbl(self.name).from_col(*first).from_col(*second);
            key.to_tbl(*other).to_col(*other_first).to_col(*other_second).on_delete(ForeignKeyAction::Restrict);
            table.foreign_key(&mut key);
        }
        for (name, condition) in &self.checks {
            table.check((*name, Expr::cust(*condition)));
        }
        if backend == DbBackend::MySql {
            // Text is compared byte by byte, as on the other two databases.
            table.character_set("utf8mb4").collate("utf8mb4_bin").engine("InnoDB");
        }
        table.take()
    }
}

fn definition(column: &Column, backend: DbBackend) -> ColumnDef {
    let mut def = ColumnDef::new(column.name);
    let mysql = backend == DbBackend::MySql;
    match column.kind {
        Kind::Uuid => def.uuid(),
        Kind::String(length) => def.string_len(length),
        Kind::Text if mysql => def.custom("mediumtext"),
        Kind::Text => def.text(),
        Kind::Integer => def.integer(),
        Kind::BigInteger => def.big_integer(),
        Kind::Boolean => def.boolean(),
        // The default precision is whole seconds, and a `timestamp` ends in 2038.
        Kind::Time if mysql => def.custom("datetime(6)"),
        Kind::Time => def.timestamp_with_time_zone(),
        Kind::Json => def.json_binary(),
    };
    if column.null {
        def.null();
    } else {
        def.not_null();
    }
    if let Some(min) = column.at_least {
        def.check(Expr::col(column.name).gte(min));
    }
    if let Some(condition) = column.check {
        def.check(Expr::cust(condition));
    }
    def
}

/// Adds an optional column with a foreign key to the `id` of another table, whose row can't be deleted while it is referred to.
pub(crate) async fn add_reference(
    m: &SchemaManager<'_>,
    table: &'static str,
    column: &'static str,
    other: &'static str,
) -> Result<(), DbErr> {
    let (backend, db) = (m.get_database_backend(), m.get_connection());
    let name = format!("{table}_{column}_fk");
    if !m.has_column(table, column).await? {
        let mut def = ColumnDef::new(column);
        def.uuid().null();
        // SQLite and PostgreSQL add both at once; SQLite could not do it later.
        if backend != DbBackend::MySql {
            def.extra(format!(r#"CONSTRAINT "{name}" REFERENCES "{other}" ("id") ON DELETE RESTRICT"#));
        }
        m.alter_table(SqlTable::alter().table(table).add_column(&mut def).take()).await?;
    }
    if backend == DbBackend::MySql {
        let known = format!(
            "SELECT 1 FROM information_schema.table_constraints WHERE constraint_schema = DATABASE() AND constraint_name = '{name}'"
        );
        if db.query_one_raw(Statement::from_string(backend, known)).await?.is_none() {
            let sql = format!(
                "ALTER TABLE `{table}` ADD CONSTRAINT `{name}` FOREIGN KEY (`{column}`) REFERENCES `{other}` (`id`) ON DELETE RESTRICT"
            );
            db.execute_unprepared(&sql).await?;
        }
    }
    Ok(())
}

/// Creates an index if it does not exist.
pub(crate) async fn index(m: &SchemaManager<'_>, name: &str, table: &str, columns: &[&str]) -> Result<(), DbErr> {
    create_index(m, "", name, table, columns).await
}

/// Like [`index`], but unique. NULLs are distinct from each other.
pub(crate) async fn unique(m: &SchemaManager<'_>, name: &str, table: &str, columns: &[&str]) -> Result<(), DbErr> {
    create_index(m, "UNIQUE ", name, table, columns).await
}

async fn create_index(m: &SchemaManager<'_>, unique: &str, name: &str, table: &str, columns: &[&str]) -> Result<(), DbErr> {
    let quote = if m.get_database_backend() == DbBackend::MySql { '`' } else { '"' };
    let columns: Vec<_> = columns.iter().map(|c| format!("{quote}{c}{quote}")).collect();
    let sql =
        format!("CREATE {unique}INDEX IF NOT EXISTS {quote}{name}{quote} ON {quote}{table}{quote} ({})", columns.join(", "));
    m.get_connection().execute_unprepared(&sql).await.map(|_| ())
}

/// Makes the rows of a table unchangeable: the database refuses to update or delete them.
pub(crate) async fn append_only(m: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    let message = format!("rows of {table} cannot be changed or deleted");
    let db = m.get_connection();
    if m.get_database_backend() == DbBackend::Postgres {
        db.execute_unprepared(&format!(
            "CREATE OR REPLACE FUNCTION {table}_unchangeable() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION '{message}'; END $$"
        ))
        .await?;
    }
    for action in ["UPDATE", "DELETE"] {
        let name = format!("{table}_no_{}", action.to_lowercase());
        let sql = match m.get_database_backend() {
            DbBackend::Postgres => {
                format!(
                    "CREATE OR REPLACE TRIGGER {name} BEFORE {action} ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_unchangeable()"
                )
            }
            DbBackend::MySql => format!(
                "CREATE TRIGGER IF NOT EXISTS {name} BEFORE {action} ON {table} FOR EACH ROW \
                 SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{message}'"
            ),
            _ => format!(
                "CREATE TRIGGER IF NOT EXISTS {name} BEFORE {action} ON {table} BEGIN SELECT RAISE(ABORT, '{message}'); END"
            ),
        };
        db.execute_unprepared(&sql).await?;
    }
    Ok(())
}
