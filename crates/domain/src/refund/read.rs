//! Reading refunds.

use crate::order;
use entity::id::{OrderId, OrderLineId, PaymentId, RefundId, StoreOrderId};
use entity::refund::{Column, Entity, Model};
use entity::refund_line;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};
use souk_core::app::App;
use souk_core::auth::{StoreTask, Viewer, of_stores_with_task};
use souk_core::db::{InPadded, Tx};
use souk_core::error::Result;
use souk_core::group::grouped;
use std::collections::HashMap;

/// Refunds by ID that the viewer may see: of their own orders, of store orders that they process, or all for staff.
pub async fn visible(app: &App, viewer: &Viewer, ids: &[RefundId]) -> Result<Vec<Model>> {
    let own = order::of_visible(viewer, Column::OrderId);
    let processed = of_stores_with_task(viewer, StoreTask::Orders, entity::store_order::Column::StoreId).map(|stores| {
        crate::scope::rows_of(Column::StoreOrderId, entity::store_order::Entity, entity::store_order::Column::Id, stores)
    });
    let (Some(own), Some(processed)) = (own, processed) else { return Ok(Vec::new()) };
    let visible =
        if own.is_empty() || processed.is_empty() { Condition::all() } else { Condition::any().add(own).add(processed) };
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).filter(visible).all(app.db.read()).await?)
}

/// Refunds by order, oldest first. The caller must have checked access to the orders.
pub async fn of_orders(app: &App, _viewer: &Viewer, ids: &[OrderId]) -> Result<HashMap<OrderId, Vec<Model>>> {
    let rows = Entity::find().filter(Column::OrderId.in_padded(ids)).order_by_asc(Column::Id).all(app.db.read()).await?;
    Ok(grouped(rows, |row| row.order_id))
}

/// Refunds by payment, oldest first. The caller must have checked access to the payments.
pub async fn of_payments(app: &App, _viewer: &Viewer, ids: &[PaymentId]) -> Result<HashMap<PaymentId, Vec<Model>>> {
    let rows = Entity::find().filter(Column::PaymentId.in_padded(ids)).order_by_asc(Column::Id).all(app.db.read()).await?;
    Ok(grouped(rows, |row| row.payment_id))
}

/// Refunds by store order, oldest first. The caller must have checked access to the store orders.
pub async fn of_store_orders(app: &App, _viewer: &Viewer, ids: &[StoreOrderId]) -> Result<HashMap<StoreOrderId, Vec<Model>>> {
    let rows = Entity::find().filter(Column::StoreOrderId.in_padded(ids)).order_by_asc(Column::Id).all(app.db.read()).await?;
    Ok(grouped(rows, |row| row.store_order_id).into_iter().filter_map(|(id, rows)| Some((id?, rows))).collect())
}

/// Lines by refund. The caller must have checked access to the refunds.
pub async fn lines(app: &App, _viewer: &Viewer, ids: &[RefundId]) -> Result<HashMap<RefundId, Vec<refund_line::Model>>> {
    use refund_line::{Column, Entity};
    let rows = Entity::find().filter(Column::RefundId.in_padded(ids)).order_by_asc(Column::Id).all(app.db.read()).await?;
    Ok(grouped(rows, |row| row.refund_id))
}

/// Units that refunds put back into the stock, by order line. The order of the lines must be locked.
pub(crate) async fn restocked(tx: &Tx, ids: &[OrderLineId]) -> Result<HashMap<OrderLineId, i32>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let lines = refund_line::Entity::find().filter(refund_line::Column::OrderLineId.in_padded(ids)).all(tx).await?;
    let refunds: Vec<_> = lines.iter().map(|line| line.refund_id).collect();
    let refunds = Entity::find().filter(Column::Id.in_padded(&refunds)).filter(Column::Restocked.eq(true)).all(tx).await?;
    let mut units = HashMap::new();
    for line in lines.iter().filter(|line| refunds.iter().any(|refund| refund.id == line.refund_id)) {
        *units.entry(line.order_line_id).or_default() += line.quantity;
    }
    Ok(units)
}
