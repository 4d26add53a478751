//! Address books.

use entity::address::{ActiveModel, Column, Entity, Model};
use entity::id::{AddressId, UserId};
use entity::value::{Permission, PostalAddress};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, TryIntoModel};
use souk_core::app::App;
use souk_core::auth::{self, Customer, Viewer};
use souk_core::check::Check;
use souk_core::db::{InPadded, Tx};
use souk_core::error::{Code, Fault, Result, refuse};
use souk_core::group::grouped;
use souk_core::transact;
use std::collections::HashMap;

/// Maximum number of addresses in one address book.
pub const MAX_ADDRESSES: usize = 50;

#[derive(Clone, Debug)]
pub struct NewAddress {
    pub postal: PostalAddress,
    /// Whether it is the default shipping address; default: whether it is the first address.
    pub is_default_shipping: Option<bool>,
    /// Whether it is the default billing address; default: whether it is the first address.
    pub is_default_billing: Option<bool>,
}

/// Changes; a `None` field is left as it is.
#[derive(Clone, Debug, Default)]
pub struct AddressPatch {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// `Some(None)` clears the field.
    pub company: Option<Option<String>>,
    pub line1: Option<String>,
    /// `Some(None)` clears the field.
    pub line2: Option<Option<String>>,
    pub city: Option<String>,
    /// `Some(None)` clears the field.
    pub region: Option<Option<String>>,
    /// `Some(None)` clears the field.
    pub postal_code: Option<Option<String>>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// `Some(None)` clears the field.
    pub phone: Option<Option<String>>,
    pub is_default_shipping: Option<bool>,
    pub is_default_billing: Option<bool>,
}

impl AddressPatch {
    fn apply(self, to: &mut PostalAddress) {
        fn put<T>(field: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *field = value;
            }
        }
        put(&mut to.first_name, self.first_name);
        put(&mut to.last_name, self.last_name);
        put(&mut to.company, self.company);
        put(&mut to.line1, self.line1);
        put(&mut to.line2, self.line2);
        put(&mut to.city, self.city);
        put(&mut to.region, self.region);
        put(&mut to.postal_code, self.postal_code);
        put(&mut to.country, self.country);
        put(&mut to.phone, self.phone);
    }
}

/// Address books by user, oldest address first: the viewer's own, and any for staff with MANAGE_USERS.
pub async fn of_users(app: &App, viewer: &Viewer, ids: &[UserId]) -> Result<HashMap<UserId, Vec<Model>>> {
    let all = viewer.may(Permission::ManageUsers);
    let visible: Vec<_> = ids.iter().copied().filter(|id| all || viewer.user_id() == Some(*id)).collect();
    let query = Entity::find().filter(Column::UserId.in_padded(&visible));
    let rows = query.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).all(app.db.read()).await?;
    Ok(grouped(rows, |row| row.user_id))
}

/// Addresses by ID: the viewer's own, and any for staff with MANAGE_USERS.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[AddressId]) -> Result<Vec<Model>> {
    let Some(me) = viewer.user_id() else { return Ok(Vec::new()) };
    let mut query = Entity::find().filter(Column::Id.in_padded(ids));
    if !viewer.may(Permission::ManageUsers) {
        query = query.filter(Column::UserId.eq(me));
    }
    Ok(query.all(app.db.read()).await?)
}

/// Country of the viewer's default shipping address; `None` for guests and without such an address.
pub(crate) async fn default_country(app: &App, viewer: &Viewer) -> Result<Option<String>> {
    let Some(user) = viewer.user_id() else { return Ok(None) };
    let query = Entity::find().filter(Column::UserId.eq(user)).filter(Column::IsDefaultShipping.eq(true));
    Ok(query.one(app.db.read()).await?.map(|row| row.postal.country))
}

