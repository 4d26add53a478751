//! Earnings of stores.

use entity::earning::{Column, Entity};
use entity::id::StoreOrderId;
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use souk_core::db::Tx;
use souk_core::error::Result;

/// Sets the time from which the earnings of a store order can be paid out, if it was not known yet.
pub(crate) async fn release(tx: &Tx, store_order_id: StoreOrderId, at: DateTimeUtc) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::AvailableAt, Expr::value(at))
        .filter(Column::StoreOrderId.eq(store_order_id))
        .filter(Column::AvailableAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}
