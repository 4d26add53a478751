//! Closing the caller's own account: personal data is erased, orders are kept in anonymised form.
//!
//! This coordinates features and owns no table: each feature erases what it keeps of a user. A test finds every column that refers
//! to a user and fails if it still does after the account was closed, unless it says why.

use crate::image::delete_later;
use crate::order::status::UNFINISHED;
use crate::{account, address, cart, checkout, download, order, order_note, recently_viewed, refund, store, upload};
use entity::id::UserId;
use entity::user::Model;
use entity::value::{Role, StoreStatus};
use entity::{store as store_row, store_order};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::Customer;
use souk_core::db::{InPadded, Tx};
use souk_core::error::{Code, Problem, Result};
use souk_core::{live, transact};
use std::pin::Pin;

type Erase = for<'a> fn(&'a Tx, &'a App, &'a Model) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// What every feature erases of a user whose row is locked, in the order of `docs/LOCKS.md` and its exceptions. The row itself comes
/// last.
const ERASURES: [Erase; 19] = [
    |tx, _, user| Box::pin(checkout::lock_all_of(tx, user.id)),
    |tx, _, user| Box::pin(cart::lock_all_of(tx, user.id)),
    |tx, _, user| Box::pin(order_note::erase(tx, user.id)),
    |tx, app, user| Box::pin(order::erase(tx, app, user.id)),
    |tx, _, user| Box::pin(download::erase(tx, user.id)),
    |tx, _, user| Box::pin(live::erase(tx, user.id)),
    |tx, app, user| Box::pin(erase_files(tx, app, user)),
    |tx, _, user| Box::pin(checkout::erase(tx, user.id)),
    |tx, _, user| Box::pin(cart::erase(tx, user.id)),
    |tx, _, user| Box::pin(address::erase(tx, user.id)),
    |tx, _, user| Box::pin(recently_viewed::erase(tx, user.id)),
    |tx, _, user| Box::pin(account::erase_tokens(tx, user.id)),
    |tx, _, user| Box::pin(account::erase_email_changes(tx, user.id)),
    |tx, _, user| Box::pin(account::erase_known_addresses(tx, user.id)),
    |tx, _, user| Box::pin(store::erase_memberships(tx, user.id)),
    |tx, _, user| Box::pin(store::erase_former_memberships(tx, user.id)),
    |tx, _, user| Box::pin(store::invitation::erase(tx, user)),
    |tx, _, user| Box::pin(refund::erase(tx, user.id)),
    |tx, _, user| Box::pin(account::session::erase(tx, user.id)),
];

/// Closes the caller's account, irreversibly. Refused while the user has unfinished orders or open stores, and for the last
/// owner.
pub async fn close(app: &App, customer: &Customer, password: String) -> Result<Model> {
    let confirmed = Box::pin(account::confirm_password(app, customer, password, "password")).await?;
    transact!(app.db, tx, {
        let owners = Box::pin(account::lock_owners(tx)).await?;
        let row = Box::pin(account::lock_confirmed(tx, customer, &confirmed, "password")).await?;
        if row.role == Role::Owner && owners == [row.id] {
            return Err(in_use("You are the last owner of the marketplace; make another user an owner first.").into());
        }
        // Boxed: all of it in one future is larger than a thread's stack allows in a debug build.
        Box::pin(check_stores(tx, row.id)).await?;
        for erase in ERASURES {
            erase(tx, app, &row).await?;
        }
        Box::pin(account::anonymise(tx, app, row)).await
    })
}

fn in_use(message: &str) -> Problem {
    Problem::new("", Code::InUse, message)
}

/// A store needs its owner while it is not closed, and while it has orders to deliver.
async fn check_stores(tx: &Tx, id: UserId) -> Result<()> {
    let own = store_row::Entity::find().filter(store_row::Column::OwnerId.eq(id));
    let own = own.order_by_asc(store_row::Column::Id).all(tx).await?;
    let ids: Vec<_> = own.iter().map(|store| store.id).collect();
    let unfinished = store_order::Entity::find()
        .filter(store_order::Column::StoreId.in_padded(&ids))
        .filter(store_order::Column::Status.in_padded(&UNFINISHED))
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

/// The picture of the user, and uploads that were not used.
async fn erase_files(tx: &Tx, app: &App, user: &Model) -> Result<()> {
    let unused = upload::erase(tx, user.id).await?;
    let keys: Vec<_> = user.avatar_key.iter().chain(&unused).collect();
    delete_later(tx, app, &keys).await
}
