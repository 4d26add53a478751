//! An order in memory, changed by the functions that change orders in the database, with the accounts that its postings add up to.

use super::{NewLine, NewOrder, Step};
use crate::commission::Commission;
use crate::ledger::{self, Account, Posting};
use crate::order::locked::LockedOrder;
use crate::order::reversal;
use crate::posting::{owed_by, with_terms};
use crate::refund::RefundSelection;
use crate::refund::amount::{Amounts, amounts};
use crate::refund::request::{count_amounts, paid_above_due};
use crate::setting::MoneySettings;
use crate::totals::{Line, Priced, StoreOrder, TaxTerms, Totals, price};
use entity::id::{OrderId, OrderLineId, StoreId, StoreOrderId};
use entity::money::{CurrencyCode, Minor};
use entity::value::{Options, OrderStatus, PaymentProvider, ProductKind};
use entity::{order, order_line, store_order};
use sea_orm::prelude::DateTimeUtc;
use std::collections::HashMap;
use uuid::Uuid;

/// A placed order, its prices, and the credit balances of accounts.
pub(super) struct Shop {
    locked: LockedOrder,
    priced: Priced,
    carts: Vec<StoreOrder>,
    tax: TaxTerms,
    balances: HashMap<Account, i64>,
}

fn share(amount: i64, thousandths: i64) -> i64 {
    amount * thousandths / 1000
}

impl Shop {
    pub(super) fn place(new: &NewOrder) -> Self {
        let tax = TaxTerms { basis_points: new.tax_basis_points, included: new.tax_included };
        let carts: Vec<_> = new.stores.iter().map(|(lines, shipping)| cart(lines, *shipping)).collect();
        let priced = price(&carts, tax).expect("it fits");
        let currency: CurrencyCode = new.currency.parse().expect("a currency");
        let terms = MoneySettings { commission_tax_basis_points: new.commission_tax_basis_points, ..MoneySettings::default() };
        let order = order_row(currency, new, &priced.totals);
        let (mut store_orders, mut lines) = (Vec::new(), Vec::new());
        let mut number = 0_u128;
        for (at, ((new_lines, _), store)) in new.stores.iter().zip(&priced.store_orders).enumerate() {
            let of_lines: i64 = store.lines.iter().map(|line| line.tax.0).sum();
            let shipping_tax = Minor(store.totals.tax.0 - of_lines);
            let net = store.totals.shipping.0 - if tax.included { shipping_tax.0 } else { 0 };
            let commission = Commission::of(Minor(net), new.shipping_rate, &terms).expect("it fits");
            let row = store_order::Model {
                shipping_commission_total: commission.total,
                shipping_commission_tax_total: commission.tax,
                ..store_order_row(&order, at, &store.totals, shipping_tax)
            };
            for (new_line, line) in new_lines.iter().zip(&store.lines) {
                number += 1;
                let borne = Minor(share(line.discount.0, new_line.borne_share));
                let net = line.total.0 - line.discount.0 - if tax.included { line.tax.0 } else { 0 };
                let commission = Commission::of(Minor(net + borne.0), new_line.rate, &terms).expect("it fits");
                lines.push(order_line::Model {
                    quantity: new_line.quantity,
                    unit_price: Minor(new_line.unit_price),
                    line_total: line.total,
                    discount_total: line.discount,
                    tax_total: line.tax,
                    marketplace_discount_total: borne,
                    commission_basis_points: new_line.rate,
                    commission_total: commission.total,
                    commission_tax_total: commission.tax,
                    ..line_row(&row, number)
                });
            }
            store_orders.push(row);
        }
        let locked = LockedOrder::of(order, store_orders, lines);
        Self { locked, priced, carts, tax, balances: HashMap::new() }
    }

