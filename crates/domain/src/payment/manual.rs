//! Manual payments, without a provider: cash on delivery, a bank transfer.

use super::status::status_of;
use super::write::{insert_captures, record_attempt};
use crate::order::locked::LockedOrder;
use entity::capture;
use entity::id::StoreOrderId;
use entity::money::Minor;
use entity::payment::{Column, Entity, Model};
use entity::value::{CollectedBy, PaymentProvider, PaymentStatus};
use entity::versioned::{Versioned, VersionedTable};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::db::{InPadded, Tx};
use souk_core::error::{Fault, Result};
use souk_core::provider::payment::ProviderState;

/// The manual payment of a locked order that is not received in full; `None` if it has none.
pub(crate) async fn lock_open_manual(tx: &Tx, locked: &LockedOrder) -> Result<Option<Model>> {
    let open = Entity::find()
        .filter(Column::OrderId.eq(locked.order.id))
        .filter(Column::Provider.eq(PaymentProvider::Manual))
        .filter(Column::Status.in_padded(&[PaymentStatus::Authorized, PaymentStatus::PartiallyCaptured]));
    Ok(open.lock_exclusive().one(tx).await?)
}

/// Records that amounts of a locked manual payment were received for store orders; returns the payment and the captures.
pub(crate) async fn capture_manual(
    tx: &Tx,
    app: &App,
    mut payment: Model,
    received: &[(StoreOrderId, Minor)],
    collected_by: CollectedBy,
) -> Result<(Model, Vec<capture::Model>)> {
    let amount = Minor::sum(received.iter().map(|(_, amount)| *amount))?;
    payment.captured_amount = payment.captured_amount.plus(amount)?;
    if payment.captured_amount > payment.amount_due() {
        let message = format!("{} were received of {}", payment.captured_amount.0, payment.amount_due().0);
        return Err(Fault::internal(message).into());
    }
    payment.authorized_amount = payment.amount_due().minus(payment.captured_amount)?;
    payment.status = status_of(&payment, &ProviderState::Captured);
    payment.touch(app.clock.now());
    Entity::touch_many(payment.updated_at)
        .col_expr(Column::Status, Expr::value(payment.status.as_str()))
        .col_expr(Column::CapturedAmount, Expr::value(payment.captured_amount))
        .col_expr(Column::AuthorizedAmount, Expr::value(payment.authorized_amount))
        .filter(Column::Id.eq(payment.id))
        .exec(tx)
        .await?;
    let captures = received.iter().filter(|(_, amount)| *amount > Minor::ZERO).map(|(store_order_id, amount)| capture::Model {
        id: app.clock.new_id(),
        payment_id: payment.id,
        store_order_id: Some(*store_order_id),
        amount: *amount,
        provider_reference: store_order_id.to_string(),
        collected_by: Some(collected_by),
        fee: None,
        created_at: payment.updated_at,
    });
    let captures: Vec<_> = captures.collect();
    insert_captures(tx, &captures).await?;
    record_attempt(tx, app, &payment, None, payment.updated_at).await?;
    Ok((payment, captures))
}
