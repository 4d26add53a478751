//! Merging a guest's cart into the user's cart at sign-in.

use super::line::{self, Line, Warning, WarningCode};
use super::{MOST_LINES, lock_checkouts, take_users, touch_guests};
use entity::cart::Entity;
use entity::cart_line;
use entity::id::{CartId, UserId};
use sea_orm::EntityTrait;
use souk_core::app::App;
use souk_core::check::MAX_QUANTITY;
use souk_core::crypto::keys::Capability;
use souk_core::db::Tx;
use souk_core::error::Result;

/// Adds the lines of the guest cart that the token opens to the user's cart, and deletes the guest cart. Quantities are added and
/// limited to the stock; a line that is sold out or not for sale is merged with at least one item, so that the buyer sees it.
/// Returns a warning for each line that was left out because the cart is full. A token that opens no cart (any more) is ignored,
/// so the function is idempotent.
pub async fn merge_guest_cart(tx: &Tx, app: &App, user_id: UserId, token: &str) -> Result<Vec<Warning>> {
    let Some(id) = app.keys.check::<CartId>(Capability::Cart, token) else { return Ok(Vec::new()) };
    lock_checkouts(tx, &[id]).await?;
    // The guest's row is locked before the user's; see `docs/LOCKS.md`.
    let Some(guests) = touch_guests(app, tx, id).await? else { return Ok(Vec::new()) };
    let lines = line::of_carts(tx, &[guests.id]).await?;
    let mut left_out = Vec::new();
    if !lines.is_empty() {
        let cart = take_users(app, tx, user_id).await?;
        let known = line::of_carts(tx, &[cart.id]).await?;
        let rows = merged(app, cart.id, &known, lines, &mut left_out);
        line::write(tx, rows.into_iter()).await?;
    }
    Entity::delete_by_id(guests.id).exec(tx).await?;
    Ok(left_out)
}

fn merged(app: &App, cart: CartId, known: &[Line], lines: Vec<Line>, left_out: &mut Vec<Warning>) -> Vec<cart_line::Model> {
    let mut room = MOST_LINES.saturating_sub(known.len());
    let mut rows = Vec::new();
    for line in lines {
        let there = known.iter().find(|known| known.row.variant_id == line.row.variant_id);
        if there.is_none() {
            if room == 0 {
                left_out.push(full(&line));
                continue;
            }
            room -= 1;
        }
        let held = there.map_or(0, |known| known.row.quantity);
        let quantity = held.saturating_add(line.row.quantity).min(most(&line));
        // A new ID in any case: the guest's row uses its ID until its cart is deleted.
        rows.push(cart_line::Model { id: app.clock.new_id(), cart_id: cart, quantity, updated_at: app.clock.now(), ..line.row });
    }
    rows
}

fn full(line: &Line) -> Warning {
    let title = line.title();
    Warning {
        code: WarningCode::CartFull,
        line_id: line.row.id,
        message: format!("{title} was not added to your cart, because a cart can have at most {MOST_LINES} lines."),
        stock_available: None,
    }
}

/// Maximum quantity of a merged line: the stock, at least 1; the quantity itself if the variant is not for sale.
fn most(line: &Line) -> i32 {
    line.for_sale().map_or(MAX_QUANTITY, |offer| offer.left().max(1))
}
