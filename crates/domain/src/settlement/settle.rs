//! What follows from the report of a provider.

use super::reopen::LockedCheckout;
use super::revive::revive;
use crate::order::lifecycle;
use crate::order::locked::LockedOrder;
use crate::order::status::is_void;
use crate::payment::{self, CancelPayment, CapturePayment, ReconcilePayment, is_decided, is_open, is_received};
use crate::{dispute, download, posting, refund};
use entity::id::PaymentId;
use entity::money::Minor;
use entity::payment::{Entity, Model};
use entity::value::{OrderStatus, PaymentProvider, PaymentStatus, RefundReason};
use sea_orm::EntityTrait;
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::{Fault, Result};
use souk_core::job::{Enqueue, enqueue, withdraw};
use souk_core::live;
use souk_core::provider::payment::{ProviderPayment, ProviderState};
use souk_core::transact;

/// Settles a payment by its provider's report: the order is confirmed if the amount due was authorized or captured; it fails and
/// releases its stock and checkout if the payment failed, was cancelled or is too low; otherwise it keeps waiting. An order that was not
/// paid in time is confirmed after all, if that is still possible, or the money is refunded. Disputes, and refunds
/// that were made at the provider, are recorded. The same report again changes nothing.
pub async fn settle(app: &App, payment_id: PaymentId, report: ProviderPayment) -> Result<Model> {
    match settle_once(app, payment_id, &report, false).await? {
        Some(settled) => Ok(settled),
        // The order failed in the meantime: its checkout must be locked first.
        None => {
            settle_once(app, payment_id, &report, true).await?.ok_or_else(|| Fault::internal("the payment is not settled").into())
        }
    }
}

/// `None` if the checkout must be locked and is not.
async fn settle_once(app: &App, payment_id: PaymentId, report: &ProviderPayment, lock_checkout: bool) -> Result<Option<Model>> {
    transact!(app.db, tx, {
        let found = Entity::find_by_id(payment_id).one(tx).await?.ok_or(Fault::NotFound)?;
        let order_id = found.order_id;
        // Placing an order locks the checkout and the cart before the order, so changing them here must, too.
        let may_change_checkout = lock_checkout || may_fail(&found, report)? || may_revive(&found, report);
        let checkout = if may_change_checkout { LockedCheckout::lock(tx, order_id).await? } else { None };
        let locked = LockedOrder::lock(tx, order_id).await?;
        if !may_change_checkout && locked.order.failed_checkout_id.is_some() {
            return Ok(None);
        }
        let payments = payment::lock_all(tx, order_id).await?;
        let mut settled = Box::pin(settle_locked(tx, app, locked, &payments, payment_id, report, checkout)).await?;
        let has_more = !report.refunds().is_empty() || !report.disputes().is_empty();
        if report.currency() == settled.currency && has_more {
            Box::pin(refund::take_in(tx, app, &settled, report)).await?;
            Box::pin(dispute::take_in(tx, app, &settled, report)).await?;
            settled = Entity::find_by_id(payment_id).one(tx).await?.ok_or(Fault::NotFound)?;
        }
        if is_decided(settled.status) {
            withdraw::<ReconcilePayment>(tx, &payment_id.to_string()).await?;
        }
        if settled.status == PaymentStatus::Authorized && settled.provider != PaymentProvider::Manual {
            CapturePayment::enqueue_next(tx, app, payment_id).await?;
        } else if found.status == PaymentStatus::Authorized {
            withdraw::<CapturePayment>(tx, &payment_id.to_string()).await?;
        }
        Ok(Some(settled))
    })
}

/// Whether the order can fail by a report. The amount due, read without a lock, only becomes smaller.
fn may_fail(payment: &Model, report: &ProviderPayment) -> Result<bool> {
    Ok(match report.state() {
        ProviderState::Failed { .. } | ProviderState::Cancelled => true,
        ProviderState::Captured => report.captured()? < payment.amount_due(),
        _ => false,
    })
}

