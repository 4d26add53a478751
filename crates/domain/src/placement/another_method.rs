//! Completing a checkout that already became an order: with the same payment method again, or with another one.

use super::input::{Complete, Completed};
use super::replay::{find_order, replay};
use crate::account;
use crate::checkout::scope;
use crate::idempotency::Key;
use crate::order::locked::LockedOrder;
use crate::order::status::is_void;
use crate::payment::{self, Method, ProviderCall};
use crate::settlement::{self, call_provider};
use entity::checkout;
use entity::id::OrderId;
use entity::money::{Minor, Money};
use entity::order;
use entity::payment::Model as Payment;
use entity::value::CheckoutStatus;
use sea_orm::{EntityTrait, QuerySelect};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::error::{Code, Fault, Problem, Result, refuse};
use souk_core::provider::payment::{ProviderPayment, ProviderState};
use souk_core::transact;

/// Completes a checkout again whose order exists; `None` if the order has released the checkout since, so that it can be
/// completed.
///
/// A pending payment is replaced by another method only after its provider confirmed that it can no longer succeed. If the
/// provider reports that it was captured, the order is paid by it.
pub(super) async fn complete_again(
    app: &App,
    viewer: &Viewer,
    input: &Complete,
    key: &Key,
    expected_total: Option<Minor>,
    order_id: OrderId,
) -> Result<Option<Completed>> {
    let (order, payment) = find_order(app, viewer, order_id).await?;
    if is_void(order.status) {
        return of_void_order(app, order, payment).await;
    }
    let same = payment.provider == input.provider && payment.method_token == input.payment_token;
    if payment::is_decided(payment.status) || same {
        return Ok(Some(replay(app, viewer, order_id).await?));
    }
    if let Some(expected) = expected_total.filter(|expected| *expected != order.total) {
        let (now, then) = (Money::new(order.total, order.currency), order.currency.format(expected));
        let message = format!("expectedTotal must be the total of the order {}, {now}; got {then}.", order.number);
        return refuse("expectedTotal", Code::Stale, message);
    }
    replace(app, viewer, input, key, &order, payment).await
}

/// The order was cancelled before it was paid: the checkout opens again when the provider confirms that nothing will be charged.
async fn of_void_order(app: &App, order: order::Model, payment: Payment) -> Result<Option<Completed>> {
    let payment = match payment::is_decided(payment.status) {
        true => payment,
        false => Box::pin(call_provider(app, &payment, ProviderCall::Cancel)).await?,
    };
    let bound = order::Entity::find_by_id(order.id).one(app.db.read()).await?.is_some_and(|row| row.checkout_id.is_some());
    if !bound {
        return Ok(None);
    }
    let problem = payment::void_problem(&payment, &order, "checkoutId").unwrap_or_else(|| {
        let message = format!("The checkout became the order {}, which is {}.", order.number, order.status);
        Problem::new("checkoutId", Code::InvalidState, message)
    });
    Ok(Some(Completed { order_id: order.id, payment, problem: Some(problem) }))
}

async fn replace(
    app: &App,
    viewer: &Viewer,
    input: &Complete,
    key: &Key,
    order: &order::Model,
    waiting: Payment,
) -> Result<Option<Completed>> {
    let not_yet = |payment: Payment| {
        let message = "The earlier payment of this order is not cancelled yet, so the new method was not used; \
                       try again in a moment, or continue the earlier payment.";
        let problem = Some(Problem::new("paymentProvider", Code::PaymentPending, message));
        Ok(Some(Completed { order_id: payment.order_id, payment, problem }))
    };
    let Some(report) = payment::ask_provider(app, &waiting, ProviderCall::Cancel).await? else { return not_yet(waiting) };
    if !matches!(report.state(), ProviderState::Cancelled | ProviderState::Failed { .. }) {
        let settled = Box::pin(settlement::settle(app, waiting.id, report)).await?;
        if !payment::is_decided(settled.status) {
            return not_yet(settled);
        }
        return Ok(Some(Completed { order_id: order.id, payment: settled, problem: None }));
    }
    let Some(new) = write(app, viewer, input, key, order.id, &waiting, &report).await? else { return Ok(None) };
    if payment::is_decided(new.status) {
        return Ok(Some(Completed { order_id: order.id, payment: new, problem: None }));
    }
    let payment = Box::pin(call_provider(app, &new, ProviderCall::Authorize)).await?;
    Ok(Some(Completed { order_id: order.id, payment, problem: None }))
}

/// Replaces the cancelled payment by a new one, in one transaction; `None` if a concurrent request was faster.
async fn write(
    app: &App,
    viewer: &Viewer,
    input: &Complete,
    key: &Key,
    order_id: OrderId,
    waiting: &Payment,
    report: &ProviderPayment,
) -> Result<Option<Payment>> {
    transact!(app.db, tx, {
        if let Some(user) = viewer.user_id() {
            account::lock_user(tx, user).await?;
        }
        let query = scope(app, viewer, input.checkout_id, input.checkout_token.as_deref()).ok_or(Fault::NotFound)?;
        let checkout: checkout::Model = query.lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        if checkout.status != CheckoutStatus::Completed || key.result(tx).await?.is_some() {
            return Ok(None);
        }
        let locked = LockedOrder::lock(tx, order_id).await?;
        if locked.order.checkout_id != Some(checkout.id.0) || is_void(locked.order.status) {
            return Ok(None);
        }
        let method = Method { provider: input.provider, token: input.payment_token.clone() };
        let new = Box::pin(settlement::replace_payment(tx, app, locked, waiting.id, report, method)).await?;
        if new.is_some() {
            key.record(tx, app, order_id.0).await?;
        }
        Ok(new)
    })
}
