//! Amounts in emails.

use entity::money::{CurrencyCode, Minor};

/// An amount with its currency, as `12.50 USD`.
pub(super) fn money(amount: Minor, currency: CurrencyCode) -> String {
    format!("{} {currency}", currency.format(amount))
}
