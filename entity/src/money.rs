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

    /// The share of this amount that `part` has in `whole`, rounded half away from zero; zero if `whole` is zero.
    pub fn share(self, part: Self, whole: Self) -> Result<Self, AmountOverflow> {
        if whole == Self::ZERO {
            return Ok(Self::ZERO);
        }
        divide_rounded(i128::from(self.0) * i128::from(part.0), i128::from(whole.0))
    }

    /// This amount, which must not be negative, spread over weights by the largest remainder, ties in their order: the parts add up to it
    /// exactly. All of it goes to the first if no weight is above zero.
    pub fn spread(self, weights: &[Self]) -> Result<Vec<Self>, AmountOverflow> {
        let whole: i128 = weights.iter().map(|weight| i128::from(weight.0.max(0))).sum();
        let mut parts = vec![0_i64; weights.len()];
        if whole == 0 {
            if let Some(first) = parts.first_mut() {
                *first = self.0;
            }
            return Ok(parts.into_iter().map(Self).collect());
        }
        let mut remainders = Vec::with_capacity(weights.len());
        for (at, (part, weight)) in parts.iter_mut().zip(weights).enumerate() {
            let scaled = i128::from(self.0) * i128::from(weight.0.max(0));
            *part = i64::try_from(scaled / whole).map_err(|_| AmountOverflow)?;
            remainders.push((std::cmp::Reverse(scaled % whole), at));
        }
        remainders.sort_unstable();
        // Fewer than one unit for each weight is left.
        let spread: i64 = parts.iter().sum();
        let left = usize::try_from(self.0 - spread).map_err(|_| AmountOverflow)?;
        for (_, at) in remainders.into_iter().take(left) {
            if let Some(part) = parts.get_mut(at) {
                *part += 1;
            }
        }
        Ok(parts.into_iter().map(Self).collect())
    }

    /// The tax that a price includes: `self * rate / (1 + rate)`, rounded half away from zero.
    pub fn included_percent(self, basis_points: i32) -> Result<Self, AmountOverflow> {
        divide_rounded(i128::from(self.0) * i128::from(basis_points), 10_000 + i128::from(basis_points))
    }
}

/// The quotient, rounded half away from zero; the denominator must be above zero.
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
