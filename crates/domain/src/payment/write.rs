//! Writing payments and their attempts.

use super::report::Applied;
use super::status::status_of;
use crate::reconciliation;
use entity::id::{OrderId, PaymentId};
use entity::money::Minor;
use entity::payment::{ActiveModel, Column, Entity, Model};
use entity::value::{AttemptKind, PaymentStatus, ProviderErrorKind};
use entity::versioned::{Versioned, VersionedTable};
use entity::{capture, payment_attempt};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::db::{InPadded, Tx};
use souk_core::error::{Fault, Result};
use souk_core::provider::payment::ProviderState;
use souk_core::transact;

/// Locks all payments of a locked order, oldest first.
pub(crate) async fn lock_all(tx: &Tx, order_id: OrderId) -> Result<Vec<Model>> {
    let query = Entity::find().filter(Column::OrderId.eq(order_id)).order_by_asc(Column::Id);
    Ok(query.lock_exclusive().all(tx).await?)
}

/// Inserts a new payment.
pub(crate) async fn insert(tx: &Tx, payment: &Model) -> Result<()> {
    Entity::insert(payment.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// The captures of a locked payment.
pub(crate) async fn captures_of(tx: &Tx, payment: &Model) -> Result<Vec<capture::Model>> {
    if payment.captured_amount == Minor::ZERO {
        return Ok(Vec::new());
    }
    Ok(capture::Entity::find().filter(capture::Column::PaymentId.eq(payment.id)).all(tx).await?)
}

/// Writes what the report of a provider changes, and records the report as an attempt.
pub(crate) async fn write_report(tx: &Tx, app: &App, applied: &Applied) -> Result<()> {
    insert_captures(tx, &applied.captures).await?;
    for capture in &applied.late_fees {
        use capture::{Column, Entity};
        let update = Entity::update_many().col_expr(Column::Fee, Expr::value(capture.fee));
        update.filter(Column::Id.eq(capture.id)).filter(Column::Fee.is_null()).exec(tx).await?;
    }
    reconciliation::record(tx, app, &applied.findings).await?;
    let Some(row) = &applied.payment else { return Ok(()) };
    let change = ActiveModel {
        status: Set(row.status),
        authorized_amount: Set(row.authorized_amount),
        captured_amount: Set(row.captured_amount),
        provider_reference: Set(row.provider_reference.clone()),
        account: Set(row.account.clone()),
        method_token: Set(row.method_token.clone()),
        redirect_url: Set(row.redirect_url.clone()),
        client_secret: Set(row.client_secret.clone()),
        failure_reason: Set(row.failure_reason.clone()),
        expires_at: Set(row.expires_at),
        version: Set(row.version),
        updated_at: Set(row.updated_at),
        ..Default::default()
    };
    Entity::update_many().set(change).filter(Column::Id.eq(row.id)).exec(tx).await?;
    let attempt = Attempt { kind: applied.call, message: row.failure_reason.as_deref(), ..Attempt::default() };
    insert_attempt(tx, app, row, attempt, row.updated_at).await
}

/// Inserts new captures of a locked payment.
pub(super) async fn insert_captures(tx: &Tx, captures: &[capture::Model]) -> Result<()> {
    if captures.is_empty() {
        return Ok(());
    }
    let rows = captures.iter().map(|row| row.clone().into_active_model().reset_all());
    capture::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// Reserves an amount of a locked payment for a refund.
pub(crate) async fn reserve_refund(tx: &Tx, app: &App, payment: &mut Model, amount: Minor) -> Result<()> {
    payment.refund_pending_amount = payment.refund_pending_amount.plus(amount)?;
    write_refunded(tx, app, payment).await
}

/// Ends the reservation of a refund: its amount was returned, or it was not. `was_settled` if it was counted as returned before.
pub(crate) async fn end_refund(
    tx: &Tx,
    app: &App,
    payment: &mut Model,
    amount: Minor,
    was_settled: bool,
    returned: bool,
) -> Result<()> {
    match was_settled {
        true => payment.refunded_amount = payment.refunded_amount.minus(amount)?,
        false => payment.refund_pending_amount = payment.refund_pending_amount.minus(amount)?,
    }
    if returned {
        payment.refunded_amount = payment.refunded_amount.plus(amount)?;
    }
    payment.status = status_of(payment, &ProviderState::Captured);
    write_refunded(tx, app, payment).await
}

/// Counts money of a locked payment that its provider withdrew in a dispute; negative if it was returned.
pub(crate) async fn count_disputed(tx: &Tx, app: &App, payment: &mut Model, amount: Minor) -> Result<()> {
    payment.disputed_amount = payment.disputed_amount.plus(amount)?;
    payment.touch(app.clock.now());
    Entity::touch_many(payment.updated_at)
        .col_expr(Column::DisputedAmount, Expr::value(payment.disputed_amount))
        .filter(Column::Id.eq(payment.id))
        .exec(tx)
        .await?;
    Ok(())
}

async fn write_refunded(tx: &Tx, app: &App, payment: &mut Model) -> Result<()> {
    payment.touch(app.clock.now());
    Entity::touch_many(payment.updated_at)
        .col_expr(Column::Status, Expr::value(payment.status.as_str()))
        .col_expr(Column::RefundedAmount, Expr::value(payment.refunded_amount))
        .col_expr(Column::RefundPendingAmount, Expr::value(payment.refund_pending_amount))
        .filter(Column::Id.eq(payment.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Writes the status of a locked payment, and the part of its amount that is not due any more.
pub(super) async fn write_due(tx: &Tx, app: &App, payment: &Model) -> Result<()> {
    Entity::touch_many(app.clock.now())
        .col_expr(Column::Status, Expr::value(payment.status.as_str()))
        .col_expr(Column::CancelledAmount, Expr::value(payment.cancelled_amount))
        .col_expr(Column::AuthorizedAmount, Expr::value(payment.authorized_amount))
        .filter(Column::Id.eq(payment.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// A call to a provider, as it is recorded.
#[derive(Clone, Copy, Default)]
pub(super) struct Attempt<'a> {
    pub kind: Option<AttemptKind>,
    /// Amount of the call, if it is not that of the payment.
    pub amount: Option<Minor>,
    /// Absent if the provider reported the payment.
    pub error_kind: Option<ProviderErrorKind>,
    pub message: Option<&'a str>,
}

/// Records that money was received without a provider.
pub(super) async fn record_attempt(tx: &Tx, app: &App, payment: &Model, message: Option<&str>, at: DateTimeUtc) -> Result<()> {
    let attempt = Attempt { kind: Some(AttemptKind::Capture), message, ..Attempt::default() };
    insert_attempt(tx, app, payment, attempt, at).await
}

/// Records a call to a provider, with the status of the payment after it.
pub(super) async fn insert_attempt(tx: &Tx, app: &App, payment: &Model, attempt: Attempt<'_>, at: DateTimeUtc) -> Result<()> {
    let row = payment_attempt::ActiveModel {
        id: Set(app.clock.new_id()),
        payment_id: Set(payment.id),
        kind: Set(attempt.kind),
        outcome: Set(payment.status),
        amount: Set(attempt.amount),
        error_kind: Set(attempt.error_kind),
        provider_reference: Set(payment.provider_reference.clone()),
        message: Set(attempt.message.map(str::to_owned)),
        created_at: Set(at),
    };
    payment_attempt::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// Stores the reference of a payment that was just created at its provider, unless another one is stored or the payment is decided;
/// returns the payment as it is then.
pub(super) async fn store_reference(app: &App, payment_id: PaymentId, reference: &str) -> Result<Model> {
    transact!(app.db, tx, {
        Entity::touch_many(app.clock.now())
            .col_expr(Column::ProviderReference, Expr::value(reference))
            .filter(Column::Id.eq(payment_id))
            .filter(Column::ProviderReference.is_null())
            .filter(Column::Status.in_padded(&[PaymentStatus::Pending, PaymentStatus::RequiresAction]))
            .exec(tx)
            .await?;
        Ok(Entity::find_by_id(payment_id).one(tx).await?.ok_or(Fault::NotFound)?)
    })
}
