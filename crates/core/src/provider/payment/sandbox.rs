//! The `SANDBOX` provider, for development and tests: it moves no money, and its token selects the outcome.
//!
//! The outcome follows from the token and the age of the payment, so that tests move the clock instead of waiting. Only the outcome of
//! each payment, authorized, captured or cancelled, is stored with its amount, in the table `sandbox_charges`: as at a real provider, the
//! first capture or cancellation is final for every process, also after a restart. Refunds are stored in `sandbox_refunds`.
//!
//! | token | outcome |
//! |---|---|
//! | `tok_success` (the default) | captured immediately |
//! | `tok_declined` | failed: the card was declined |
//! | `tok_insufficient_funds` | failed: insufficient funds |
//! | `tok_requires_action` | requires action; captured when the buyer confirms it, cancelled otherwise |
//! | `tok_late_success` | pending for a minute, then captured |
//! | `tok_late_failure` | pending for a minute, then failed |
//! | `tok_unreachable` | captured, but no response to any call for 30 seconds |
//! | `tok_authorize` | authorized for seven days, until it is captured or cancelled |
//! | `tok_refund_fails` | captured immediately; its refunds fail |
//! | `tok_refund_pending` | captured immediately; its refunds are pending for a minute, then succeed |

use super::ProviderError;
use super::entry::{Entry, Setup};
use super::gateway::{Abilities, PaymentGateway, Refunds};
use super::report::{Charge, ProviderCapture, ProviderPayment, ProviderRefund, ProviderState, RefundRequest, RefundState};
use crate::config::ConfigError;
use crate::db::{Db, Tx};
use crate::error::Result as DbResult;
use crate::transact;
use async_trait::async_trait;
use entity::money::Minor;
use entity::sandbox_charge::{Column, Entity, Model};
use entity::sandbox_refund;
use entity::value::{PaymentProvider, PaymentStatus};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Token if the client sends none.
pub const DEFAULT_TOKEN: &str = "tok_success";
/// All tokens.
pub const TOKENS: [&str; 10] = [
    DEFAULT_TOKEN,
    "tok_declined",
    "tok_insufficient_funds",
    "tok_requires_action",
    "tok_late_success",
    "tok_late_failure",
    "tok_unreachable",
    "tok_authorize",
    REFUND_FAILS,
    REFUND_PENDING,
];
const REFUND_FAILS: &str = "tok_refund_fails";
const REFUND_PENDING: &str = "tok_refund_pending";
/// Age at which the `tok_late_...` payments and the refunds of `tok_refund_pending` are decided.
pub const LATE: Duration = Duration::from_secs(60);
/// Age until which the provider does not respond for `tok_unreachable`.
pub const UNREACHABLE: Duration = Duration::from_secs(30);
/// Time after which an authorization lapses.
const AUTHORIZATION: Duration = Duration::from_secs(7 * 86_400);

/// Offered if it is configured; existing payments are always looked up.
pub(super) fn entry(setup: &Setup<'_>) -> Result<Option<Entry>, ConfigError> {
    let gateway = Arc::new(Sandbox { db: setup.db.clone() });
    Ok(Some(Entry { provider: PaymentProvider::Sandbox, offered: setup.config.sandbox_payments, gateway }))
}

fn check_token(token: Option<&str>) -> Result<(), String> {
    match token {
        Some(token) if !TOKENS.contains(&token) => {
            let shown: String = token.chars().take(40).collect();
            Err(format!("paymentToken must be one of {} for SANDBOX; got {shown:?}.", TOKENS.join(", ")))
        }
        _ => Ok(()),
    }
}

struct Sandbox {
    db: Db,
}

