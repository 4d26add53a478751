//! Earnings of stores.

use entity::earning::{Column, Entity, Model};
use entity::id::{EarningId, StoreOrderId};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use souk_core::app::App;
use souk_core::auth::{StoreTask, Viewer, of_stores_with_task};
use souk_core::db::{InPadded, Tx};
use souk_core::error::Result;

/// Earnings by ID of stores whose finances the viewer may see.
pub async fn visible_earnings(app: &App, viewer: &Viewer, ids: &[EarningId]) -> Result<Vec<Model>> {
    let Some(visible) = of_stores_with_task(viewer, StoreTask::Finance, Column::StoreId) else { return Ok(Vec::new()) };
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).filter(visible).all(app.db.read()).await?)
}

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
