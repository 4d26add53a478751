//! Formats amounts of money for a locale, with data from CLDR (<https://cldr.unicode.org>) through ICU4X.

mod data;

use data::Data;
use entity::money::Money;
use fixed_decimal::Decimal;
use icu_decimal::DecimalFormatter;
use icu_experimental::dimension::currency::CurrencyType;
use icu_experimental::dimension::currency::formatter::CurrencyFormatter;
use std::fmt;
use std::str::FromStr;

/// Maximum length of a locale tag, in bytes.
const MAX_TAG_LENGTH: usize = 64;

/// A locale, identified by its BCP 47 tag, such as `en`, `de-AT` or `hi-u-nu-deva`. Languages that CLDR does not know are formatted
/// with CLDR's root locale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locale(icu_locale_core::Locale);

/// The text is not a BCP 47 tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedLocale;

impl fmt::Display for MalformedLocale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a BCP 47 language tag")
    }
}

impl std::error::Error for MalformedLocale {}

impl FromStr for Locale {
    type Err = MalformedLocale;
    fn from_str(tag: &str) -> Result<Self, MalformedLocale> {
        if tag.len() > MAX_TAG_LENGTH {
            return Err(MalformedLocale);
        }
        icu_locale_core::Locale::try_from_str(tag).map(Self).map_err(|_| MalformedLocale)
    }
}

impl Default for Locale {
    /// English.
    fn default() -> Self {
        Self(icu_locale_core::locale!("en"))
    }
}

impl Locale {
    /// Formats an amount with the currency symbol and the decimals of ISO 4217, such as `$1,234.50`. If CLDR has no data for the
    /// currency, the result is the currency code and the plain number.
    pub fn format_money(&self, money: Money) -> String {
        let Money { amount, currency } = money;
        let plain = || format!("{currency} {}", currency.format(amount));
        let Ok(code) = CurrencyType::try_from_str(&currency.to_string()) else { return plain() };
        let data = Data { digits: u8::try_from(currency.exponent()).unwrap_or(u8::MAX) };
        let preferences = (&self.0).into();
        let formatter =
            CurrencyFormatter::<DecimalFormatter>::try_new_symbol_unstable(&data, preferences, code, Default::default());
        let Ok(formatter) = formatter else { return plain() };
        let mut value = Decimal::from(amount.0);
        value.multiply_pow10(-i16::from(data.digits));
        formatter.format_fixed_decimal(&value).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::money::Minor;

    fn format(locale: &str, amount: i64, currency: &str) -> String {
        let locale: Locale = locale.parse().expect("a locale");
        locale.format_money(Money::new(Minor(amount), currency.parse().expect("a currency")))
    }

    #[test]
    fn amounts_are_written_as_people_of_the_locale_write_them() {
        assert_eq!(format("en", 123_450, "USD"), "$1,234.50");
        assert_eq!(format("en-IN", 12_345_678, "INR"), "₹1,23,456.78");
        assert_eq!(format("de", 123_450, "EUR"), "1.234,50\u{a0}€");
        assert_eq!(format("de-CH", 123_450, "CHF"), "CHF\u{a0}1'234.50");
        assert_eq!(format("fr", 123_450, "EUR"), "1\u{202f}234,50\u{a0}€");
        assert_eq!(format("ja", 1_234, "JPY"), "￥1,234");
        assert_eq!(format("en", -5, "USD"), "-$0.05");
        assert_eq!(format("en", 1_990, "NPR"), "NPR\u{a0}19.90");
        assert_eq!(format("hi-u-nu-deva", 123_450, "INR"), "₹१,२३४.५०");
    }

    #[test]
    fn no_decimal_is_lost_where_people_write_none() {
        // CLDR writes these without decimals; what is charged has them.
        assert!(format("en", 1_990, "RSD").ends_with("19.90"), "{}", format("en", 1_990, "RSD"));
        assert!(format("en", 1_990, "ALL").ends_with("19.90"));
        assert!(format("en", 1_001, "KWD").ends_with("1.001"));
        assert!(format("en", i64::MIN, "USD").contains("92,233,720,368,547,758.08"));
    }

    #[test]
    fn unknown_languages_are_written_plainly_and_malformed_tags_refused() {
        assert!(format("xx", 123_450, "USD").contains("1234.50") || format("xx", 123_450, "USD").contains("1,234.50"));
        for tag in ["", "e", "en_US_", "en US", "english language", "-", &"a-".repeat(40)] {
            assert_eq!(tag.parse::<Locale>(), Err(MalformedLocale), "{tag}");
        }
        let dollar = Money::new(Minor(100), "USD".parse().expect("a currency"));
        assert_eq!(Locale::default().format_money(dollar), "$1.00");
    }
}
