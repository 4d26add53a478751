//! Reopens the checkout and refills the cart after a payment failed, or an order was cancelled before it was paid; completes it again if
//! the money arrives late.

use crate::stock::Item;
use crate::{cart, checkout, order};
use entity::checkout::Model as Checkout;
use entity::id::{CartId, CheckoutId, OrderId, UserId};
use entity::order::{Column, Entity, Model};
use entity::value::CheckoutStatus;
use entity::{order_line, user};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{EntityTrait, QuerySelect};
use souk_core::app::App;
use souk_core::db::{Tx, keep};
use souk_core::error::Result;

/// The checkout of an order and its cart, locked before the order; see `docs/LOCKS.md`.
pub(crate) struct LockedCheckout {
    checkout: Checkout,
    cart_id: Option<CartId>,
}

impl LockedCheckout {
    /// Locks the checkout of an order that is not locked yet, or the one that it released when it was not paid in time, and its cart;
    /// `None` if there is none. The buyer's row is
    /// locked first: PostgreSQL checks the foreign key again if a transaction updates an order twice.
    pub(super) async fn lock(tx: &Tx, order_id: OrderId) -> Result<Option<Self>> {
        let query =
            Entity::find_by_id(order_id).select_only().columns([Column::CheckoutId, Column::FailedCheckoutId, Column::UserId]);
        let found: Option<(Option<uuid::Uuid>, Option<uuid::Uuid>, Option<UserId>)> = query.into_tuple().one(tx).await?;
        let Some((current, failed, buyer)) = found else { return Ok(None) };
        let Some(id) = current.or(failed) else { return Ok(None) };
        if let Some(buyer) = buyer {
            keep::<user::Entity>(tx, buyer).await?;
        }
        let Some(checkout) = checkout::lock(tx, CheckoutId(id)).await? else { return Ok(None) };
        let cart_id = match checkout.cart_id {
            Some(cart) => cart::lock(tx, cart).await?,
            None => None,
        };
        Ok(Some(Self { checkout, cart_id }))
    }

    pub(super) fn id(&self) -> uuid::Uuid {
        self.checkout.id.0
    }

    pub(super) fn status(&self) -> CheckoutStatus {
        self.checkout.status
    }

    /// Releases the checkout of a locked order, given as it was before it failed, and puts the lines back into the cart. If it was not
    /// paid in time, the order remembers the checkout, which late money can complete.
    pub(super) async fn reopen(self, tx: &Tx, app: &App, order: &Model, lines: &[order_line::Model]) -> Result<()> {
        if order.checkout_id != Some(self.checkout.id.0) {
            return Ok(());
        }
        let failed = Some(self.checkout.id.0).filter(|_| is_expired(order, app.clock.now()));
        order::write_checkout(tx, order.id, None, failed).await?;
        checkout::reopen(tx, &self.checkout, app.clock.now()).await?;
        match self.cart_id {
            Some(cart) => cart::refill(tx, app, cart, lines).await,
            None => Ok(()),
        }
    }

    /// Completes the checkout again, as its failed order is confirmed after all, and takes the order's items out of the cart.
    pub(super) async fn complete(&self, tx: &Tx, app: &App, order: &mut Model, items: &[Item]) -> Result<()> {
        order.checkout_id = Some(self.checkout.id.0);
        order.failed_checkout_id = None;
        order::write_checkout(tx, order.id, order.checkout_id, None).await?;
        checkout::complete(tx, &self.checkout, app.clock.now()).await?;
        let quantities: Vec<_> = items.iter().map(|item| (item.variant_id, item.quantity)).collect();
        match self.cart_id {
            Some(cart) => cart::take_out(tx, app, cart, &quantities).await,
            None => Ok(()),
        }
    }
}

/// Whether an order failed because it was not paid in time, as opposed to a declined payment.
fn is_expired(order: &Model, now: DateTimeUtc) -> bool {
    order.hold_expires_at.is_some_and(|end| end <= now)
}
