//! Amounts of money and decimal numbers, as clients see them.

use crate::error::Result;
use async_graphql::{ComplexObject, InputValueError, InputValueResult, Scalar, ScalarType, SimpleObject, Value};
use entity::money::{CurrencyCode as Currency, Minor};
use souk_core::error::Fault;
use souk_core::locale::Locale;
use souk_core::text::truncate;

/// Exact decimal number as a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal(pub String);

/// Exact decimal number as a string, such as "19.90". Inputs can also be numbers, such as 19.9, with at most 15 digits, which a
/// double-precision number represents exactly.
#[Scalar(specified_by_url = "https://www.w3.org/TR/xmlschema11-2/#decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            Value::Number(number) if number.is_i64() || number.is_u64() || is_exact(&number) => Ok(Self(number.to_string())),
            Value::Number(number) => Err(InputValueError::custom(format!(
                "A number with more than {EXACT_DIGITS} digits must be a string; got {number}."
            ))),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// Number of decimal digits that a double-precision number preserves (`DBL_DIG` in C).
const EXACT_DIGITS: usize = 15;

/// Whether a floating-point number is the decimal number that the client sent. It is printed with the fewest digits that identify
/// it, so up to [`EXACT_DIGITS`] digits it is.
fn is_exact(number: &async_graphql::Number) -> bool {
    let text = number.to_string();
    text.bytes().filter(u8::is_ascii_digit).count() <= EXACT_DIGITS
}

/// ISO 4217 currency code, such as USD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurrencyCode(pub Currency);

/// ISO 4217 currency code, such as USD.
#[Scalar(specified_by_url = "https://www.iso.org/iso-4217-currency-codes.html")]
impl ScalarType for CurrencyCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => text.parse().map(Self).map_err(InputValueError::custom),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// Amount of money in a currency.
#[derive(SimpleObject, Clone, Debug, PartialEq, Eq)]
#[graphql(complex)]
pub struct Money {
    /// Amount with as many decimals as the currency has.
    pub amount: Decimal,
    /// Currency of the amount.
    pub currency: CurrencyCode,
    /// Amount in minor units, such as cents.
    #[graphql(skip)]
    minor: Minor,
}

/// Amount of money in a currency.
#[ComplexObject]
impl Money {
    /// Amount formatted for a locale, with the symbol of the currency, such as "$1,234.50" or "1.234,50 €".
    async fn formatted(
        &self,
        #[graphql(
            desc = "BCP 47 language tag, such as en, de-AT or ne; en if left out. If CLDR does not know the language, its \
                          root format is used."
        )]
        locale: Option<String>,
    ) -> Result<String> {
        let locale = locale.map(|tag| tag.parse::<Locale>().map_err(|_| invalid_locale(&tag))).transpose()?.unwrap_or_default();
        Ok(locale.format_money(entity::money::Money::new(self.minor, self.currency.0)))
    }
}

fn invalid_locale(tag: &str) -> Fault {
    let message = format!("locale must be a BCP 47 language tag, such as en or de-AT; got {:?}.", truncate(tag, 40));
    Fault::BadUserInput { argument: "locale", message }
}

impl Money {
    /// From minor units.
    pub fn new(amount: Minor, currency: Currency) -> Self {
        Self { amount: Decimal(currency.format(amount)), currency: CurrencyCode(currency), minor: amount }
    }
}
