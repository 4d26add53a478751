//! Capturing authorized payments. Providers capture an authorization once and release the rest, so the whole amount due is captured when
//! all goods are shipped, or shortly before the authorization lapses.

use super::call::call_provider;
use super::settle::settle;
use crate::order::status::is_void;
use crate::payment::{CapturePayment, ProviderCall, ask_provider, capture_at_provider};
use entity::id::OrderId;
use entity::money::Minor;
use entity::payment::Model;
use entity::value::{OrderStatus, PaymentStatus};
use entity::{order, payment, store_order};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::error::Result;
use souk_core::job::{Job, JobError};
use souk_core::transact;
use std::time::Duration;

/// Time before the authorization lapses at which the money is captured in any case.
const MARGIN: Duration = Duration::from_secs(86_400);
/// Time for which an authorization certainly holds if its end is not known.
const AUTHORIZATION: Duration = Duration::from_secs(5 * 86_400);

impl Job for CapturePayment {
    const KIND: &'static str = "payment.capture";
    // A call to the provider can take 20 seconds, and each run makes two.
    const LEASE: Duration = Duration::from_secs(120);

    async fn run(&self, app: &App, _system: &System, _attempt: i32) -> Result<(), JobError> {
        let found = payment::Entity::find_by_id(self.payment_id).find_also_related(order::Entity).one(app.db.read()).await?;
        let Some((payment, Some(order))) = found else { return Ok(()) };
        // The payment of a void order is cancelled by another job.
        if payment.status != PaymentStatus::Authorized || is_void(order.status) {
            return Ok(());
        }
        let payment = if is_due(app, &payment, order.id).await? { capture(app, payment).await? } else { payment };
        if payment.status == PaymentStatus::Authorized {
            transact!(app.db, tx, { CapturePayment::enqueue_next(tx, app, payment.id).await })?;
        }
        Ok(())
    }
}

/// Whether all goods are shipped or cancelled, or the authorization lapses soon.
async fn is_due(app: &App, payment: &Model, order_id: OrderId) -> Result<bool> {
    let end = payment.expires_at.unwrap_or(payment.created_at + AUTHORIZATION + MARGIN);
    if app.clock.now() + MARGIN + CapturePayment::INTERVAL >= end {
        return Ok(true);
    }
    let query = store_order::Entity::find().filter(store_order::Column::OrderId.eq(order_id));
    let waits = |status| matches!(status, OrderStatus::Pending | OrderStatus::Confirmed | OrderStatus::Processing);
    Ok(!query.all(app.db.read()).await?.iter().any(|store_order| waits(store_order.status)))
}

/// Captures the amount due, or cancels the payment if nothing is due. The payment is looked up first: an earlier call can have captured
/// it without a response.
async fn capture(app: &App, payment: Model) -> Result<Model> {
    if payment.amount_due() == Minor::ZERO {
        return call_provider(app, &payment, ProviderCall::Cancel).await;
    }
    let Some(report) = ask_provider(app, &payment, ProviderCall::Observe).await? else { return Ok(payment) };
    let payment = Box::pin(settle(app, payment.id, report)).await?;
    if payment.status != PaymentStatus::Authorized {
        return Ok(payment);
    }
    match capture_at_provider(app, &payment).await? {
        Some(report) => Box::pin(settle(app, payment.id, report)).await,
        None => Ok(payment),
    }
}
