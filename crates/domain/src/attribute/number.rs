//! Numbers and dates as they are stored, and as people write them.

use chrono::NaiveDate;

/// Decimals of a number.
pub const MAX_DECIMALS: usize = 6;
/// The largest number, and with a minus sign the smallest one.
pub const MAX_NUMBER: i64 = 1_000_000_000;

const MILLION: i64 = 1_000_000;

/// Why a text is no number of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotANumber {
    Malformed,
    OutOfRange,
}

/// Millionths of a decimal number such as "12.5", which are stored exactly on all databases.
pub(super) fn parse(text: &str) -> Result<i64, NotANumber> {
    let text = text.trim();
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = !whole.is_empty() && are_digits(whole) && are_digits(decimals) && !digits.ends_with('.');
    let decimals = decimals.trim_end_matches('0');
    if !is_number || decimals.len() > MAX_DECIMALS {
        return Err(NotANumber::Malformed);
    }
    let whole: i64 = match whole.trim_start_matches('0') {
        "" => 0,
        significant => significant.parse().map_err(|_| NotANumber::OutOfRange)?,
    };
    let millionths: i64 = format!("{decimals:0<MAX_DECIMALS$}").parse().map_err(|_| NotANumber::Malformed)?;
    let number = whole.checked_mul(MILLION).and_then(|all| all.checked_add(millionths)).ok_or(NotANumber::OutOfRange)?;
    if number > MAX_NUMBER * MILLION {
        return Err(NotANumber::OutOfRange);
    }
    Ok(if negative { -number } else { number })
}

/// Millionths of a decimal number such as "12.5"; absent if it is none, or too large or too exact for an attribute.
pub fn parse_number(text: &str) -> Option<i64> {
    parse(text).ok()
}

/// A number of millionths as a decimal without trailing zeros, such as "12.5".
pub fn format_number(millionths: i64) -> String {
    let (sign, all) = (if millionths < 0 { "-" } else { "" }, millionths.unsigned_abs());
    let million = MILLION.unsigned_abs();
    let text = format!("{sign}{}.{:06}", all / million, all % million);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Days since 1970-01-01 of a date such as "2026-11-27", in the years 1 to 9999.
pub fn parse_date(text: &str) -> Option<i64> {
    let text = text.trim();
    let is_full = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| is_full && !text.starts_with("0000"))?;
    Some((date - NaiveDate::default()).num_days())
}

/// The date that is the given number of days after 1970-01-01, such as "2026-11-27".
pub fn format_date(days: i64) -> String {
    let date = chrono::TimeDelta::try_days(days).and_then(|days| NaiveDate::default().checked_add_signed(days));
    date.unwrap_or_default().format("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact_to_six_decimals() {
        for (text, millionths, shown) in [
            ("0", 0, "0"),
            ("-0", 0, "0"),
            ("12.5", 12_500_000, "12.5"),
            (" 007.10 ", 7_100_000, "7.1"),
            ("-0.000001", -1, "-0.000001"),
            ("1.0000000000", 1_000_000, "1"),
            ("1000000000", 1_000_000_000_000_000, "1000000000"),
        ] {
            assert_eq!(parse(text), Ok(millionths), "{text}");
            assert_eq!(format_number(millionths), shown);
        }
        for text in ["", "-", ".5", "5.", "1e3", "1,5", "0x1", "+1", "1.0000001", "--1", "NaN"] {
            assert_eq!(parse(text), Err(NotANumber::Malformed), "{text}");
        }
        for text in ["1000000000.000001", "-1000000001", "99999999999999999999"] {
            assert_eq!(parse(text), Err(NotANumber::OutOfRange), "{text}");
        }
    }

    #[test]
    fn dates_are_days() {
        for (text, days) in [("1970-01-01", 0), ("1969-12-31", -1), ("2026-11-27", 20_784), ("9999-12-31", 2_932_896)] {
            assert_eq!(parse_date(text), Some(days), "{text}");
            assert_eq!(format_date(days), text);
        }
        for text in ["", "2026-02-30", "26-11-27", "2026-11-27T00:00:00Z", "0000-01-01", "+026-11-27", "10000-01-01"] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }
}
