//! Parts of a line's amounts that do not apply any more, as items were cancelled or refunded.

use entity::money::{AmountOverflow, Minor};
use entity::order_line::Model;

/// What the buyer pays for a line: after discount and with tax.
pub(crate) fn gross(line: &Model, tax_included: bool) -> Result<Minor, AmountOverflow> {
    let net = line.line_total.minus(line.discount_total)?;
    if tax_included { Ok(net) } else { net.plus(line.tax_total) }
}

/// Value of `units` of a line. Computed from the whole line each time and rounded half away from zero, so that all units add up to it.
pub(crate) fn of_units(line: &Model, tax_included: bool, units: i32) -> Result<Minor, AmountOverflow> {
    gross(line, tax_included)?.share(Minor(i64::from(units)), Minor(i64::from(line.quantity)))
}

/// Units that were cancelled or refunded. A unit can be both: refunded first, and cancelled instead of sent.
fn units_gone(line: &Model) -> i32 {
    line.cancelled_quantity.saturating_add(line.refunded_quantity).min(line.quantity)
}

/// Value of all cancelled and refunded units of a line that is not counted yet in its totals. It is less for a line of which an amount
/// was refunded without units.
pub(crate) fn uncounted(line: &Model, tax_included: bool) -> Result<Minor, AmountOverflow> {
    let counted = line.cancelled_total.plus(line.refunded_total)?;
    Ok(of_units(line, tax_included, units_gone(line))?.minus(counted)?.max(Minor::ZERO))
}

/// Counts units of a line as cancelled; returns their value, which is zero for units that were refunded already.
pub(crate) fn cancel(line: &mut Model, quantity: i32, tax_included: bool) -> Result<Minor, AmountOverflow> {
    line.cancelled_quantity = line.cancelled_quantity.saturating_add(quantity);
    let value = uncounted(line, tax_included)?;
    line.cancelled_total = line.cancelled_total.plus(value)?;
    reverse(line, tax_included)?;
    Ok(value)
}

/// Counts units and an amount of a line as refunded.
pub(crate) fn refund(line: &mut Model, quantity: i32, amount: Minor, tax_included: bool) -> Result<(), AmountOverflow> {
    line.refunded_quantity = line.refunded_quantity.saturating_add(quantity);
    line.refunded_total = line.refunded_total.plus(amount)?;
    reverse(line, tax_included)
}

/// Brings the reversed parts of a line's amounts to what was cancelled and refunded of it: in proportion to its value, or to its units
/// if it is free. Always computed from the whole line, so that a line that is cancelled or refunded in full is reversed exactly.
pub(crate) fn reverse(line: &mut Model, tax_included: bool) -> Result<(), AmountOverflow> {
    let whole = gross(line, tax_included)?;
    let (part, whole) = match whole {
        Minor::ZERO => (Minor(i64::from(units_gone(line))), Minor(i64::from(line.quantity))),
        whole => (line.cancelled_total.plus(line.refunded_total)?, whole),
    };
    line.reversed_tax_total = line.tax_total.share(part, whole)?;
    line.reversed_marketplace_discount_total = line.marketplace_discount_total.share(part, whole)?;
    line.reversed_commission_total = line.commission_total.share(part, whole)?;
    line.reversed_commission_tax_total = line.commission_tax_total.share(part, whole)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::value::Options;
    use uuid::Uuid;

    fn line(total: i64, discount: i64, tax: i64, quantity: i32) -> Model {
        let id = Uuid::nil();
        Model {
            id: entity::id::OrderLineId(id),
            order_id: entity::id::OrderId(id),
            store_order_id: entity::id::StoreOrderId(id),
            product_id: id,
            variant_id: id,
            product_name: String::new(),
            variant_name: String::new(),
            sku: String::new(),
            kind: entity::value::ProductKind::Physical,
            options: Options::default(),
            quantity,
            fulfilled_quantity: 0,
            cancelled_quantity: 0,
            unit_price: Minor(total),
            line_total: Minor(total),
            discount_total: Minor(discount),
            tax_total: Minor(tax),
            tax_basis_points: 0,
            cancelled_total: Minor::ZERO,
            refunded_quantity: 0,
            refunded_total: Minor::ZERO,
            marketplace_discount_total: Minor::ZERO,
            commission_basis_points: 1000,
            commission_total: Minor(total / 10),
            commission_tax_total: Minor(total / 77),
            reversed_tax_total: Minor::ZERO,
            reversed_marketplace_discount_total: Minor::ZERO,
            reversed_commission_total: Minor::ZERO,
            reversed_commission_tax_total: Minor::ZERO,
            currency: "USD".parse().expect("a currency"),
        }
    }

    #[test]
    fn cancellations_of_single_items_add_up_to_the_total_of_the_line() {
        for (total, discount, tax, included, gross) in [
            (1000, 0, 0, false, 1000),
            (1000, 1, 130, false, 1129),
            (1000, 0, 115, true, 1000),
            (1, 0, 0, false, 1),
            (0, 0, 0, true, 0),
        ] {
            for quantity in 1..=13 {
                let mut last = Minor::ZERO;
                for cancelled in 0..=quantity {
                    let now = of_units(&line(total, discount, tax, quantity), included, cancelled).expect("it fits");
                    assert!(now >= last && now.0 <= gross);
                    last = now;
                }
                assert_eq!(last, Minor(gross));
            }
        }
        assert_eq!(of_units(&line(5, 0, 0, 2), true, 1), Ok(Minor(3)), "half away from zero");
        assert_eq!(of_units(&line(i64::MAX, 0, 0, 3), true, 3), Ok(Minor(i64::MAX)));
    }
}
