//! Fulfillments: shipments of items of a store order.

mod fulfill;

pub use fulfill::{NewFulfillment, fulfill};

use crate::{scope, store_order};
use entity::id::{FulfillmentId, FulfillmentLineId, StoreOrderId};
use entity::{fulfillment, fulfillment_line};
use sea_orm::{Condition, EntityTrait, QueryFilter, QueryOrder};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::db::InPadded;
use souk_core::error::Result;
use souk_core::group::grouped;
use std::collections::HashMap;

/// Condition for the fulfillments of store orders that the viewer may see; `None` for guests, who see them only by the token of their
/// order.
fn visible_to(viewer: &Viewer) -> Option<Condition> {
    store_order::of_visible(viewer, fulfillment::Column::StoreOrderId)
}

/// Fulfillments by ID of store orders that the viewer may see.
pub async fn visible(app: &App, viewer: &Viewer, ids: &[FulfillmentId]) -> Result<Vec<fulfillment::Model>> {
    let Some(visible) = visible_to(viewer) else { return Ok(Vec::new()) };
    let query = fulfillment::Entity::find().filter(fulfillment::Column::Id.in_padded(ids)).filter(visible);
    Ok(query.all(app.db.read()).await?)
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

/// Fulfillment lines by ID of store orders that the viewer may see.
pub async fn visible_lines(app: &App, viewer: &Viewer, ids: &[FulfillmentLineId]) -> Result<Vec<fulfillment_line::Model>> {
    let Some(visible) = visible_to(viewer) else { return Ok(Vec::new()) };
    let of_visible =
        scope::rows_of(fulfillment_line::Column::FulfillmentId, fulfillment::Entity, fulfillment::Column::Id, visible);
    let query = fulfillment_line::Entity::find().filter(fulfillment_line::Column::Id.in_padded(ids)).filter(of_visible);
    Ok(query.all(app.db.read()).await?)
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
