//! Order totals: items, discount, shipping, tax and total, for each store order and for the whole order, computed by one
//! function.
//!
//! All amounts are integers in minor units. Tax is computed for each line, and for the shipping of each store order, and rounded
//! half away from zero; every other amount is a sum of those, so that all sums add up. Shipping is taxed at the rate of the
//! items. If prices include tax, the tax is the included share and does not increase the total.

use entity::money::{AmountOverflow, Minor};
use entity::{order, store_order};

/// Totals of a store order or an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Sum of the line totals.
    pub items: Minor,
    /// Sum of the discounts, as a positive amount.
    pub discount: Minor,
    pub shipping: Minor,
    /// Tax, included in the other amounts or added to them.
    pub tax: Minor,
    /// Amount to be paid.
    pub total: Minor,
}

/// The tax rate, and whether prices include it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaxTerms {
    /// Hundredths of a percent.
    pub basis_points: i32,
    /// Whether prices include tax; otherwise tax is added to the total.
    pub included: bool,
}

/// A line to be priced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Price per unit.
    pub unit_price: Minor,
    pub quantity: i32,
    /// Discount on the whole line, as a positive amount.
    pub discount: Minor,
}

/// A priced line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PricedLine {
    /// Unit price times quantity.
    pub total: Minor,
    pub discount: Minor,
    pub tax: Minor,
}

/// A store order to be priced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreOrder {
    pub lines: Vec<Line>,
    /// Shipping price.
    pub shipping: Minor,
}

/// A priced store order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricedStoreOrder {
    /// In the given order.
    pub lines: Vec<PricedLine>,
    pub totals: Totals,
}

/// A priced order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    /// In the given order.
    pub store_orders: Vec<PricedStoreOrder>,
    /// Totals of the whole order.
    pub totals: Totals,
}

/// Prices an order; [`AmountOverflow`] if an amount does not fit into 64 bits.
pub fn price(store_orders: &[StoreOrder], tax: TaxTerms) -> Result<Priced, AmountOverflow> {
    let store_orders =
        store_orders.iter().map(|store_order| price_store_order(store_order, tax)).collect::<Result<Vec<_>, _>>()?;
    let totals = store_orders.iter().try_fold(Totals::default(), |sum, store_order| sum.plus(&store_order.totals))?;
    Ok(Priced { store_orders, totals })
}

fn price_store_order(store_order: &StoreOrder, tax: TaxTerms) -> Result<PricedStoreOrder, AmountOverflow> {
    let lines = store_order.lines.iter().map(|line| price_line(line, tax)).collect::<Result<Vec<_>, _>>()?;
    let items = Minor::sum(lines.iter().map(|line| line.total))?;
    let discount = Minor::sum(lines.iter().map(|line| line.discount))?;
    let tax_total = Minor::sum(lines.iter().map(|line| line.tax))?.plus(tax.of(store_order.shipping)?)?;
    let net = items.minus(discount)?.plus(store_order.shipping)?;
    let total = if tax.included { net } else { net.plus(tax_total)? };
    Ok(PricedStoreOrder { lines, totals: Totals { items, discount, shipping: store_order.shipping, tax: tax_total, total } })
}

/// Prices a single line.
pub fn price_line(line: &Line, tax: TaxTerms) -> Result<PricedLine, AmountOverflow> {
    let total = line.unit_price.times(line.quantity)?;
    Ok(PricedLine { total, discount: line.discount, tax: tax.of(total.minus(line.discount)?)? })
}

impl TaxTerms {
    fn of(self, amount: Minor) -> Result<Minor, AmountOverflow> {
        if self.included { amount.included_percent(self.basis_points) } else { amount.percent(self.basis_points) }
    }
}

impl Totals {
    fn plus(&self, other: &Self) -> Result<Self, AmountOverflow> {
        Ok(Self {
            items: self.items.plus(other.items)?,
            discount: self.discount.plus(other.discount)?,
            shipping: self.shipping.plus(other.shipping)?,
            tax: self.tax.plus(other.tax)?,
            total: self.total.plus(other.total)?,
        })
    }
}

impl From<&order::Model> for Totals {
    fn from(row: &order::Model) -> Self {
        Self {
            items: row.items_total,
            discount: row.discount_total,
            shipping: row.shipping_total,
            tax: row.tax_total,
            total: row.total,
        }
    }
}

