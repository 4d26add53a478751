//! Reopens the checkout and refills the cart after a payment failed, or an order was cancelled before it was paid.

use entity::id::{CartId, CheckoutId, OrderId, ProductVariantId, UserId};
use entity::value::CheckoutStatus;
use entity::{cart, cart_line, checkout, order, order_line, user};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::check::MAX_QUANTITY;
use souk_core::db::{Tx, keep};
use souk_core::error::Result;
use std::collections::HashMap;

/// The checkout of an order and its cart, locked before the order; see `docs/LOCKS.md`.
pub(crate) struct LockedCheckout {
    checkout: checkout::Model,
    cart_id: Option<CartId>,
}

/// Locks the checkout of an order that is not locked yet, and its cart; `None` if the order has released it. The buyer's row is
/// locked first: PostgreSQL checks the foreign key again if a transaction updates an order twice.
pub(super) async fn lock_checkout(tx: &Tx, order_id: OrderId) -> Result<Option<LockedCheckout>> {
    let query = order::Entity::find_by_id(order_id).select_only().columns([order::Column::CheckoutId, order::Column::UserId]);
    let found: Option<(Option<uuid::Uuid>, Option<UserId>)> = query.into_tuple().one(tx).await?;
    let Some((Some(id), buyer)) = found else { return Ok(None) };
    if let Some(buyer) = buyer {
        keep::<user::Entity>(tx, buyer).await?;
    }
    let id = CheckoutId(id);
    let Some(checkout) = checkout::Entity::find_by_id(id).lock_exclusive().one(tx).await? else { return Ok(None) };
    let cart_id = match checkout.cart_id {
        Some(cart) => cart::Entity::find_by_id(cart).lock_exclusive().one(tx).await?.map(|cart| cart.id),
        None => None,
    };
    Ok(Some(LockedCheckout { checkout, cart_id }))
}

/// Releases the checkout of a failed order, and puts the lines back into the cart.
pub(super) async fn reopen(tx: &Tx, app: &App, order: &order::Model, locked: Option<LockedCheckout>) -> Result<()> {
    // An order never gets back a checkout that it released.
    let Some(LockedCheckout { checkout: row, cart_id }) = locked.filter(|locked| order.checkout_id == Some(locked.checkout.id.0))
    else {
        return Ok(());
    };
    let id = row.id;
    order::Entity::update_many()
        .col_expr(order::Column::CheckoutId, Expr::value(Option::<uuid::Uuid>::None))
        .filter(order::Column::Id.eq(order.id))
        .exec(tx)
        .await?;
    checkout::Entity::update_many()
        .col_expr(checkout::Column::Status, Expr::value(CheckoutStatus::Open.as_str()))
        .col_expr(checkout::Column::Version, Expr::value(row.version + 1))
        .col_expr(checkout::Column::UpdatedAt, Expr::value(app.clock.now()))
        .filter(checkout::Column::Id.eq(id))
        .exec(tx)
        .await?;
    match cart_id {
        Some(cart) => refill_cart(tx, app, order, cart).await,
        None => Ok(()),
    }
}

async fn refill_cart(tx: &Tx, app: &App, order: &order::Model, cart_id: CartId) -> Result<()> {
    let now = app.clock.now();
    cart::Entity::update_many()
        .col_expr(cart::Column::Version, Expr::col(cart::Column::Version).add(1))
        .col_expr(cart::Column::UpdatedAt, Expr::value(now))
        .filter(cart::Column::Id.eq(cart_id))
        .exec(tx)
        .await?;
    let lines = order_line::Entity::find().filter(order_line::Column::OrderId.eq(order.id));
    let lines = lines.order_by_asc(order_line::Column::Id).all(tx).await?;
    let existing = cart_line::Entity::find().filter(cart_line::Column::CartId.eq(cart_id)).all(tx).await?;
    let existing: HashMap<_, _> = existing.iter().map(|line| (line.variant_id, line)).collect();
    let mut new = Vec::new();
    for line in &lines {
        let variant_id = ProductVariantId(line.variant_id);
        match existing.get(&variant_id) {
            Some(found) => {
                let quantity = std::cmp::min(found.quantity.saturating_add(line.quantity), MAX_QUANTITY);
                let change = cart_line::ActiveModel { quantity: Set(quantity), updated_at: Set(now), ..Default::default() };
                cart_line::Entity::update_many().set(change).filter(cart_line::Column::Id.eq(found.id)).exec(tx).await?;
            }
            // Includes deleted variants: the line shows the buyer that they are unavailable.
            None => new.push(cart_line::ActiveModel {
                id: Set(app.clock.new_id()),
                cart_id: Set(cart_id),
                variant_id: Set(variant_id),
                product_name: Set(line.product_name.clone()),
                variant_name: Set(line.variant_name.clone()),
                quantity: Set(line.quantity),
                price_seen: Set(line.unit_price),
                created_at: Set(now),
                updated_at: Set(now),
            }),
        }
    }
    if !new.is_empty() {
        cart_line::Entity::insert_many(new).exec_without_returning(tx).await?;
    }
    Ok(())
}
