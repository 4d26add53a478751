//! Manual payments, without a provider: cash on delivery, a bank transfer.

use super::write::record_attempt;
use entity::order;
use entity::payment::{Column, Entity, Model};
use entity::value::{PaymentProvider, PaymentStatus};
use entity::versioned::{Versioned, VersionedTable};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::Result;

/// Records that the manual payment of a locked order was received; `None` if the order has no open manual payment.
pub(crate) async fn capture_manual(tx: &Tx, app: &App, order: &order::Model) -> Result<Option<Model>> {
    let authorized = Entity::find()
        .filter(Column::OrderId.eq(order.id))
        .filter(Column::Provider.eq(PaymentProvider::Manual))
        .filter(Column::Status.eq(PaymentStatus::Authorized));
    let Some(mut payment) = authorized.lock_exclusive().one(tx).await? else { return Ok(None) };
    payment.status = PaymentStatus::Captured;
    payment.captured_amount = payment.amount;
    payment.touch(app.clock.now());
    Entity::touch_many(payment.updated_at)
        .col_expr(Column::Status, Expr::value(payment.status.as_str()))
        .col_expr(Column::CapturedAmount, Expr::value(payment.captured_amount))
        .filter(Column::Id.eq(payment.id))
        .exec(tx)
        .await?;
    record_attempt(tx, app, &payment, None, payment.updated_at).await?;
    Ok(Some(payment))
}
