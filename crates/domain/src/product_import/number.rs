//! Numbers in cells: with one kind of separator only, so that nothing is guessed.

use super::entry::{Cell, LineProblem};
use souk_core::error::Code;

/// A decimal number with a point, such as 19.90. One comma can stand for the point; a comma before exactly three digits can also separate
/// thousands, so it is refused.
pub(super) fn decimal(cell: &Cell, text: &str) -> Result<String, LineProblem> {
    let text = text.trim();
    let separators: Vec<char> = text.chars().filter(|c| !c.is_ascii_digit() && *c != '-').collect();
    let is_ambiguous = match separators.as_slice() {
        [] | ['.'] => return Ok(text.to_owned()),
        [','] => match text.split_once(',') {
            Some((_, decimals)) if decimals.len() != 3 => return Ok(text.replace(',', ".")),
            _ => true,
        },
        several => several.iter().all(|c| matches!(c, '.' | ',' | '\'' | ' ' | '\u{A0}' | '\u{202F}')),
    };
    let message = if is_ambiguous {
        format!(
            "{} must be a number with one separator, the decimal point, and none between thousands, such as 1234.56; got {text:?}.",
            cell.column
        )
    } else {
        format!("{} must be a number without a unit or a currency, such as 1234.56; got {text:?}.", cell.column)
    };
    Err(cell.problem(Code::Invalid, message))
}

/// A whole number.
pub(super) fn integer(cell: &Cell, text: &str) -> Result<i32, LineProblem> {
    let number = decimal(cell, text)?;
    // Spreadsheets and other shops write "12.0" and "12.00".
    let whole = match number.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') => whole,
        _ => &number,
    };
    whole.parse().map_err(|_| {
        let message = format!("{} must be a whole number; got {:?}.", cell.column, text.trim());
        cell.problem(Code::Invalid, message)
    })
}

/// Yes or no.
pub(super) fn boolean(cell: &Cell, text: &str) -> Result<bool, LineProblem> {
    match text.trim().to_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => {
            let message = format!("{} must be true or false; got {:?}.", cell.column, text.trim());
            Err(cell.problem(Code::Invalid, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell() -> Cell {
        Cell { line: 2, column: "price".into(), value: None }
    }

    #[test]
    fn only_numbers_with_one_reading_are_read() {
        for (text, number) in [
            ("12", "12"),
            (" 12.5 ", "12.5"),
            ("12,50", "12.50"),
            ("-3", "-3"),
            ("1.234", "1.234"),
            ("0,5", "0.5"),
            ("12,3456", "12.3456"),
        ] {
            assert_eq!(decimal(&cell(), text).as_deref(), Ok(number), "{text}");
        }
        let ambiguous =
            "price must be a number with one separator, the decimal point, and none between thousands, such as 1234.56; got ";
        for text in ["1.234,56", "1,234.56", "1,234", "1,234,567", "1.234.567", "1'234.50", "1 234,50"] {
            let problem = decimal(&cell(), text).expect_err("a problem");
            assert_eq!((problem.code, problem.message), (Code::Invalid, format!("{ambiguous}{text:?}.")));
        }
        for text in ["$12", "12 kg", "NPR 5", "1e3"] {
            let problem = decimal(&cell(), text).expect_err("a problem");
            let expected = format!("price must be a number without a unit or a currency, such as 1234.56; got {text:?}.");
            assert_eq!(problem.message, expected);
        }
        for (text, number) in [("12", 12), ("12.0", 12), ("7.00", 7), ("-5", -5)] {
            assert_eq!(integer(&cell(), text), Ok(number), "{text}");
        }
        for text in ["12.5", "99999999999", "", "."] {
            assert!(integer(&cell(), text).is_err(), "{text}");
        }
        assert_eq!((boolean(&cell(), "TRUE"), boolean(&cell(), " no ")), (Ok(true), Ok(false)));
        assert!(boolean(&cell(), "maybe").is_err());
    }
}
