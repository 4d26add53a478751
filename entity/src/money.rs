//! Money: integers in minor units, and currencies.

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An amount in the minor units of a currency (cents, paisa, yen). Never a float.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Minor(pub i64);

/// A result that does not fit into 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AmountOverflow;

impl fmt::Display for AmountOverflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("An amount of money is too large.")
    }
}

impl std::error::Error for AmountOverflow {}

impl Minor {
    pub const ZERO: Self = Self(0);

    /// The sum, or [`AmountOverflow`].
    pub fn plus(self, other: Self) -> Result<Self, AmountOverflow> {
        self.0.checked_add(other.0).map(Self).ok_or(AmountOverflow)
    }

    /// The difference, or [`AmountOverflow`].
    pub fn minus(self, other: Self) -> Result<Self, AmountOverflow> {
        self.0.checked_sub(other.0).map(Self).ok_or(AmountOverflow)
    }

    /// This amount times `quantity`, or [`AmountOverflow`].
    pub fn times(self, quantity: i32) -> Result<Self, AmountOverflow> {
        self.0.checked_mul(i64::from(quantity)).map(Self).ok_or(AmountOverflow)
    }

    /// The sum of many, or [`AmountOverflow`].
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, AmountOverflow> {
        amounts.into_iter().try_fold(Self::ZERO, Self::plus)
    }

    /// `basis_points` hundredths of a percent of this amount, rounded half away from zero.
    pub fn percent(self, basis_points: i32) -> Result<Self, AmountOverflow> {
        divide_rounded(i128::from(self.0) * i128::from(basis_points), 10_000)
    }

    /// The tax that a price includes: `self * rate / (1 + rate)`, rounded half away from zero.
    pub fn included_percent(self, basis_points: i32) -> Result<Self, AmountOverflow> {
        divide_rounded(i128::from(self.0) * i128::from(basis_points), 10_000 + i128::from(basis_points))
    }
}

fn divide_rounded(numerator: i128, denominator: i128) -> Result<Minor, AmountOverflow> {
    let half = denominator / 2 * numerator.signum();
    i64::try_from((numerator + half) / denominator).map(Minor).map_err(|_| AmountOverflow)
}

/// An ISO 4217 currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, DeriveValueType, Serialize, Deserialize)]
#[sea_orm(value_type = "String", column_type = "String(sea_orm::sea_query::StringLen::N(3))")]
#[serde(transparent)]
pub struct CurrencyCode(pub iso_currency::Currency);

impl CurrencyCode {
    /// Number of decimals: 2 for USD, 0 for JPY, 3 for KWD.
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }

    /// An amount as an exact decimal number: `1990` in USD is `19.90`.
    pub fn format(self, amount: Minor) -> String {
        let digits = self.exponent() as usize;
        let sign = if amount.0 < 0 { "-" } else { "" };
        let magnitude = amount.0.unsigned_abs().to_string();
        if digits == 0 {
            return format!("{sign}{magnitude}");
        }
        let padded = format!("{magnitude:0>width$}", width = digits + 1);
        let (whole, fraction) = padded.split_at(padded.len() - digits);
        format!("{sign}{whole}.{fraction}")
    }

    /// Parses an exact decimal number; `None` if it is none, has too many decimals for the currency, or does not fit.
    pub fn parse(self, text: &str) -> Option<Minor> {
        let (sign, number) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = self.exponent() as usize;
        let written = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || whole.len() > 19 || !written(whole) || !written(fraction) || number.ends_with('.') {
            return None;
        }
        let significant = fraction.trim_end_matches('0');
        if significant.len() > digits {
            return None;
        }
        let minor: i64 = format!("{whole}{significant:0<digits$}").parse().ok()?;
        Some(Minor(sign * minor))
    }
}

impl fmt::Display for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code())
    }
}

/// An amount of money in a currency. It has no arithmetic: amounts are added as [`Minor`] within one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    pub amount: Minor,
    pub currency: CurrencyCode,
}

impl Money {
    pub fn new(amount: Minor, currency: CurrencyCode) -> Self {
        Self { amount, currency }
    }
}

/// Writes the exact amount and the code of the currency, such as `19.90 USD`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency.format(self.amount), self.currency)
    }
}

/// A text that is not an ISO 4217 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownCurrency;

impl fmt::Display for UnknownCurrency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an ISO 4217 currency code")
    }
}

impl std::error::Error for UnknownCurrency {}

impl FromStr for CurrencyCode {
    type Err = UnknownCurrency;
    fn from_str(code: &str) -> Result<Self, UnknownCurrency> {
        iso_currency::Currency::from_code(code).map(Self).ok_or(UnknownCurrency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> CurrencyCode {
        code.parse().expect("a currency")
    }

    #[test]
    fn amounts_are_written_and_read_exactly() {
        for (code, minor, text) in
            [("USD", 1990, "19.90"), ("USD", 5, "0.05"), ("USD", -5, "-0.05"), ("JPY", 7, "7"), ("KWD", 1, "0.001")]
        {
            assert_eq!(currency(code).format(Minor(minor)), text);
            assert_eq!(currency(code).parse(text), Some(Minor(minor)));
        }
        assert_eq!(currency("USD").format(Minor(i64::MIN)), "-92233720368547758.08");
        assert_eq!(Money::new(Minor(1990), currency("USD")).to_string(), "19.90 USD");
    }

    #[test]
    fn an_invalid_amount_is_refused() {
        for text in ["", ".", "1.", ".5", "1.234", "1e3", "+1", "--1", "1,00", "99999999999999999999", "NaN", "٣"] {
            assert_eq!(currency("USD").parse(text), None, "{text}");
        }
        assert_eq!(currency("JPY").parse("1.5"), None);
        assert_eq!(currency("JPY").parse("1.0"), Some(Minor(1)));
    }

    #[test]
    fn percentages_round_half_away_from_zero() {
        assert_eq!(Minor(250).percent(1000), Ok(Minor(25)));
        assert_eq!(Minor(5).percent(1000), Ok(Minor(1)));
        assert_eq!(Minor(-5).percent(1000), Ok(Minor(-1)));
        assert_eq!(Minor(1300).included_percent(1300), Ok(Minor(150)));
        assert_eq!(Minor(i64::MAX).percent(20_000), Err(AmountOverflow));
    }
}
