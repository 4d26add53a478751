//! Writing the rows of orders: store orders and lines belong to their order.

use entity::id::{OrderId, OrderLineId};
use entity::order_line::{Column as LineColumn, Entity as Lines};
use entity::{order, order_line, store_order};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter};
use souk_core::db::Tx;
use souk_core::error::{Fault, Result, internal};
use uuid::Uuid;

/// Inserts a new order. `orders_number` is violated if its number is taken, and `store_orders_store_id_fk` if a store was deleted in
/// the meantime: both are internal errors, so that the caller can try again.
pub(crate) async fn insert(
    tx: &Tx,
    order: &order::Model,
    store_orders: &[store_order::Model],
    lines: &[order_line::Model],
) -> Result<()> {
    order::Entity::insert(order.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    // Sorted by store: the foreign keys lock the stores in this order.
    let mut by_store: Vec<_> = store_orders.iter().collect();
    by_store.sort_by_key(|store_order| store_order.store_id);
    let rows = by_store.into_iter().map(|store_order| store_order.clone().into_active_model().reset_all());
    store_order::Entity::insert_many(rows).exec_without_returning(tx).await.map_err(internal)?;
    let rows = lines.iter().map(|line| line.clone().into_active_model().reset_all());
    Lines::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// Writes the checkout that became a locked order, and the one that it released because it was not paid in time.
pub(crate) async fn write_checkout(tx: &Tx, id: OrderId, checkout: Option<Uuid>, failed: Option<Uuid>) -> Result<()> {
    order::Entity::update_many()
        .col_expr(order::Column::CheckoutId, Expr::value(checkout))
        .col_expr(order::Column::FailedCheckoutId, Expr::value(failed))
        .filter(order::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Counts items of a line as sent. Guarded by the filter although the order is locked: the quantities of a line never exceed what
/// was ordered.
pub(crate) async fn add_fulfilled(tx: &Tx, line: OrderLineId, quantity: i32) -> Result<()> {
    let update = Lines::update_many()
        .col_expr(LineColumn::FulfilledQuantity, Expr::col(LineColumn::FulfilledQuantity).add(quantity))
        .filter(LineColumn::Id.eq(line))
        .filter(has_left(quantity));
    if update.exec(tx).await?.rows_affected != 1 {
        return Err(Fault::internal("the fulfilled quantity of a line would exceed its quantity").into());
    }
    Ok(())
}

/// Writes what was cancelled and refunded of a line; `cancelled` items of it are new. Guarded as [`add_fulfilled`].
pub(crate) async fn write_reversed(tx: &Tx, line: &order_line::Model, cancelled: i32) -> Result<()> {
    let update = Lines::update_many()
        .col_expr(LineColumn::CancelledTotal, Expr::value(line.cancelled_total))
        .col_expr(LineColumn::CancelledQuantity, Expr::col(LineColumn::CancelledQuantity).add(cancelled))
        .col_expr(LineColumn::RefundedQuantity, Expr::value(line.refunded_quantity))
        .col_expr(LineColumn::RefundedTotal, Expr::value(line.refunded_total))
        .col_expr(LineColumn::ReversedTaxTotal, Expr::value(line.reversed_tax_total))
        .col_expr(LineColumn::ReversedMarketplaceDiscountTotal, Expr::value(line.reversed_marketplace_discount_total))
        .col_expr(LineColumn::ReversedCommissionTotal, Expr::value(line.reversed_commission_total))
        .col_expr(LineColumn::ReversedCommissionTaxTotal, Expr::value(line.reversed_commission_tax_total))
        .filter(LineColumn::Id.eq(line.id))
        .filter(has_left(cancelled));
    if update.exec(tx).await?.rows_affected != 1 {
        return Err(Fault::internal("the cancelled quantity of a line would exceed its quantity").into());
    }
    Ok(())
}

fn has_left(quantity: i32) -> Expr {
    let counted = Expr::col(LineColumn::FulfilledQuantity).add(Expr::col(LineColumn::CancelledQuantity)).add(quantity);
    Expr::col(LineColumn::Quantity).gte(counted)
}
