//! Reopens the checkout and refills the cart after a payment failed, or an order was cancelled before it was paid.

use crate::{cart, checkout, order};
use entity::checkout::Model as Checkout;
use entity::id::{CartId, CheckoutId, OrderId, UserId};
use entity::order::{Column, Entity, Model};
use entity::{order_line, user};
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
    /// Locks the checkout of an order that is not locked yet, and its cart; `None` if the order has released it. The buyer's row is
    /// locked first: PostgreSQL checks the foreign key again if a transaction updates an order twice.
    pub(super) async fn lock(tx: &Tx, order_id: OrderId) -> Result<Option<Self>> {
        let query = Entity::find_by_id(order_id).select_only().columns([Column::CheckoutId, Column::UserId]);
        let found: Option<(Option<uuid::Uuid>, Option<UserId>)> = query.into_tuple().one(tx).await?;
        let Some((Some(id), buyer)) = found else { return Ok(None) };
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

    /// Releases the checkout of a locked order, and puts the lines back into the cart. An order never gets back a checkout that it
    /// released.
    pub(super) async fn reopen(self, tx: &Tx, app: &App, order: &Model, lines: &[order_line::Model]) -> Result<()> {
        if order.checkout_id != Some(self.checkout.id.0) {
            return Ok(());
        }
        order::release_checkout(tx, order.id).await?;
        checkout::reopen(tx, &self.checkout, app.clock.now()).await?;
        match self.cart_id {
            Some(cart) => cart::refill(tx, app, cart, lines).await,
            None => Ok(()),
        }
    }
}
