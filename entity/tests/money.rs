//! Amounts of money: exact text, arithmetic and rounding.

use entity::money::{AmountOverflow, CurrencyCode, Minor, Money};

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
    assert_eq!(Minor(10).share(Minor(1), Minor(3)), Ok(Minor(3)));
    assert_eq!(Minor(1).share(Minor(1), Minor(3)), Ok(Minor(0)));
    assert_eq!(Minor(1).share(Minor(1), Minor(2)), Ok(Minor(1)));
    assert_eq!(Minor(5).share(Minor(2), Minor(0)), Ok(Minor(0)));
    assert_eq!(Minor(i64::MAX).share(Minor(3), Minor(3)), Ok(Minor(i64::MAX)));
    assert_eq!(Minor(i64::MAX).percent(20_000), Err(AmountOverflow));
}

#[test]
fn an_amount_is_spread_exactly_by_the_largest_remainder() {
    let spread = |amount: i64, weights: &[i64]| {
        let weights: Vec<_> = weights.iter().copied().map(Minor).collect();
        Minor(amount).spread(&weights).expect("it fits").into_iter().map(|part| part.0).collect::<Vec<_>>()
    };
    assert_eq!(spread(10, &[1, 1, 1]), [4, 3, 3]);
    assert_eq!(spread(100, &[1, 2, 3]), [17, 33, 50]);
    assert_eq!(spread(4, &[1, 0, 1]), [2, 0, 2]);
    assert_eq!(spread(7, &[0, 0]), [7, 0]);
    assert_eq!(spread(0, &[5, 5]), [0, 0]);
    assert_eq!(spread(i64::MAX, &[i64::MAX, i64::MAX]), [i64::MAX / 2 + 1, i64::MAX / 2]);
    assert_eq!(spread(3, &[]), [0_i64; 0]);
}
