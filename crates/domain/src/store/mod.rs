//! Stores.

mod close;
mod commission;
mod create;
pub mod invitation;
mod leave;
mod list;
mod member;
pub mod owner;
mod status;
mod summary;
mod suspension;
mod update;

pub use close::{Removed, close, delete, set_status};
pub use commission::{own_commissions, set_commission};
pub use create::{NewStore, create};
pub(crate) use leave::erase_former_memberships;
pub use leave::{leave, remove as remove_member};
pub use list::{StoreFilter, StoreSort, count, count_owned, list, owned};
pub(crate) use member::erase_memberships;
pub use member::{by_ids as members_by_ids, members};
pub use summary::{Summary, Texts, split_texts, texts};
pub use update::{Placement, StorePatch, remove_picture, set_picture, update};

use entity::id::StoreId;
use entity::store::{Column, Entity, Model};
use entity::value::{Permission, StoreStatus};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::{Viewer, memberships};
use souk_core::db::InPadded;
use souk_core::db::is_taken;
use souk_core::error::{Code, Error, Problem, Refusal, Result};
use souk_core::job::Registry;

/// Adds the periodic task of the feature.
pub(crate) fn register(registry: Registry) -> Registry {
    registry.with_periodic_task("expired store invitations", |app, system| Box::pin(invitation::delete_expired(app, system)))
}

/// Stores by ID that the viewer may see: active ones; in any status for the owner, members and staff. References resolve stores
/// only by this function.
pub async fn visible(app: &App, viewer: &Viewer, ids: &[StoreId]) -> Result<Vec<Summary>> {
    let query = Entity::find().filter(Column::Id.in_padded(ids)).filter(visible_to(viewer));
    Ok(query.into_partial_model().all(app.db.read()).await?)
}

/// Names of stores in any status: buyers may know the name of a store that is not active any more.
pub async fn names(app: &App, _viewer: &Viewer, ids: &[StoreId]) -> Result<Vec<(StoreId, String)>> {
    let query = Entity::find().select_only().columns([Column::Id, Column::Name]).filter(Column::Id.in_padded(ids));
    Ok(query.into_tuple().all(app.db.read()).await?)
}

pub async fn by_slug(app: &App, viewer: &Viewer, slug: &str) -> Result<Option<Model>> {
    Ok(Entity::find().filter(Column::Slug.eq(slug)).filter(visible_to(viewer)).one(app.db.read()).await?)
}

fn visible_to(viewer: &Viewer) -> Condition {
    let open = Condition::any().add(Column::Status.eq(StoreStatus::Active));
    if viewer.may(Permission::ManageProducts) || viewer.may(Permission::ManageOrders) {
        return open.add(Column::Status.ne(StoreStatus::Active));
    }
    match viewer.user_id() {
        Some(me) => open.add(Column::OwnerId.eq(me)).add(Column::Id.in_subquery(memberships(me))),
        None => open,
    }
}

fn slug_taken(error: DbErr, slug: &str) -> Error {
    if is_taken(&error, "stores_slug", "stores", &["slug"]) {
        return Problem::new("slug", Code::Taken, format!("The slug {slug:?} is taken; choose another.")).into();
    }
    error.into()
}

/// Whether the error is only that the slug is taken.
pub(crate) fn is_slug_taken(error: &Error) -> bool {
    matches!(error, Error::Refused(Refusal(problems))
        if problems.iter().any(|problem| problem.code == Code::Taken && problem.field == ["slug"]))
}
