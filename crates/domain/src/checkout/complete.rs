//! Completing a checkout, exactly once for each idempotency key.

use super::another_method::complete_again;
use super::place::{self, Placement};
use crate::idempotency::Key;
use crate::payment::{self, ProviderCall};
use entity::id::{CheckoutId, OrderId};
use entity::money::Minor;
use entity::order;
use entity::payment::Model as Payment;
use entity::value::{PaymentProvider, PaymentStatus};
use sea_orm::EntityTrait;
use serde::Serialize;
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::check::{Amount, Check};
use souk_core::error::{Code, Error, Fault, Problem, Result, refuse};

/// Attempts of a request while concurrent requests change the same checkout.
const ATTEMPTS: u32 = 8;

/// Maximum length of an idempotency key and of a payment token.
pub const MAX_KEY_LENGTH: usize = 255;

/// Input of [`complete`].
#[derive(Clone, Debug)]
pub struct Complete {
    pub checkout_id: CheckoutId,
    /// Required for the checkout of a guest.
    pub checkout_token: Option<String>,
    pub provider: PaymentProvider,
    /// Token that the provider's client library created.
    pub payment_token: Option<String>,
    /// A repeated request with the same key and input returns the first result.
    pub idempotency_key: String,
    /// The total that the buyer agreed to; the request is refused if the total differs.
    pub expected_total: Option<Amount>,
}

/// Result of [`complete`].
#[derive(Clone, Debug)]
pub struct Completed {
    pub order_id: OrderId,
    pub payment: Payment,
    /// Why the payment was not requested as asked, if so.
    pub problem: Option<Problem>,
}

impl Completed {
    fn of(payment: Payment) -> Self {
        Self { order_id: payment.order_id, payment, problem: None }
    }
}

/// The input that decides what is done; two requests with the same key must agree in it.
#[derive(Serialize)]
struct Canonical<'a> {
    checkout_id: CheckoutId,
    provider: PaymentProvider,
    payment_token: Option<&'a str>,
    expected_total: Option<Minor>,
}

/// Makes an order from a checkout and requests its payment.
///
/// The first transaction prices everything again, takes the stock, and writes the order, its pending payment and a job that
/// reconciles the payment. If the outcome is known without a provider, it settles the payment, too. Otherwise the provider is
/// called outside any transaction, with the payment's ID as idempotency key, and a second transaction settles its answer. After a
/// crash in between, the job or a repeated request continues.
pub async fn complete(app: &App, viewer: &Viewer, input: Complete) -> Result<Completed> {
    let expected_total = check(app, &input)?;
    let canonical = Canonical {
        checkout_id: input.checkout_id,
        provider: input.provider,
        payment_token: input.payment_token.as_deref(),
        expected_total,
    };
    let scope = match viewer.user_id() {
        Some(user) => format!("checkoutComplete:{user}"),
        None => format!("checkoutComplete:{}", input.checkout_id),
    };
    let key = Key::new(scope, input.idempotency_key.clone(), &canonical)?;
    for _ in 0..ATTEMPTS {
        match Box::pin(place::place(app, viewer, &input, &key, expected_total)).await {
            Ok(Placement::New(payment)) if payment::is_decided(payment.status) => return Ok(Completed::of(payment)),
            Ok(Placement::New(payment)) => {
                let payment = Box::pin(payment::call_provider(app, &payment, ProviderCall::Authorize)).await?;
                return Ok(Completed::of(payment));
            }
            Ok(Placement::WithKey(order)) => return replay(app, viewer, order).await,
            Ok(Placement::AlreadyPlaced(order)) => {
                let again = Box::pin(complete_again(app, viewer, &input, &key, expected_total, order)).await;
                // A concurrent request stored the key in the meantime.
                if matches!(again, Err(Error::Fault(Fault::IdempotencyKeyReused))) {
                    continue;
                }
                if let Some(completed) = again? {
                    return Ok(completed);
                }
            }
            // A concurrent request stored the key in the meantime.
            Err(Error::Fault(Fault::IdempotencyKeyReused)) => {
                return match key.result(app.db.read()).await? {
                    Some(order) => replay(app, viewer, OrderId(order)).await,
                    None => Err(Fault::IdempotencyKeyReused.into()),
                };
            }
            Err(error) => return Err(error),
        }
    }
    let message = "The checkout is being completed by other requests; this one requested no payment, so try again in a moment.";
    refuse("checkoutId", Code::PaymentPending, message)
}

fn check(app: &App, input: &Complete) -> Result<Option<Minor>> {
    let mut check = Check::new();
    let key = check.line("idempotencyKey", &input.idempotency_key, 1..=MAX_KEY_LENGTH);
    if check.is_clean() && key != input.idempotency_key {
        check.problem("idempotencyKey", Code::Invalid, "idempotencyKey must not begin or end with spaces.");
    }
    if let Some(token) = &input.payment_token {
        check.line("paymentToken", token, 1..=MAX_KEY_LENGTH);
    }
    if !app.payments.offers(input.provider) {
        let message = format!("{} is not offered by this marketplace; choose another paymentProvider.", input.provider);
        check.problem("paymentProvider", Code::Unavailable, message);
    } else if let Err(message) = app.payments.check_token(input.provider, input.payment_token.as_deref()) {
        check.problem("paymentToken", Code::Invalid, message);
    }
    let expected = input.expected_total.as_ref().and_then(|value| check.amount("expectedTotal", value, app.config.currency));
    if expected.is_some_and(|amount| amount < Minor::ZERO) {
        check.problem("expectedTotal", Code::Invalid, "expectedTotal must not be negative.");
    }
    check.finish()?;
    Ok(expected)
}

/// The current state of the first result. If the provider has never received the call, because the first request crashed or is
/// still running, it is called now: it identifies the payment by its ID, so the money is moved once.
pub(super) async fn replay(app: &App, viewer: &Viewer, order_id: OrderId) -> Result<Completed> {
    let (_, payment) = find_order(app, viewer, order_id).await?;
    let never_sent = payment.status == PaymentStatus::Pending && payment.provider_reference.is_none();
    let payment = if never_sent { Box::pin(payment::call_provider(app, &payment, ProviderCall::LookUp)).await? } else { payment };
    Ok(Completed::of(payment))
}

/// The order of a checkout, and its current payment.
pub(super) async fn find_order(app: &App, viewer: &Viewer, id: OrderId) -> Result<(order::Model, Payment)> {
    let order = order::Entity::find_by_id(id).one(app.db.read()).await?.ok_or(Fault::NotFound)?;
    let payments = payment::of_orders(app, viewer, &[id]).await?.remove(&id).unwrap_or_default();
    let payment = payment::current(&payments).ok_or_else(|| Fault::internal("an order without a payment"))?;
    Ok((order, payment.clone()))
}
