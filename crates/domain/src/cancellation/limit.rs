//! Until which status of a store order its buyer and its store can cancel, by the settings.

use crate::setting::{self, CancellationLimit, Settings};
use entity::value::OrderStatus;
use sea_orm::ConnectionTrait;
use souk_core::error::Result;

/// Who cancels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Canceller {
    /// The buyer, signed in or with the token of the order.
    Buyer,
    /// The owner or a member of the store.
    Store,
    /// Staff of the marketplace with MANAGE_ORDERS; limited by no setting.
    Staff,
}

/// What a canceller may cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    who: Canceller,
    /// Absent if no setting limits the canceller.
    last: Option<CancellationLimit>,
}

impl Canceller {
    /// The limit in the settings.
    pub(crate) fn limit(self, settings: &Settings) -> Limit {
        let last = match self {
            Self::Buyer => Some(settings.customer_cancellation_limit),
            Self::Store => Some(settings.store_cancellation_limit),
            Self::Staff => None,
        };
        Limit { who: self, last }
    }

    /// Reads the limit; no statement for staff.
    pub(crate) async fn load_limit(self, db: &impl ConnectionTrait) -> Result<Limit> {
        match self {
            Self::Staff => Ok(Limit { who: self, last: None }),
            Self::Buyer | Self::Store => Ok(self.limit(&setting::load(db).await?)),
        }
    }
}

impl Limit {
    /// Whether the settings allow cancelling a store order with this status.
    pub(crate) fn allows(self, status: OrderStatus) -> bool {
        self.last.is_none_or(|last| last.allows(status))
    }

    /// What the canceller can do, as the end of a sentence: "its buyer can cancel it while it is PENDING or CONFIRMED". `what` is what
    /// is cancelled, `while_it` names the store orders, and `possible` are the statuses in which it can be cancelled at all.
    pub(super) fn sentence(self, what: &str, while_it: &str, possible: &[OrderStatus]) -> String {
        let who = match self.who {
            Canceller::Buyer => "its buyer",
            Canceller::Store => "its store",
            Canceller::Staff => "staff",
        };
        let allowed: Vec<_> = possible.iter().filter(|status| self.allows(**status)).map(|status| status.as_str()).collect();
        match allowed.as_slice() {
            [] => format!("{who} can't cancel {what}"),
            [only] => format!("{who} can cancel {what} while {while_it} is {only}"),
            [first @ .., last] => format!("{who} can cancel {what} while {while_it} is {} or {last}", first.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use OrderStatus::{Confirmed, Pending, Processing, Shipped};

    #[test]
    fn a_limit_is_the_last_status_in_which_its_canceller_can_cancel() {
        let settings =
            |limit| Settings { customer_cancellation_limit: limit, store_cancellation_limit: limit, ..Settings::default() };
        for (limit, allowed) in [
            (CancellationLimit::Pending, &[Pending][..]),
            (CancellationLimit::Confirmed, &[Pending, Confirmed]),
            (CancellationLimit::Processing, &[Pending, Confirmed, Processing]),
        ] {
            for status in [Pending, Confirmed, Processing, Shipped] {
                for who in [Canceller::Buyer, Canceller::Store] {
                    assert_eq!(
                        who.limit(&settings(limit)).allows(status),
                        allowed.contains(&status),
                        "{limit:?} {status} {who:?}"
                    );
                }
                assert!(Canceller::Staff.limit(&settings(limit)).allows(status));
            }
        }
    }

    #[test]
    fn a_sentence_names_what_is_allowed() {
        let limit = |last| Limit { who: Canceller::Buyer, last: Some(last) };
        let sentence = |last| limit(last).sentence("lines", "it", &[Confirmed, Processing]);
        assert_eq!(sentence(CancellationLimit::Pending), "its buyer can't cancel lines");
        assert_eq!(sentence(CancellationLimit::Confirmed), "its buyer can cancel lines while it is CONFIRMED");
        assert_eq!(sentence(CancellationLimit::Processing), "its buyer can cancel lines while it is CONFIRMED or PROCESSING");
    }
}
