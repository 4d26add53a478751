//! Reading notes.

use crate::{order, scope};
use entity::id::{OrderId, OrderNoteId, StoreOrderId};
use entity::order_note::{Column, Entity, Model};
use entity::store_order;
use entity::value::NoteVisibility;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};
use souk_core::app::App;
use souk_core::auth::{StoreTask, Viewer, of_stores_with_task};
use souk_core::db::InPadded;
use souk_core::error::Result;
use souk_core::group::grouped;
use std::collections::HashMap;

/// Condition for all notes on the store orders that the viewer processes; empty for staff, who see every note. `None` for guests.
fn processed(viewer: &Viewer) -> Option<Condition> {
    let stores = of_stores_with_task(viewer, StoreTask::Orders, store_order::Column::StoreId)?;
    Some(scope::rows_of(Column::StoreOrderId, store_order::Entity, store_order::Column::Id, stores))
}

fn for_buyers() -> Condition {
    Condition::all().add(Column::Visibility.eq(NoteVisibility::Customer))
}

/// Condition for the notes that the viewer may read on orders and store orders that they see.
fn readable(viewer: &Viewer) -> Condition {
    match processed(viewer) {
        None => for_buyers(),
        Some(all) if all.is_empty() => all,
        Some(processed) => Condition::any().add(for_buyers()).add(processed),
    }
}

/// Notes by ID that the viewer may see: those for the buyer on their own orders, those on store orders that they process, or all for
/// staff.
pub async fn visible(app: &App, viewer: &Viewer, ids: &[OrderNoteId]) -> Result<Vec<Model>> {
    let (Some(own), Some(processed)) = (order::of_visible(viewer, Column::OrderId), processed(viewer)) else {
        return Ok(Vec::new());
    };
    let visible = if processed.is_empty() { processed } else { Condition::any().add(for_buyers().add(own)).add(processed) };
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).filter(visible).all(app.db.read()).await?)
}

/// The notes that the viewer may read, by order, oldest first. The caller must have checked access to the orders.
pub async fn of_orders(app: &App, viewer: &Viewer, ids: &[OrderId]) -> Result<HashMap<OrderId, Vec<Model>>> {
    let query = Entity::find().filter(Column::OrderId.in_padded(ids)).filter(readable(viewer));
    Ok(grouped(query.order_by_asc(Column::Id).all(app.db.read()).await?, |row| row.order_id))
}

/// The notes that the viewer may read, by store order, oldest first, without those on the whole order. The caller must have checked
/// access to the store orders.
pub async fn of_store_orders(app: &App, viewer: &Viewer, ids: &[StoreOrderId]) -> Result<HashMap<StoreOrderId, Vec<Model>>> {
    let query = Entity::find().filter(Column::StoreOrderId.in_padded(ids)).filter(readable(viewer));
    let rows = query.order_by_asc(Column::Id).all(app.db.read()).await?;
    Ok(grouped(rows, |row| row.store_order_id).into_iter().filter_map(|(id, rows)| Some((id?, rows))).collect())
}
