//! Replacing a payment of an order by another one, after it was cancelled at its provider.

use super::settle::settle_locked;
use crate::order::locked::LockedOrder;
use crate::payment::{self, Method, ReconcilePayment, apply_report, current, immediate_report, is_decided, new_payment};
use entity::id::PaymentId;
use entity::payment::Model;
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::{Fault, Result};
use souk_core::job::withdraw;
use souk_core::live;
use souk_core::provider::payment::{ProviderPayment, ProviderState};

/// Records the cancellation of an order's pending payment, by its provider's report, and inserts the payment that replaces it;
/// the first of several concurrent requests wins. `None` if the payment is not pending any more.
pub(crate) async fn replace_payment(
    tx: &Tx,
    app: &App,
    mut locked: LockedOrder,
    waiting: PaymentId,
    report: &ProviderPayment,
    method: Method,
) -> Result<Option<Model>> {
    let mut payments = payment::lock_all(tx, locked.order.id).await?;
    let Some(old) = current(&payments).filter(|old| old.id == waiting && !is_decided(old.status)) else { return Ok(None) };
    let mut applied = apply_report(app, &locked.order, old, &[], report)?;
    let Some(ended) = &mut applied.payment else { return Ok(None) };
    if *report.state() == ProviderState::Cancelled {
        ended.failure_reason = Some("it was replaced by another payment".to_owned());
    }
    let ended = ended.clone();
    payment::write_report(tx, app, &applied).await?;
    withdraw::<ReconcilePayment>(tx, &waiting.to_string()).await?;
    live::append(tx, &app.clock, payment::report_event(&locked.order, &ended).into_iter().collect()).await?;
    let new = new_payment(app, &locked.order, method);
    payment::insert(tx, &new).await?;
    if let Some(report) = immediate_report(app, &new) {
        payments.retain(|payment| payment.id != waiting);
        payments.extend([ended, new.clone()]);
        let settled = settle_locked(tx, app, locked, &payments, new.id, &report, None).await?;
        return Ok(Some(settled));
    }
    // The buyer gets time for the new payment, at most twice the time of the first, so that stock is not reserved without limit.
    let (hold, made_at) = (app.config.stock_hold, locked.order.created_at);
    let until = (app.clock.now() + hold).min(made_at + hold * 2);
    let hold_expires_at =
        locked.order.hold_expires_at.ok_or_else(|| Fault::internal("a pending order has no hold_expires_at"))?;
    locked.order.hold_expires_at = Some(hold_expires_at.max(until));
    locked.save(tx, app).await?;
    ReconcilePayment::enqueue_first(tx, app, new.id).await?;
    Ok(Some(new))
}
