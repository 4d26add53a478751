//! The job that returns money through payment providers.

use super::settle::{self, Outcome};
use crate::payment;
use entity::id::RefundId;
use entity::money::Money;
use entity::refund::{Column, Entity, Model};
use entity::value::{RefundReason, RefundStatus};
use entity::versioned::VersionedTable;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::db::Tx;
use souk_core::error::Result;
use souk_core::job::{Enqueue, Job, JobError, enqueue, withdraw};
use souk_core::provider::payment::{Charge, ProviderError, ProviderRefund, RefundRequest, RefundState};
use souk_core::transact;
use std::time::Duration;

/// Range of the intervals between look-ups.
const INTERVALS: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(3_600));

/// Calls the payment provider until it has decided a refund. Enqueued in the transaction that requests the refund, so that it continues
/// after a crash at any later point.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReturnMoney {
    pub refund_id: RefundId,
}

impl ReturnMoney {
    pub(super) async fn enqueue_first(&self, tx: &Tx, app: &App) -> Result<()> {
        let options = Enqueue { dedup_key: Some(self.refund_id.to_string()), ..Enqueue::default() };
        enqueue(tx, &app.clock, self, options).await
    }

    /// Enqueues the next look-up; the intervals grow with the age of the refund.
    async fn enqueue_next(&self, app: &App, refund: &Model) -> Result<()> {
        let now = app.clock.now();
        let age = (now - refund.created_at).to_std().unwrap_or_default();
        let at = now + age.clamp(INTERVALS.0, INTERVALS.1);
        transact!(app.db, tx, {
            // If the job runs twice, only one of the two is enqueued again.
            withdraw::<Self>(tx, &self.refund_id.to_string()).await?;
            let options = Enqueue { run_at: Some(at), dedup_key: Some(self.refund_id.to_string()) };
            enqueue(tx, &app.clock, self, options).await
        })
    }
}

impl Job for ReturnMoney {
    const KIND: &'static str = "payment.refund";

    async fn run(&self, app: &App, _system: &System, _attempt: i32) -> Result<(), JobError> {
        let found = Entity::find_by_id(self.refund_id).find_also_related(entity::payment::Entity).one(app.db.read()).await?;
        let Some((refund, Some(paid_by))) = found else { return Ok(()) };
        if refund.status != RefundStatus::Pending || refund.reason == RefundReason::AtProvider {
            return Ok(());
        }
        let outcome = match call(app, &payment::charge(app, &paid_by).await?, &paid_by, &refund).await {
            Ok(found) => match found.state {
                RefundState::Succeeded => Outcome::Succeeded { reference: found.reference },
                RefundState::Failed { reason } => Outcome::Failed { reference: Some(found.reference), reason },
                // Banks can take days, so this is no failed attempt.
                RefundState::Pending => return Ok(self.enqueue_next(app, &refund).await?),
            },
            Err(error @ (ProviderError::Retryable { .. } | ProviderError::Unknown { .. })) => {
                if let ProviderError::Unknown { .. } = error {
                    count_unknown_call(app, &refund).await?;
                }
                let why = error.to_string();
                tracing::warn!(refund = %refund.id, provider = %paid_by.provider, why, "the refund is not decided yet");
                return Ok(self.enqueue_next(app, &refund).await?);
            }
            Err(ProviderError::Declined { message, .. }) => Outcome::Failed { reference: None, reason: message },
            Err(ProviderError::Refused { why }) => Outcome::Failed { reference: None, reason: why },
        };
        settle::settle(app, refund.id, &outcome).await?;
        Ok(())
    }
}

/// Counts a call whose effect is not known: the next one, after a look-up that finds nothing, needs another idempotency key.
async fn count_unknown_call(app: &App, refund: &Model) -> Result<()> {
    transact!(app.db, tx, {
        Entity::touch_many(app.clock.now())
            .col_expr(Column::UnknownCalls, Expr::col(Column::UnknownCalls).add(1))
            .filter(Column::Id.eq(refund.id))
            .exec(tx)
            .await?;
        Ok(())
    })
}

/// Looks the refund up, and requests it if the provider does not know it: the response of an earlier call may be lost.
async fn call(
    app: &App,
    charge: &Charge,
    paid_by: &entity::payment::Model,
    refund: &Model,
) -> Result<ProviderRefund, ProviderError> {
    let request = RefundRequest {
        id: refund.id.0,
        money: Money::new(refund.amount, refund.currency),
        attempt: u32::try_from(refund.unknown_calls).unwrap_or(0),
        now: app.clock.now(),
    };
    if let Some(found) = app.payments.look_up_refund(paid_by.provider, charge, &request).await? {
        return Ok(found);
    }
    app.payments.refund(paid_by.provider, charge, &request).await
}
