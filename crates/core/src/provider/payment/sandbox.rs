//! The `SANDBOX` provider, for development and tests: it moves no money, and its token selects the outcome.
//!
//! The outcome follows from the token and the age of the payment, so that tests move the clock instead of waiting. Only the final outcome
//! of each payment, captured or cancelled, is stored, in the table `sandbox_charges`: as at a real provider, the first one is final for
//! every process, also after a restart.
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

use super::{Answer, Charge, Outcome, Unreachable};
use crate::db::Db;
use crate::error::Result as DbResult;
use crate::transact;
use entity::sandbox_charge::{ActiveModel, Column, Entity};
use entity::value::PaymentStatus;
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use sea_orm::sea_query::OnConflict;
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

    pub(super) async fn authorize(&self, charge: &Charge) -> Result<Answer, Unreachable> {
        let outcome = self.decide(charge, outcome_of_token(charge)).await?;
        reachable(charge)?;
        Ok(answer(charge, outcome))
    }

    /// Counts as the action of the buyer, as there is no page to visit.
    pub(super) async fn confirm(&self, charge: &Charge) -> Result<Answer, Unreachable> {
        reachable(charge)?;
        let outcome = match outcome_of_token(charge) {
            Outcome::RequiresAction { .. } => Outcome::Captured,
            other => other,
        };
        Ok(answer(charge, self.decide(charge, outcome).await?))
    }

    pub(super) async fn look_up(&self, charge: &Charge) -> Result<Option<Answer>, Unreachable> {
        self.authorize(charge).await.map(Some)
    }

    pub(super) async fn cancel(&self, charge: &Charge) -> Result<Answer, Unreachable> {
        reachable(charge)?;
        let outcome = match outcome_of_token(charge) {
            Outcome::Failed { reason } => Outcome::Failed { reason },
            // It was already captured when its delay was over.
            Outcome::Captured if token(charge) == "tok_late_success" => Outcome::Captured,
            _ => Outcome::Cancelled,
        };
        Ok(answer(charge, self.decide(charge, outcome).await?))
    }

    /// Returns the stored outcome of the payment if there is one, else `requested`, which is stored if it is final.
    async fn decide(&self, charge: &Charge, requested: Outcome) -> Result<Outcome, Unreachable> {
        let failed = |error: crate::error::Error| Unreachable(format!("the sandbox cannot read its charges: {error:?}"));
        let status = match requested {
            Outcome::Captured => PaymentStatus::Captured,
            Outcome::Cancelled => PaymentStatus::Cancelled,
            other => {
                let stored = Entity::find_by_id(charge.id).one(self.db.read()).await.map_err(|error| failed(error.into()))?;
                return Ok(stored.map_or(other, |row| outcome_of(row.outcome)));
            }
        };
        self.store(charge, status).await.map(outcome_of).map_err(failed)
    }

    async fn store(&self, charge: &Charge, outcome: PaymentStatus) -> DbResult<PaymentStatus> {
        transact!(self.db, tx, {
            let row = ActiveModel { payment_id: Set(charge.id), outcome: Set(outcome), created_at: Set(charge.now) };
            let first = OnConflict::column(Column::PaymentId).do_nothing_on([Column::PaymentId]).to_owned();
            Entity::insert(row).on_conflict(first).exec_without_returning(tx).await?;
            let stored = Entity::find_by_id(charge.id).one(tx).await?;
            Ok(stored.map_or(outcome, |row| row.outcome))
        })
    }
}

fn outcome_of(status: PaymentStatus) -> Outcome {
    if status == PaymentStatus::Cancelled { Outcome::Cancelled } else { Outcome::Captured }
}

fn answer(charge: &Charge, outcome: Outcome) -> Answer {
    Answer::from_provider(format!("sandbox_{}", charge.id), outcome)
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

/// The outcome that the token selects if none is stored.
fn outcome_of_token(charge: &Charge) -> Outcome {
    match token(charge) {
        "tok_success" | "tok_unreachable" => Outcome::Captured,
        "tok_insufficient_funds" => failed("insufficient funds"),
        "tok_requires_action" => Outcome::RequiresAction {
            redirect_url: Some(format!("https://sandbox.invalid/confirm/{}", charge.id)),
            client_secret: Some(format!("sandbox_secret_{}", charge.id)),
        },
        "tok_late_success" if age(charge) >= LATE => Outcome::Captured,
        "tok_late_failure" if age(charge) >= LATE => failed("the bank declined the payment"),
        "tok_late_success" | "tok_late_failure" => Outcome::Pending,
        _ => failed("the card was declined"),
    }
}

fn failed(reason: &str) -> Outcome {
    Outcome::Failed { reason: reason.to_owned() }
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
            assert_eq!(outcome_of_token(&late), Outcome::Pending);
            late.now = clock.now() + LATE - Duration::from_secs(1);
            assert_eq!(outcome_of_token(&late), Outcome::Pending);
            late.now += Duration::from_secs(1);
            assert_ne!(outcome_of_token(&late), Outcome::Pending);
        }
        let mut unreachable = charge(&clock, "tok_unreachable");
        assert!(reachable(&unreachable).is_err());
        unreachable.now += UNREACHABLE;
        assert!(reachable(&unreachable).is_ok());
        assert_eq!(outcome_of_token(&unreachable), Outcome::Captured);
    }

    #[test]
    fn only_documented_tokens_are_taken() {
        assert!(check_token(None).is_ok() && TOKENS.iter().all(|token| check_token(Some(token)).is_ok()));
        assert!(check_token(Some("tok_free_money")).is_err());
    }
}
