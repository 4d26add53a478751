//! Changes of checkouts for orders and closed accounts.

use crate::cart;
use entity::checkout::{Column, Entity, Model};
use entity::id::{CheckoutId, UserId};
use entity::value::CheckoutStatus;
use entity::versioned::VersionedTable;
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect};
use souk_core::db::{Tx, lock_in_order};
use souk_core::error::Result;

/// Locks a checkout; `None` if it does not exist.
pub(crate) async fn lock(tx: &Tx, id: CheckoutId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).lock_exclusive().one(tx).await?)
}

/// Marks a locked checkout as completed: it became an order.
pub(crate) async fn complete(tx: &Tx, checkout: &Model, at: DateTimeUtc) -> Result<()> {
    set_status(tx, checkout, CheckoutStatus::Completed, at).await
}

/// Opens a locked checkout again, as its order was not paid.
pub(crate) async fn reopen(tx: &Tx, checkout: &Model, at: DateTimeUtc) -> Result<()> {
    set_status(tx, checkout, CheckoutStatus::Open, at).await
}

async fn set_status(tx: &Tx, checkout: &Model, status: CheckoutStatus, at: DateTimeUtc) -> Result<()> {
    Entity::touch_many(at)
        .col_expr(Column::Status, Expr::value(status.as_str()))
        .filter(Column::Id.eq(checkout.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// The user's checkouts, and those that other users made from the user's cart.
fn of_user(user: UserId) -> Expr {
    Column::UserId.eq(user).or(Column::CartId.in_subquery(cart::of_user(user)))
}

/// Locks the checkouts of a user.
pub(crate) async fn lock_all_of(tx: &Tx, user: UserId) -> Result<()> {
    let _: Vec<CheckoutId> = lock_in_order(tx, Entity::find().filter(of_user(user)), Column::Id).await?;
    Ok(())
}

/// Deletes the checkouts of a user whose account is closed. One that became an order repeats the personal data.
pub(crate) async fn erase(tx: &Tx, user: UserId) -> Result<()> {
    Entity::delete_many().filter(of_user(user)).exec(tx).await?;
    Ok(())
}
