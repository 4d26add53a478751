//! `SANDBOX`: moves no money and does as its token says.
//!
//! It keeps nothing: what it answers follows from the token and from how long ago the payment was made. So it answers the same
//! after a restart, and tests move the clock instead of waiting.
//!
//! | token | answer |
//! |---|---|
//! | `tok_success` (the default) | captured at once |
//! | `tok_declined` | refused: the card was declined |
//! | `tok_insufficient_funds` | refused: not enough money |
//! | `tok_requires_action` | needs the buyer; captured when they confirm it, cancelled when they don't |
//! | `tok_late_success` | pending for a minute, then captured |
//! | `tok_late_failure` | pending for a minute, then refused |
//! | `tok_unreachable` | no answer to anything for half a minute; then it turns out that it was captured |

use super::{Answer, Charge, Outcome, Unreachable};
use std::time::Duration;

/// What holds where no token is given.
pub const DEFAULT_TOKEN: &str = "tok_success";
/// Every token there is.
pub const TOKENS: [&str; 7] = [
    DEFAULT_TOKEN,
    "tok_declined",
    "tok_insufficient_funds",
    "tok_requires_action",
    "tok_late_success",
    "tok_late_failure",
    "tok_unreachable",
];
/// After this the late ones are decided.
pub const LATE: Duration = Duration::from_secs(60);
/// For this long the unreachable one gives no answer.
pub const UNREACHABLE: Duration = Duration::from_secs(30);

pub(super) fn check_token(token: Option<&str>) -> Result<(), String> {
    match token {
        Some(token) if !TOKENS.contains(&token) => {
            let shown: String = token.chars().take(40).collect();
            Err(format!("paymentToken must be one of {} for SANDBOX; found {shown:?}", TOKENS.join(", ")))
        }
        _ => Ok(()),
    }
}

pub(super) fn authorize(charge: &Charge) -> Result<Answer, Unreachable> {
    let outcome = match charge.token.as_deref().unwrap_or(DEFAULT_TOKEN) {
        "tok_success" => Outcome::Captured,
        "tok_insufficient_funds" => refused("there is not enough money on the account"),
        "tok_requires_action" => Outcome::RequiresAction {
            redirect_url: Some(format!("https://sandbox.invalid/confirm/{}", charge.id)),
            client_secret: Some(format!("sandbox_secret_{}", charge.id)),
        },
        "tok_late_success" if age(charge) >= LATE => Outcome::Captured,
        "tok_late_failure" if age(charge) >= LATE => refused("the bank declined the payment after a while"),
        "tok_late_success" | "tok_late_failure" => Outcome::Pending,
        "tok_unreachable" if age(charge) >= UNREACHABLE => Outcome::Captured,
        "tok_unreachable" => return Err(Unreachable("the sandbox acts as if it could not be reached".into())),
        _ => refused("the card was declined"),
    };
    Ok(Answer { reference: format!("sandbox_{}", charge.id), outcome })
}

/// To confirm is all the buyer has to do here; there is no page to visit.
pub(super) fn confirm(charge: &Charge) -> Result<Answer, Unreachable> {
    let answer = authorize(charge)?;
    let outcome = match answer.outcome {
        Outcome::RequiresAction { .. } => Outcome::Captured,
        outcome => outcome,
    };
    Ok(Answer { outcome, ..answer })
}

pub(super) fn look_up(charge: &Charge) -> Result<Option<Answer>, Unreachable> {
    authorize(charge).map(Some)
}

pub(super) fn cancel(charge: &Charge) -> Result<Answer, Unreachable> {
    let answer = authorize(charge)?;
    let outcome = match answer.outcome {
        Outcome::RequiresAction { .. } | Outcome::Pending => Outcome::Cancelled,
        outcome => outcome,
    };
    Ok(Answer { outcome, ..answer })
}

fn refused(reason: &str) -> Outcome {
    Outcome::Failed { reason: reason.to_owned() }
}

fn age(charge: &Charge) -> Duration {
    (charge.now - charge.made_at).to_std().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use entity::money::Minor;

    fn charge(clock: &Clock, token: &str) -> Charge {
        let currency = "USD".parse().unwrap();
        let (made_at, now) = (clock.now(), clock.now());
        Charge { id: clock.new_id(), amount: Minor(1), currency, token: Some(token.into()), made_at, now }
    }

    #[test]
    fn what_it_answers_follows_from_the_token_and_the_time() {
        let clock = Clock::system();
        clock.freeze(clock.now());
        for token in ["tok_late_success", "tok_late_failure"] {
            let mut late = charge(&clock, token);
            assert_eq!(authorize(&late).unwrap().outcome, Outcome::Pending);
            late.now = clock.now() + LATE - Duration::from_secs(1);
            assert_eq!(authorize(&late).unwrap().outcome, Outcome::Pending);
            late.now += Duration::from_secs(1);
            assert_ne!(authorize(&late).unwrap().outcome, Outcome::Pending);
        }
        let mut unreachable = charge(&clock, "tok_unreachable");
        assert!(authorize(&unreachable).is_err() && look_up(&unreachable).is_err() && cancel(&unreachable).is_err());
        unreachable.now += UNREACHABLE;
        assert_eq!(authorize(&unreachable).unwrap().outcome, Outcome::Captured);
    }

    #[test]
    fn action_is_needed_until_the_buyer_confirms_or_it_is_called_off() {
        let clock = Clock::system();
        let charge = charge(&clock, "tok_requires_action");
        assert!(matches!(look_up(&charge).unwrap().unwrap().outcome, Outcome::RequiresAction { .. }));
        assert_eq!(confirm(&charge).unwrap().outcome, Outcome::Captured);
        assert_eq!(cancel(&charge).unwrap().outcome, Outcome::Cancelled);
    }

    #[test]
    fn only_documented_tokens_are_taken() {
        assert!(check_token(None).is_ok() && TOKENS.iter().all(|token| check_token(Some(token)).is_ok()));
        assert!(check_token(Some("tok_free_money")).is_err());
    }
}
