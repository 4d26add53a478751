//! Properties of the arithmetic of money, for random carts, captures, cancellations and refunds: all sums agree to the last minor unit,
//! no more is returned than was paid, and refunding everything reverses everything exactly.

mod model;

use model::Shop;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A line of a cart; shares are in thousandths.
#[derive(Clone, Debug)]
struct NewLine {
    unit_price: i64,
    quantity: i32,
    discount_share: i64,
    /// Share of the discount that the marketplace bears.
    borne_share: i64,
    /// Commission in hundredths of a percent.
    rate: i32,
}

#[derive(Clone, Debug)]
struct NewOrder {
    currency: &'static str,
    tax_basis_points: i32,
    tax_included: bool,
    tax_remitted: bool,
    commission_tax_basis_points: i32,
    /// Commission on shipping in hundredths of a percent.
    shipping_rate: i32,
    /// Lines and shipping of each store.
    stores: Vec<(Vec<NewLine>, i64)>,
    /// Share of the total that is captured first; the rest follows at once.
    first_capture: i64,
}

/// What is done with an order; `at` selects a store or a line, `share` a part of what is left, in thousandths.
#[derive(Clone, Debug)]
enum Step {
    Cancel { at: usize, share: i64 },
    RefundUnits { at: usize, share: i64, shipping: bool },
    RefundAmount { at: usize, share: i64 },
    RefundRest { at: usize },
}

const SHARES: std::ops::RangeInclusive<i64> = 0..=1000;

fn line() -> impl Strategy<Value = NewLine> {
    let prices = prop_oneof![0..=3_i64, 0..=2_000_000_i64];
    let discounts = prop_oneof![Just(0), SHARES, Just(1000)];
    (prices, 1..=12_i32, discounts, SHARES, 0..=5_000_i32).prop_map(
        |(unit_price, quantity, discount_share, borne_share, rate)| NewLine {
            unit_price,
            quantity,
            discount_share,
            borne_share,
            rate,
        },
    )
}

fn order() -> impl Strategy<Value = NewOrder> {
    let stores = vec((vec(line(), 1..=8), prop_oneof![Just(0), 0..=5_000_i64]), 1..=4);
    let tax = (0..=2_500, any::<bool>(), any::<bool>());
    let commission = (0..=2_500, prop_oneof![Just(0), 0..=5_000]);
    (select(vec!["USD", "JPY", "KWD"]), tax, commission, stores, SHARES).prop_map(
        |(currency, tax, commission, stores, first_capture)| NewOrder {
            currency,
            tax_basis_points: tax.0,
            tax_included: tax.1,
            tax_remitted: tax.2,
            commission_tax_basis_points: commission.0,
            shipping_rate: commission.1,
            stores,
            first_capture,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let at = || 0..32_usize;
    prop_oneof![
        (at(), SHARES).prop_map(|(at, share)| Step::Cancel { at, share }),
        (at(), SHARES, any::<bool>()).prop_map(|(at, share, shipping)| Step::RefundUnits { at, share, shipping }),
        (at(), SHARES).prop_map(|(at, share)| Step::RefundAmount { at, share }),
        at().prop_map(|at| Step::RefundRest { at }),
    ]
}

fn config() -> ProptestConfig {
    // A failure prints its smallest input, which becomes a test of its own; no file is written. PROPTEST_CASES sets the number of cases.
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn lines_add_up_to_store_orders_and_these_to_the_order(new in order()) {
        Shop::place(&new).check_totals();
    }

    #[test]
    fn no_sequence_of_cancellations_and_refunds_returns_more_than_was_paid(
        new in order(), before in vec(step(), 0..=2), after in vec(step(), 0..=10)
    ) {
        let mut shop = Shop::place(&new);
        for step in before.iter().filter(|step| matches!(step, Step::Cancel { .. })) {
            shop.apply(step);
        }
        shop.capture(new.first_capture);
        shop.check_money();
        for step in &after {
            shop.apply(step);
            shop.check_money();
        }
        shop.refund_everything();
        shop.check_money();
        shop.check_reversed();
    }

    #[test]
    fn an_amount_is_parsed_as_it_is_formatted(amount in any::<i32>(), currency in select(vec!["USD", "JPY", "KWD"])) {
        model::check_format(i64::from(amount).abs(), currency);
    }
}
