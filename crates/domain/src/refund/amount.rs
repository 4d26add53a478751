//! What a refund of a store order returns: by quantity, by amount, or all that is left.

use crate::ledger;
use crate::order::locked::LockedOrder;
use crate::order::reversal;
use entity::id::{OrderLineId, StoreOrderId};
use entity::money::{Minor, Money};
use entity::{order_line, store_order};
use souk_core::check::Check;
use souk_core::error::{Code, Problem, Result};

/// What is to be refunded of a store order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
pub enum RefundSelection {
    /// Items by line and quantity, and the shipping if it is ticked.
    Lines { lines: Vec<(OrderLineId, i32)>, shipping: bool },
    /// An amount without items.
    Amount(i64),
    /// Everything that was paid and not refunded.
    All,
}

/// What a refund returns of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub line_id: OrderLineId,
    /// Zero if an amount is refunded without items.
    pub quantity: i32,
    /// After discount and with tax.
    pub amount: Minor,
}

/// What a refund of a store order returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Amounts {
    pub parts: Vec<Part>,
    /// Shipping with tax.
    pub shipping: Minor,
    pub total: Minor,
}

/// What a refund would return, before it is requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Lines with quantity and amount.
    pub lines: Vec<(OrderLineId, i32, Minor)>,
    pub shipping: Money,
    pub total: Money,
    /// What can be refunded of the store order at most.
    pub refundable: Money,
}

/// What was paid for a store order and not refunded.
pub(crate) fn refundable(row: &store_order::Model) -> Result<Minor> {
    Ok(row.paid_total.minus(row.refunded_total)?)
}

/// What can be refunded of a store order: disputed money is not returned twice.
pub(crate) fn undisputed(row: &store_order::Model) -> Result<Minor> {
    Ok(refundable(row)?.minus(row.disputed_total)?.max(Minor::ZERO))
}

/// Units of a line that were neither cancelled nor refunded.
fn units_left(line: &order_line::Model) -> i32 {
    (line.quantity - line.cancelled_quantity - line.refunded_quantity).max(0)
}

/// Computes a refund; refuses with all problems.
pub(crate) fn amounts(locked: &LockedOrder, id: StoreOrderId, selection: &RefundSelection) -> Result<Amounts> {
    let (store_order, tax_included) = (locked.store_order(id)?, locked.order.tax_included);
    let shipping_left = ledger::shipping_gross(store_order)?.minus(store_order.refunded_shipping_total)?.max(Minor::ZERO);
    let amounts = match selection {
        RefundSelection::Lines { lines, shipping } => {
            let parts = by_quantity(locked, id, lines, tax_included)?;
            total(parts, if *shipping { shipping_left } else { Minor::ZERO })?
        }
        RefundSelection::Amount(amount) => by_amount(locked, id, Minor(*amount), shipping_left)?,
        RefundSelection::All => {
            let lines: Vec<_> =
                locked.lines_of(id).map(|line| (line.id, units_left(line))).filter(|(_, units)| *units > 0).collect();
            let parts = by_quantity(locked, id, &lines, tax_included)?;
            let all = total(parts, shipping_left)?;
            // Less if the store order is not paid in full.
            let most = undisputed(store_order)?;
            if all.total <= most { all } else { by_amount(locked, id, most, shipping_left)? }
        }
    };
    check_total(store_order, &amounts)?;
    Ok(amounts)
}

fn total(parts: Vec<Part>, shipping: Minor) -> Result<Amounts> {
    let total = Minor::sum(parts.iter().map(|part| part.amount))?.plus(shipping)?;
    Ok(Amounts { parts, shipping, total })
}

fn check_total(store_order: &store_order::Model, amounts: &Amounts) -> Result<()> {
    let (most, paid, currency) = (undisputed(store_order)?, refundable(store_order)?, store_order.currency);
    if most < paid && (amounts.total == Minor::ZERO || amounts.total > most) && amounts.total <= paid {
        let (disputed, most) = (Money::new(store_order.disputed_total, currency), Money::new(most, currency));
        let message = format!("The buyer claims {disputed} back at the bank; at most {most} can be refunded.");
        return Err(Problem::new("selection", Code::PaymentDisputed, message).into());
    }
    if amounts.total == Minor::ZERO {
        let message = format!("The refund must be above zero; {} can be refunded.", Money::new(most, currency));
        return Err(Problem::new("selection", Code::RefundExceedsPaid, message).into());
    }
    if amounts.total > most {
        let (wanted, most) = (Money::new(amounts.total, currency), Money::new(most, currency));
        let message = format!("The refund must be at most {most}, which was paid and not refunded; got {wanted}.");
        return Err(Problem::new("selection", Code::RefundExceedsPaid, message).into());
    }
    Ok(())
}

