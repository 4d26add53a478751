//! Signing in: what the guest had chosen goes into the user's cart.

use super::line::{self, Line};
use super::{MOST_LINES, take_users, touch_guests};
use crate::app::App;
use crate::crypto::keys::Capability;
use crate::db::Tx;
use crate::error::Result;
use entity::cart::Entity;
use entity::cart_line;
use entity::id::{CartId, UserId};
use sea_orm::EntityTrait;

/// Adds the lines of the guest's cart that the token opens to the user's cart, and removes the guest's. Quantities are added, and
/// capped by the stock; what is sold out or no longer for sale stays with one piece at least, so that the buyer is told. Lines
/// that don't fit are left out. A token that opens nothing (any more) is ignored: so a second call changes nothing.
pub async fn merge_guest_cart(tx: &Tx, app: &App, user_id: UserId, token: &str) -> Result<()> {
    let Some(id) = app.keys.check::<CartId>(Capability::Cart, token) else { return Ok(()) };
    // The guest's row first, then the user's, everywhere.
    let Some(guests) = touch_guests(app, tx, id).await? else { return Ok(()) };
    let lines = line::of_carts(tx, &[guests.id]).await?;
    if !lines.is_empty() {
        let cart = take_users(app, tx, user_id).await?;
        let known = line::of_carts(tx, &[cart.id]).await?;
        line::write(tx, merged(app, cart.id, &known, lines).into_iter()).await?;
    }
    Entity::delete_by_id(guests.id).exec(tx).await?;
    Ok(())
}

fn merged(app: &App, cart: CartId, known: &[Line], lines: Vec<Line>) -> Vec<cart_line::Model> {
    let mut room = MOST_LINES.saturating_sub(known.len());
    let mut rows = Vec::new();
    for line in lines {
        let there = known.iter().find(|known| known.row.variant_id == line.row.variant_id);
        if there.is_none() {
            if room == 0 {
                continue;
            }
            room -= 1;
        }
        let held = there.map_or(0, |known| known.row.quantity);
        let quantity = held.saturating_add(line.row.quantity).min(line.offer.left().max(1));
        // A new ID either way: that of the guest's row is in use until the cart is removed.
        rows.push(cart_line::Model { id: app.clock.new_id(), cart_id: cart, quantity, updated_at: app.clock.now(), ..line.row });
    }
    rows
}
