//! Completing a checkout: once, whatever is sent again.

use super::another_method::complete_again;
use super::place::{self, Placed};
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

/// How often a request looks again when others change the same checkout at the same time.
const ROUNDS: u32 = 8;

/// The longest idempotency key, and the longest token of a payment.
pub const LONGEST_KEY: usize = 255;

/// What a buyer sends to complete a checkout.
#[derive(Clone, Debug)]
pub struct Complete {
    /// Which.
    pub checkout_id: CheckoutId,
    /// Opens a guest's.
    pub checkout_token: Option<String>,
    /// Who moves the money.
    pub provider: PaymentProvider,
    /// What the client's library got from the provider.
    pub payment_token: Option<String>,
    /// The same again answers the same.
    pub idempotency_key: String,
    /// What the buyer agreed to; refused where it comes to something else today.
    pub expected_total: Option<Amount>,
}

/// The order a checkout became.
#[derive(Clone, Debug)]
pub struct Completed {
    /// The order.
    pub order_id: OrderId,
    /// Its payment.
    pub payment: Payment,
    /// Why the payment was not requested as asked, if it was not.
    pub problem: Option<Problem>,
}

impl Completed {
    fn of(payment: Payment) -> Self {
        Self { order_id: payment.order_id, payment, problem: None }
    }
}

/// Everything that decides what is done; two requests with the same key must agree in it.
#[derive(Serialize)]
struct Canonical<'a> {
    checkout_id: CheckoutId,
    provider: PaymentProvider,
    payment_token: Option<&'a str>,
    expected_total: Option<Minor>,
}

/// Makes an order of a checkout and asks for its payment.
///
/// The first transaction prices everything again, takes the stock and writes the order, its payment (pending) and a job that
/// looks after the payment; where no provider has to be asked, it settles the payment, too, and that is all. Else the provider is asked, outside any transaction, with the payment's ID as its idempotency key,
/// and a second transaction settles what it says. A crash in between is repaired by the job, or by the same request again.
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
    for _ in 0..ROUNDS {
        match Box::pin(place::place(app, viewer, &input, &key, expected_total)).await {
            Ok(Placed::New(payment)) if payment::is_decided(payment.status) => return Ok(Completed::of(payment)),
            Ok(Placed::New(payment)) => {
                let payment = Box::pin(payment::call_provider(app, &payment, ProviderCall::Authorize)).await?;
                return Ok(Completed::of(payment));
            }
            Ok(Placed::WithKey(order)) => return replay(app, viewer, order).await,
            Ok(Placed::AlreadyPlaced(order)) => {
                let again = Box::pin(complete_again(app, viewer, &input, &key, expected_total, order)).await;
                // Another request stored the key in the meantime.
                if matches!(again, Err(Error::Fault(Fault::IdempotencyKeyReused))) {
                    continue;
                }
                if let Some(completed) = again? {
                    return Ok(completed);
                }
            }
            // Another request stored the key in the meantime.
            Err(Error::Fault(Fault::IdempotencyKeyReused)) => {
                return match key.result(app.db.read()).await? {
                    Some(order) => replay(app, viewer, OrderId(order)).await,
                    None => Err(Fault::IdempotencyKeyReused.into()),
                };
            }
            Err(error) => return Err(error),
        }
    }
    let message =
        "Other requests are completing this checkout at the same time; nothing was requested by this one. Try again in a moment.";
    refuse("checkoutId", Code::PaymentPending, message)
}

fn check(app: &App, input: &Complete) -> Result<Option<Minor>> {
    let mut check = Check::new();
    let key = check.line("idempotencyKey", &input.idempotency_key, 1..=LONGEST_KEY);
    if check.is_clean() && key != input.idempotency_key {
        check.problem("idempotencyKey", Code::Invalid, "idempotencyKey must not begin or end with spaces");
    }
    if let Some(token) = &input.payment_token {
        check.line("paymentToken", token, 1..=LONGEST_KEY);
    }
    if !app.payments.offers(input.provider) {
        let message = format!("{} is not offered here; choose another paymentProvider", input.provider);
        check.problem("paymentProvider", Code::Unavailable, message);
    } else if let Err(message) = app.payments.check_token(input.provider, input.payment_token.as_deref()) {
        check.problem("paymentToken", Code::Invalid, message);
    }
    let expected = input.expected_total.as_ref().and_then(|value| check.amount("expectedTotal", value, app.config.currency));
    if expected.is_some_and(|amount| amount < Minor::ZERO) {
        check.problem("expectedTotal", Code::Invalid, "expectedTotal must not be negative");
    }
    check.finish()?;
    Ok(expected)
}

/// The first result again, as it stands now. Where the provider was never heard of, because the first request died half way or
/// is still under way, it is asked: it knows the payment's ID, and moves the money once.
pub(super) async fn replay(app: &App, viewer: &Viewer, order_id: OrderId) -> Result<Completed> {
    let (_, payment) = find_order(app, viewer, order_id).await?;
    let never_sent = payment.status == PaymentStatus::Pending && payment.provider_reference.is_none();
    let payment = if never_sent { Box::pin(payment::call_provider(app, &payment, ProviderCall::LookUp)).await? } else { payment };
    Ok(Completed::of(payment))
}

/// The order of a checkout and the payment that decides about it.
pub(super) async fn find_order(app: &App, viewer: &Viewer, id: OrderId) -> Result<(order::Model, Payment)> {
    let order = order::Entity::find_by_id(id).one(app.db.read()).await?.ok_or(Fault::NotFound)?;
    let payments = payment::of_orders(app, viewer, &[id]).await?.remove(&id).unwrap_or_default();
    let payment = payment::current(&payments).ok_or_else(|| Fault::internal("an order without a payment"))?;
    Ok((order, payment.clone()))
}