/// Whether the order can be confirmed after it failed.
fn may_revive(payment: &Model, report: &ProviderPayment) -> bool {
    *report.state() == ProviderState::Captured && matches!(payment.status, PaymentStatus::Failed | PaymentStatus::Cancelled)
}

/// As [`settle`], for an order with all of its payments that are locked already, within their transaction. A failed payment
/// reopens the checkout only if it is given in `checkout`.
pub(crate) async fn settle_locked(
    tx: &Tx,
    app: &App,
    mut locked: LockedOrder,
    payments: &[Model],
    payment_id: PaymentId,
    report: &ProviderPayment,
    checkout: Option<LockedCheckout>,
) -> Result<Model> {
    let before = payments.iter().find(|payment| payment.id == payment_id).ok_or(Fault::NotFound)?;
    let known = payment::captures_of(tx, before).await?;
    let applied = payment::apply_report(app, &locked.order, before, &known, report)?;
    payment::write_report(tx, app, &applied).await?;
    if !applied.late_fees.is_empty() {
        posting::post_late_fees(tx, app, &mut locked, before, &applied.late_fees).await?;
        locked.save(tx, app).await?;
    }
    let Some(settled) = applied.payment else { return Ok(before.clone()) };
    live::append(tx, &app.clock, payment::report_event(&locked.order, &settled).into_iter().collect()).await?;
    if is_decided(settled.status) {
        let mut consequence = Consequence::of(&locked, payments, before, &settled)?;
        if consequence.is_late_payment(&locked, payments, &settled) && revive(tx, app, &mut locked, checkout.as_ref()).await? {
            consequence = Consequence::Paid { excess: Minor::ZERO };
        }
        posting::post_captures(tx, app, &mut locked, &settled, &applied.captures, consequence.needs_money()).await?;
        consequence.apply(tx, app, locked, payments, &settled, checkout).await?;
    }
    Ok(settled)
}

/// What a decided payment changes beside itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consequence {
    /// The order is paid, and its other open payments are obsolete. What was captured above the amount due is due for a refund.
    Paid { excess: Minor },
    /// The order is confirmed; it is paid later.
    Promised,
    /// The new money is due for a refund: an order is paid only once, and a void one never.
    RefundDue { amount: Minor },
    /// Less than the amount due was captured: the order fails, and the money is due for a refund.
    Underpaid,
    /// Part of the amount due was received; the rest is still promised.
    PaidInPart,
    /// The promise of the money is not needed: the payment is cancelled at its provider.
    NotNeeded,
    /// The order fails, and the buyer gets back the checkout and the cart.
    Failed,
    /// The buyer gets back the checkout and the cart of an order that was cancelled before it was paid, as nothing can be charged
    /// any more.
    Released,
    /// Another payment determines the state of the order, or its state is final.
    Nothing,
}

impl Consequence {
    /// `before` is the payment before the answer, `settled` after it; `payments` are all payments of the order before it.
    fn of(locked: &LockedOrder, payments: &[Model], before: &Model, settled: &Model) -> Result<Self> {
        let void = is_void(locked.order.status);
        let others = || payments.iter().filter(|other| other.id != settled.id);
        let received = others().any(|other| is_received(other.status));
        let waiting = others().any(|other| is_open(other.status));
        let amount = settled.captured_amount.minus(before.captured_amount)?;
        Ok(match settled.status {
            PaymentStatus::PartiallyCaptured | PaymentStatus::Captured if void || received => Self::RefundDue { amount },
            PaymentStatus::PartiallyCaptured if locked.order.status == OrderStatus::Pending => Self::Underpaid,
            PaymentStatus::PartiallyCaptured => Self::PaidInPart,
            PaymentStatus::Captured => Self::Paid { excess: settled.excess().minus(before.excess())? },
            PaymentStatus::PartiallyRefunded | PaymentStatus::Refunded => Self::RefundDue { amount },
            PaymentStatus::Authorized if void || received || waiting => Self::NotNeeded,
            PaymentStatus::Authorized => Self::Promised,
            _ if received || waiting => Self::Nothing,
            _ if void && locked.order.status == OrderStatus::Cancelled && !is_decided(before.status) => Self::Released,
            _ if void => Self::Nothing,
            _ => Self::Failed,
        })
    }

