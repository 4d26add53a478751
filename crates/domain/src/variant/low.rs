//! Variants whose stock is low.

use entity::id::StoreId;
use entity::product_variant::{Column, Entity, Model};
use entity::value::ProductKind;
use sea_orm::ColumnTrait;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};

/// Whether the stock is at or below the threshold; false without a threshold, and for digital products, which have no stock.
pub fn is_low(row: &Model, kind: ProductKind) -> bool {
    kind == ProductKind::Physical && row.low_stock_threshold.is_some_and(|threshold| row.stock_quantity <= threshold)
}

/// IDs of products of a store with an active variant whose stock is at or below its threshold.
pub(crate) fn products_with_low_stock(store: StoreId) -> SelectStatement {
    Query::select()
        .column(Column::ProductId)
        .from(Entity)
        .and_where(Column::StoreId.eq(store))
        .and_where(Column::Active.eq(true))
        .and_where(Expr::col(Column::StockQuantity).lte(Expr::col(Column::LowStockThreshold)))
        .to_owned()
}
