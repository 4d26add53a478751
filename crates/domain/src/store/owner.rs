//! Suspension of stores when their owner is blocked, and reopening them.
//!
//! A store that is suspended because its owner was blocked has a row in `store_suspensions` with its previous status. This
//! distinguishes it from a store that staff suspended for another reason, which is not reopened with its owner.

use crate::category;
use crate::store::invitation;
use crate::store::status::change;
use entity::id::{ProductId, StoreId, UserId};
use entity::product;
use entity::store::{Column, Entity, Model};
use entity::store_suspension::{self, Entity as Suspensions};
use entity::value::StoreStatus;
use entity::versioned::VersionedTable;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, JoinType, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::db::{InPadded, Subject, Tx, lock_in_order};
use souk_core::error::Result;

/// Maximum number of stores that one call lists, and that one call reopens.
pub const MAX_LISTED: u64 = 100;

/// Suspends the stores of a user who is being blocked, and revokes the invitations that the user sent. The user's row is locked.
pub(crate) async fn suspend_owned(tx: &Tx, app: &App, owner: UserId) -> Result<()> {
    invitation::revoke_by_inviter(tx, owner).await?;
    let open = || Column::OwnerId.eq(owner).and(Column::Status.in_padded(&[StoreStatus::Active, StoreStatus::Pending]));
    let locked: Vec<StoreId> = lock_in_order(tx, Entity::find().filter(open()), Column::Id).await?;
    if locked.is_empty() {
        return Ok(());
    }
    locked.iter().for_each(|id| tx.changed(Subject::Store(*id)));
    let now = app.clock.now();
    let found =
        Query::select().columns([Column::Id, Column::Status]).expr(Expr::value(now)).from(Entity).and_where(open()).to_owned();
    let stores = || Query::select().column(Column::Id).from(Entity).and_where(open()).to_owned();
    Suspensions::delete_many().filter(store_suspension::Column::StoreId.in_subquery(stores())).exec(tx).await?;
    let columns =
        [store_suspension::Column::StoreId, store_suspension::Column::StatusBefore, store_suspension::Column::CreatedAt];
    let mut insert = Query::insert();
    insert.into_table(Suspensions).columns(columns);
    insert.select_from(found).map_err(souk_core::error::internal)?;
    tx.execute(&insert).await?;
    let listed = product::Column::StoreId.in_subquery(stores()).and(product::Column::Listed.eq(true));
    let hidden = product::Entity::find().filter(listed.clone());
    category::lock_for_products(tx, hidden.clone(), None).await?;
    let _: Vec<ProductId> = lock_in_order(tx, hidden, product::Column::Id).await?;
    product::Entity::update_many()
        .col_expr(product::Column::Listed, Expr::value(false))
        .col_expr(product::Column::UpdatedAt, Expr::value(now))
        .filter(listed)
        .exec(tx)
        .await?;
    Entity::touch_many(now)
        .col_expr(Column::Status, Expr::value(StoreStatus::Suspended.as_str()))
        .filter(open())
        .exec(tx)
        .await?;
    Ok(())
}

/// Stores that are suspended because of the owner's block, newest first, at most [`MAX_LISTED`].
pub(crate) async fn suspended_with_owner(tx: &Tx, owner: UserId) -> Result<Vec<Model>> {
    let suspension = Entity::belongs_to(Suspensions).from(Column::Id).to(store_suspension::Column::StoreId).into();
    let query = Entity::find().join(JoinType::InnerJoin, suspension).filter(Column::OwnerId.eq(owner));
    Ok(query.order_by_desc(Column::Id).limit(MAX_LISTED).all(tx).await?)
}

/// Restores the previous status of stores that are suspended because of the owner's block, at most [`MAX_LISTED`]. The owner's
/// row is locked.
pub(crate) async fn reopen_owned(tx: &Tx, app: &App, owner: UserId) -> Result<Vec<Model>> {
    let mut ids: Vec<StoreId> = suspended_with_owner(tx, owner).await?.into_iter().map(|store| store.id).collect();
    ids.sort_unstable();
    let mut reopened = Vec::new();
    for id in ids {
        let Some(store) = Entity::find_by_id(id).lock_exclusive().one(tx).await? else { continue };
        // Checked again: staff may have closed or suspended the store in the meantime.
        let Some(suspension) = Suspensions::find_by_id(id).one(tx).await? else { continue };
        reopened.push(change(tx, app, store, suspension.status_before).await?);
    }
    Ok(reopened)
}
