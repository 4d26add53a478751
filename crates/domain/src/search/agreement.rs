//! Compares the index with the database.

use entity::{change, product};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend};
use souk_core::app::App;
use souk_core::db::SubjectKind;
use souk_core::error::Result;
use souk_core::provider::search::{Agreement, Totals};
use std::collections::HashSet;
use uuid::Uuid;

/// Kind of the row with the sums; the others are changes.
const SUMS: &str = "SUMS";
/// More pending changes than this are waited for.
const MAX_PENDING: u64 = 10_000;

/// Compares the index with the database. The index must not change meanwhile. Absent if changes are pending that concern more than single
/// products.
///
/// One statement, which sees one state of the database: it yields the sums and the changes that the index does not know yet. The products
/// of these changes are left out on both sides, so that a marketplace where something always changes is checked as well.
pub(super) async fn compare(app: &App) -> Result<Option<Agreement>> {
    let position = app.search.watch.position();
    let db = app.db.read();
    let rows = db.query_all(&statement(db.get_database_backend(), position)).await?;
    let (mut database, mut pending) = (Totals::default(), HashSet::new());
    if rows.len() as u64 > MAX_PENDING {
        return Ok(None);
    }
    for row in rows {
        let kind: String = row.try_get("", "kind")?;
        let id: Uuid = row.try_get("", "id")?;
        if kind == SUMS {
            database = Totals {
                products: row.try_get("", "products")?,
                min_price: row.try_get("", "min_price")?,
                in_stock: row.try_get("", "in_stock")?,
                sales: row.try_get("", "sales")?,
            };
        } else if kind == SubjectKind::Product.as_str() && !id.is_nil() {
            pending.insert(id);
        } else {
            return Ok(None);
        }
    }
    let engine = app.search.engine();
    let index = tokio::task::spawn_blocking(move || engine.totals_without(&pending)).await;
    let index = index.map_err(souk_core::error::internal)?;
    Ok(Some(Agreement { checked_at: app.clock.now(), position, index, database }))
}

fn statement(backend: DbBackend, position: i64) -> SelectStatement {
    use change::Column as Of;
    use product::Column;
    let integer = if backend == DbBackend::MySql { "SIGNED" } else { "BIGINT" };
    let sum = |of: &str| Expr::cust(format!("CAST(COALESCE(SUM({of}), 0) AS {integer})"));
    let is_pending = || Of::Position.gt(position).or(Of::Position.is_null());
    let changed = Query::select()
        .column(Of::SubjectId)
        .from(change::Entity)
        .and_where(Of::SubjectKind.eq(SubjectKind::Product.as_str()))
        .and_where(is_pending())
        .to_owned();
    let mut pending = Query::select();
    pending.column(Of::SubjectKind).column(Of::SubjectId).from(change::Entity).and_where(is_pending()).limit(MAX_PENDING);
    // MariaDB requires the columns of a subquery to have different names.
    for name in ["products", "min_price", "in_stock", "sales"] {
        pending.expr_as(Expr::cust(format!("CAST(0 AS {integer})")), name);
    }
    // A part of a UNION with a limit must be a subquery.
    let pending = Query::select().column(sea_orm::sea_query::Asterisk).from_subquery(pending, "pending").to_owned();
    Query::select()
        .expr_as(Expr::val(SUMS), "kind")
        .expr_as(Expr::val(Uuid::nil()), "id")
        .expr_as(Expr::cust(format!("CAST(COUNT(*) AS {integer})")), "products")
        .expr_as(sum("min_price"), "min_price")
        .expr_as(sum("CASE WHEN in_stock THEN 1 ELSE 0 END"), "in_stock")
        .expr_as(sum("sales_count"), "sales")
        .from(product::Entity)
        .and_where(Column::Listed.eq(true))
        .and_where(Column::Id.not_in_subquery(changed))
        .union(UnionType::All, pending)
        .to_owned()
}
