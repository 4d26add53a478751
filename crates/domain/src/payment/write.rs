//! Writes the status and amount of a payment.

use entity::money::Minor;
use entity::payment::{Column, Entity, Model};
use entity::value::PaymentStatus;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::Result;

pub(super) async fn write(tx: &Tx, app: &App, payment: &Model, status: PaymentStatus, amount: Minor) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(status.as_str()))
        .col_expr(Column::Amount, Expr::value(amount))
        .col_expr(Column::Version, Expr::value(payment.version + 1))
        .col_expr(Column::UpdatedAt, Expr::value(app.clock.now()))
        .filter(Column::Id.eq(payment.id))
        .exec(tx)
        .await?;
    Ok(())
}
