//! Notes of a user whose account is closed.

use entity::id::{OrderId, UserId};
use entity::order;
use entity::order_note::{Column, Entity};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::db::{InPadded, Tx};
use souk_core::error::Result;

/// Deletes the notes on the user's orders, which can contain personal data of the buyer, and removes the user as the author of others.
/// Must precede the erasure of the orders, which no longer name their buyer then. The orders are locked as by that, so that no note is
/// added in between.
pub(crate) async fn erase(tx: &Tx, user: UserId) -> Result<()> {
    let query = order::Entity::find().select_only().column(order::Column::Id).filter(order::Column::UserId.eq(user));
    let orders: Vec<OrderId> = query.order_by_asc(order::Column::Id).lock_exclusive().into_tuple().all(tx).await?;
    if !orders.is_empty() {
        Entity::delete_many().filter(Column::OrderId.in_padded(&orders)).exec(tx).await?;
    }
    Entity::update_many()
        .col_expr(Column::CreatedById, Expr::value(Option::<UserId>::None))
        .filter(Column::CreatedById.eq(user))
        .exec(tx)
        .await?;
    Ok(())
}
