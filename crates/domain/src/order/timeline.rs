//! The timeline: what happened to an order, and to a store's part of it.

use crate::order::line::group;
use entity::event::{Column, Entity, Model};
use entity::id::{EventId, OrderId, StoreOrderId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::db::InPadded;
use souk_core::error::Result;
use std::collections::HashMap;

/// Several by their IDs; whether the viewer may see them is for their orders to say.
pub async fn by_ids(app: &App, _viewer: &Viewer, ids: &[EventId]) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

/// Everything that happened to several orders, oldest first; for what the viewer may see already.
pub async fn of_orders(app: &App, _viewer: &Viewer, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Model>>> {
    let query = Entity::find().filter(Column::OrderId.in_padded(orders));
    Ok(group(query.order_by_asc(Column::OrderSequence).all(app.db.read()).await?, |row| row.order_id))
}

/// What happened to several stores' parts, oldest first, and to nothing else of their orders; for what the viewer may see
/// already. The orders are named beside the parts, as events are found by them.
pub async fn of_parts(
    app: &App,
    _viewer: &Viewer,
    parts: &[(OrderId, StoreOrderId)],
) -> Result<HashMap<StoreOrderId, Vec<Model>>> {
    let query = Entity::find()
        .filter(Column::OrderId.is_in(parts.iter().map(|(order, _)| *order)))
        .filter(Column::StoreOrderId.is_in(parts.iter().map(|(_, part)| part.0)));
    let rows = query.order_by_asc(Column::OrderSequence).all(app.db.read()).await?;
    let rows = rows.into_iter().filter_map(|row| row.store_order_id.map(|part| (StoreOrderId(part), row))).collect();
    let grouped = group(rows, |(part, _)| *part);
    Ok(grouped.into_iter().map(|(part, rows)| (part, rows.into_iter().map(|(_, row)| row).collect())).collect())
}
