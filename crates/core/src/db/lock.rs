//! Row locks that the query builder can't express on all three databases. The order of locks is in `docs/LOCKS.md`.

use super::{InPadded, Tx};
use sea_orm::sea_query::extension::mysql::{IndexHintScope, MySqlSelectStatementExt};
use sea_orm::sea_query::{Expr, LockType, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, Iterable, PrimaryKeyToColumn, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select, TryGetable, TryGetableMany, Value,
};

/// Rows that are locked by one statement.
const BATCH: usize = 500;

/// MariaDB does not know FOR SHARE.
const SHARE: &str = " LOCK IN SHARE MODE";

/// Strength of a row lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strength {
    /// The row can't be deleted; others may keep it, too.
    Keep,
    /// For a change of columns that no foreign key refers to.
    Change,
}

/// Keeps a row from being deleted until the transaction ends; returns whether it exists. Foreign keys take the same lock when a row
/// that refers to it is written: taken before, it is in its place in the order of locks, and a row that was deleted meanwhile is
/// noticed here and not by the foreign key. Never lock the same row more strongly later in the same transaction.
pub async fn keep<E: EntityTrait>(tx: &Tx, id: impl Into<Value>) -> Result<bool, DbErr> {
    lock_one::<E>(tx, id.into(), Strength::Keep).await
}

/// As [`keep`], for several rows in the order of their IDs; returns those that exist.
pub async fn keep_all<E, I>(tx: &Tx, ids: &[I], id: E::Column) -> Result<Vec<I>, DbErr>
where
    E: EntityTrait,
    I: Into<Value> + Copy + Ord + TryGetable,
{
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let backend = tx.get_database_backend();
    let mut query = E::find().select_only().column_as(id, "id").filter(id.in_padded(ids)).order_by_asc(id);
    let select = QueryTrait::query(&mut query);
    by_primary_key(tx, select);
    if backend == DbBackend::Postgres {
        select.lock(LockType::KeyShare);
    }
    let mut statement = backend.build(&*select);
    if backend == DbBackend::MySql {
        statement.sql.push_str(SHARE);
    }
    tx.query_all_raw(statement).await?.iter().map(|row| row.try_get("", "id")).collect()
}

/// Locks a row for a change of columns that no foreign key refers to; returns whether it exists. On PostgreSQL others may go on
/// writing rows that refer to it.
pub async fn lock_for_change<E: EntityTrait>(tx: &Tx, id: impl Into<Value>) -> Result<bool, DbErr> {
    lock_one::<E>(tx, id.into(), Strength::Change).await
}

async fn lock_one<E: EntityTrait>(tx: &Tx, id: Value, strength: Strength) -> Result<bool, DbErr> {
    let Some(key) = E::PrimaryKey::iter().next() else { return Ok(false) };
    let mut select = Query::select();
    select.expr_as(Expr::val(1), "found").from(E::default()).and_where(key.into_column().eq(id));
    let mut statement = match (tx.get_database_backend(), strength) {
        (DbBackend::Postgres, Strength::Keep) => tx.get_database_backend().build(select.lock(LockType::KeyShare)),
        (DbBackend::Postgres, Strength::Change) => tx.get_database_backend().build(select.lock(LockType::NoKeyUpdate)),
        (DbBackend::MySql, Strength::Change) => tx.get_database_backend().build(select.lock(LockType::Update)),
        (backend, _) => backend.build(&select),
    };
    if tx.get_database_backend() == DbBackend::MySql && strength == Strength::Keep {
        statement.sql.push_str(SHARE);
    }
    Ok(tx.query_one_raw(statement).await?.is_some())
}

/// Locks all rows that a query finds, in the order of their IDs, and returns the IDs of those that exist by then. On MariaDB a
/// query locks rows in the order in which it finds them, so they are looked up first and then locked by their primary key.
pub async fn lock_in_order<E, I>(tx: &Tx, rows: Select<E>, id: E::Column) -> Result<Vec<I>, DbErr>
where
    E: EntityTrait,
    I: Into<Value> + Copy + Ord + TryGetable,
    (I,): TryGetableMany,
{
    let mut ids: Vec<I> = rows.select_only().column(id).into_tuple().all(tx).await?;
    ids.sort_unstable();
    if tx.get_database_backend() == DbBackend::Sqlite {
        return Ok(ids);
    }
    let mut locked = Vec::with_capacity(ids.len());
    for batch in ids.chunks(BATCH) {
        let mut query = E::find().select_only().column(id).filter(id.in_padded(batch)).order_by_asc(id).lock_exclusive();
        by_primary_key(tx, QueryTrait::query(&mut query));
        locked.extend(query.into_tuple::<I>().all(tx).await?);
    }
    Ok(locked)
}

/// Another index that has the ID, too, may be read in another order.
fn by_primary_key(tx: &Tx, query: &mut SelectStatement) {
    if tx.get_database_backend() == DbBackend::MySql {
        query.force_index("PRIMARY", IndexHintScope::All);
    }
}
