//! What becomes of stores when their owner is blocked, and afterwards.
//!
//! A store that is suspended because its owner was blocked has a row in `store_suspensions` with the status it had before. So it can
//! be told from a store that staff suspended for another reason, which is not reopened with its owner.

use crate::category;
use crate::store::close::change;
use crate::store::invitation;
use entity::id::{ProductId, StoreId, UserId};
use entity::product;
use entity::store::{Column, Entity, Model};
use entity::store_suspension::{self, Entity as Suspensions};
use entity::value::StoreStatus;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, JoinType, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::db::{Subject, Tx, lock_in_order};
use souk_core::error::Result;

/// The most stores that one call lists, and that one call reopens.
pub const MOST_LISTED: u64 = 100;

/// Suspends the stores of a person who is being blocked, and takes back the invitations the person sent. The person's row is locked.
pub(crate) async fn suspend_owned(tx: &Tx, app: &App, owner: UserId) -> Result<()> {
    invitation::revoke_by_inviter(tx, owner).await?;
    let trading = || Column::OwnerId.eq(owner).and(Column::Status.is_in([StoreStatus::Active, StoreStatus::Pending]));
    let locked: Vec<StoreId> = lock_in_order(tx, Entity::find().filter(trading()), Column::Id).await?;
    if locked.is_empty() {
        return Ok(());
    }
    locked.iter().for_each(|id| tx.changed(Subject::Store(*id)));
    let now = app.clock.now();
    let found =
        Query::select().columns([Column::Id, Column::Status]).expr(Expr::value(now)).from(Entity).and_where(trading()).to_owned();
    let stores = || Query::select().column(Column::Id).from(Entity).and_where(trading()).to_owned();
    Suspensions::delete_many().filter(store_suspension::Column::StoreId.in_subquery(stores())).exec(tx).await?;
    let columns =
        [store_suspension::Column::StoreId, store_suspension::Column::StatusBefore, store_suspension::Column::CreatedAt];
    let mut remember = Query::insert();
    remember.into_table(Suspensions).columns(columns);
    remember.select_from(found).map_err(souk_core::error::internal)?;
    tx.execute(&remember).await?;
    let listed = product::Column::StoreId.in_subquery(stores()).and(product::Column::Listed.eq(true));
    let hidden = product::Entity::find().filter(listed.clone());
    category::keep_of_products(tx, hidden.clone(), None).await?;
    let _: Vec<ProductId> = lock_in_order(tx, hidden, product::Column::Id).await?;
    product::Entity::update_many()
        .col_expr(product::Column::Listed, Expr::value(false))
        .col_expr(product::Column::UpdatedAt, Expr::value(now))
        .filter(listed)
        .exec(tx)
        .await?;
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(StoreStatus::Suspended.as_str()))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(trading())
        .exec(tx)
        .await?;
    Ok(())
}

/// The stores that are suspended because their owner is or was blocked, newest first, at most [`MOST_LISTED`].
pub(crate) async fn suspended_with_owner(tx: &Tx, owner: UserId) -> Result<Vec<Model>> {
    let suspension = Entity::belongs_to(Suspensions).from(Column::Id).to(store_suspension::Column::StoreId).into();
    let query = Entity::find().join(JoinType::InnerJoin, suspension).filter(Column::OwnerId.eq(owner));
    Ok(query.order_by_desc(Column::Id).limit(MOST_LISTED).all(tx).await?)
}

/// Gives stores that were suspended with their owner the status back that they had, at most [`MOST_LISTED`]. The owner's row is
/// locked.
pub(crate) async fn reopen_owned(tx: &Tx, app: &App, owner: UserId) -> Result<Vec<Model>> {
    let mut ids: Vec<StoreId> = suspended_with_owner(tx, owner).await?.into_iter().map(|store| store.id).collect();
    ids.sort_unstable();
    let mut reopened = Vec::new();
    for id in ids {
        let Some(store) = Entity::find_by_id(id).lock_exclusive().one(tx).await? else { continue };
        // Looked at again: staff may have closed the store, or suspended it themselves, in the meantime.
        let Some(suspension) = Suspensions::find_by_id(id).one(tx).await? else { continue };
        reopened.push(change(tx, app, store, suspension.status_before).await?);
    }
    Ok(reopened)
}

/// From now on a store is as it is for a reason of its own.
pub(super) async fn forget_suspension(tx: &Tx, store: StoreId) -> Result<()> {
    Suspensions::delete_by_id(store).exec(tx).await?;
    Ok(())
}
