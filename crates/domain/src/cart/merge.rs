//! Merging a guest's cart into the user's cart at sign-in.

use super::line::{self, Line, Warning, WarningCode};
use super::{MAX_LINES, lock_checkouts, lock_for_guest, lock_or_create_for_user};
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
    let Some(guests) = lock_for_guest(app, tx, id).await? else { return Ok(Vec::new()) };
    let lines = line::of_carts(tx, &[guests.id]).await?;
    let mut warnings = Vec::new();
    if !lines.is_empty() {
        let cart = lock_or_create_for_user(app, tx, user_id).await?;
        let known = line::of_carts(tx, &[cart.id]).await?;
        let rows = merged(app, cart.id, &known, lines, &mut warnings);
        line::write(tx, rows.into_iter()).await?;
    }
    Entity::delete_by_id(guests.id).exec(tx).await?;
    Ok(warnings)
}

fn merged(app: &App, cart: CartId, known: &[Line], lines: Vec<Line>, warnings: &mut Vec<Warning>) -> Vec<cart_line::Model> {
    let mut free_lines = MAX_LINES.saturating_sub(known.len());
    let mut rows = Vec::new();
    for line in lines {
        let existing = known.iter().find(|known| known.row.variant_id == line.row.variant_id);
        if existing.is_none() {
            if free_lines == 0 {
                warnings.push(cart_full_warning(&line));
                continue;
            }
            free_lines -= 1;
        }
        let current = existing.map_or(0, |known| known.row.quantity);
        let quantity = current.saturating_add(line.row.quantity).min(max_quantity(&line));
        // A new ID in any case: the guest's row uses its ID until its cart is deleted.
        rows.push(cart_line::Model { id: app.clock.new_id(), cart_id: cart, quantity, updated_at: app.clock.now(), ..line.row });
    }
    rows
}

fn cart_full_warning(line: &Line) -> Warning {
    let title = line.title();
    Warning {
        code: WarningCode::CartFull,
        line_id: line.row.id,
        message: format!("{title} was not added to your cart, because a cart can have at most {MAX_LINES} lines."),
        stock_available: None,
    }
}

/// Maximum quantity of a merged line: the stock, at least 1; the quantity itself if the variant is not for sale.
fn max_quantity(line: &Line) -> i32 {
    line.for_sale().map_or(MAX_QUANTITY, |offer| offer.available_quantity().max(1))
}