#[async_trait]
impl PaymentGateway for Sandbox {
    fn display_name(&self) -> &'static str {
        "Test payment (moves no money)"
    }

    fn abilities(&self) -> Abilities {
        Abilities { creates_first: false, manual_capture: true, refunds: Refunds::Parts, webhooks: false }
    }

    fn check_token(&self, token: Option<&str>) -> Result<(), String> {
        check_token(token)
    }

    async fn authorize(&self, charge: &Charge) -> Result<ProviderPayment, ProviderError> {
        let payment = self.decide(charge, state_of_token(charge)).await?;
        reachable(charge)?;
        Ok(payment)
    }

    /// Counts as the action of the buyer, as there is no page to visit.
    async fn confirm(&self, charge: &Charge) -> Result<ProviderPayment, ProviderError> {
        reachable(charge)?;
        let state = match state_of_token(charge) {
            ProviderState::RequiresAction { .. } => ProviderState::Captured,
            other => other,
        };
        self.decide(charge, state).await
    }

    /// A second capture of the same amount is the first again.
    async fn capture(&self, charge: &Charge, amount: Minor, _key: Uuid) -> Result<ProviderPayment, ProviderError> {
        reachable(charge)?;
        let stored = self.store_capture(charge, amount).await.map_err(failure)?;
        match stored {
            Some(row) if row.outcome == PaymentStatus::Captured && row.captured_amount == amount => {
                Ok(stored_report(charge, &row))
            }
            _ => Err(refused("the sandbox has no such authorized amount")),
        }
    }

    async fn cancel(&self, charge: &Charge) -> Result<ProviderPayment, ProviderError> {
        reachable(charge)?;
        let state = match state_of_token(charge) {
            ProviderState::Failed { reason } => ProviderState::Failed { reason },
            // It was already captured when its delay was over.
            ProviderState::Captured if token(charge) == "tok_late_success" => ProviderState::Captured,
            _ => ProviderState::Cancelled,
        };
        self.decide(charge, state).await
    }

    async fn look_up(&self, charge: &Charge) -> Result<Option<ProviderPayment>, ProviderError> {
        let mut report = self.authorize(charge).await?;
        if *report.state() == ProviderState::Captured {
            let query = sandbox_refund::Entity::find().filter(sandbox_refund::Column::PaymentId.eq(charge.id));
            let rows = query.order_by_asc(sandbox_refund::Column::CreatedAt).all(self.db.read()).await;
            let token = self.stored_token(charge).await?;
            for row in rows.map_err(|error| failure(error.into()))? {
                report = report.with_refund(stored_refund(&row, token.as_deref(), charge.now));
            }
        }
        Ok(Some(report))
    }

    async fn refund(&self, charge: &Charge, refund: &RefundRequest) -> Result<ProviderRefund, ProviderError> {
        let token = self.stored_token(charge).await?;
        match self.store_refund(charge, refund, token.as_deref()).await.map_err(failure)? {
            Some(row) if row.amount == refund.money.amount => Ok(stored_refund(&row, token.as_deref(), refund.now)),
            Some(_) => Err(refused("the sandbox has another amount of this refund")),
            None => Err(refused("the sandbox refunds at most what was captured")),
        }
    }

    async fn look_up_refund(&self, charge: &Charge, refund: &RefundRequest) -> Result<Option<ProviderRefund>, ProviderError> {
        let token = self.stored_token(charge).await?;
        let row = sandbox_refund::Entity::find_by_id(refund.id).one(self.db.read()).await;
        let row = row.map_err(|error| failure(error.into()))?.filter(|row| row.payment_id == charge.id);
        Ok(row.map(|row| stored_refund(&row, token.as_deref(), refund.now)))
    }
}

impl Sandbox {
    /// Returns the stored outcome of the payment if there is one, else `requested`, which is stored if it has an amount or is final.
    async fn decide(&self, charge: &Charge, requested: ProviderState) -> Result<ProviderPayment, ProviderError> {
        let outcome = match requested {
            ProviderState::Captured => PaymentStatus::Captured,
            ProviderState::Cancelled => PaymentStatus::Cancelled,
            ProviderState::Authorized => PaymentStatus::Authorized,
            other => {
                let stored = Entity::find_by_id(charge.id).one(self.db.read()).await.map_err(|error| failure(error.into()))?;
                return Ok(stored.map_or_else(|| report(charge, other), |row| stored_report(charge, &row)));
            }
        };
        let stored = self.store(charge, outcome).await.map_err(failure)?;
        Ok(stored_report(charge, &stored))
    }

