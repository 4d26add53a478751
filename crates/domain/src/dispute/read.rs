//! Reading disputes. Buyers do not see them.

use crate::scope;
use entity::dispute::{Column, Entity, Model};
use entity::dispute_share;
use entity::id::{DisputeId, PaymentId, StoreOrderId};
use entity::money::Minor;
use sea_orm::{EntityTrait, QueryFilter, QueryOrder, Select};
use souk_core::app::App;
use souk_core::auth::{StoreTask, Viewer, of_stores_with_task};
use souk_core::db::InPadded;
use souk_core::error::Result;
use souk_core::group::grouped;
use std::collections::HashMap;

/// Disputes by ID that the viewer may see: those in which a store has a share whose finances they see, or all for staff.
pub async fn visible(app: &App, viewer: &Viewer, ids: &[DisputeId]) -> Result<Vec<Model>> {
    let Some(query) = select(viewer) else { return Ok(Vec::new()) };
    Ok(query.filter(Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

/// Disputes by payment that the viewer may see, oldest first.
pub async fn of_payments(app: &App, viewer: &Viewer, ids: &[PaymentId]) -> Result<HashMap<PaymentId, Vec<Model>>> {
    let Some(query) = select(viewer) else { return Ok(HashMap::new()) };
    let rows = query.filter(Column::PaymentId.in_padded(ids)).order_by_asc(Column::Id).all(app.db.read()).await?;
    Ok(grouped(rows, |row| row.payment_id))
}

/// Disputes by store order that the viewer may see, oldest first.
pub async fn of_store_orders(app: &App, viewer: &Viewer, ids: &[StoreOrderId]) -> Result<HashMap<StoreOrderId, Vec<Model>>> {
    use dispute_share::{Column as Share, Entity as Shares};
    let shares = Shares::find().filter(Share::StoreOrderId.in_padded(ids)).order_by_asc(Share::DisputeId);
    let shares = shares.all(app.db.read()).await?;
    let disputes: Vec<_> = shares.iter().map(|share| share.dispute_id).collect();
    let disputes: HashMap<_, _> = visible(app, viewer, &disputes).await?.into_iter().map(|row| (row.id, row)).collect();
    let found = shares.iter().filter_map(|share| Some((share.store_order_id, disputes.get(&share.dispute_id)?.clone())));
    let found = grouped(found, |(id, _): &(StoreOrderId, Model)| *id);
    Ok(found.into_iter().map(|(id, rows)| (id, rows.into_iter().map(|(_, row)| row).collect())).collect())
}

/// What the viewer may know of the amounts of disputes: the shares of stores whose finances they see, or the whole for staff.
pub async fn amounts(app: &App, viewer: &Viewer, ids: &[DisputeId]) -> Result<HashMap<DisputeId, Minor>> {
    use dispute_share::{Column as Share, Entity as Shares};
    let Some(stores) = of_stores_with_task(viewer, StoreTask::Finance, Share::StoreId) else { return Ok(HashMap::new()) };
    if stores.is_empty() {
        let rows = Entity::find().filter(Column::Id.in_padded(ids)).all(app.db.read()).await?;
        return Ok(rows.into_iter().map(|row| (row.id, row.amount)).collect());
    }
    let mut amounts: HashMap<DisputeId, Minor> = HashMap::new();
    for share in Shares::find().filter(Share::DisputeId.in_padded(ids)).filter(stores).all(app.db.read()).await? {
        let sum = amounts.entry(share.dispute_id).or_default();
        *sum = sum.plus(share.amount)?;
    }
    Ok(amounts)
}

fn select(viewer: &Viewer) -> Option<Select<Entity>> {
    use dispute_share::Column as Share;
    let stores = of_stores_with_task(viewer, StoreTask::Finance, Share::StoreId)?;
    Some(Entity::find().filter(scope::rows_of(Column::Id, dispute_share::Entity, Share::DisputeId, stores)))
}
