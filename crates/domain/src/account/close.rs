//! Closing the caller's own account: personal data is erased, orders are kept in anonymised form.

use crate::account::row::{lock_owners, save};
use crate::account::{email, known, secret, token};
use crate::image::delete_later;
use crate::store::invitation;
use entity::id::{CartId, CheckoutId, UserId};
use entity::user::Model;
use entity::value::{OrderStatus, Permissions, PostalAddress, Role, StoreStatus, UserStatus};
use entity::versioned::Versioned;
use entity::{
    address, cart, checkout, event, former_store_member, order, session, staged_upload, store, store_member, store_order,
};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::Customer;
use souk_core::db::{Tx, lock_in_order};
use souk_core::error::{Code, Problem, Result};
use souk_core::transact;

/// Display name of closed accounts.
pub const DELETED_NAME: &str = "Deleted user";

/// Statuses of orders that are not finished.
const UNFINISHED: [OrderStatus; 4] =
    [OrderStatus::Pending, OrderStatus::Confirmed, OrderStatus::Processing, OrderStatus::Shipped];

/// Closes the caller's account, irreversibly. Refused while the user has unfinished orders or open stores, and for the last
/// owner.
pub async fn close(app: &App, customer: &Customer, password: String) -> Result<Model> {
    let confirmed = Box::pin(secret::confirm(app, customer, password, "password")).await?;
    transact!(app.db, tx, {
        let owners = Box::pin(lock_owners(tx)).await?;
        let row = Box::pin(secret::lock_confirmed(tx, customer, &confirmed, "password")).await?;
        if row.role == Role::Owner && owners == [row.id] {
            return Err(in_use("You are the last owner of the marketplace; make another user an owner first.").into());
        }
        // Boxed: all of it in one future is larger than a thread's stack allows in a debug build.
        Box::pin(check_stores(tx, row.id)).await?;
        Box::pin(lock_carts(tx, row.id)).await?;
        let orders = Box::pin(lock_orders(tx, row.id)).await?;
        if orders.iter().any(|order| UNFINISHED.contains(&order.status)) {
            return Err(in_use("One of your orders is not finished; wait until it is delivered, or cancel it.").into());
        }
        for order in orders {
            Box::pin(anonymise_order(tx, app, order)).await?;
        }
        Box::pin(erase(tx, app, &row)).await?;
        Box::pin(anonymise_user(tx, app, row)).await
    })
}

fn in_use(message: &str) -> Problem {
    Problem::new("", Code::InUse, message)
}

/// A store needs its owner while it is not closed, and while it has orders to deliver.
async fn check_stores(tx: &Tx, id: UserId) -> Result<()> {
    let own = store::Entity::find().filter(store::Column::OwnerId.eq(id)).order_by_asc(store::Column::Id).all(tx).await?;
    let ids = own.iter().map(|store| store.id);
    let unfinished = store_order::Entity::find()
        .filter(store_order::Column::StoreId.is_in(ids))
        .filter(store_order::Column::Status.is_in(UNFINISHED))
        .limit(1)
        .one(tx)
        .await?;
    if let Some(unfinished) = unfinished {
        let name = own.iter().find(|store| store.id == unfinished.store_id).map_or("", |store| store.name.as_str());
        return Err(in_use(&format!("The store {name:?} has unfinished orders; deliver or cancel them first.")).into());
    }
    if let Some(open) = own.iter().find(|store| store.status != StoreStatus::Closed) {
        return Err(in_use(&format!("The store {:?} is not closed; close it first.", open.name)).into());
    }
    Ok(())
}

/// Checkouts and carts are locked before orders; see `docs/LOCKS.md`.
async fn lock_carts(tx: &Tx, id: UserId) -> Result<()> {
    let checkouts = checkout::Entity::find().filter(checkouts_of(id));
    let _: Vec<CheckoutId> = lock_in_order(tx, checkouts, checkout::Column::Id).await?;
    let carts = cart::Entity::find().filter(cart::Column::UserId.eq(id));
    let _: Vec<CartId> = lock_in_order(tx, carts, cart::Column::Id).await?;
    Ok(())
}

