//! What a store order owes and is owed in the ledger, as it is paid, cancelled and refunded.

use super::account::Account;
use super::post::{Earner, Posting};
use entity::money::{AmountOverflow, Minor};
use entity::{order_line, store_order};
use sea_orm::prelude::DateTimeUtc;

/// A store order whose postings are to be adjusted.
pub(crate) struct Terms<'a> {
    /// All lines of the store order.
    pub lines: &'a [&'a order_line::Model],
    /// What the store order costs without what was cancelled.
    pub due: Minor,
    /// Whether the marketplace remits the sales tax.
    pub tax_remitted: bool,
}

/// The postings of money that an account received for a store order, which counts it as paid.
pub(crate) fn sale(
    store_order: &mut store_order::Model,
    terms: &Terms,
    received_in: Account,
    amount: Minor,
) -> Result<Vec<Posting>, AmountOverflow> {
    let payable = Account::StorePayable(store_order.store_id);
    let mut postings = vec![Posting::new(received_in, payable, amount)];
    store_order.paid_total = store_order.paid_total.plus(amount)?;
    postings.extend(adjust(store_order, terms)?);
    if let Account::StoreCash(_) = received_in {
        // The store keeps the money and owes the rest.
        postings.push(Posting::new(payable, received_in, amount));
    }
    Ok(postings)
}

/// The postings that bring commission, its tax, the marketplace's discount and remitted sales tax to what they must be: for a store order
/// that is paid in full, what its lines have of them without what was reversed; for one that is paid in part, the same part of that. What
/// was lost in disputes counts as not paid.
/// Always computed from the whole and rounded once, half away from zero, so that the last payment completes them exactly, and a full
/// refund reverses them exactly.
pub(crate) fn adjust(store_order: &mut store_order::Model, terms: &Terms) -> Result<Vec<Posting>, AmountOverflow> {
    let payable = Account::StorePayable(store_order.store_id);
    let refunded = Minor::sum(terms.lines.iter().map(|line| line.refunded_total))?.plus(store_order.refunded_shipping_total)?;
    let paid = store_order.paid_total.minus(store_order.refunded_total)?.minus(store_order.lost_total)?.max(Minor::ZERO);
    let due = terms.due.minus(refunded)?.max(Minor::ZERO);
    let remaining = Remaining::of(store_order, terms.lines)?;
    let tax = if terms.tax_remitted { remaining.tax } else { Minor::ZERO };
    let mut postings = Vec::new();
    for (amount, posted, debit, credit) in [
        (remaining.marketplace_discount, &mut store_order.posted_marketplace_discount_total, Account::Promotions, payable),
        (remaining.commission, &mut store_order.posted_commission_total, payable, Account::Commission),
        (remaining.commission_tax, &mut store_order.posted_commission_tax_total, payable, Account::CommissionTax),
        (tax, &mut store_order.posted_tax_total, payable, Account::SalesTax),
    ] {
        let target = amount.share(paid.min(due), due)?;
        let posting = Posting::new(debit, credit, Minor(target.0.abs_diff(posted.0).try_into().map_err(|_| AmountOverflow)?));
        postings.push(if target >= *posted { posting } else { posting.reversed() });
        *posted = target;
    }
    Ok(postings)
}

/// The amounts of a store order that were not reversed.
struct Remaining {
    tax: Minor,
    marketplace_discount: Minor,
    commission: Minor,
    commission_tax: Minor,
}

impl Remaining {
    fn of(store_order: &store_order::Model, lines: &[&order_line::Model]) -> Result<Self, AmountOverflow> {
        let sum = |of: fn(&order_line::Model) -> (Minor, Minor)| {
            let lines = lines.iter().map(|line| of(line)).map(|(amount, reversed)| amount.minus(reversed));
            Minor::sum(lines.collect::<Result<Vec<_>, _>>()?)
        };
        let items = sum(|line| (line.tax_total, line.reversed_tax_total))?;
        Ok(Self {
            tax: items.plus(unrefunded_shipping(store_order, store_order.shipping_tax_total)?)?,
            marketplace_discount: sum(|line| (line.marketplace_discount_total, line.reversed_marketplace_discount_total))?,
            commission: sum(|line| (line.commission_total, line.reversed_commission_total))?
                .plus(unrefunded_shipping(store_order, store_order.shipping_commission_total)?)?,
            commission_tax: sum(|line| (line.commission_tax_total, line.reversed_commission_tax_total))?
                .plus(unrefunded_shipping(store_order, store_order.shipping_commission_tax_total)?)?,
        })
    }
}

/// What is left of an amount of the shipping, such as its tax, after refunds of the shipping.
pub(crate) fn unrefunded_shipping(store_order: &store_order::Model, amount: Minor) -> Result<Minor, AmountOverflow> {
    amount.minus(amount.share(store_order.refunded_shipping_total, shipping_gross(store_order)?)?)
}

/// Shipping price with tax. The total of the store order tells whether prices include tax.
pub(crate) fn shipping_gross(store_order: &store_order::Model) -> Result<Minor, AmountOverflow> {
    let net = store_order.items_total.minus(store_order.discount_total)?.plus(store_order.shipping_total)?;
    if net == store_order.total {
        Ok(store_order.shipping_total)
    } else {
        store_order.shipping_total.plus(store_order.shipping_tax_total)
    }
}

/// The store order as an earner.
pub(crate) fn earner(store_order: &store_order::Model, now: DateTimeUtc) -> Earner {
    Earner {
        store_id: store_order.store_id,
        store_order_id: store_order.id,
        available_at: store_order.payable_at.map(|at| at.max(now)),
    }
}
