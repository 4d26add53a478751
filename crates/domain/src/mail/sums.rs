//! The total rows below the lines of an order in a mail: they add up to its total.

use crate::totals::Totals;
use entity::money::{CurrencyCode, Minor, Money};
use serde::Serialize;

/// A labelled amount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Sum {
    label: String,
    amount: String,
}

/// The rows below the lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Sums {
    /// From the subtotal to the total; amounts of zero are left out, except for a chosen shipping method.
    rows: Vec<Sum>,
    total: String,
    /// Tax that is included in the amounts; absent if none is.
    included_tax: Option<String>,
}

impl Sums {
    /// `shipping` is the name of the shipping method, or empty; absent if nothing is shipped.
    pub(super) fn new(totals: Totals, currency: CurrencyCode, tax_included: bool, shipping: Option<&str>) -> Self {
        let mut rows = vec![("Subtotal".to_owned(), totals.items)];
        if totals.discount != Minor::ZERO {
            rows.push(("Discount".to_owned(), Minor(-totals.discount.0)));
        }
        match shipping {
            Some("") => rows.push(("Shipping".to_owned(), totals.shipping)),
            Some(method) => rows.push((format!("Shipping ({method})"), totals.shipping)),
            None if totals.shipping != Minor::ZERO => rows.push(("Shipping".to_owned(), totals.shipping)),
            None => {}
        }
        let has_tax = totals.tax != Minor::ZERO;
        if has_tax && !tax_included {
            rows.push(("Tax".to_owned(), totals.tax));
        }
        rows.push(("Total".to_owned(), totals.total));
        let money = |amount| Money::new(amount, currency).to_string();
        Self {
            rows: rows.into_iter().map(|(label, amount)| Sum { label, amount: money(amount) }).collect(),
            total: money(totals.total),
            included_tax: (has_tax && tax_included).then(|| money(totals.tax)),
        }
    }
}