    async fn apply(
        self,
        tx: &Tx,
        app: &App,
        mut locked: LockedOrder,
        payments: &[Model],
        settled: &Model,
        checkout: Option<LockedCheckout>,
    ) -> Result<()> {
        match self {
            Self::Paid { excess } => {
                for other in payments.iter().filter(|other| other.id != settled.id && is_open(other.status)) {
                    payment::cancel_obsolete(tx, app, other).await?;
                }
                if excess > Minor::ZERO {
                    owe(tx, app, &mut locked, settled, excess, RefundReason::Overpaid).await?;
                }
                let paid: Vec<_> = locked.store_orders.iter().filter(|row| !is_void(row.status)).map(|row| row.id).collect();
                download::grant(tx, app, &locked, &paid).await?;
                lifecycle::confirm_locked(tx, app, locked, true).await
            }
            Self::Promised => lifecycle::confirm_locked(tx, app, locked, false).await,
            Self::RefundDue { amount } => owe(tx, app, &mut locked, settled, amount, RefundReason::LatePayment).await,
            Self::NotNeeded => enqueue(tx, &app.clock, &CancelPayment { payment_id: settled.id }, Enqueue::default()).await,
            Self::Underpaid => {
                owe(tx, app, &mut locked, settled, settled.captured_amount, RefundReason::Underpaid).await?;
                let currency = settled.currency;
                let (captured, due) = (currency.format(settled.captured_amount), currency.format(settled.amount_due()));
                fail(tx, app, locked, &format!("only {captured} of {due} {currency} were received"), checkout).await
            }
            Self::Failed => fail(tx, app, locked, settled.failure_reason.as_deref().unwrap_or_default(), checkout).await,
            Self::Released => match checkout {
                Some(checkout) => checkout.reopen(tx, app, &locked.order, &locked.lines).await,
                None => Ok(()),
            },
            Self::PaidInPart => locked.save(tx, app).await,
            Self::Nothing => Ok(()),
        }
    }

    /// Whether exactly what a failed order costs was received for it, and no other payment can pay it.
    fn is_late_payment(self, locked: &LockedOrder, payments: &[Model], settled: &Model) -> bool {
        let is_whole = self == Self::RefundDue { amount: settled.amount_due() };
        let others = || payments.iter().filter(|other| other.id != settled.id);
        is_whole
            && locked.order.status == OrderStatus::Failed
            && !others().any(|other| is_received(other.status) || is_open(other.status))
    }

    /// Whether the money that was received is for the store orders; otherwise it is owed to the buyer.
    fn needs_money(self) -> bool {
        matches!(self, Self::Paid { .. } | Self::PaidInPart)
    }
}

/// Requests the refund of money that no store order needs. The order counts as paid, as money was received for it.
async fn owe(tx: &Tx, app: &App, locked: &mut LockedOrder, payment: &Model, amount: Minor, reason: RefundReason) -> Result<()> {
    if amount == Minor::ZERO {
        return Ok(());
    }
    tracing::error!(order = %locked.order.id, amount = amount.0, %reason, "money was received that is due for a refund");
    locked.order.paid_at = locked.order.paid_at.or_else(|| Some(app.clock.now()));
    refund::owe(tx, app, locked, payment, amount, reason).await
}

/// Fails the order; the buyer gets back the checkout and the cart. `reason` is a clause.
async fn fail(tx: &Tx, app: &App, locked: LockedOrder, reason: &str, checkout: Option<LockedCheckout>) -> Result<()> {
    let (order, lines) = (locked.order.clone(), locked.lines.clone());
    lifecycle::fail_locked(tx, app, locked, &format!("The payment failed: {reason}.")).await?;
    match checkout {
        Some(checkout) => checkout.reopen(tx, app, &order, &lines).await,
        None => Ok(()),
    }
}