    /// Lines add up to store orders, and store orders to the order.
    pub(super) fn check_totals(&self) {
        let mut whole = Totals::default();
        for (cart, store) in self.carts.iter().zip(&self.priced.store_orders) {
            let totals = store.totals;
            let sum = |of: fn(&crate::totals::PricedLine) -> Minor| store.lines.iter().map(|line| of(line).0).sum::<i64>();
            assert_eq!((totals.items.0, totals.discount.0), (sum(|line| line.total), sum(|line| line.discount)));
            let shipping_tax = totals.tax.0 - sum(|line| line.tax);
            assert!(shipping_tax >= 0 && (cart.shipping > Minor::ZERO || shipping_tax == 0));
            let net = totals.items.0 - totals.discount.0 + cart.shipping.0;
            assert_eq!(totals.total.0, if self.tax.included { net } else { net + totals.tax.0 });
            assert!(totals.tax.0 >= 0 && totals.tax.0 <= totals.total.0);
            whole.items.0 += totals.items.0;
            whole.discount.0 += totals.discount.0;
            whole.shipping.0 += totals.shipping.0;
            whole.tax.0 += totals.tax.0;
            whole.total.0 += totals.total.0;
        }
        assert_eq!(whole, self.priced.totals);
        // What the buyer pays for the lines and the shipping is what the store orders cost.
        for row in &self.locked.store_orders {
            let lines: i64 = self.locked.lines_of(row.id).map(|line| self.gross(line)).sum();
            assert_eq!(lines + ledger::shipping_gross(row).expect("it fits").0, row.total.0);
        }
    }

    fn gross(&self, line: &order_line::Model) -> i64 {
        reversal::gross(line, self.tax.included).expect("it fits").0
    }

    fn post(&mut self, postings: &[Posting]) {
        for posting in postings {
            assert!(posting.amount >= Minor::ZERO, "{posting:?}");
            *self.balances.entry(posting.debit).or_default() -= posting.amount.0;
            *self.balances.entry(posting.credit).or_default() += posting.amount.0;
        }
    }

    fn balance(&self, account: Account) -> i64 {
        self.balances.get(&account).copied().unwrap_or(0)
    }

    /// The buyer pays what is due, in two captures.
    pub(super) fn capture(&mut self, first: i64) {
        for thousandths in [first, 1000] {
            for id in self.ids() {
                let owed = owed_by(&self.locked, id).expect("it fits");
                let amount = Minor(share(owed.0, thousandths));
                if amount == Minor::ZERO {
                    continue;
                }
                let provider = Account::Provider(PaymentProvider::Sandbox);
                let postings = with_terms(&mut self.locked, id, |row, terms| Ok(ledger::sale(row, terms, provider, amount)?));
                self.post(&postings.expect("it fits"));
            }
        }
    }

    fn ids(&self) -> Vec<StoreOrderId> {
        self.locked.store_orders.iter().map(|row| row.id).collect()
    }

    fn store_order(&self, at: usize) -> StoreOrderId {
        self.locked.store_orders[at % self.locked.store_orders.len()].id
    }

    pub(super) fn apply(&mut self, step: &Step) {
        match *step {
            Step::Cancel { at, share } => self.cancel(at, share),
            Step::RefundUnits { at, share: thousandths, shipping } => {
                let line = &self.locked.lines[at % self.locked.lines.len()];
                let left = line.quantity - line.cancelled_quantity - line.refunded_quantity;
                let units: i32 = share(i64::from(left.max(0)), thousandths).try_into().expect("it fits");
                let lines = if units > 0 { vec![(line.id, units)] } else { Vec::new() };
                let id = line.store_order_id;
                self.refund(id, &RefundSelection::Lines { lines, shipping });
            }
            Step::RefundAmount { at, share: thousandths } => {
                let id = self.store_order(at);
                let row = self.locked.store_order(id).expect("a store order");
                let left = row.paid_total.0 - row.refunded_total.0;
                self.refund(id, &RefundSelection::Amount(share(left, thousandths)));
            }
            Step::RefundRest { at } => self.refund(self.store_order(at), &RefundSelection::All),
        }
    }

    /// Cancels units that were not cancelled, also those that were refunded.
    fn cancel(&mut self, at: usize, thousandths: i64) {
        let line = at % self.locked.lines.len();
        let line = &mut self.locked.lines[line];
        let id = line.store_order_id;
        let units: i32 = share(i64::from(line.quantity - line.cancelled_quantity), thousandths).try_into().expect("it fits");
        reversal::cancel(line, units, self.tax.included).expect("it fits");
        let row = self.locked.store_order(id).expect("a store order");
        if row.paid_total == Minor::ZERO {
            return;
        }
        let total = paid_above_due(&self.locked, id).expect("it fits").max(Minor::ZERO);
        let row = self.locked.store_order_mut(id).expect("a store order");
        row.refunded_total = row.refunded_total.plus(total).expect("it fits");
        self.returned(id, total);
    }

    /// Refunds a selection, if it is not refused.
    fn refund(&mut self, id: StoreOrderId, selection: &RefundSelection) {
        if let Ok(amounts) = amounts(&self.locked, id, selection) {
            self.refund_amounts(id, &amounts);
        }
    }