fn by_quantity(locked: &LockedOrder, id: StoreOrderId, lines: &[(OrderLineId, i32)], tax_included: bool) -> Result<Vec<Part>> {
    let mut check = Check::new();
    let mut parts = Vec::new();
    for (n, (line_id, quantity)) in lines.iter().enumerate() {
        let Some(line) = locked.lines_of(id).find(|line| line.id == *line_id) else {
            let message = "The store order has no such line.";
            check.problem(&format!("selection.lines.{n}.lineId"), Code::NotFound, message);
            continue;
        };
        let left = units_left(line);
        if *quantity < 1 || *quantity > left {
            let message =
                format!("quantity must be between 1 and {left}, which was neither cancelled nor refunded; got {quantity}.");
            check.problem(&format!("selection.lines.{n}.quantity"), Code::OutOfRange, message);
            continue;
        }
        let mut after = line.clone();
        after.refunded_quantity = after.refunded_quantity.saturating_add(*quantity);
        parts.push(Part { line_id: *line_id, quantity: *quantity, amount: reversal::uncounted(&after, tax_included)? });
    }
    check.finish()?;
    Ok(parts)
}

/// What a refund that was made at the provider returns of a store order: what is left of the lines, then the shipping. All of it counts,
/// also above that, as the money was returned already.
pub(super) fn returned(locked: &LockedOrder, id: StoreOrderId, amount: Minor) -> Result<Amounts> {
    let store_order = locked.store_order(id)?;
    let shipping_left = ledger::shipping_gross(store_order)?.minus(store_order.refunded_shipping_total)?.max(Minor::ZERO);
    let (_, spread) = spread(locked, id, amount, shipping_left)?;
    Ok(Amounts { total: amount, ..spread })
}

fn by_amount(locked: &LockedOrder, id: StoreOrderId, amount: Minor, shipping_left: Minor) -> Result<Amounts> {
    let (all, refund) = spread(locked, id, amount, shipping_left)?;
    if refund.total < amount {
        let message = format!(
            "amount must be at most {}, which is left of the lines and the shipping; got {}.",
            Money::new(all.plus(shipping_left)?, locked.order.currency),
            Money::new(amount, locked.order.currency)
        );
        return Err(Problem::new("selection.amount", Code::RefundExceedsPaid, message).into());
    }
    Ok(refund)
}

/// Spreads an amount over what is left of the lines; what is above that is shipping. Returns what is left of the lines, too.
fn spread(locked: &LockedOrder, id: StoreOrderId, amount: Minor, shipping_left: Minor) -> Result<(Minor, Amounts)> {
    let tax_included = locked.order.tax_included;
    let left = |line: &order_line::Model| -> Result<Minor> {
        let counted = line.cancelled_total.plus(line.refunded_total)?;
        Ok(reversal::gross(line, tax_included)?.minus(counted)?.max(Minor::ZERO))
    };
    let lines = locked.lines_of(id).map(|line| Ok((line.id, left(line)?))).collect::<Result<Vec<_>>>()?;
    let all = Minor::sum(lines.iter().map(|(_, left)| *left))?;
    let of_lines = amount.max(Minor::ZERO).min(all);
    let spread = of_lines.spread(&lines.iter().map(|(_, left)| *left).collect::<Vec<_>>())?;
    let parts = lines.into_iter().zip(spread).filter(|(_, amount)| *amount > Minor::ZERO);
    let parts: Vec<_> = parts.map(|((line_id, _), amount)| Part { line_id, quantity: 0, amount }).collect();
    let rest = amount.minus(of_lines)?;
    Ok((all, total(parts, rest.max(Minor::ZERO).min(shipping_left))?))
}
