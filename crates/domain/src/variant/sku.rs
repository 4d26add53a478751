//! Products by the SKU of a variant.

use entity::id::StoreId;
use entity::product_variant::{Column, Entity};
use sea_orm::ColumnTrait;
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query, SelectStatement};

/// IDs of products of a store with a variant whose SKU contains a word of lower-case letters and digits.
pub(crate) fn products_with_sku(store: StoreId, word: &str) -> SelectStatement {
    Query::select()
        .column(Column::ProductId)
        .from(Entity)
        .and_where(Column::StoreId.eq(store))
        .and_where(Expr::expr(Func::lower(Expr::col(Column::Sku))).like(format!("%{word}%")))
        .to_owned()
}
