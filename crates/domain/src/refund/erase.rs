//! Refunds that were requested by a user whose account is closed.

use entity::id::UserId;
use entity::refund::{Column, Entity};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use souk_core::db::Tx;
use souk_core::error::Result;

/// Removes a user from the refunds that the user requested.
pub(crate) async fn erase(tx: &Tx, user: UserId) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::RequestedById, Expr::value(Option::<UserId>::None))
        .filter(Column::RequestedById.eq(user))
        .exec(tx)
        .await?;
    Ok(())
}