    async fn store(&self, charge: &Charge, outcome: PaymentStatus) -> DbResult<Model> {
        let amount_if = |wanted| if outcome == wanted { charge.money.amount } else { Minor::ZERO };
        let new = Model {
            payment_id: charge.id,
            outcome,
            authorized_amount: amount_if(PaymentStatus::Authorized),
            captured_amount: amount_if(PaymentStatus::Captured),
            token: charge.token.clone(),
            created_at: charge.now,
        };
        transact!(self.db, tx, {
            let first = OnConflict::column(Column::PaymentId).do_nothing_on([Column::PaymentId]).to_owned();
            let insert = Entity::insert(new.clone().into_active_model().reset_all());
            insert.on_conflict(first).exec_without_returning(tx).await?;
            if outcome == PaymentStatus::Cancelled {
                Entity::update_many()
                    .col_expr(Column::Outcome, Expr::value(PaymentStatus::Cancelled.as_str()))
                    .filter(Column::PaymentId.eq(charge.id))
                    .filter(Column::Outcome.eq(PaymentStatus::Authorized))
                    .exec(tx)
                    .await?;
            }
            let stored = Entity::find_by_id(charge.id).one(tx).await?;
            Ok(stored.unwrap_or(new.clone()))
        })
    }

    /// Captures an authorized amount if there is one that has not lapsed; returns the stored outcome.
    async fn store_capture(&self, charge: &Charge, amount: Minor) -> DbResult<Option<Model>> {
        transact!(self.db, tx, {
            let Some(mut row) = lock(tx, charge).await? else { return Ok(None) };
            let open = row.outcome == PaymentStatus::Authorized && charge.now < row.created_at + AUTHORIZATION;
            if open && amount > Minor::ZERO && amount <= row.authorized_amount {
                (row.outcome, row.captured_amount) = (PaymentStatus::Captured, amount);
                Entity::update_many()
                    .col_expr(Column::Outcome, Expr::value(row.outcome.as_str()))
                    .col_expr(Column::CapturedAmount, Expr::value(amount))
                    .filter(Column::PaymentId.eq(charge.id))
                    .exec(tx)
                    .await?;
            }
            Ok(Some(row))
        })
    }

    /// Stores a refund, or returns the stored one; `None` if more would be refunded than was captured.
    async fn store_refund(
        &self,
        charge: &Charge,
        refund: &RefundRequest,
        token: Option<&str>,
    ) -> DbResult<Option<sandbox_refund::Model>> {
        let new = sandbox_refund::Model {
            refund_id: refund.id,
            payment_id: charge.id,
            amount: refund.money.amount,
            created_at: refund.now,
        };
        let fails = token == Some(REFUND_FAILS);
        transact!(self.db, tx, {
            let captured = lock(tx, charge).await?.map_or(Minor::ZERO, |row| row.captured_amount);
            let query = sandbox_refund::Entity::find().filter(sandbox_refund::Column::PaymentId.eq(charge.id));
            let rows = query.all(tx).await?;
            if let Some(stored) = rows.iter().find(|row| row.refund_id == refund.id) {
                return Ok(Some(stored.clone()));
            }
            let refunded = if fails { Minor::ZERO } else { Minor::sum(rows.iter().map(|row| row.amount))? };
            if new.amount <= Minor::ZERO || refunded.plus(new.amount)? > captured {
                return Ok(None);
            }
            let insert = sandbox_refund::Entity::insert(new.clone().into_active_model().reset_all());
            insert.exec_without_returning(tx).await?;
            Ok(Some(new.clone()))
        })
    }

    /// The token with which the payment was made; the payment forgets it when it is decided.
    async fn stored_token(&self, charge: &Charge) -> Result<Option<String>, ProviderError> {
        let stored = Entity::find_by_id(charge.id).one(self.db.read()).await.map_err(|error| failure(error.into()))?;
        Ok(stored.and_then(|row| row.token))
    }
}

async fn lock(tx: &Tx, charge: &Charge) -> DbResult<Option<Model>> {
    Ok(Entity::find_by_id(charge.id).lock_exclusive().one(tx).await?)
}

fn failure(error: crate::error::Error) -> ProviderError {
    ProviderError::Unknown { why: format!("the sandbox cannot read its charges: {error:?}") }
}

fn refused(why: &str) -> ProviderError {
    ProviderError::Refused { why: why.to_owned() }
}

fn stored_report(charge: &Charge, row: &Model) -> ProviderPayment {
    let expires_at = row.created_at + AUTHORIZATION;
    match row.outcome {
        PaymentStatus::Captured => {
            let capture = ProviderCapture { reference: reference(charge), amount: row.captured_amount, fee: Some(Minor::ZERO) };
            report(charge, ProviderState::Captured).with_capture(capture)
        }
        PaymentStatus::Authorized if charge.now < expires_at => {
            report(charge, ProviderState::Authorized).with_authorization(row.authorized_amount, Some(expires_at))
        }
        _ => report(charge, ProviderState::Cancelled),
    }
}

