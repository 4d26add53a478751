//! The result of a request that was completed before.

use super::input::Completed;
use crate::payment::{self, ProviderCall};
use crate::settlement::call_provider;
use entity::id::OrderId;
use entity::order;
use entity::payment::Model as Payment;
use entity::value::PaymentStatus;
use sea_orm::EntityTrait;
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::error::{Fault, Result};

/// The current state of the first result. If the provider has never received the call, because the first request crashed or is
/// still running, it is called now: it identifies the payment by its ID or its stored reference, so the money is moved once.
pub(super) async fn replay(app: &App, viewer: &Viewer, order_id: OrderId) -> Result<Completed> {
    let (_, payment) = find_order(app, viewer, order_id).await?;
    let creates_first = app.payments.abilities(payment.provider).is_some_and(|abilities| abilities.creates_first);
    let never_sent = payment.status == PaymentStatus::Pending && (payment.provider_reference.is_none() || creates_first);
    let payment = if never_sent { Box::pin(call_provider(app, &payment, ProviderCall::LookUp)).await? } else { payment };
    Ok(Completed::of(payment))
}

/// The order of a checkout, and its current payment.
pub(super) async fn find_order(app: &App, viewer: &Viewer, id: OrderId) -> Result<(order::Model, Payment)> {
    let order = order::Entity::find_by_id(id).one(app.db.read()).await?.ok_or(Fault::NotFound)?;
    let payments = payment::of_orders(app, viewer, &[id]).await?.remove(&id).unwrap_or_default();
    let payment = payment::current(&payments).ok_or_else(|| Fault::internal("an order without a payment"))?;
    Ok((order, payment.clone()))
}