/// The user's checkouts, and those that other users made from the user's cart.
fn checkouts_of(id: UserId) -> Expr {
    let carts = Query::select().column(cart::Column::Id).from(cart::Entity).and_where(cart::Column::UserId.eq(id)).to_owned();
    checkout::Column::UserId.eq(id).or(checkout::Column::CartId.in_subquery(carts))
}

async fn lock_orders(tx: &Tx, id: UserId) -> Result<Vec<order::Model>> {
    let query = order::Entity::find().filter(order::Column::UserId.eq(id)).order_by_asc(order::Column::Id);
    Ok(query.lock_exclusive().all(tx).await?)
}

/// Keeps what tax law requires: items, times, amounts, country and region.
async fn anonymise_order(tx: &Tx, app: &App, order: order::Model) -> Result<()> {
    let keep_region =
        |address: PostalAddress| PostalAddress { country: address.country, region: address.region, ..PostalAddress::default() };
    let (shipping, billing) = (order.shipping_address.clone().map(keep_region), order.billing_address.clone().map(keep_region));
    let id = order.id;
    let mut active = order.into_active_model();
    active.user_id = Set(None);
    active.email = Set(String::new());
    active.phone = Set(None);
    active.shipping_address = Set(shipping);
    active.billing_address = Set(billing);
    active.note = Set(String::new());
    active.client_network = Set(None);
    active.touch(app.clock.now());
    order::Entity::update(active).exec(tx).await?;
    event::Entity::update_many()
        .col_expr(event::Column::UserId, Expr::value(Option::<uuid::Uuid>::None))
        .filter(event::Column::OrderId.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Deletes everything that belongs to this user only.
async fn erase(tx: &Tx, app: &App, row: &Model) -> Result<()> {
    Box::pin(erase_files(tx, app, row)).await?;
    Box::pin(erase_rows(tx, row)).await
}

async fn erase_files(tx: &Tx, app: &App, row: &Model) -> Result<()> {
    let id = row.id;
    if let Some(key) = &row.avatar_key {
        delete_later(tx, app, key).await?;
    }
    let staged = staged_upload::Entity::find().filter(staged_upload::Column::UserId.eq(id)).all(tx).await?;
    for upload in staged.iter().filter(|upload| upload.used_at.is_none()) {
        delete_later(tx, app, &upload.storage_key).await?;
    }
    staged_upload::Entity::delete_many().filter(staged_upload::Column::UserId.eq(id)).exec(tx).await?;
    Ok(())
}

async fn erase_rows(tx: &Tx, row: &Model) -> Result<()> {
    let id = row.id;
    // A checkout that became an order repeats the personal data.
    checkout::Entity::delete_many().filter(checkouts_of(id)).exec(tx).await?;
    cart::Entity::delete_many().filter(cart::Column::UserId.eq(id)).exec(tx).await?;
    address::Entity::delete_many().filter(address::Column::UserId.eq(id)).exec(tx).await?;
    token::end_all(tx, id).await?;
    email::delete_all(tx, id).await?;
    known::delete_all(tx, id).await?;
    store_member::Entity::delete_many().filter(store_member::Column::UserId.eq(id)).exec(tx).await?;
    former_store_member::Entity::delete_many().filter(former_store_member::Column::UserId.eq(id)).exec(tx).await?;
    invitation::erase_address(tx, &row.email).await?;
    invitation::revoke_by_inviter(tx, id).await?;
    session::Entity::delete_many().filter(session::Column::UserId.eq(id)).exec(tx).await?;
    Ok(())
}

/// Keeps the row, without personal data: reviews and timelines refer to it.
async fn anonymise_user(tx: &Tx, app: &App, row: Model) -> Result<Model> {
    let id = row.id;
    let mut active = row.into_active_model();
    active.email = Set(format!("{}@closed.invalid", id.0.simple()));
    active.password_hash = Set(String::new());
    active.display_name = Set(DELETED_NAME.to_owned());
    active.phone = Set(None);
    active.avatar_key = Set(None);
    active.role = Set(Role::Customer);
    active.status = Set(UserStatus::Closed);
    active.permissions = Set(Permissions::default());
    active.email_verified_at = Set(None);
    active.vendor_applied_at = Set(None);
    save(tx, app, active).await
}
