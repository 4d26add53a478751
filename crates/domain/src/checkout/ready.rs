//! The problems that prevent a checkout from becoming an order, all at once.

use super::cart_snapshot::{CartLineSnapshot, Contents};
use super::quoted::Quote;
use entity::checkout::Model;
use souk_core::check::Check;
use souk_core::error::{Code, Detail, Problem};

/// Missing data, and lines that are sold out or not for sale. The stock is not reserved; it is checked again when it is taken.
pub(crate) fn problems(checkout: &Model, contents: &Contents, quote: &Quote) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut incomplete = |path: &str, message: &str| found.push(Problem::new(path, Code::Incomplete, message));
    if checkout.email.is_none() {
        incomplete("email", "email is required for the confirmation; set it by checkoutUpdate.");
    }
    if contents.is_empty() {
        incomplete("lines", "The cart is empty; add items before checking out.");
    }
    let insufficient = contents.lines.iter().filter(|line| !line.in_stock());
    let mut of_lines: Vec<_> = insufficient.map(|line| (line.at, shortage(line, line.stock_quantity))).collect();
    of_lines.extend(contents.unavailable.iter().map(|line| (line.at, unavailable(line.at, &line.title()))));
    of_lines.sort_by_key(|(at, _)| *at);
    found.extend(of_lines.into_iter().map(|(_, problem)| problem));
    let mut check = Check::new();
    check_shipping(&mut check, checkout, contents, quote);
    if quote.needs_billing_country {
        let message = "billingAddress is required, as the tax depends on its country; set it by checkoutUpdate.";
        check.problem("billingAddress", Code::Incomplete, message);
    }
    found.extend(check.into_problems());
    found
}

fn check_shipping(check: &mut Check, checkout: &Model, contents: &Contents, quote: &Quote) {
    let shipped: Vec<_> = quote.store_orders.iter().filter(|store_order| store_order.ships).collect();
    if shipped.is_empty() {
        return;
    }
    let Some(address) = &checkout.shipping_address else {
        check.problem("shippingAddress", Code::Incomplete, "shippingAddress is required; set it by checkoutUpdate.");
        return;
    };
    for store_order in shipped.into_iter().filter(|store_order| store_order.chosen.is_none()) {
        let store =
            contents.lines.iter().find(|line| line.store_id == store_order.store_id).map_or("", |line| line.store_name.as_str());
        let message = if store_order.offered.is_empty() {
            format!("The store {store:?} offers no shipping method to {}.", address.country)
        } else {
            format!(
                "The shipping method chosen for the store {store:?} is not offered any more; choose another by checkoutUpdate."
            )
        };
        check.problem("shippingMethods", Code::Incomplete, message);
    }
}

/// The line is not for sale any more.
pub(crate) fn unavailable(at: usize, title: &str) -> Problem {
    let message = format!("{title} is no longer available; remove it from the cart.");
    Problem::new(&format!("lines.{at}"), Code::Unavailable, message)
}

/// The stock is lower than the quantity of the line.
pub(crate) fn shortage(line: &CartLineSnapshot, left: i32) -> Problem {
    let left = left.max(0);
    let message = match left {
        0 => format!("{} is sold out.", line.title()),
        _ => format!("Only {left} of {} are in stock; the cart has {}.", line.title(), line.quantity),
    };
    Problem::new(&format!("lines.{}", line.at), Code::InsufficientStock, message).with(Detail::StockAvailable(left))
}
