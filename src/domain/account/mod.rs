//! Accounts: who people are, and what they see of each other.

pub mod admin;
mod close;
mod create;
mod email;
mod known;
mod profile;
mod register;
mod row;
mod rule;
mod secret;
pub mod session;
mod token;
pub mod vendor;

pub use close::{DELETED_NAME, close};
pub use create::{NewUser, create};
pub use email::{confirm_change, request_change};
pub use profile::{ProfilePatch, remove_avatar, set_avatar, update};
pub use register::{Registration, register, request_verification, verify_email};
pub(crate) use row::hold;
pub use rule::check_password;
pub use secret::{change as change_password, request_reset, reset as reset_password};

use crate::app::App;
use crate::auth::Viewer;
use crate::db::Among;
use crate::error::Result;
use entity::id::UserId;
use entity::user::{Column, Entity, Model};
use entity::value::Permission;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

/// What anybody may know of a person: what they sign reviews and messages with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Who.
    pub id: UserId,
    /// As others see them.
    pub display_name: String,
    /// Where the picture lies in the storage.
    pub avatar_key: Option<String>,
}

/// Several by their IDs, with everything: the viewer themself, and for staff who manage users anybody. The others are not found.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[UserId]) -> Result<Vec<Model>> {
    let all = viewer.may(Permission::ManageUsers);
    let visible: Vec<_> = ids.iter().copied().filter(|id| all || viewer.user_id() == Some(*id)).collect();
    if visible.is_empty() {
        return Ok(Vec::new());
    }
    Ok(Entity::find().filter(Column::Id.is_in(visible)).all(app.db.read()).await?)
}

/// Several by their IDs, as anybody sees them.
pub async fn profiles(app: &App, _viewer: &Viewer, ids: &[UserId]) -> Result<Vec<Profile>> {
    let rows: Vec<(UserId, String, Option<String>)> = Entity::find()
        .select_only()
        .columns([Column::Id, Column::DisplayName, Column::AvatarKey])
        .filter(Column::Id.among(ids))
        .into_tuple()
        .all(app.db.read())
        .await?;
    Ok(rows.into_iter().map(|(id, display_name, avatar_key)| Profile { id, display_name, avatar_key }).collect())
}
