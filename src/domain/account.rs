//! Accounts.

mod create;

pub use create::{NewUser, create};

use crate::app::App;
use crate::auth::Viewer;
use crate::error::Result;
use entity::id::UserId;
use entity::user::{Column, Entity, Model};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

/// Several by their IDs, for references from what the viewer may see already.
pub async fn by_ids(app: &App, _viewer: &Viewer, ids: &[UserId]) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(app.db.read()).await?)
}
