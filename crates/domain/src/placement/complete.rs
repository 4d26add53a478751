//! Completing a checkout, exactly once for each idempotency key.

use super::another_method::complete_again;
use super::input::{Complete, Completed};
use super::place::{self, Placement};
use super::replay::replay;
use crate::idempotency::Key;
use crate::payment::{self, ProviderCall};
use crate::settlement::call_provider;
use entity::id::{CheckoutId, OrderId};
use entity::money::Minor;
use entity::value::PaymentProvider;
use serde::Serialize;
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::check::Check;
use souk_core::error::{Code, Error, Fault, Result, refuse};
use souk_core::length;

/// Attempts of a request while concurrent requests change the same checkout.
const ATTEMPTS: u32 = 8;

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
            Ok(Placement::New(payment)) if payment::is_decided(payment.status) => return Ok(Completed::of(*payment)),
            Ok(Placement::New(payment)) => {
                let payment = Box::pin(call_provider(app, &payment, ProviderCall::Authorize)).await?;
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
    let key = check.line("idempotencyKey", &input.idempotency_key, 1..=length::KEY);
    if check.is_clean() && key != input.idempotency_key {
        check.problem("idempotencyKey", Code::Invalid, "idempotencyKey must not begin or end with spaces.");
    }
    if let Some(token) = &input.payment_token {
        check.line("paymentToken", token, 1..=length::KEY);
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
