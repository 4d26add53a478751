//! The rows of an order, made from a priced checkout.

use super::draft::OrderDraft;
use super::input::Complete;
use crate::checkout::QuotedStoreOrder;
use crate::commission::Commission;
use crate::order::number;
use crate::payment::{Method, new_payment};
use crate::setting::TaxRemitter;
use crate::totals::PricedLine;
use entity::id::{OrderId, ProductVariantId};
use entity::money::{Minor, Money};
use entity::value::{EventType, OrderStatus, PaymentProvider};
use entity::{order, order_line, payment, store_order};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::error::{Fault, Result};
use souk_core::live::NewOrderEvent;

/// All rows of an order, not yet written.
pub(super) struct Rows {
    pub order: order::Model,
    pub store_orders: Vec<store_order::Model>,
    pub lines: Vec<order_line::Model>,
    pub payment: payment::Model,
}

impl OrderDraft {
    /// Makes the rows; data that may change later are copied.
    pub(super) fn rows(&self, app: &App, viewer: &Viewer, id: OrderId, input: &Complete) -> Result<Rows> {
        let order = self.order(app, viewer, id, input.provider);
        let (mut store_orders, mut lines) = (Vec::new(), Vec::new());
        for quoted in &self.quote.store_orders {
            let store_order = self.store_order(app, &order, quoted)?;
            for line in self.lines.iter().filter(|line| line.store_id == quoted.store_id) {
                let priced = quoted.lines.iter().find(|priced| priced.variant_id == line.variant_id);
                let priced = priced.ok_or_else(|| Fault::internal("a line has no price"))?.priced;
                let commission = self.commission(line.variant_id, &priced)?;
                lines.push(order_line::Model {
                    id: app.clock.new_id(),
                    order_id: id,
                    store_order_id: store_order.id,
                    product_id: line.product_id.0,
                    variant_id: line.variant_id.0,
                    product_name: line.product_name.clone(),
                    variant_name: line.variant_name.clone(),
                    sku: line.sku.clone(),
                    kind: line.kind,
                    options: line.options.clone(),
                    quantity: line.quantity,
                    fulfilled_quantity: 0,
                    cancelled_quantity: 0,
                    unit_price: line.unit_price,
                    line_total: priced.total,
                    discount_total: priced.discount,
                    tax_total: priced.tax,
                    tax_basis_points: self.quote.tax.basis_points,
                    cancelled_total: Minor::ZERO,
                    refunded_quantity: 0,
                    refunded_total: Minor::ZERO,
                    marketplace_discount_total: Minor::ZERO,
                    commission_basis_points: commission.basis_points,
                    commission_total: commission.total,
                    commission_tax_total: commission.tax,
                    reversed_tax_total: Minor::ZERO,
                    reversed_marketplace_discount_total: Minor::ZERO,
                    reversed_commission_total: Minor::ZERO,
                    reversed_commission_tax_total: Minor::ZERO,
                    currency: order.currency,
                });
            }
            store_orders.push(store_order);
        }
        let method = Method { provider: input.provider, token: input.payment_token.clone() };
        let payment = new_payment(app, &order, method);
        Ok(Rows { order, store_orders, lines, payment })
    }

    /// Commission of a line, computed from its price without tax.
    fn commission(&self, variant: ProductVariantId, priced: &PricedLine) -> Result<Commission> {
        let discounted = priced.total.minus(priced.discount)?;
        let base = if self.quote.tax.included { discounted.minus(priced.tax)? } else { discounted };
        let basis_points = self.commission.get(&variant).copied().unwrap_or(self.money.commission_basis_points);
        Ok(Commission::of(base, basis_points, &self.money)?)
    }

    /// Commission on the shipping of a store order, at the rate of the store, or else of the marketplace; none unless the settings say so.
    fn shipping_commission(&self, quoted: &QuotedStoreOrder, tax: Minor) -> Result<Commission> {
        if !self.money.commission_on_shipping {
            return Ok(Commission::default());
        }
        let shipping = quoted.totals.shipping;
        let base = if self.quote.tax.included { shipping.minus(tax)? } else { shipping };
        let own = self.lines.iter().find(|line| line.store_id == quoted.store_id).and_then(|line| line.store_commission);
        Ok(Commission::of(base, own.unwrap_or(self.money.commission_basis_points), &self.money)?)
    }

