//! Amounts as Stripe writes them (<https://docs.stripe.com/currencies>).

use entity::money::{CurrencyCode, Minor, Money};

/// Currencies in which Stripe charges cards.
const SUPPORTED: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CLP \
                         CNY COP CRC CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS \
                         INR ISK JMD JOD JPY KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MUR MVR \
                         MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK \
                         SGD SHP SLE SOS SRD SZL THB TJS TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VND VUV WST XAF XCD XOF XPF YER \
                         ZAR ZMW";
/// Currencies whose amounts have no decimals.
const WITHOUT_DECIMALS: &str = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF";
/// Currencies without decimals whose amounts are written with two.
const TWO_DECIMALS: &str = "ISK UGX";
/// Currencies with three decimals, of which the last must be 0.
const THREE_DECIMALS: &str = "BHD JOD KWD OMR TND";

/// Whether Stripe charges cards in a currency.
pub(super) fn supports(currency: CurrencyCode) -> bool {
    is_in(SUPPORTED, currency)
}

fn is_in(list: &str, currency: CurrencyCode) -> bool {
    let code = currency.to_string();
    list.split_ascii_whitespace().any(|listed| listed == code)
}

/// Number of decimals that Stripe's amounts of a currency have.
fn decimals(currency: CurrencyCode) -> u32 {
    match currency {
        _ if is_in(WITHOUT_DECIMALS, currency) => 0,
        _ if is_in(TWO_DECIMALS, currency) => 2,
        _ if is_in(THREE_DECIMALS, currency) => 3,
        _ => 2,
    }
}

/// An amount as Stripe writes it; `None` if Stripe can't charge it.
pub(super) fn to_stripe(money: Money) -> Option<i64> {
    let (theirs, ours) = (decimals(money.currency), money.currency.exponent());
    let amount = scale(money.amount.0, ours, theirs)?;
    (theirs < 3 || amount % 10 == 0).then_some(amount)
}

/// An amount that Stripe wrote; `None` if the currency has no such amount.
pub(super) fn from_stripe(amount: i64, currency: CurrencyCode) -> Option<Minor> {
    scale(amount, decimals(currency), currency.exponent()).map(Minor)
}

/// The same amount with another number of decimals, if that is exact.
fn scale(amount: i64, from: u32, to: u32) -> Option<i64> {
    if to >= from {
        return amount.checked_mul(10_i64.checked_pow(to - from)?);
    }
    let divisor = 10_i64.checked_pow(from - to)?;
    (amount % divisor == 0).then_some(amount / divisor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(amount: i64, code: &str) -> Money {
        Money::new(Minor(amount), code.parse().expect("a currency"))
    }

    #[test]
    fn amounts_have_the_decimals_that_stripe_documents() {
        for (code, ours, theirs) in [
            ("USD", 1099, 1099),
            ("JPY", 500, 500),
            ("ISK", 500, 50_000),
            ("UGX", 7, 700),
            ("KWD", 5120, 5120),
            ("HUF", 100, 100),
        ] {
            assert_eq!(to_stripe(money(ours, code)), Some(theirs), "{code}");
            assert_eq!(from_stripe(theirs, code.parse().expect("a currency")), Some(Minor(ours)), "{code}");
        }
        assert_eq!(to_stripe(money(5124, "KWD")), None, "the last of three decimals must be 0");
        assert_eq!(from_stripe(50_050, "ISK".parse().expect("a currency")), None);
        assert_eq!(to_stripe(money(i64::MAX, "ISK")), None);
    }

    #[test]
    fn all_listed_currencies_exist_and_have_exact_amounts() {
        for code in SUPPORTED.split_ascii_whitespace() {
            let currency: CurrencyCode = code.parse().expect(code);
            assert!(supports(currency));
            let whole = Money::new(Minor(10_i64.pow(currency.exponent()) * 10), currency);
            let sent = to_stripe(whole).expect(code);
            assert_eq!(from_stripe(sent, currency), Some(whole.amount), "{code}");
        }
        for list in [WITHOUT_DECIMALS, TWO_DECIMALS, THREE_DECIMALS] {
            assert!(list.split_ascii_whitespace().all(|code| supports(code.parse().expect(code))));
        }
        assert!(!supports("KPW".parse().expect("a currency")));
    }
}
