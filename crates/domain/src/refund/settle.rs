//! What follows from the outcome of a refund.

use crate::order::locked::{By, LockedOrder, SYSTEM};
use crate::order::reversal;
use crate::reconciliation::{self, Finding};
use crate::{download, order, payment, posting};
use entity::id::RefundId;
use entity::money::{Minor, Money};
use entity::refund::{Column, Entity, Model};
use entity::value::{EventType, FindingKind, RefundReason, RefundStatus};
use entity::versioned::{Versioned, VersionedTable};
use entity::{refund_line, store_order};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::{Fault, Result};
use souk_core::live;
use souk_core::text::truncate;
use souk_core::transact;

/// How a refund ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Succeeded {
        reference: String,
    },
    /// `reason` is a clause.
    Failed {
        reference: Option<String>,
        reason: String,
    },
}

/// Applies the provider's outcome of a refund. The same outcome again changes nothing; a refund can fail after it succeeded.
pub(super) async fn settle(app: &App, id: RefundId, outcome: &Outcome) -> Result<Model> {
    transact!(app.db, tx, {
        let found = Entity::find_by_id(id).one(tx).await?.ok_or(Fault::NotFound)?;
        let locked = LockedOrder::lock(tx, found.order_id).await?;
        settle_locked(tx, app, locked, id, outcome, SYSTEM).await
    })
}

/// As [`settle`], for a locked order.
pub(super) async fn settle_locked(
    tx: &Tx,
    app: &App,
    mut locked: LockedOrder,
    id: RefundId,
    outcome: &Outcome,
    by: By,
) -> Result<Model> {
    let mut payments = payment::lock_all(tx, locked.order.id).await?;
    let mut refund = Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
    let is_open = matches!(refund.status, RefundStatus::Pending | RefundStatus::AwaitingPerson);
    let to = match outcome {
        Outcome::Succeeded { .. } if is_open => RefundStatus::Succeeded,
        Outcome::Failed { .. } if is_open || refund.status == RefundStatus::Succeeded => RefundStatus::Failed,
        _ => return Ok(refund),
    };
    let was_settled = refund.status == RefundStatus::Succeeded;
    let payment = payments.iter_mut().find(|payment| payment.id == refund.payment_id).ok_or(Fault::NotFound)?;
    let is_posted = posting::is_posted(tx, payment).await?;
    payment::end_refund(tx, app, payment, refund.amount, was_settled, to == RefundStatus::Succeeded).await?;
    refund.status = to;
    match outcome {
        Outcome::Succeeded { reference } => {
            refund.provider_reference = Some(truncate(reference, 255).to_owned());
            posting::post_refund_settled(tx, app, &locked, payment, &refund).await?;
        }
        Outcome::Failed { reference, reason } => {
            if let Some(reference) = reference {
                refund.provider_reference = Some(truncate(reference, 255).to_owned());
            }
            refund.failure_reason = Some(truncate(reason, 500).to_owned());
            let returns = is_counted(&refund);
            if returns {
                uncount(tx, &mut locked, &refund).await?;
                download::restore(tx, &locked).await?;
            }
            posting::post_refund_failed(tx, app, &mut locked, payment, &refund, was_settled, returns, is_posted).await?;
            let found = Money::new(Minor::ZERO, refund.currency);
            let (subject_type, subject_id, expected) = ("REFUND", refund.id.0, refund.amount);
            let finding = Finding { kind: FindingKind::RefundFailed, subject_type, subject_id, expected, found };
            reconciliation::record(tx, app, &[finding]).await?;
        }
    }
    write(tx, app, &mut refund).await?;
    let ended = if was_settled { Minor::ZERO } else { refund.amount };
    locked.order.refund_due = locked.order.refund_due.minus(ended)?.max(Minor::ZERO);
    locked.save(tx, app).await?;
    live::append(tx, &app.clock, vec![event(&locked, &refund, by)?]).await?;
    Ok(refund)
}

/// Whether a refund is counted on lines and shipping, so that it can be taken back. What is owed for cancelled items, or for money that no
/// store order needed, stays owed.
pub(super) fn is_counted(refund: &Model) -> bool {
    refund.store_order_id.is_some() && refund.reason != RefundReason::Cancelled
}

/// Takes a failed refund back from the lines and the store order.
async fn uncount(tx: &Tx, locked: &mut LockedOrder, refund: &Model) -> Result<()> {
    let tax_included = locked.order.tax_included;
    let parts = refund_line::Entity::find().filter(refund_line::Column::RefundId.eq(refund.id)).all(tx).await?;
    for part in parts {
        let line = locked.lines.iter_mut().find(|line| line.id == part.order_line_id).ok_or(Fault::NotFound)?;
        line.refunded_quantity -= part.quantity;
        line.refunded_total = line.refunded_total.minus(part.amount)?;
        reversal::reverse(line, tax_included)?;
        order::write_reversed(tx, line, 0).await?;
    }
    let id = refund.store_order_id.ok_or_else(|| Fault::internal("the refund has no store order"))?;
    let row: &mut store_order::Model = locked.store_order_mut(id)?;
    row.refunded_total = row.refunded_total.minus(refund.amount)?;
    row.refunded_shipping_total = row.refunded_shipping_total.minus(refund.shipping_amount)?;
    Ok(())
}

async fn write(tx: &Tx, app: &App, refund: &mut Model) -> Result<()> {
    refund.touch(app.clock.now());
    Entity::touch_many(refund.updated_at)
        .col_expr(Column::Status, Expr::value(refund.status.as_str()))
        .col_expr(Column::ProviderReference, Expr::value(refund.provider_reference.clone()))
        .col_expr(Column::FailureReason, Expr::value(refund.failure_reason.clone()))
        .filter(Column::Id.eq(refund.id))
        .exec(tx)
        .await?;
    Ok(())
}

fn event(locked: &LockedOrder, refund: &Model, by: By) -> Result<souk_core::live::NewOrderEvent> {
    let amount = Money::new(refund.amount, refund.currency);
    let (event_type, message) = match refund.status {
        RefundStatus::Succeeded => (EventType::RefundSucceeded, format!("{amount} were refunded.")),
        _ => (EventType::RefundFailed, format!("The refund of {amount} failed.")),
    };
    match refund.store_order_id {
        Some(id) => locked.store_order_event(id, event_type, message, by),
        None => Ok(locked.event(event_type, message, by)),
    }
}