    fn order(&self, app: &App, viewer: &Viewer, id: OrderId, provider: PaymentProvider) -> order::Model {
        let (now, totals) = (app.clock.now(), self.quote.totals);
        let ships = self.quote.store_orders.iter().any(|store_order| store_order.ships);
        let address = &self.checkout.shipping_address;
        order::Model {
            id,
            number: number::new(&app.random),
            checkout_id: Some(self.checkout.id.0),
            failed_checkout_id: None,
            user_id: self.checkout.user_id,
            email: self.email.clone(),
            phone: self.checkout.phone.clone(),
            shipping_address: address.clone().filter(|_| ships),
            billing_address: self.checkout.billing_address.clone().or_else(|| address.clone()),
            note: self.checkout.note.clone(),
            status: OrderStatus::Pending,
            currency: self.quote.currency,
            items_total: totals.items,
            discount_total: totals.discount,
            shipping_total: totals.shipping,
            tax_total: totals.tax,
            total: totals.total,
            tax_included: self.quote.tax.included,
            tax_remitted: self.money.tax_remitter == TaxRemitter::Marketplace,
            fee_passed_on: self.money.provider_fee_passed,
            paid_at: None,
            // Manual payments have no time limit here; see the setting `unpaidOrderExpiryDays`.
            hold_expires_at: (provider != PaymentProvider::Manual).then(|| now + app.config.stock_hold),
            client_network: Some(viewer.client().network()).filter(|network| !network.is_empty()),
            refund_due: Minor::ZERO,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    fn store_order(&self, app: &App, order: &order::Model, quoted: &QuotedStoreOrder) -> Result<store_order::Model> {
        let method = quoted.chosen.as_ref().filter(|_| quoted.ships);
        let lines_tax = Minor::sum(quoted.lines.iter().map(|line| line.priced.tax))?;
        let shipping_tax = quoted.totals.tax.minus(lines_tax)?;
        let commission = self.shipping_commission(quoted, shipping_tax)?;
        Ok(store_order::Model {
            id: app.clock.new_id(),
            order_id: order.id,
            store_id: quoted.store_id,
            status: OrderStatus::Pending,
            shipping_method_id: method.map(|method| method.id.0),
            shipping_method_name: method.map(|method| method.name.clone()),
            currency: order.currency,
            items_total: quoted.totals.items,
            discount_total: quoted.totals.discount,
            shipping_total: quoted.totals.shipping,
            tax_total: quoted.totals.tax,
            total: quoted.totals.total,
            shipping_tax_total: shipping_tax,
            shipping_commission_total: commission.total,
            shipping_commission_tax_total: commission.tax,
            paid_total: Minor::ZERO,
            refunded_total: Minor::ZERO,
            refunded_shipping_total: Minor::ZERO,
            posted_marketplace_discount_total: Minor::ZERO,
            posted_commission_total: Minor::ZERO,
            posted_commission_tax_total: Minor::ZERO,
            posted_tax_total: Minor::ZERO,
            disputed_total: Minor::ZERO,
            lost_total: Minor::ZERO,
            posted_fee_total: Minor::ZERO,
            payable_at: None,
            version: 1,
            created_at: order.created_at,
            updated_at: order.created_at,
        })
    }
}

/// One event for the order, and one for each store order.
pub(super) fn events(order: &order::Model, store_orders: &[store_order::Model], viewer: &Viewer) -> Vec<NewOrderEvent> {
    let event = |event_type, store_order, message: String| NewOrderEvent {
        order_id: order.id,
        part: store_order,
        buyer: order.user_id,
        event_type,
        message,
        actor: (viewer.kind(), viewer.user_id()),
        order_status: order.status,
    };
    let amount = |amount| Money::new(amount, order.currency);
    let placed = format!("The order {} over {} was placed.", order.number, amount(order.total));
    let mut events = vec![event(EventType::OrderPlaced, None, placed)];
    events.extend(store_orders.iter().map(|store_order| {
        let message = format!("The store order of the order {} over {} was placed.", order.number, amount(store_order.total));
        event(EventType::StoreOrderPlaced, Some((store_order.id, store_order.store_id, store_order.status)), message)
    }));
    events
}
