//! Order lines.

use entity::id::{OrderId, OrderLineId, StoreOrderId};
use entity::money::{AmountOverflow, Minor};
use entity::order_line::{Column, Entity, Model};
use entity::store_order;
use sea_orm::{EntityTrait, QueryFilter, QueryOrder};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::db::InPadded;
use souk_core::error::Result;
use souk_core::group::grouped;
use std::collections::HashMap;

/// What a store order costs without what was cancelled; nothing if all of it was, as its shipping was cancelled with it. `lines` must be
/// all of its lines.
pub fn due(store_order: &store_order::Model, lines: &[&Model]) -> Result<Minor, AmountOverflow> {
    if lines.iter().all(|line| line.cancelled_quantity == line.quantity) {
        return Ok(Minor::ZERO);
    }
    store_order.total.minus(Minor::sum(lines.iter().map(|line| line.cancelled_total))?)
}

/// Lines by ID. The caller must have checked access.
pub async fn lines_by_ids(app: &App, _viewer: &Viewer, ids: &[OrderLineId]) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

/// Lines by order, in the order of the cart. The caller must have checked access to the orders.
pub async fn lines(app: &App, _viewer: &Viewer, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Model>>> {
    let query = Entity::find().filter(Column::OrderId.in_padded(orders));
    Ok(grouped(query.order_by_asc(Column::Id).all(app.db.read()).await?, |row| row.order_id))
}

/// Lines by store order, in the order of the cart. The caller must have checked access to the store orders.
pub async fn lines_of_store_orders(
    app: &App,
    _viewer: &Viewer,
    store_orders: &[StoreOrderId],
) -> Result<HashMap<StoreOrderId, Vec<Model>>> {
    let query = Entity::find().filter(Column::StoreOrderId.in_padded(store_orders));
    Ok(grouped(query.order_by_asc(Column::Id).all(app.db.read()).await?, |row| row.store_order_id))
}
