//! New payments.

use entity::money::Minor;
use entity::order;
use entity::payment::Model;
use entity::value::{PaymentProvider, PaymentStatus};
use souk_core::app::App;

/// How a buyer pays.
#[derive(Clone, Debug)]
pub(crate) struct Method {
    pub provider: PaymentProvider,
    /// Token that the provider's client library created.
    pub token: Option<String>,
}

/// A new payment of an order, not yet written.
pub(crate) fn new_payment(app: &App, order: &order::Model, method: Method) -> Model {
    let now = app.clock.now();
    Model {
        id: app.clock.new_id(),
        order_id: order.id,
        provider: method.provider,
        status: PaymentStatus::Pending,
        amount: order.total,
        cancelled_amount: Minor::ZERO,
        authorized_amount: Minor::ZERO,
        captured_amount: Minor::ZERO,
        refunded_amount: Minor::ZERO,
        refund_pending_amount: Minor::ZERO,
        disputed_amount: Minor::ZERO,
        currency: order.currency,
        provider_reference: None,
        capture_method: app.payments.capture_method(method.provider),
        account: None,
        method_token: method.token,
        redirect_url: None,
        client_secret: None,
        failure_reason: None,
        expires_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}
