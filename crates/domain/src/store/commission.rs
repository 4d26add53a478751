//! Commission that was agreed with a store.

use super::update::save;
use crate::setting::check_commission;
use entity::id::StoreId;
use entity::store::{Column, Entity, Model};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::permissions::ManageFinance;
use souk_core::auth::{Staff, StoreTask, Viewer, of_stores_with_task};
use souk_core::db::InPadded;
use souk_core::error::{Fault, Result};
use souk_core::transact;

/// The own commission of stores whose finances the viewer may see, of those that have one.
pub async fn own_commissions(app: &App, viewer: &Viewer, ids: &[StoreId]) -> Result<Vec<(StoreId, i32)>> {
    let Some(visible) = of_stores_with_task(viewer, StoreTask::Finance, Column::Id) else { return Ok(Vec::new()) };
    let query = Entity::find().select_only().columns([Column::Id, Column::CommissionBasisPoints]);
    let own = query.filter(Column::Id.in_padded(ids)).filter(Column::CommissionBasisPoints.is_not_null()).filter(visible);
    Ok(own.into_tuple().all(app.db.read()).await?)
}

/// Sets the commission of a store, in hundredths of a percent; `None` for that of the category, or of the setting.
pub async fn set_commission(app: &App, _staff: &Staff<ManageFinance>, id: StoreId, basis_points: Option<i32>) -> Result<Model> {
    check_commission(basis_points)?;
    transact!(app.db, tx, {
        let row = Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        let mut active = row.into_active_model();
        active.commission_basis_points = Set(basis_points);
        Ok(save(tx, app, active).await?)
    })
}