impl From<&store_order::Model> for Totals {
    fn from(row: &store_order::Model) -> Self {
        Self {
            items: row.items_total,
            discount: row.discount_total,
            shipping: row.shipping_total,
            tax: row.tax_total,
            total: row.total,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(unit_price: i64, quantity: i32) -> Line {
        Line { unit_price: Minor(unit_price), quantity, discount: Minor::ZERO }
    }

    fn store_order(lines: &[Line], shipping: i64) -> StoreOrder {
        StoreOrder { lines: lines.to_vec(), shipping: Minor(shipping) }
    }

    #[test]
    fn tax_on_top_is_rounded_for_each_line_and_for_shipping() {
        let tax = TaxTerms { basis_points: 1300, included: false };
        // 0.13 * 50 = 6.5 -> 7, twice; 0.13 * 150 = 19.5 -> 20.
        let priced = price(&[store_order(&[line(50, 1), line(50, 1)], 150)], tax).unwrap();
        let expected =
            Totals { items: Minor(100), discount: Minor::ZERO, shipping: Minor(150), tax: Minor(34), total: Minor(284) };
        assert_eq!(priced.totals, expected);
    }

    #[test]
    fn tax_within_prices_does_not_raise_the_total() {
        let tax = TaxTerms { basis_points: 1300, included: true };
        let priced = price(&[store_order(&[line(1130, 2)], 113)], tax).unwrap();
        assert_eq!(priced.totals.tax, Minor(260 + 13));
        assert_eq!(priced.totals.total, Minor(2260 + 113));
    }

    #[test]
    fn a_discount_lowers_the_tax_and_the_total() {
        let tax = TaxTerms { basis_points: 1000, included: false };
        let line = Line { unit_price: Minor(1000), quantity: 1, discount: Minor(200) };
        let priced = price(&[store_order(&[line], 0)], tax).unwrap();
        let expected =
            Totals { items: Minor(1000), discount: Minor(200), shipping: Minor::ZERO, tax: Minor(80), total: Minor(880) };
        assert_eq!(priced.totals, expected);
    }

    /// Pseudorandom numbers from a fixed seed, so that failures are reproducible.
    fn numbers() -> impl FnMut(u64) -> u64 {
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        move |below| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % below
        }
    }

    #[test]
    fn sums_always_add_up() {
        let mut random = numbers();
        for _ in 0..5_000 {
            let store_orders: Vec<_> = (0..random(5))
                .map(|_| {
                    let lines: Vec<_> = (0..random(6))
                        .map(|_| {
                            let (unit_price, quantity) = (random(1_000_000), random(50) + 1);
                            let discount = random(unit_price * quantity + 1);
                            Line {
                                unit_price: Minor(unit_price as i64),
                                quantity: quantity as i32,
                                discount: Minor(discount as i64),
                            }
                        })
                        .collect();
                    store_order(&lines, random(10_000) as i64)
                })
                .collect();
            let tax = TaxTerms { basis_points: random(5_000) as i32, included: random(2) == 0 };
            let priced = price(&store_orders, tax).unwrap();
            let sum = |of: fn(&Totals) -> Minor| {
                Minor::sum(priced.store_orders.iter().map(|store_order| of(&store_order.totals))).unwrap()
            };
            let whole = priced.totals;
            assert_eq!(whole.items, sum(|t| t.items));
            assert_eq!(whole.discount, sum(|t| t.discount));
            assert_eq!(whole.shipping, sum(|t| t.shipping));
            assert_eq!(whole.tax, sum(|t| t.tax));
            assert_eq!(whole.total, sum(|t| t.total));
            for totals in priced.store_orders.iter().map(|store_order| store_order.totals).chain([whole]) {
                let net = totals.items.0 - totals.discount.0 + totals.shipping.0;
                assert_eq!(totals.total.0, if tax.included { net } else { net + totals.tax.0 });
                assert!(totals.tax.0 >= 0 && totals.total.0 >= 0);
            }
        }
    }

    #[test]
    fn an_overflow_is_an_error() {
        let tax = TaxTerms { basis_points: 1300, included: false };
        assert_eq!(price(&[store_order(&[line(i64::MAX, 2)], 0)], tax), Err(AmountOverflow));
        assert_eq!(price(&[store_order(&[line(i64::MAX, 1), line(1, 1)], 0)], tax), Err(AmountOverflow));
        assert_eq!(price(&[store_order(&[line(i64::MAX, 1)], 0)], tax), Err(AmountOverflow));
        assert_eq!(
            price(&[store_order(&[line(i64::MAX - 1, 1)], 0), store_order(&[line(2, 1)], 0)], TaxTerms::default()),
            Err(AmountOverflow)
        );
    }
}