    fn refund_amounts(&mut self, id: StoreOrderId, amounts: &Amounts) {
        assert!(amounts.total > Minor::ZERO);
        count_amounts(&mut self.locked, id, amounts).expect("it fits");
        self.returned(id, amounts.total);
    }

    /// The postings of money that returns to the buyer.
    fn returned(&mut self, id: StoreOrderId, total: Minor) {
        let store = Account::StorePayable(self.locked.store_order(id).expect("a store order").store_id);
        let adjusted = with_terms(&mut self.locked, id, |row, terms| Ok(ledger::adjust(row, terms)?)).expect("it fits");
        self.post(&[Posting::new(store, Account::BuyerOwed, total)]);
        self.post(&adjusted);
    }

    pub(super) fn refund_everything(&mut self) {
        for id in self.ids() {
            self.refund(id, &RefundSelection::All);
        }
    }

    /// What must hold at any time after the order was paid.
    pub(super) fn check_money(&self) {
        let (mut paid, mut refunded) = (0, 0);
        for row in &self.locked.store_orders {
            paid += row.paid_total.0;
            refunded += row.refunded_total.0;
            assert!(row.refunded_total >= Minor::ZERO && row.refunded_total <= row.paid_total, "{row:#?}");
            let payable = row.paid_total.0 - row.refunded_total.0 + row.posted_marketplace_discount_total.0
                - row.posted_commission_total.0
                - row.posted_commission_tax_total.0
                - row.posted_tax_total.0;
            assert_eq!(self.balance(Account::StorePayable(row.store_id)), payable, "{row:#?}");
            for line in self.locked.lines_of(row.id) {
                self.check_line(line);
            }
        }
        assert_eq!(self.balance(Account::Provider(PaymentProvider::Sandbox)), -paid);
        assert_eq!(self.balance(Account::BuyerOwed), refunded);
        assert_eq!(self.balances.values().sum::<i64>(), 0);
        let posted = |of: fn(&store_order::Model) -> Minor| self.locked.store_orders.iter().map(|row| of(row).0).sum::<i64>();
        assert_eq!(self.balance(Account::Commission), posted(|row| row.posted_commission_total));
        assert_eq!(self.balance(Account::CommissionTax), posted(|row| row.posted_commission_tax_total));
        assert_eq!(self.balance(Account::Promotions), -posted(|row| row.posted_marketplace_discount_total));
        assert_eq!(self.balance(Account::SalesTax), posted(|row| row.posted_tax_total));
    }

    /// Nothing of a line is cancelled, refunded or reversed more than once.
    fn check_line(&self, line: &order_line::Model) {
        assert!(line.cancelled_quantity <= line.quantity && line.refunded_quantity <= line.quantity, "{line:#?}");
        assert!(line.cancelled_total.0 + line.refunded_total.0 <= self.gross(line), "{line:#?}");
        for (reversed, total) in [
            (line.reversed_tax_total, line.tax_total),
            (line.reversed_marketplace_discount_total, line.marketplace_discount_total),
            (line.reversed_commission_total, line.commission_total),
            (line.reversed_commission_tax_total, line.commission_tax_total),
        ] {
            assert!(reversed >= Minor::ZERO && reversed <= total, "{line:#?}");
        }
    }

    /// After everything was refunded, nothing is left of the sale.
    pub(super) fn check_reversed(&self) {
        for row in &self.locked.store_orders {
            assert_eq!(row.refunded_total, row.paid_total, "{row:#?}");
            assert_eq!(self.balance(Account::StorePayable(row.store_id)), 0, "{row:#?}");
            for line in self.locked.lines_of(row.id).filter(|line| self.gross(line) > 0) {
                let returned = line.cancelled_total.0 + line.refunded_total.0;
                assert_eq!(returned, self.gross(line), "{line:#?}");
                assert_eq!(line.reversed_tax_total, line.tax_total);
                assert_eq!(line.reversed_marketplace_discount_total, line.marketplace_discount_total);
                assert_eq!(line.reversed_commission_total, line.commission_total);
                assert_eq!(line.reversed_commission_tax_total, line.commission_tax_total);
            }
        }
        for account in [Account::Commission, Account::CommissionTax, Account::Promotions, Account::SalesTax] {
            assert_eq!(self.balance(account), 0, "{account:?}");
        }
    }
}

