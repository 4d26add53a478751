//! The buyer in the events of orders.

use crate::db::{InPadded, Tx};
use crate::error::Result;
use entity::event::{Column, Entity};
use entity::id::{OrderId, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

/// Makes a user the buyer in the events of orders.
pub async fn set_buyer(tx: &Tx, orders: &[OrderId], buyer: UserId) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::UserId, Expr::value(Some(buyer.0)))
        .filter(Column::OrderId.in_padded(orders))
        .exec(tx)
        .await?;
    Ok(())
}

/// Removes a user whose account is closed from the events that concern them. Events that the user caused keep the reference to the
/// user's row, which is anonymous then.
pub async fn erase(tx: &Tx, user: UserId) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::UserId, Expr::value(Option::<Uuid>::None))
        .filter(Column::UserId.eq(user.0))
        .exec(tx)
        .await?;
    Ok(())
}
