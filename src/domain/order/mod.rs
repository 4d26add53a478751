//! Orders.

pub mod lifecycle;
pub(crate) mod locked;
pub mod status;

use crate::app::App;
use crate::auth::Viewer;
use crate::error::Result;
use entity::id::OrderId;
use entity::order::{Column, Entity, Model};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

/// Several by their IDs, for references from what the viewer may see already.
pub async fn by_ids(app: &App, _viewer: &Viewer, ids: &[OrderId]) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(app.db.read()).await?)
}
