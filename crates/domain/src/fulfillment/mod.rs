//! Fulfillments: shipments of items of a store order.

mod fulfill;

pub use fulfill::{NewFulfillment, fulfill};

use entity::id::{FulfillmentId, FulfillmentLineId, StoreOrderId};
use entity::{fulfillment, fulfillment_line};
use sea_orm::{EntityTrait, QueryFilter, QueryOrder};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::db::InPadded;
use souk_core::error::Result;
use souk_core::group::grouped;
use std::collections::HashMap;

/// Fulfillments by ID; access is checked by their store orders.
pub async fn by_ids(app: &App, _viewer: &Viewer, ids: &[FulfillmentId]) -> Result<Vec<fulfillment::Model>> {
    Ok(fulfillment::Entity::find().filter(fulfillment::Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

/// Fulfillments by store order, oldest first. The caller must have checked access to the store orders.
pub async fn of_store_orders(
    app: &App,
    _viewer: &Viewer,
    store_orders: &[StoreOrderId],
) -> Result<HashMap<StoreOrderId, Vec<fulfillment::Model>>> {
    let query = fulfillment::Entity::find().filter(fulfillment::Column::StoreOrderId.in_padded(store_orders));
    let rows = query.order_by_asc(fulfillment::Column::Id).all(app.db.read()).await?;
    Ok(grouped(rows, |row| row.store_order_id))
}

/// Fulfillment lines by ID; access is checked by their store orders.
pub async fn lines_by_ids(app: &App, _viewer: &Viewer, ids: &[FulfillmentLineId]) -> Result<Vec<fulfillment_line::Model>> {
    Ok(fulfillment_line::Entity::find().filter(fulfillment_line::Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

/// Lines by fulfillment. The caller must have checked access to the fulfillments.
pub async fn lines(
    app: &App,
    _viewer: &Viewer,
    fulfillments: &[FulfillmentId],
) -> Result<HashMap<FulfillmentId, Vec<fulfillment_line::Model>>> {
    let query = fulfillment_line::Entity::find().filter(fulfillment_line::Column::FulfillmentId.in_padded(fulfillments));
    let rows = query.order_by_asc(fulfillment_line::Column::Id).all(app.db.read()).await?;
    Ok(grouped(rows, |row| row.fulfillment_id))
}
