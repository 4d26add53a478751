//! What stands between a checkout and an order: all of it at once.

use super::basket::BasketLine;
use super::quote::Quote;
use crate::check::Check;
use crate::error::{Code, Detail, Problem};
use entity::checkout::Model;

/// Notes everything that is missing, sold out or not for sale any more. Nothing is held yet: the stock is looked at again when
/// it is taken.
pub(super) fn check(check: &mut Check, checkout: &Model, lines: &[BasketLine], quote: &Quote) {
    if checkout.email.is_none() {
        check.problem("email", Code::Incomplete, "an email address is needed for the confirmation: set it by checkoutUpdate");
    }
    if lines.is_empty() {
        check.problem("lines", Code::Incomplete, "the cart is empty: put something in");
    }
    for (at, line) in lines.iter().enumerate() {
        if !line.for_sale() {
            let message = format!("{} can't be bought any more: take it out of the cart", line.title());
            check.problem(&format!("lines.{at}"), Code::Unavailable, message);
        } else if !line.in_stock() {
            check.push(shortage(at, line, line.stock_quantity));
        }
    }
    check_shipping(check, checkout, quote);
}

fn check_shipping(check: &mut Check, checkout: &Model, quote: &Quote) {
    let shipped: Vec<_> = quote.parts.iter().filter(|part| part.ships).collect();
    if shipped.is_empty() {
        return;
    }
    let Some(address) = &checkout.shipping_address else {
        check.problem("shippingAddress", Code::Incomplete, "an address is needed to send to: set it by checkoutUpdate");
        return;
    };
    for part in shipped.into_iter().filter(|part| part.chosen.is_none()) {
        let (store, country) = (part.store_id, &address.country);
        let message = if part.offered.is_empty() {
            format!("nothing of the store {store} can be sent to {country}: no shipping method is offered there")
        } else {
            format!("the shipping method chosen for the store {store} is not offered any more: choose another by checkoutUpdate")
        };
        check.problem("shippingMethods", Code::Incomplete, message);
    }
}

/// Fewer are left than the line holds.
pub(super) fn shortage(at: usize, line: &BasketLine, left: i32) -> Problem {
    let left = left.max(0);
    let message = match left {
        0 => format!("{} is sold out", line.title()),
        _ => format!("only {left} of {} are left; the cart holds {}", line.title(), line.quantity),
    };
    Problem::new(&format!("lines.{at}"), Code::InsufficientStock, message).with(Detail::StockAvailable(left))
}
