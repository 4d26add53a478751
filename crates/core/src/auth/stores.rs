//! Stores that a user owns or works for.

use super::actor::{StoreTask, Viewer};
use crate::app::App;
use crate::db::InPadded;
use crate::error::Result;
use entity::id::{StoreId, UserId};
use entity::store::{Column, Entity};
use entity::store_member;
use entity::value::{Permission, StoreRole};
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use std::collections::{HashMap, HashSet};

/// Those of several stores that the viewer owns, works for or may manage as staff.
pub async fn managed(app: &App, viewer: &Viewer, ids: &[StoreId]) -> Result<HashSet<StoreId>> {
    if viewer.may(Permission::ManageProducts) {
        return Ok(ids.iter().copied().collect());
    }
    let Some(me) = viewer.user_id() else { return Ok(HashSet::new()) };
    let query = Entity::find().select_only().column(Column::Id).filter(Column::Id.in_padded(ids));
    let mine = Condition::any().add(Column::OwnerId.eq(me)).add(Column::Id.in_subquery(memberships(me)));
    Ok(query.filter(mine).into_tuple::<StoreId>().all(app.db.read()).await?.into_iter().collect())
}

/// Condition for rows of the stores that [`managed`] would return; `store` is the column of the store. `None` for guests, who manage
/// none.
pub fn of_managed_stores(viewer: &Viewer, store: impl ColumnTrait) -> Option<Condition> {
    let me = viewer.user_id()?;
    if viewer.may(Permission::ManageProducts) {
        return Some(Condition::all());
    }
    Some(Condition::any().add(store.in_subquery(owned(me))).add(store.in_subquery(memberships(me))))
}

/// Condition for rows of the stores in which the viewer may do a task, as [`Viewer::store_staff`] checks it for one; `store` is the
/// column of the store. `None` for guests, who may do none.
pub fn of_stores_with_task(viewer: &Viewer, task: StoreTask, store: impl ColumnTrait) -> Option<Condition> {
    let me = viewer.user_id()?;
    if viewer.may(task.permission()) {
        return Some(Condition::all());
    }
    let roles: Vec<_> = StoreRole::ALL.iter().copied().filter(|role| task.allows(*role)).collect();
    let member = memberships(me).and_where(store_member::Column::Role.in_padded(&roles)).to_owned();
    Some(Condition::any().add(store.in_subquery(owned(me))).add(store.in_subquery(member)))
}

/// Query for the stores that a user owns.
fn owned(user: UserId) -> SelectStatement {
    Query::select().column(Column::Id).from(Entity).and_where(Column::OwnerId.eq(user)).to_owned()
}

/// Query for the stores that a user works for.
pub fn memberships(user: UserId) -> SelectStatement {
    Query::select()
        .column(store_member::Column::StoreId)
        .from(store_member::Entity)
        .and_where(store_member::Column::UserId.eq(user))
        .to_owned()
}

/// Right of a user to do a task of a store, as of its last check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Claim {
    /// The user.
    pub user: UserId,
    /// The store.
    pub store: StoreId,
    /// Whether the right comes from a permission of the marketplace; then it is valid as long as the store exists.
    pub by_permission: bool,
}

/// Maximum number of claims per pair of statements.
const CLAIMS: usize = 500;

/// The claims that are still valid. Two statements per 500 claims.
pub(crate) async fn claims_that_hold(app: &App, claims: &[Claim], task: StoreTask) -> Result<HashSet<Claim>> {
    let mut found = HashSet::new();
    for claims in claims.chunks(CLAIMS) {
        let stores: Vec<StoreId> = claims.iter().map(|claim| claim.store).collect();
        let users: Vec<UserId> = claims.iter().map(|claim| claim.user).collect();
        let owners: HashMap<StoreId, UserId> = Entity::find()
            .select_only()
            .columns([Column::Id, Column::OwnerId])
            .filter(Column::Id.in_padded(&stores))
            .into_tuple::<(StoreId, UserId)>()
            .all(app.db.read())
            .await?
            .into_iter()
            .collect();
        let members = store_member::Entity::find()
            .filter(store_member::Column::StoreId.in_padded(&stores))
            .filter(store_member::Column::UserId.in_padded(&users))
            .all(app.db.read())
            .await?;
        let members: HashSet<(StoreId, UserId)> = members
            .into_iter()
            .filter(|member| task.allows(member.role))
            .map(|member| (member.store_id, member.user_id))
            .collect();
        found.extend(claims.iter().copied().filter(|claim| match owners.get(&claim.store) {
            None => false,
            Some(owner) => claim.by_permission || *owner == claim.user || members.contains(&(claim.store, claim.user)),
        }));
    }
    Ok(found)
}
