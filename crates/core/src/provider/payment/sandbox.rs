//! The `SANDBOX` provider, for development and tests: it moves no money, and its token selects the outcome.
//!
//! The outcome follows from the token and the age of the payment, so that tests move the clock instead of waiting. Only the final outcome
//! of each payment, captured or cancelled, is stored with its amount, in the table `sandbox_charges`: as at a real provider, the first
//! one is final for every process, also after a restart.
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

use super::{Charge, ProviderCapture, ProviderPayment, ProviderState, Unreachable};
use crate::db::Db;
use crate::error::Result as DbResult;
use crate::transact;
use entity::money::Minor;
use entity::sandbox_charge::{Column, Entity, Model};
use entity::value::PaymentStatus;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use std::time::Duration;

/// Token if the client sends none.
pub const DEFAULT_TOKEN: &str = "tok_success";
/// All tokens.
pub const TOKENS: [&str; 7] = [
    DEFAULT_TOKEN,
    "tok_declined",
    "tok_insufficient_funds",
    "tok_requires_action",
    "tok_late_success",
    "tok_late_failure",
    "tok_unreachable",
];
/// Age at which the `tok_late_...` payments are decided.
pub const LATE: Duration = Duration::from_secs(60);
/// Age until which the provider does not respond for `tok_unreachable`.
pub const UNREACHABLE: Duration = Duration::from_secs(30);

pub(super) fn check_token(token: Option<&str>) -> Result<(), String> {
    match token {
        Some(token) if !TOKENS.contains(&token) => {
            let shown: String = token.chars().take(40).collect();
            Err(format!("paymentToken must be one of {} for SANDBOX; got {shown:?}.", TOKENS.join(", ")))
        }
        _ => Ok(()),
    }
}

#[derive(Clone)]
pub(super) struct Sandbox {
    db: Db,
}

impl Sandbox {
    pub(super) fn new(db: Db) -> Self {
        Self { db }
    }

    pub(super) async fn authorize(&self, charge: &Charge) -> Result<ProviderPayment, Unreachable> {
        let payment = self.decide(charge, state_of_token(charge)).await?;
        reachable(charge)?;
        Ok(payment)
    }

    /// Counts as the action of the buyer, as there is no page to visit.
    pub(super) async fn confirm(&self, charge: &Charge) -> Result<ProviderPayment, Unreachable> {
        reachable(charge)?;
        let state = match state_of_token(charge) {
            ProviderState::RequiresAction { .. } => ProviderState::Captured,
            other => other,
        };
        self.decide(charge, state).await
    }

    pub(super) async fn look_up(&self, charge: &Charge) -> Result<Option<ProviderPayment>, Unreachable> {
        self.authorize(charge).await.map(Some)
    }

    pub(super) async fn cancel(&self, charge: &Charge) -> Result<ProviderPayment, Unreachable> {
        reachable(charge)?;
        let state = match state_of_token(charge) {
            ProviderState::Failed { reason } => ProviderState::Failed { reason },
            // It was already captured when its delay was over.
            ProviderState::Captured if token(charge) == "tok_late_success" => ProviderState::Captured,
            _ => ProviderState::Cancelled,
        };
        self.decide(charge, state).await
    }

    /// Returns the stored outcome of the payment if there is one, else `requested`, which is stored if it is final.
    async fn decide(&self, charge: &Charge, requested: ProviderState) -> Result<ProviderPayment, Unreachable> {
        let failed = |error: crate::error::Error| Unreachable(format!("the sandbox cannot read its charges: {error:?}"));
        let outcome = match requested {
            ProviderState::Captured => PaymentStatus::Captured,
            ProviderState::Cancelled => PaymentStatus::Cancelled,
            other => {
                let stored = Entity::find_by_id(charge.id).one(self.db.read()).await.map_err(|error| failed(error.into()))?;
                return Ok(stored.map_or_else(|| report(charge, other), |row| stored_report(charge, &row)));
            }
        };
        let stored = self.store(charge, outcome).await.map_err(failed)?;
        Ok(stored_report(charge, &stored))
    }

    async fn store(&self, charge: &Charge, outcome: PaymentStatus) -> DbResult<Model> {
        let captured = outcome == PaymentStatus::Captured;
        let new = Model {
            payment_id: charge.id,
            outcome,
            captured_amount: if captured { charge.money.amount } else { Minor::ZERO },
            created_at: charge.now,
        };
        transact!(self.db, tx, {
            let first = OnConflict::column(Column::PaymentId).do_nothing_on([Column::PaymentId]).to_owned();
            let insert = Entity::insert(new.clone().into_active_model().reset_all());
            insert.on_conflict(first).exec_without_returning(tx).await?;
            let stored = Entity::find_by_id(charge.id).one(tx).await?;
            Ok(stored.unwrap_or(new.clone()))
        })
    }
}

fn stored_report(charge: &Charge, row: &Model) -> ProviderPayment {
    if row.outcome == PaymentStatus::Cancelled {
        return report(charge, ProviderState::Cancelled);
    }
    let capture = ProviderCapture { reference: reference(charge), amount: row.captured_amount, fee: Some(Minor::ZERO) };
    report(charge, ProviderState::Captured).with_capture(capture)
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

fn reachable(charge: &Charge) -> Result<(), Unreachable> {
    if token(charge) == "tok_unreachable" && age(charge) < UNREACHABLE {
        return Err(Unreachable("the sandbox simulates an outage".into()));
    }
    Ok(())
}

/// The state that the token selects if no outcome is stored.
fn state_of_token(charge: &Charge) -> ProviderState {
    match token(charge) {
        "tok_success" | "tok_unreachable" => ProviderState::Captured,
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
    use entity::money::{Minor, Money};

    fn charge(clock: &Clock, token: &str) -> Charge {
        let currency = "USD".parse().unwrap();
        let (created_at, now) = (clock.now(), clock.now());
        Charge { id: clock.new_id(), money: Money::new(Minor(1), currency), token: Some(token.into()), created_at, now }
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
