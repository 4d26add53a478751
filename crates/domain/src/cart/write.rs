//! Changes of carts for orders and closed accounts.

use entity::cart::{Column, Entity};
use entity::cart_line::{ActiveModel as NewLine, Column as LineColumn, Entity as Lines};
use entity::id::{CartId, ProductVariantId, UserId};
use entity::order_line;
use entity::versioned::VersionedTable;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::check::MAX_QUANTITY;
use souk_core::db::{Tx, lock_in_order};
use souk_core::error::Result;
use std::collections::HashMap;

/// Locks a cart by incrementing its version, so that its lines do not change before the commit. Returns whether it exists.
pub(crate) async fn lock_contents(tx: &Tx, app: &App, id: CartId) -> Result<bool> {
    let updated = Entity::touch_many(app.clock.now()).filter(Column::Id.eq(id)).exec(tx).await?;
    Ok(updated.rows_affected == 1)
}

/// Locks a cart without a change; `None` if it does not exist.
pub(crate) async fn lock(tx: &Tx, id: CartId) -> Result<Option<CartId>> {
    Ok(Entity::find_by_id(id).lock_exclusive().one(tx).await?.map(|cart| cart.id))
}

/// Deletes the lines of a locked cart, as they became an order.
pub(crate) async fn empty(tx: &Tx, id: CartId) -> Result<()> {
    Lines::delete_many().filter(LineColumn::CartId.eq(id)).exec(tx).await?;
    Ok(())
}

/// Adds the lines of an order to a locked cart.
pub(crate) async fn refill(tx: &Tx, app: &App, id: CartId, lines: &[order_line::Model]) -> Result<()> {
    let now = app.clock.now();
    Entity::touch_many(now).filter(Column::Id.eq(id)).exec(tx).await?;
    let existing = Lines::find().filter(LineColumn::CartId.eq(id)).all(tx).await?;
    let existing: HashMap<_, _> = existing.iter().map(|line| (line.variant_id, line)).collect();
    let mut new = Vec::new();
    for line in lines {
        let variant_id = ProductVariantId(line.variant_id);
        match existing.get(&variant_id) {
            Some(found) => {
                let quantity = std::cmp::min(found.quantity.saturating_add(line.quantity), MAX_QUANTITY);
                let change = NewLine { quantity: Set(quantity), updated_at: Set(now), ..Default::default() };
                Lines::update_many().set(change).filter(LineColumn::Id.eq(found.id)).exec(tx).await?;
            }
            // Includes deleted variants: the line shows the buyer that they are unavailable.
            None => new.push(NewLine {
                id: Set(app.clock.new_id()),
                cart_id: Set(id),
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
        Lines::insert_many(new).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Takes quantities of variants out of a locked cart, as they became an order; a line of which nothing is left is deleted.
pub(crate) async fn take_out(tx: &Tx, app: &App, id: CartId, items: &[(ProductVariantId, i32)]) -> Result<()> {
    let now = app.clock.now();
    Entity::touch_many(now).filter(Column::Id.eq(id)).exec(tx).await?;
    let taken: HashMap<_, _> = items.iter().copied().collect();
    for line in Lines::find().filter(LineColumn::CartId.eq(id)).all(tx).await? {
        let Some(quantity) = taken.get(&line.variant_id) else { continue };
        if line.quantity > *quantity {
            let change = NewLine { quantity: Set(line.quantity - quantity), updated_at: Set(now), ..Default::default() };
            Lines::update_many().set(change).filter(LineColumn::Id.eq(line.id)).exec(tx).await?;
        } else {
            Lines::delete_by_id(line.id).exec(tx).await?;
        }
    }
    Ok(())
}

/// Query for the carts of a user.
pub(crate) fn of_user(user: UserId) -> SelectStatement {
    Query::select().column(Column::Id).from(Entity).and_where(Column::UserId.eq(user)).to_owned()
}

/// Locks the carts of a user.
pub(crate) async fn lock_all_of(tx: &Tx, user: UserId) -> Result<()> {
    let _: Vec<CartId> = lock_in_order(tx, Entity::find().filter(Column::UserId.eq(user)), Column::Id).await?;
    Ok(())
}

/// Deletes the carts of a user whose account is closed.
pub(crate) async fn erase(tx: &Tx, user: UserId) -> Result<()> {
    Entity::delete_many().filter(Column::UserId.eq(user)).exec(tx).await?;
    Ok(())
}
