//! Parcels.

mod fulfill;

pub use fulfill::{NewFulfillment, fulfill};

use entity::id::{FulfillmentId, FulfillmentLineId, StoreOrderId};
use entity::{fulfillment, fulfillment_line};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::db::InPadded;
use souk_core::error::Result;
use std::collections::HashMap;

/// Several by their IDs; whether the viewer may see them is for the stores' parts to say.
pub async fn by_ids(app: &App, _viewer: &Viewer, ids: &[FulfillmentId]) -> Result<Vec<fulfillment::Model>> {
    Ok(fulfillment::Entity::find().filter(fulfillment::Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

/// The parcels of several stores' parts, oldest first; for what the viewer may see already.
pub async fn of_parts(
    app: &App,
    _viewer: &Viewer,
    parts: &[StoreOrderId],
) -> Result<HashMap<StoreOrderId, Vec<fulfillment::Model>>> {
    let query = fulfillment::Entity::find().filter(fulfillment::Column::StoreOrderId.is_in(parts.iter().copied()));
    let rows = query.order_by_asc(fulfillment::Column::Id).all(app.db.read()).await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        found.entry(row.store_order_id).or_default().push(row);
    }
    Ok(found)
}

/// Several lines of parcels by their IDs; whether the viewer may see them is for the stores' parts to say.
pub async fn lines_by_ids(app: &App, _viewer: &Viewer, ids: &[FulfillmentLineId]) -> Result<Vec<fulfillment_line::Model>> {
    Ok(fulfillment_line::Entity::find().filter(fulfillment_line::Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

/// What is in several parcels; for what the viewer may see already.
pub async fn lines(
    app: &App,
    _viewer: &Viewer,
    parcels: &[FulfillmentId],
) -> Result<HashMap<FulfillmentId, Vec<fulfillment_line::Model>>> {
    let query = fulfillment_line::Entity::find().filter(fulfillment_line::Column::FulfillmentId.is_in(parcels.iter().copied()));
    let rows = query.order_by_asc(fulfillment_line::Column::Id).all(app.db.read()).await?;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        found.entry(row.fulfillment_id).or_default().push(row);
    }
    Ok(found)
}
