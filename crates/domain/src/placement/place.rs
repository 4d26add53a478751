//! The transaction that makes an order from a checkout.

use super::draft::OrderDraft;
use super::input::Complete;
use super::rows;
use crate::checkout::cart_snapshot::{self, CartLineSnapshot, Contents};
use crate::checkout::guest::check_guest;
use crate::checkout::quote::{of_contents, order_of};
use crate::checkout::{ready, scope, unpaid};
use crate::idempotency::Key;
use crate::order::locked::LockedOrder;
use crate::payment::{self, ReconcilePayment};
use crate::stock::{self, Item};
use crate::{account, cart, checkout, commission, order, setting, settlement};
use entity::checkout::Model as Checkout;
use entity::id::{CartId, OrderId};
use entity::money::{Minor, Money};
use entity::payment::Model as Payment;
use entity::value::{CheckoutStatus, PaymentProvider};
use sea_orm::QuerySelect;
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::check::Check;
use souk_core::db::{Tx, is_taken};
use souk_core::error::{Code, Error, Fault, Refusal, Result, is_missing};
use souk_core::live;
use souk_core::transact;
use std::collections::HashMap;

/// Attempts if another order number, or reading the cart again, can succeed.
const ATTEMPTS: u32 = 5;

/// Result of [`place`].
pub(super) enum Placement {
    /// A new order, with its payment.
    New(Box<Payment>),
    /// The order that a request with the same key and input placed before.
    WithKey(OrderId),
    /// The order that the checkout became before.
    AlreadyPlaced(OrderId),
}

/// Places the order, or refuses and writes nothing. [`Fault::IdempotencyKeyReused`] if the key was recorded in the meantime.
pub(super) async fn place(
    app: &App,
    viewer: &Viewer,
    input: &Complete,
    key: &Key,
    expected_total: Option<Minor>,
) -> Result<Placement> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let placed = transact!(app.db, tx, {
            if let Some(user) = viewer.user_id() {
                account::lock_user(tx, user).await?;
            }
            let token = input.checkout_token.as_deref();
            let query = scope(app, viewer, input.checkout_id, token).ok_or(Fault::NotFound)?;
            let checkout = query.lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
            if let Some(order) = already_placed(tx, key, &checkout).await? {
                return Ok(order);
            }
            let order = Box::pin(OrderDraft::price(tx, app, viewer, checkout, input.provider, expected_total)).await?;
            Box::pin(order.write(tx, app, viewer, input, key)).await.map(|payment| Placement::New(Box::new(payment)))
        });
        match placed {
            Err(Error::Fault(Fault::Internal(inside))) if attempt < ATTEMPTS && can_retry(inside.as_ref()) => {}
            other => return other,
        }
    }
}

/// Whether another attempt can succeed: the order number is taken, or a store of the cart was deleted after the lines were read,
/// so that its lines are unavailable in the next attempt.
fn can_retry(error: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    let is_number_taken = |error| is_taken(error, "orders_number", "orders", &["number"]);
    error.downcast_ref().is_some_and(|error| is_number_taken(error) || is_missing(error, "store_orders_store_id_fk"))
}

/// A checkout becomes at most one order, whatever key the request has; a key that was used with other input is refused first.
async fn already_placed(tx: &Tx, key: &Key, checkout: &Checkout) -> Result<Option<Placement>> {
    if let Some(order) = key.result(tx).await? {
        return Ok(Some(Placement::WithKey(OrderId(order))));
    }
    if checkout.status != CheckoutStatus::Completed {
        return Ok(None);
    }
    let order = order_of(tx, checkout.id).await?.ok_or_else(|| Fault::internal("a completed checkout has no order"))?;
    Ok(Some(Placement::AlreadyPlaced(order.id)))
}