/// Locks a user's address book by the user's row: of two concurrent changes the second sees the defaults that the first has set.
async fn lock_book(tx: &Tx, id: UserId) -> Result<Vec<Model>> {
    auth::lock_active(tx, id).await?;
    let query = Entity::find().filter(Column::UserId.eq(id));
    Ok(query.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).all(tx).await?)
}

/// Adds an address to the caller's address book.
pub async fn create(app: &App, customer: &Customer, new: NewAddress) -> Result<Model> {
    let mut check = Check::new();
    let postal = check.address("", &new.postal);
    check.finish()?;
    let (id, now) = (app.clock.new_id(), app.clock.now());
    transact!(app.db, tx, {
        let book = lock_book(tx, customer.user_id()).await?;
        if book.len() >= MAX_ADDRESSES {
            return refuse(
                "",
                Code::LimitReached,
                format!("An address book can have at most {MAX_ADDRESSES} addresses; delete one first."),
            );
        }
        let (shipping, billing) =
            (new.is_default_shipping.unwrap_or(book.is_empty()), new.is_default_billing.unwrap_or(book.is_empty()));
        clear_defaults(tx, customer.user_id(), shipping, billing).await?;
        let row = ActiveModel {
            id: Set(id),
            user_id: Set(customer.user_id()),
            postal: Set(postal.clone()),
            is_default_shipping: Set(shipping),
            is_default_billing: Set(billing),
            created_at: Set(now),
            updated_at: Set(now),
        };
        Entity::insert(row.clone()).exec_without_returning(tx).await?;
        Ok(row.try_into_model()?)
    })
}

/// Changes an address of the caller's address book.
pub async fn update(app: &App, customer: &Customer, id: AddressId, patch: AddressPatch) -> Result<Model> {
    transact!(app.db, tx, {
        let book = lock_book(tx, customer.user_id()).await?;
        let row = book.into_iter().find(|row| row.id == id).ok_or(Fault::NotFound)?;
        let (shipping, billing) = (patch.is_default_shipping, patch.is_default_billing);
        let mut postal = row.postal.clone();
        patch.clone().apply(&mut postal);
        let mut check = Check::new();
        let postal = check.address("", &postal);
        check.finish()?;
        clear_defaults(tx, customer.user_id(), shipping == Some(true), billing == Some(true)).await?;
        let (was_shipping, was_billing) = (row.is_default_shipping, row.is_default_billing);
        let mut active = row.into_active_model();
        active.postal = Set(postal);
        // Set even if unchanged: the defaults were cleared just now.
        active.is_default_shipping = Set(shipping.unwrap_or(was_shipping));
        active.is_default_billing = Set(billing.unwrap_or(was_billing));
        active.updated_at = Set(app.clock.now());
        Ok(Entity::update(active).exec(tx).await?)
    })
}

/// Deletes an address from the caller's address book.
pub async fn delete(app: &App, customer: &Customer, id: AddressId) -> Result<AddressId> {
    transact!(app.db, tx, {
        lock_book(tx, customer.user_id()).await?;
        let own = Entity::delete_by_id(id).filter(Column::UserId.eq(customer.user_id()));
        let done = own.exec(tx).await?;
        if done.rows_affected == 0 { Err(Fault::NotFound.into()) } else { Ok(id) }
    })
}

/// Each address book has at most one default of each kind.
async fn clear_defaults(tx: &Tx, id: UserId, shipping: bool, billing: bool) -> Result<()> {
    for (is_default, column) in [(shipping, Column::IsDefaultShipping), (billing, Column::IsDefaultBilling)] {
        if is_default {
            let query = Entity::update_many().col_expr(column, Expr::value(false));
            query.filter(Column::UserId.eq(id)).filter(column.eq(true)).exec(tx).await?;
        }
    }
    Ok(())
}

/// Deletes the address book of a user whose account is closed.
pub(crate) async fn erase(tx: &Tx, user: UserId) -> Result<()> {
    Entity::delete_many().filter(Column::UserId.eq(user)).exec(tx).await?;
    Ok(())
}
