//! Status changes of stores, and their effect on the products.

use crate::digital_file;
use crate::image::delete_later;
use crate::social;
use crate::store::status::change;
use crate::store::suspension::delete_suspension;
use crate::store::update::lock;
use entity::id::{ProductId, StoreId, UserId};
use entity::store::{Column, Entity, Model};
use entity::value::{StoreStatus, UserStatus};
use entity::{product, product_image, product_variant, store_order, user};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::permissions::ManageProducts;
use souk_core::auth::{Staff, StoreStaff};
use souk_core::check::check_version;
use souk_core::db::{Subject, Tx, lock_in_order};
use souk_core::error::{Code, Fault, Result, refuse};
use souk_core::transact;

/// Result of [`delete`].
#[derive(Clone, Debug)]
pub enum Removed {
    Deleted(StoreId),
    /// The store has orders, so it was closed.
    Closed(Box<Model>),
}

/// Pictures that are deleted by one statement.
const PICTURES: usize = 500;

/// The statuses that staff can set next.
fn can_become(status: StoreStatus) -> &'static [StoreStatus] {
    match status {
        StoreStatus::Pending => &[StoreStatus::Active, StoreStatus::Suspended],
        StoreStatus::Active => &[StoreStatus::Suspended, StoreStatus::Closed],
        StoreStatus::Suspended => &[StoreStatus::Active, StoreStatus::Closed],
        StoreStatus::Closed => &[],
    }
}

/// Approves, suspends, reopens or closes a store; its products are listed or hidden in the same transaction.
pub async fn set_status(
    app: &App,
    _staff: &Staff<ManageProducts>,
    id: StoreId,
    status: StoreStatus,
    expected_version: Option<i32>,
) -> Result<Model> {
    transact!(app.db, tx, {
        let owner = lock_owner(tx, id).await?;
        let row = Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        check_version(expected_version, row.version)?;
        if row.status == status {
            // The suspension is independent of the blocked owner from now on.
            delete_suspension(tx, id).await?;
            return Ok(row);
        }
        let allowed = can_become(row.status);
        if !allowed.contains(&status) {
            let names: Vec<_> = allowed.iter().map(|status| status.as_str()).collect();
            let can =
                if names.is_empty() { "its status is final".to_owned() } else { format!("it can become {}", names.join(" or ")) };
            return refuse(
                "status",
                Code::InvalidState,
                format!("The store is {} and can't become {status}; {can}.", row.status),
            );
        }
        if status == StoreStatus::Active && owner.status != UserStatus::Active {
            let message = format!("The owner of the store is {}; unblock the owner first.", owner.status);
            return refuse("status", Code::InvalidState, message);
        }
        let store = change(tx, app, row, status).await?;
        if status == StoreStatus::Active {
            // A store that waited for approval; one that is reopened was announced before.
            social::announce_store(tx, app, &store).await?;
        }
        Ok(store)
    })
}

/// Closes a store: it and its products are hidden, its orders are kept.
pub async fn close(app: &App, staff: &StoreStaff) -> Result<Model> {
    transact!(app.db, tx, {
        let row = lock(tx, staff).await?;
        if row.status == StoreStatus::Closed { Ok(row) } else { change(tx, app, row, StoreStatus::Closed).await }
    })
}

/// Deletes a store with its products; a store that has orders is closed instead.
pub async fn delete(app: &App, staff: &StoreStaff) -> Result<Removed> {
    let id = staff.store_id();
    transact!(app.db, tx, {
        let row = lock(tx, staff).await?;
        let ordered = store_order::Entity::find().filter(store_order::Column::StoreId.eq(id)).limit(1).one(tx).await?;
        if ordered.is_some() {
            let closed = if row.status == StoreStatus::Closed { row } else { change(tx, app, row, StoreStatus::Closed).await? };
            return Ok(Removed::Closed(Box::new(closed)));
        }
        tx.changed(Subject::Store(id));
        product_variant::Entity::delete_many().filter(product_variant::Column::StoreId.eq(id)).exec(tx).await?;
        // Locked before their images are read, so that no image is added whose file would not be deleted.
        let own = product::Entity::find().filter(product::Column::StoreId.eq(id));
        let _: Vec<ProductId> = lock_in_order(tx, own, product::Column::Id).await?;
        let own = Query::select()
            .column(product::Column::Id)
            .from(product::Entity)
            .and_where(product::Column::StoreId.eq(id))
            .to_owned();
        let images = product_image::Entity::find().filter(product_image::Column::ProductId.in_subquery(own.clone()));
        let images = images.all(tx).await?;
        let files = digital_file::storage_keys(tx, own).await?;
        let keys = images.iter().map(|image| &image.storage_key).chain(&files).chain(&row.logo_key).chain(&row.banner_key);
        let keys: Vec<_> = keys.collect();
        // A store can have more images than a statement can have values.
        for keys in keys.chunks(PICTURES) {
            delete_later(tx, app, keys).await?;
        }
        product::Entity::delete_many().filter(product::Column::StoreId.eq(id)).exec(tx).await?;
        Entity::delete_by_id(id).exec(tx).await?;
        Ok(Removed::Deleted(id))
    })
}

/// Locks the row of a store's owner, before the store's: a store must not open while its owner is being blocked.
async fn lock_owner(tx: &Tx, id: StoreId) -> Result<user::Model> {
    let owner: Option<UserId> = Entity::find_by_id(id).select_only().column(Column::OwnerId).into_tuple().one(tx).await?;
    let owner = user::Entity::find_by_id(owner.ok_or(Fault::NotFound)?).lock_exclusive().one(tx).await?;
    owner.ok_or_else(|| Fault::internal("a store has no owner").into())
}
