//! Carts. A cart belongs to a user, or to the holder of its token.
//!
//! Every change locks the row of the cart first, so that concurrent changes are serialised.

mod change;
mod line;
mod merge;
mod stale;
mod write;

pub use change::{Changed, LineQuantity, NewLine, add, remove, update};
pub use line::{Line, LineStatus, Offer, Warning, WarningCode, title, warnings};
pub use merge::merge_guest_cart;
pub(crate) use stale::register;
pub use stale::{STALE_AFTER, delete_stale};
pub(crate) use write::{empty, erase, lock, lock_all_of, lock_contents, of_user, refill, take_out};

use entity::cart::{Column, Entity, Model};
use entity::id::{CartId, CartLineId, CheckoutId, UserId};
use entity::versioned::VersionedTable;
use entity::{cart_line, checkout};
use sea_orm::sea_query::{Expr, OnConflict, SimpleExpr};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::crypto::keys::Capability;
use souk_core::db::{InPadded, Tx, lock_in_order};
use souk_core::error::Result;
use souk_core::group::grouped;
use std::collections::HashMap;

pub const MAX_LINES: usize = 100;

/// The viewer's cart, or the guest cart that the token opens. A token never opens a user's cart.
pub async fn find(app: &App, viewer: &Viewer, token: Option<&str>) -> Result<Option<Model>> {
    let query = match (token, viewer.user_id()) {
        (Some(token), _) => match app.keys.check::<CartId>(Capability::Cart, token) {
            Some(id) => Entity::find_by_id(id).filter(Column::UserId.is_null()),
            None => return Ok(None),
        },
        (None, Some(user)) => Entity::find().filter(Column::UserId.eq(user)),
        (None, None) => return Ok(None),
    };
    Ok(query.one(app.db.read()).await?)
}

/// The token of a guest's cart; `None` for a user's cart, which needs none. The row proves that the caller may access the cart
/// already.
pub fn token(app: &App, cart: &Model) -> Option<String> {
    app.keys.guest_token(Capability::Cart, cart.user_id, cart.id)
}

/// Carts by ID; only the viewer's.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[CartId]) -> Result<Vec<Model>> {
    let Some(user) = viewer.user_id() else { return Ok(Vec::new()) };
    let query = Entity::find().filter(Column::Id.in_padded(ids)).filter(Column::UserId.eq(user));
    Ok(query.all(app.db.read()).await?)
}

/// The viewer's carts by line.
pub async fn of_lines(app: &App, viewer: &Viewer, ids: &[CartLineId]) -> Result<HashMap<CartLineId, CartId>> {
    let Some(user) = viewer.user_id() else { return Ok(HashMap::new()) };
    let rows: Vec<(CartLineId, CartId)> = cart_line::Entity::find()
        .select_only()
        .columns([cart_line::Column::Id, cart_line::Column::CartId])
        .inner_join(Entity)
        .filter(cart_line::Column::Id.in_padded(ids))
        .filter(Column::UserId.eq(user))
        .into_tuple()
        .all(app.db.read())
        .await?;
    Ok(rows.into_iter().collect())
}

/// The lines of carts, oldest first, with the current data of their variants; by one statement. The caller must have checked
/// access.
pub async fn lines(app: &App, _viewer: &Viewer, ids: &[CartId]) -> Result<HashMap<CartId, Vec<Line>>> {
    Ok(grouped(line::of_carts(app.db.read(), ids).await?, |line| line.row.cart_id))
}

/// Locks a cart for a change by incrementing its version.
async fn lock_where(app: &App, tx: &impl ConnectionTrait, which: SimpleExpr) -> Result<Option<Model>> {
    let update = Entity::touch_many(app.clock.now()).filter(which.clone());
    if tx.support_returning() {
        return Ok(update.exec_with_returning(tx).await?.pop());
    }
    if update.exec(tx).await?.rows_affected == 0 {
        return Ok(None);
    }
    Ok(Entity::find().filter(which).one(tx).await?)
}

/// Locks the checkouts of carts that are going to be deleted: deleting a cart changes them, and checkouts are locked before
/// carts.
async fn lock_checkouts(tx: &Tx, carts: &[CartId]) -> Result<()> {
    let checkouts = checkout::Entity::find().filter(checkout::Column::CartId.in_padded(carts));
    let _: Vec<CheckoutId> = lock_in_order(tx, checkouts, checkout::Column::Id).await?;
    Ok(())
}

/// Locks a guest's cart.
async fn lock_for_guest(app: &App, tx: &impl ConnectionTrait, id: CartId) -> Result<Option<Model>> {
    lock_where(app, tx, Column::Id.eq(id).and(Column::UserId.is_null())).await
}

/// Locks a user's cart, if the user has one.
async fn lock_for_user(app: &App, tx: &impl ConnectionTrait, user: UserId) -> Result<Option<Model>> {
    lock_where(app, tx, Column::UserId.eq(user)).await
}

/// Locks a user's cart; creates it if there is none. Of two concurrent requests that create it the second gets the first one's.
async fn lock_or_create_for_user(app: &App, tx: &impl ConnectionTrait, user: UserId) -> Result<Model> {
    let row = new_row(app, Some(user));
    let mut taken = OnConflict::column(Column::UserId);
    taken.value(Column::Version, Expr::col((Entity, Column::Version)).add(1)).update_column(Column::UpdatedAt);
    let insert = Entity::insert(active(&row)).on_conflict(taken);
    if tx.support_returning() {
        return Ok(insert.exec_with_returning(tx).await?);
    }
    insert.exec_without_returning(tx).await?;
    let found = Entity::find().filter(Column::UserId.eq(user)).one(tx).await?;
    Ok(found.unwrap_or(row))
}

/// Creates a cart for a guest.
async fn create_for_guest(app: &App, tx: &impl ConnectionTrait) -> Result<Model> {
    let row = new_row(app, None);
    Entity::insert(active(&row)).exec_without_returning(tx).await?;
    Ok(row)
}

fn new_row(app: &App, user_id: Option<UserId>) -> Model {
    let now = app.clock.now();
    Model { id: app.clock.new_id(), user_id, version: 1, created_at: now, updated_at: now }
}

fn active(row: &Model) -> entity::cart::ActiveModel {
    entity::cart::ActiveModel {
        id: Set(row.id),
        user_id: Set(row.user_id),
        version: Set(row.version),
        created_at: Set(row.created_at),
        updated_at: Set(row.updated_at),
    }
}
