//! Status transitions of store orders, and the status of an order as computed from them.

use entity::value::{OrderStatus, ProductKind};
use entity::{order, order_line};
use souk_core::error::{Code, Detail, Problem, Result};

/// The state of a store order that determines its allowed transitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreOrderState {
    pub status: OrderStatus,
    /// Whether any item is shipped; digital items and cancelled items are not.
    pub ships: bool,
    /// Whether some items were shipped already.
    pub partly_shipped: bool,
}

impl StoreOrderState {
    /// The state of a store order with these lines.
    pub fn of<'a>(status: OrderStatus, lines: impl Iterator<Item = &'a order_line::Model>) -> Self {
        let mut state = Self { status, ships: false, partly_shipped: false };
        for line in lines {
            state.ships |= line.kind == ProductKind::Physical && line.quantity > line.cancelled_quantity;
            state.partly_shipped |= line.fulfilled_quantity > 0;
        }
        state
    }
}

/// Whether an order counts for the limits on unpaid orders: not paid, and not begun by any store.
pub fn counts_as_unpaid(order: &order::Model) -> bool {
    order.paid_at.is_none() && UNPAID.contains(&order.status)
}

/// Statuses of orders and store orders that are not finished: their buyer and their store can't close their accounts.
pub(crate) const UNFINISHED: [OrderStatus; 4] =
    [OrderStatus::Pending, OrderStatus::Confirmed, OrderStatus::Processing, OrderStatus::Shipped];

/// Statuses of orders that count for the limits while they are not paid.
pub(crate) const UNPAID: [OrderStatus; 2] = [OrderStatus::Pending, OrderStatus::Confirmed];

/// The statuses that can follow; the only definition of the transitions.
pub fn allowed(store_order: StoreOrderState) -> &'static [OrderStatus] {
    use OrderStatus::{Cancelled, Completed, Confirmed, Delivered, Failed, Pending, Processing, Refunded, Shipped};
    match store_order.status {
        Pending => &[Confirmed, Cancelled, Failed],
        Confirmed if store_order.ships => &[Processing, Shipped, Cancelled],
        // All items are digital: nothing is shipped, so it becomes DELIVERED directly.
        Confirmed => &[Processing, Delivered, Cancelled],
        // Shipped items can't be cancelled; the remaining items can be shipped or cancelled by line.
        Processing if store_order.partly_shipped => &[Shipped],
        Processing if store_order.ships => &[Shipped, Cancelled],
        Processing => &[Delivered, Cancelled],
        // REFUNDED when everything that was paid is refunded.
        Shipped => &[Delivered, Refunded],
        Delivered => &[Completed, Refunded],
        Completed => &[Refunded],
        Cancelled | Refunded | Failed => &[],
    }
}

/// Refuses a transition that is not allowed, and lists those that are. `path` is the field that named the store order.
pub fn check_transition(path: &str, store_order: StoreOrderState, to: OrderStatus) -> Result<()> {
    let allowed = allowed(store_order);
    if allowed.contains(&to) {
        return Ok(());
    }
    let message = format!("The store order is {} and can't become {to}; {}.", store_order.status, follows(allowed));
    Err(invalid_state(path, message, allowed).into())
}

/// The problem of a transition that is not allowed.
pub fn invalid_state(path: &str, message: String, allowed: &[OrderStatus]) -> Problem {
    Problem::new(path, Code::InvalidState, message).with(Detail::AllowedStatuses(allowed.to_vec()))
}

/// The allowed transitions, as the end of a sentence.
pub fn follows(allowed: &[OrderStatus]) -> String {
    match allowed {
        [] => "its status is final".to_owned(),
        [only] => format!("it can become {only}"),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(|status| status.as_str()).collect();
            format!("it can become {} or {last}", first.join(", "))
        }
    }
}

/// Whether the status is CANCELLED, REFUNDED or FAILED.
pub fn is_void(status: OrderStatus) -> bool {
    matches!(status, OrderStatus::Cancelled | OrderStatus::Refunded | OrderStatus::Failed)
}

/// The status of an order from those of its store orders: the earliest among those that are not void. If all are void: REFUNDED
/// if any is, else FAILED if any is, else CANCELLED.
pub fn of_order(store_orders: &[OrderStatus]) -> OrderStatus {
    // The enum is in the order of progress.
    if let Some(least) = store_orders.iter().copied().filter(|status| !is_void(*status)).min() {
        return least;
    }
    let ends = [OrderStatus::Refunded, OrderStatus::Failed, OrderStatus::Cancelled];
    ends.into_iter().find(|end| store_orders.contains(end)).unwrap_or(OrderStatus::Pending)
}

#[cfg(test)]
mod tests {
    use super::*;
    use OrderStatus::*;

    fn from(status: OrderStatus) -> StoreOrderState {
        StoreOrderState { status, ships: true, partly_shipped: false }
    }

    #[test]
    fn a_status_only_moves_forward() {
        for status in OrderStatus::ALL {
            for ships in [true, false] {
                for partly_shipped in [true, false] {
                    let follow = allowed(StoreOrderState { status: *status, ships, partly_shipped });
                    assert!(follow.iter().all(|to| to > status), "{status}: {follow:?}");
                }
            }
        }
    }

    #[test]
    fn final_statuses_have_no_transitions() {
        for status in [Cancelled, Refunded, Failed] {
            assert!(allowed(from(status)).is_empty());
        }
        assert_eq!(allowed(from(Completed)), [Refunded]);
    }

    #[test]
    fn shipped_items_are_not_cancelled_and_digital_items_are_not_shipped() {
        assert!(allowed(from(Processing)).contains(&Cancelled));
        assert!(!allowed(StoreOrderState { partly_shipped: true, ..from(Processing) }).contains(&Cancelled));
        for status in OrderStatus::ALL {
            assert!(!allowed(StoreOrderState { ships: false, ..from(*status) }).contains(&Shipped));
        }
    }

    #[test]
    fn a_refusal_lists_the_allowed_statuses() {
        let Err(souk_core::error::Error::Refused(refusal)) = check_transition("id", from(Confirmed), Completed) else {
            panic!("the transition was allowed")
        };
        let problem = &refusal.0[0];
        assert_eq!(
            problem.message,
            "The store order is CONFIRMED and can't become COMPLETED; it can become PROCESSING, SHIPPED or CANCELLED."
        );
        assert_eq!(problem.detail, Some(Detail::AllowedStatuses(vec![Processing, Shipped, Cancelled])));
        assert!(check_transition("id", from(Confirmed), Shipped).is_ok());
    }

    #[test]
    fn the_order_has_the_earliest_status_of_its_store_orders() {
        for (store_orders, order) in [
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
            assert_eq!(of_order(store_orders), order, "{store_orders:?}");
        }
    }
}