impl OrderDraft {
    /// Locks the cart, prices it with current data, and refuses with all problems.
    async fn price(
        tx: &Tx,
        app: &App,
        viewer: &Viewer,
        checkout: Checkout,
        provider: PaymentProvider,
        expected: Option<Minor>,
    ) -> Result<Self> {
        let (settings, money) = setting::load_with_money(tx).await?;
        check_guest(viewer, &settings)?;
        let cart_id = lock_cart(tx, app, &checkout).await?;
        let contents = match cart_id {
            Some(cart) => cart_snapshot::lines(tx, cart).await?,
            None => Contents::default(),
        };
        let quote = of_contents(tx, app, &settings, &checkout, &contents).await?;
        let mut check = Check::new();
        for problem in &quote.problems {
            check.push(problem.clone());
        }
        if let Some(expected) = expected.filter(|expected| *expected != quote.totals.total) {
            let (now, then) = (Money::new(quote.totals.total, quote.currency), quote.currency.format(expected));
            let message = format!("expectedTotal must be the current total of {now}; got {then}.");
            check.problem("expectedTotal", Code::Stale, message);
        }
        check.finish()?;
        let (Some(cart_id), Some(email)) = (cart_id, checkout.email.clone()) else {
            return Err(Fault::internal("a checkout without problems lacks a cart or an email address").into());
        };
        unpaid::check(tx, app, viewer, &settings, provider, &email, quote.physical_units).await?;
        let commission = commission::rates(tx, &money, &contents.lines).await?;
        Ok(Self { checkout, cart_id, lines: contents.lines, quote, commission, money, email })
    }

    /// Writes all rows. The stock is taken last, so that its rows are locked as briefly as possible.
    async fn write(self, tx: &Tx, app: &App, viewer: &Viewer, input: &Complete, key: &Key) -> Result<Payment> {
        let order_id: OrderId = app.clock.new_id();
        key.record(tx, app, order_id.0).await?;
        let rows::Rows { order, store_orders, lines, payment } = self.rows(app, viewer, order_id, input)?;
        // `place` tries again if a store was deleted in the meantime.
        order::insert(tx, &order, &store_orders, &lines).await?;
        payment::insert(tx, &payment).await?;
        live::append_first(tx, &app.clock, rows::events(&order, &store_orders, viewer)).await?;
        let placed_at = order.created_at;
        let payment = match payment::immediate_report(app, &payment) {
            Some(report) => {
                let locked = LockedOrder::of(order, store_orders, lines);
                let payments = [payment];
                let id = payments[0].id;
                Box::pin(settlement::settle_locked(tx, app, locked, &payments, id, &report, None)).await?
            }
            None => {
                ReconcilePayment::enqueue_first(tx, app, payment.id).await?;
                payment
            }
        };
        cart::empty(tx, self.cart_id).await?;
        checkout::complete(tx, &self.checkout, placed_at).await?;
        self.take_stock(tx, app).await?;
        Ok(payment)
    }

    async fn take_stock(&self, tx: &Tx, app: &App) -> Result<()> {
        let item = |line: &CartLineSnapshot| Item {
            variant_id: line.variant_id,
            product_id: line.product_id,
            kind: line.kind,
            quantity: line.quantity,
        };
        let items: Vec<_> = self.lines.iter().map(item).collect();
        let shortages = stock::take_items(tx, app, &items).await?;
        if shortages.is_empty() {
            return Ok(());
        }
        let left: HashMap<_, _> = shortages.iter().map(|shortage| (shortage.variant_id, shortage.left)).collect();
        let problems = self.lines.iter().filter_map(|line| match left.get(&line.variant_id)? {
            Some(left) => Some(ready::shortage(line, *left)),
            None => Some(ready::unavailable(line.at, &line.title())),
        });
        Err(Error::Refused(Refusal(problems.collect())))
    }
}

/// Locks the cart of a checkout; `None` if it was deleted.
async fn lock_cart(tx: &Tx, app: &App, checkout: &Checkout) -> Result<Option<CartId>> {
    let Some(id) = checkout.cart_id else { return Ok(None) };
    Ok(cart::lock_contents(tx, app, id).await?.then_some(id))
}
