//! User accounts, and what users see of each other.

pub mod admin;
mod create;
mod email;
mod erase;
mod known;
mod profile;
mod register;
mod row;
mod rule;
mod secret;
pub mod session;
mod token;
pub mod vendor;

pub use create::{NewUser, create};
pub(crate) use email::delete_all as erase_email_changes;
pub use email::{confirm_change, request_change};
pub(crate) use erase::anonymise;
pub(crate) use known::delete_all as erase_known_addresses;
pub use profile::{ProfilePatch, remove_avatar, set_avatar, update};
pub use register::{Registration, register, request_verification, verify_email};
pub(crate) use row::{lock_owners, lock_user};
pub use rule::check_password;
pub use secret::{change as change_password, request_reset, reset as reset_password};
pub(crate) use secret::{confirm as confirm_password, lock_confirmed};
pub(crate) use token::end_all as erase_tokens;

use entity::id::UserId;
use entity::user::{Column, Entity, Model};
use entity::value::{Permission, ReviewStatus};
use entity::{order, product, review, store, store_member, store_order};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::{Viewer, memberships};
use souk_core::db::InPadded;
use souk_core::error::Result;

/// The public data of a user: author of reviews and messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub id: UserId,
    pub display_name: String,
    /// Storage key of the picture.
    pub avatar_key: Option<String>,
}

/// Full user rows: the viewer's own, and any for staff with MANAGE_USERS. Other users are not found.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[UserId]) -> Result<Vec<Model>> {
    let all = viewer.may(Permission::ManageUsers);
    let visible: Vec<_> = ids.iter().copied().filter(|id| all || viewer.user_id() == Some(*id)).collect();
    if visible.is_empty() {
        return Ok(Vec::new());
    }
    Ok(Entity::find().filter(Column::Id.in_padded(&visible)).all(app.db.read()).await?)
}

/// Public profiles by user ID.
pub async fn profiles(app: &App, _viewer: &Viewer, ids: &[UserId]) -> Result<Vec<Profile>> {
    read_profiles(app, ids, Condition::all()).await
}

/// As [`profiles`], restricted to users the viewer meets elsewhere: themself, authors of published reviews, and members, owners
/// and buyers of the viewer's stores. Staff of the marketplace see all users.
pub async fn known_profiles(app: &App, viewer: &Viewer, ids: &[UserId]) -> Result<Vec<Profile>> {
    if Permission::ALL.iter().any(|permission| viewer.may(*permission)) {
        return profiles(app, viewer, ids).await;
    }
    let authors = Query::select()
        .column((review::Entity, review::Column::UserId))
        .from(review::Entity)
        .inner_join(
            product::Entity,
            Expr::col((product::Entity, product::Column::Id)).equals((review::Entity, review::Column::ProductId)),
        )
        .and_where(review::Column::UserId.in_padded(ids))
        .and_where(review::Column::Status.eq(ReviewStatus::Published))
        .and_where(product::Column::Listed.eq(true))
        .to_owned();
    let mut known = Condition::any().add(Column::Id.in_subquery(authors));
    if let Some(me) = viewer.user_id() {
        let own = Condition::any().add(store::Column::OwnerId.eq(me)).add(store::Column::Id.in_subquery(memberships(me)));
        let own = Query::select().column((store::Entity, store::Column::Id)).from(store::Entity).cond_where(own).to_owned();
        let owners = Query::select()
            .column((store::Entity, store::Column::OwnerId))
            .from(store::Entity)
            .and_where(store::Column::Id.in_subquery(memberships(me)))
            .to_owned();
        let buyers = Query::select()
            .column((order::Entity, order::Column::UserId))
            .from(order::Entity)
            .inner_join(
                store_order::Entity,
                Expr::col((store_order::Entity, store_order::Column::OrderId)).equals((order::Entity, order::Column::Id)),
            )
            .and_where(order::Column::UserId.in_padded(ids))
            .and_where(store_order::Column::StoreId.in_subquery(own.clone()))
            .to_owned();
        known = known.add(Column::Id.eq(me));
        for people in [owners, members(own), buyers] {
            known = known.add(Column::Id.in_subquery(people));
        }
    }
    read_profiles(app, ids, known).await
}

fn members(of: SelectStatement) -> SelectStatement {
    Query::select()
        .column((store_member::Entity, store_member::Column::UserId))
        .from(store_member::Entity)
        .and_where(store_member::Column::StoreId.in_subquery(of))
        .to_owned()
}

async fn read_profiles(app: &App, ids: &[UserId], which: Condition) -> Result<Vec<Profile>> {
    let rows: Vec<(UserId, String, Option<String>)> = Entity::find()
        .select_only()
        .columns([Column::Id, Column::DisplayName, Column::AvatarKey])
        .filter(Column::Id.in_padded(ids))
        .filter(which)
        .into_tuple()
        .all(app.db.read())
        .await?;
    Ok(rows.into_iter().map(|(id, display_name, avatar_key)| Profile { id, display_name, avatar_key }).collect())
}