/// An amount is the same after it was formatted and parsed.
pub(super) fn check_format(amount: i64, currency: &str) {
    let currency: CurrencyCode = currency.parse().expect("a currency");
    let text = currency.format(Minor(amount));
    assert_eq!(currency.parse(&text), Some(Minor(amount)), "{text}");
    assert_eq!(text.split_once('.').map_or(0, |(_, decimals)| decimals.len()), currency.exponent() as usize, "{text}");
}

fn cart(lines: &[NewLine], shipping: i64) -> StoreOrder {
    let lines = lines.iter().map(|line| {
        let discount = share(line.unit_price * i64::from(line.quantity), line.discount_share);
        Line { unit_price: Minor(line.unit_price), quantity: line.quantity, discount: Minor(discount) }
    });
    StoreOrder { lines: lines.collect(), shipping: Minor(shipping) }
}

fn order_row(currency: CurrencyCode, new: &NewOrder, totals: &Totals) -> order::Model {
    order::Model {
        id: OrderId(Uuid::nil()),
        number: String::new(),
        checkout_id: None,
        failed_checkout_id: None,
        user_id: None,
        email: String::new(),
        phone: None,
        shipping_address: None,
        billing_address: None,
        note: String::new(),
        status: OrderStatus::Confirmed,
        currency,
        items_total: totals.items,
        discount_total: totals.discount,
        shipping_total: totals.shipping,
        tax_total: totals.tax,
        total: totals.total,
        tax_included: new.tax_included,
        tax_remitted: new.tax_remitted,
        fee_passed_on: false,
        paid_at: None,
        hold_expires_at: None,
        client_network: None,
        refund_due: Minor::ZERO,
        version: 1,
        created_at: DateTimeUtc::UNIX_EPOCH,
        updated_at: DateTimeUtc::UNIX_EPOCH,
    }
}

fn store_order_row(order: &order::Model, at: usize, totals: &Totals, shipping_tax: Minor) -> store_order::Model {
    let id = Uuid::from_u128(at as u128 + 1);
    store_order::Model {
        id: StoreOrderId(id),
        order_id: order.id,
        store_id: StoreId(id),
        status: order.status,
        shipping_method_id: None,
        shipping_method_name: None,
        currency: order.currency,
        items_total: totals.items,
        discount_total: totals.discount,
        shipping_total: totals.shipping,
        tax_total: totals.tax,
        total: totals.total,
        shipping_tax_total: shipping_tax,
        shipping_commission_total: Minor::ZERO,
        shipping_commission_tax_total: Minor::ZERO,
        paid_total: Minor::ZERO,
        refunded_total: Minor::ZERO,
        disputed_total: Minor::ZERO,
        lost_total: Minor::ZERO,
        refunded_shipping_total: Minor::ZERO,
        posted_marketplace_discount_total: Minor::ZERO,
        posted_commission_total: Minor::ZERO,
        posted_commission_tax_total: Minor::ZERO,
        posted_tax_total: Minor::ZERO,
        posted_fee_total: Minor::ZERO,
        payable_at: None,
        version: 1,
        created_at: order.created_at,
        updated_at: order.created_at,
    }
}

fn line_row(store_order: &store_order::Model, number: u128) -> order_line::Model {
    order_line::Model {
        id: OrderLineId(Uuid::from_u128(number)),
        order_id: store_order.order_id,
        store_order_id: store_order.id,
        product_id: Uuid::nil(),
        variant_id: Uuid::nil(),
        product_name: String::new(),
        variant_name: String::new(),
        sku: String::new(),
        kind: ProductKind::Physical,
        options: Options::default(),
        quantity: 1,
        fulfilled_quantity: 0,
        cancelled_quantity: 0,
        unit_price: Minor::ZERO,
        line_total: Minor::ZERO,
        discount_total: Minor::ZERO,
        tax_total: Minor::ZERO,
        tax_basis_points: 0,
        cancelled_total: Minor::ZERO,
        refunded_quantity: 0,
        refunded_total: Minor::ZERO,
        marketplace_discount_total: Minor::ZERO,
        commission_basis_points: 0,
        commission_total: Minor::ZERO,
        commission_tax_total: Minor::ZERO,
        reversed_tax_total: Minor::ZERO,
        reversed_marketplace_discount_total: Minor::ZERO,
        reversed_commission_total: Minor::ZERO,
        reversed_commission_tax_total: Minor::ZERO,
        currency: store_order.currency,
    }
}
