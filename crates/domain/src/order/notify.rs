//! Mails about changes of orders, enqueued in the transaction of the change.

use crate::mail::{self, Mail};
use entity::id::{OrderId, StoreOrderId};
use entity::store_order;
use entity::value::OrderStatus;
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::Result;

/// To the buyer: a new status of a store order.
pub(crate) async fn status_changed(tx: &Tx, app: &App, store_order_id: StoreOrderId, status: OrderStatus) -> Result<()> {
    mail::enqueue(tx, app, Mail::StoreOrderStatus { store_order_id, status }).await
}

/// To the buyer: lines of a store order were cancelled.
pub(crate) async fn lines_cancelled(tx: &Tx, app: &App, store_order: &store_order::Model) -> Result<()> {
    mail::enqueue(tx, app, Mail::LinesCancelled { store_order_id: store_order.id, version: store_order.version }).await
}

/// To the store: a store order, or lines of it, were cancelled by another user.
pub(crate) async fn store_order_cancelled(tx: &Tx, app: &App, store_order: &store_order::Model) -> Result<()> {
    mail::enqueue(tx, app, Mail::StoreOrderCancelled { store_order_id: store_order.id, version: store_order.version }).await
}

/// To the buyer: the order confirmation. To each store: the new store order.
pub(crate) async fn confirmed(tx: &Tx, app: &App, order_id: OrderId, store_orders: &[StoreOrderId]) -> Result<()> {
    mail::enqueue(tx, app, Mail::OrderConfirmation { order_id }).await?;
    for store_order_id in store_orders {
        mail::enqueue(tx, app, Mail::NewStoreOrder { store_order_id: *store_order_id }).await?;
    }
    Ok(())
}
