//! Input and result of completing a checkout.

use entity::id::{CheckoutId, OrderId};
use entity::payment::Model as Payment;
use entity::value::PaymentProvider;
use souk_core::check::Amount;
use souk_core::error::Problem;

/// Input of [`complete`](super::complete).
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

/// Result of [`complete`](super::complete).
#[derive(Clone, Debug)]
pub struct Completed {
    pub order_id: OrderId,
    pub payment: Payment,
    /// Why the payment was not requested as asked, if so.
    pub problem: Option<Problem>,
}

impl Completed {
    pub(super) fn of(payment: Payment) -> Self {
        Self { order_id: payment.order_id, payment, problem: None }
    }
}
