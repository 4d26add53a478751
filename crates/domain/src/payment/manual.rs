//! Manual payments, without a provider: cash on delivery, a bank transfer.

use super::write::{insert_captures, record_attempt};
use crate::order::locked::LockedOrder;
use crate::order::status::is_void;
use entity::capture;
use entity::money::Minor;
use entity::payment::{Column, Entity, Model};
use entity::value::{PaymentProvider, PaymentStatus};
use entity::versioned::{Versioned, VersionedTable};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::{Fault, Result};

/// Records that the manual payment of a locked order was received, with a capture for each store order; `None` if the order has no open
/// manual payment.
pub(crate) async fn capture_manual(tx: &Tx, app: &App, locked: &LockedOrder) -> Result<Option<Model>> {
    let authorized = Entity::find()
        .filter(Column::OrderId.eq(locked.order.id))
        .filter(Column::Provider.eq(PaymentProvider::Manual))
        .filter(Column::Status.eq(PaymentStatus::Authorized));
    let Some(mut payment) = authorized.lock_exclusive().one(tx).await? else { return Ok(None) };
    payment.status = PaymentStatus::Captured;
    payment.captured_amount = payment.amount_due();
    payment.authorized_amount = Minor::ZERO;
    payment.touch(app.clock.now());
    Entity::touch_many(payment.updated_at)
        .col_expr(Column::Status, Expr::value(payment.status.as_str()))
        .col_expr(Column::CapturedAmount, Expr::value(payment.captured_amount))
        .col_expr(Column::AuthorizedAmount, Expr::value(payment.authorized_amount))
        .filter(Column::Id.eq(payment.id))
        .exec(tx)
        .await?;
    insert_captures(tx, &captures_by_store_order(app, locked, &payment)?).await?;
    record_attempt(tx, app, &payment, None, payment.updated_at).await?;
    Ok(Some(payment))
}

/// The received amount by store order: what remains of each after cancellations.
fn captures_by_store_order(app: &App, locked: &LockedOrder, payment: &Model) -> Result<Vec<capture::Model>> {
    let mut captures = Vec::new();
    for store_order in locked.store_orders.iter().filter(|store_order| !is_void(store_order.status)) {
        let cancelled = Minor::sum(locked.lines_of(store_order.id).map(|line| line.cancelled_total))?;
        let amount = store_order.total.minus(cancelled)?;
        if amount > Minor::ZERO {
            captures.push(capture::Model {
                id: app.clock.new_id(),
                payment_id: payment.id,
                store_order_id: Some(store_order.id),
                amount,
                provider_reference: store_order.id.to_string(),
                fee: None,
                created_at: payment.updated_at,
            });
        }
    }
    let sum = Minor::sum(captures.iter().map(|capture| capture.amount))?;
    if sum != payment.captured_amount {
        let message = format!("the store orders of a payment add up to {}, not {}", sum.0, payment.captured_amount.0);
        return Err(Fault::internal(message).into());
    }
    Ok(captures)
}
