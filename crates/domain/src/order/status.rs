//! Where a store's part of an order can go, and what the order's status is by its parts.

use entity::value::{OrderStatus, ProductKind};
use entity::{order, order_line};
use souk_core::error::{Code, Detail, Problem, Result};

/// What of a store's part decides where it can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Where it stands.
    pub status: OrderStatus,
    /// Whether anything of it is sent to an address; digital lines are not.
    pub ships: bool,
    /// Whether some of it is on its way already.
    pub begun: bool,
}

impl Standing {
    /// Of a part with these lines. What was cancelled is not sent.
    pub fn of<'a>(status: OrderStatus, lines: impl Iterator<Item = &'a order_line::Model>) -> Self {
        let mut standing = Self { status, ships: false, begun: false };
        for line in lines {
            standing.ships |= line.kind == ProductKind::Physical && line.quantity > line.cancelled_quantity;
            standing.begun |= line.fulfilled_quantity > 0;
        }
        standing
    }
}

/// Whether an order counts against the limits on unpaid orders: not paid, and no store has begun it.
pub fn counts_as_unpaid(order: &order::Model) -> bool {
    order.paid_at.is_none() && UNPAID.contains(&order.status)
}

/// The statuses of orders that count against the limits while they are not paid.
pub(crate) const UNPAID: [OrderStatus; 2] = [OrderStatus::Pending, OrderStatus::Confirmed];

/// The one table of moves: what can follow.
pub fn allowed(part: Standing) -> &'static [OrderStatus] {
    use OrderStatus::{Cancelled, Completed, Confirmed, Delivered, Failed, Pending, Processing, Refunded, Shipped};
    match part.status {
        Pending => &[Confirmed, Cancelled, Failed],
        Confirmed if part.ships => &[Processing, Shipped, Cancelled],
        // All of it is digital: there is nothing to send, so it arrives without being shipped.
        Confirmed => &[Processing, Delivered, Cancelled],
        // What is on its way can't be called off; the rest of it follows.
        Processing if part.begun => &[Shipped],
        Processing if part.ships => &[Shipped, Cancelled],
        Processing => &[Delivered, Cancelled],
        Shipped => &[Delivered],
        Delivered => &[Completed],
        Completed | Cancelled | Refunded | Failed => &[],
    }
}

/// Refuses a move that the table does not hold, and says what it does. `path` is the field that named the part.
pub fn check_move(path: &str, part: Standing, to: OrderStatus) -> Result<()> {
    let allowed = allowed(part);
    if allowed.contains(&to) {
        return Ok(());
    }
    let message = format!("It is {} and can't become {to}; {}.", part.status, follows(allowed));
    Err(invalid_state(path, message, allowed).into())
}

/// The problem of a move that is not allowed.
pub fn invalid_state(path: &str, message: String, allowed: &[OrderStatus]) -> Problem {
    Problem::new(path, Code::InvalidState, message).with(Detail::AllowedStatuses(allowed.to_vec()))
}

/// What can follow, as the end of a sentence.
pub fn follows(allowed: &[OrderStatus]) -> String {
    match allowed {
        [] => "nothing can follow".to_owned(),
        [only] => format!("from here it can become {only}"),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(|status| status.as_str()).collect();
            format!("from here it can become {} or {last}", first.join(", "))
        }
    }
}

/// Whether it came to nothing, and counts no longer.
pub fn is_void(status: OrderStatus) -> bool {
    matches!(status, OrderStatus::Cancelled | OrderStatus::Refunded | OrderStatus::Failed)
}

/// The status of an order with parts in these: that of the least advanced part which did not come to nothing. Where all of them
/// did: refunded if money went back for any, failed if the payment of any failed, else cancelled.
pub fn of_order(parts: &[OrderStatus]) -> OrderStatus {
    // The order of the enum is the order of progress.
    if let Some(least) = parts.iter().copied().filter(|status| !is_void(*status)).min() {
        return least;
    }
    let ends = [OrderStatus::Refunded, OrderStatus::Failed, OrderStatus::Cancelled];
    ends.into_iter().find(|end| parts.contains(end)).unwrap_or(OrderStatus::Pending)
}

#[cfg(test)]
mod tests {
    use super::*;
    use OrderStatus::*;

    fn from(status: OrderStatus) -> Standing {
        Standing { status, ships: true, begun: false }
    }

    #[test]
    fn a_part_moves_forward_alone() {
        for status in OrderStatus::ALL {
            for ships in [true, false] {
                for begun in [true, false] {
                    let follow = allowed(Standing { status: *status, ships, begun });
                    assert!(follow.iter().all(|to| to > status), "{status}: {follow:?}");
                }
            }
        }
    }

    #[test]
    fn nothing_follows_an_end() {
        for status in [Completed, Cancelled, Refunded, Failed] {
            assert!(allowed(from(status)).is_empty());
        }
    }

    #[test]
    fn what_is_on_its_way_is_not_called_off_and_what_is_digital_is_not_shipped() {
        assert!(allowed(from(Processing)).contains(&Cancelled));
        assert!(!allowed(Standing { begun: true, ..from(Processing) }).contains(&Cancelled));
        for status in OrderStatus::ALL {
            assert!(!allowed(Standing { ships: false, ..from(*status) }).contains(&Shipped));
        }
    }

    #[test]
    fn a_refusal_says_what_is_allowed() {
        let Err(souk_core::error::Error::Refused(refusal)) = check_move("id", from(Confirmed), Completed) else {
            panic!("it was allowed")
        };
        let problem = &refusal.0[0];
        assert_eq!(
            problem.message,
            "It is CONFIRMED and can't become COMPLETED; from here it can become PROCESSING, SHIPPED or CANCELLED."
        );
        assert_eq!(problem.detail, Some(Detail::AllowedStatuses(vec![Processing, Shipped, Cancelled])));
        assert!(check_move("id", from(Confirmed), Shipped).is_ok());
    }

    #[test]
    fn the_order_follows_its_least_advanced_part() {
        for (parts, order) in [
            (&[Pending, Pending][..], Pending),
            (&[Confirmed, Shipped], Confirmed),
            (&[Processing, Shipped], Processing),
            (&[Delivered, Completed], Delivered),
            (&[Completed], Completed),
            (&[Cancelled, Shipped], Shipped),
            (&[Cancelled, Completed, Refunded], Completed),
            (&[Cancelled, Cancelled], Cancelled),
            (&[Failed, Failed], Failed),
            (&[Failed, Cancelled], Failed),
            (&[Refunded, Cancelled], Refunded),
        ] {
            assert_eq!(of_order(parts), order, "{parts:?}");
        }
    }
}
