//! What follows from the answer of a provider.

use super::reopen::LockedCheckout;
use crate::order::lifecycle;
use crate::order::locked::LockedOrder;
use crate::order::status::is_void;
use crate::payment::{self, CancelPayment, ReconcilePayment, is_decided, is_open, is_received};
use entity::id::{OrderId, PaymentId};
use entity::payment::{Column, Entity, Model};
use entity::value::{OrderStatus, PaymentStatus};
use sea_orm::{EntityTrait, QuerySelect};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::{Fault, Result};
use souk_core::job::{Enqueue, enqueue, withdraw};
use souk_core::live;
use souk_core::provider::payment::{Answer, Outcome};
use souk_core::transact;

/// Settles a payment by the provider's answer: the order is confirmed if the payment was authorized or captured; it fails and
/// releases its stock and checkout if the payment failed or was cancelled; otherwise it keeps waiting. The same answer again
/// changes nothing.
pub async fn settle(app: &App, payment_id: PaymentId, answer: Answer) -> Result<Model> {
    transact!(app.db, tx, {
        let order_id: Option<OrderId> =
            Entity::find_by_id(payment_id).select_only().column(Column::OrderId).into_tuple().one(tx).await?;
        let order_id = order_id.ok_or(Fault::NotFound)?;
        // Placing an order locks the checkout and the cart before the order, so reopening them must, too.
        let checkout = match answer.outcome() {
            Outcome::Failed { .. } | Outcome::Cancelled => LockedCheckout::lock(tx, order_id).await?,
            _ => None,
        };
        let locked = LockedOrder::lock(tx, order_id).await?;
        let payments = payment::lock_all(tx, order_id).await?;
        let settled = Box::pin(settle_locked(tx, app, locked, &payments, payment_id, &answer, checkout)).await?;
        if is_decided(settled.status) {
            withdraw::<ReconcilePayment>(tx, &payment_id.to_string()).await?;
        }
        Ok(settled)
    })
}

/// As [`settle`], for an order with all of its payments that are locked already, within their transaction. A failed payment
/// reopens the checkout only if it is given in `checkout`.
pub(crate) async fn settle_locked(
    tx: &Tx,
    app: &App,
    locked: LockedOrder,
    payments: &[Model],
    payment_id: PaymentId,
    answer: &Answer,
    checkout: Option<LockedCheckout>,
) -> Result<Model> {
    let before = payments.iter().find(|payment| payment.id == payment_id).ok_or(Fault::NotFound)?;
    let Some(settled) = payment::apply_answer(app, &locked.order, before, answer) else { return Ok(before.clone()) };
    payment::write_answer(tx, app, &settled).await?;
    live::append(tx, &app.clock, payment::answer_event(&locked.order, &settled).into_iter().collect()).await?;
    if is_decided(settled.status) {
        let consequence = Consequence::of(&locked, payments, before, &settled);
        consequence.apply(tx, app, locked, payments, &settled, checkout).await?;
    }
    Ok(settled)
}

/// What a decided payment changes beside itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consequence {
    /// The order is paid, and its other open payments are obsolete.
    Paid,
    /// The order is confirmed; it is paid later.
    Promised,
    /// The money is due for a refund: an order is paid only once, and a void one never.
    RefundDue,
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
    fn of(locked: &LockedOrder, payments: &[Model], before: &Model, settled: &Model) -> Self {
        let void = is_void(locked.order.status);
        let others = || payments.iter().filter(|other| other.id != settled.id);
        let received = others().any(|other| is_received(other.status));
        let waiting = others().any(|other| is_open(other.status));
        match settled.status {
            PaymentStatus::Captured if void || received => Self::RefundDue,
            PaymentStatus::Captured => Self::Paid,
            PaymentStatus::Authorized if void || received || waiting => Self::NotNeeded,
            PaymentStatus::Authorized => Self::Promised,
            _ if received || waiting => Self::Nothing,
            _ if void && locked.order.status == OrderStatus::Cancelled && !is_decided(before.status) => Self::Released,
            _ if void => Self::Nothing,
            _ => Self::Failed,
        }
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
            Self::Paid => {
                for other in payments.iter().filter(|other| other.id != settled.id && is_open(other.status)) {
                    payment::cancel_obsolete(tx, app, other).await?;
                }
                lifecycle::confirm_locked(tx, app, locked, true).await
            }
            Self::Promised => lifecycle::confirm_locked(tx, app, locked, false).await,
            Self::RefundDue => lifecycle::record_refund_due(tx, app, &mut locked, settled.captured_amount).await,
            Self::NotNeeded => enqueue(tx, &app.clock, &CancelPayment { payment_id: settled.id }, Enqueue::default()).await,
            Self::Failed => {
                let reason = settled.failure_reason.as_deref().unwrap_or_default();
                let (order, lines) = (locked.order.clone(), locked.lines.clone());
                lifecycle::fail_locked(tx, app, locked, &format!("The payment failed: {reason}.")).await?;
                match checkout {
                    Some(checkout) => checkout.reopen(tx, app, &order, &lines).await,
                    None => Ok(()),
                }
            }
            Self::Released => match checkout {
                Some(checkout) => checkout.reopen(tx, app, &locked.order, &locked.lines).await,
                None => Ok(()),
            },
            Self::Nothing => Ok(()),
        }
    }
}