fn stored_refund(row: &sandbox_refund::Model, token: Option<&str>, now: DateTimeUtc) -> ProviderRefund {
    let state = match token {
        Some(REFUND_FAILS) => RefundState::Failed { reason: "the bank refused the refund".into() },
        Some(REFUND_PENDING) if now < row.created_at + LATE => RefundState::Pending,
        _ => RefundState::Succeeded,
    };
    let reference = format!("sandbox_refund_{}", row.refund_id.simple());
    ProviderRefund { reference, souk_refund: Some(row.refund_id), amount: row.amount, state }
}

fn report(charge: &Charge, state: ProviderState) -> ProviderPayment {
    ProviderPayment::from_provider(reference(charge), state, charge.money.currency)
}

fn reference(charge: &Charge) -> String {
    format!("sandbox_{}", charge.id)
}

fn token(charge: &Charge) -> &str {
    charge.token.as_deref().unwrap_or(DEFAULT_TOKEN)
}

fn reachable(charge: &Charge) -> Result<(), ProviderError> {
    if token(charge) == "tok_unreachable" && age(charge) < UNREACHABLE {
        return Err(ProviderError::Unknown { why: "the sandbox simulates an outage".into() });
    }
    Ok(())
}

/// The state that the token selects if no outcome is stored.
fn state_of_token(charge: &Charge) -> ProviderState {
    match token(charge) {
        "tok_success" | "tok_unreachable" | REFUND_FAILS | REFUND_PENDING => ProviderState::Captured,
        "tok_authorize" => ProviderState::Authorized,
        "tok_insufficient_funds" => failed("insufficient funds"),
        "tok_requires_action" => ProviderState::RequiresAction {
            redirect_url: Some(format!("https://sandbox.invalid/confirm/{}", charge.id)),
            client_secret: Some(format!("sandbox_secret_{}", charge.id)),
        },
        "tok_late_success" if age(charge) >= LATE => ProviderState::Captured,
        "tok_late_failure" if age(charge) >= LATE => failed("the bank declined the payment"),
        "tok_late_success" | "tok_late_failure" => ProviderState::Pending,
        _ => failed("the card was declined"),
    }
}

fn failed(reason: &str) -> ProviderState {
    ProviderState::Failed { reason: reason.to_owned() }
}

fn age(charge: &Charge) -> Duration {
    (charge.now - charge.created_at).to_std().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use entity::money::Money;
    use entity::value::CaptureMethod;

    fn charge(clock: &Clock, token: &str) -> Charge {
        let currency = "USD".parse().unwrap();
        let (created_at, now) = (clock.now(), clock.now());
        let (money, token) = (Money::new(Minor(1), currency), Some(token.into()));
        let (capture_method, reference, attempt) = (CaptureMethod::Automatic, None, 0);
        Charge { id: clock.new_id(), money, token, capture_method, reference, attempt, created_at, now }
    }

    #[test]
    fn what_it_answers_follows_from_the_token_and_the_time() {
        let clock = Clock::system();
        clock.freeze(clock.now());
        for token in ["tok_late_success", "tok_late_failure"] {
            let mut late = charge(&clock, token);
            assert_eq!(state_of_token(&late), ProviderState::Pending);
            late.now = clock.now() + LATE - Duration::from_secs(1);
            assert_eq!(state_of_token(&late), ProviderState::Pending);
            late.now += Duration::from_secs(1);
            assert_ne!(state_of_token(&late), ProviderState::Pending);
        }
        let mut unreachable = charge(&clock, "tok_unreachable");
        assert!(reachable(&unreachable).is_err());
        unreachable.now += UNREACHABLE;
        assert!(reachable(&unreachable).is_ok());
        assert_eq!(state_of_token(&unreachable), ProviderState::Captured);
    }

    #[test]
    fn only_documented_tokens_are_taken() {
        assert!(check_token(None).is_ok() && TOKENS.iter().all(|token| check_token(Some(token)).is_ok()));
        assert!(check_token(Some("tok_free_money")).is_err());
    }
}
