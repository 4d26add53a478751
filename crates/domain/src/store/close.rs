//! Whether a store trades, and what that means for its products.

use crate::category;
use crate::image::delete_later;
use crate::social;
use crate::store::invitation;
use crate::store::owner::forget_suspension;
use crate::store::update::{lock, save};
use entity::id::{ProductId, StoreId, UserId};
use entity::store::{Column, Entity, Model};
use entity::value::{ProductStatus, StoreStatus, UserStatus};
use entity::{product, product_image, product_variant, store_order, user};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::{Staff, StoreStaff};
use souk_core::check::check_version;
use souk_core::db::{Subject, Tx, lock_in_order};
use souk_core::error::{Code, Fault, Result, refuse};
use souk_core::transact;

/// Of the products that go live together with their store, so many are announced, the newest ones: nobody wants a hundred posts.
const MOST_ANNOUNCED: u64 = 10;

/// What became of a store that was to be deleted.
#[derive(Clone, Debug)]
pub enum Ended {
    /// It is gone.
    Deleted(StoreId),
    /// It has orders, and those stay: it is closed.
    Closed(Box<Model>),
}

/// What the staff can make of a store.
fn can_become(status: StoreStatus) -> &'static [StoreStatus] {
    match status {
        StoreStatus::Pending => &[StoreStatus::Active, StoreStatus::Suspended],
        StoreStatus::Active => &[StoreStatus::Suspended, StoreStatus::Closed],
        StoreStatus::Suspended => &[StoreStatus::Active, StoreStatus::Closed],
        StoreStatus::Closed => &[],
    }
}

/// Approves, suspends, opens again or closes a store; its products follow in the same transaction.
pub async fn set_status(
    app: &App,
    _staff: &Staff,
    id: StoreId,
    status: StoreStatus,
    expected_version: Option<i32>,
) -> Result<Model> {
    transact!(app.db, tx, {
        let owner = lock_owner(tx, id).await?;
        let row = Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        check_version(expected_version, row.version)?;
        if row.status == status {
            // A store that was suspended with its owner stays so for the staff's own reason from now on.
            forget_suspension(tx, id).await?;
            return Ok(row);
        }
        let allowed = can_become(row.status);
        if !allowed.contains(&status) {
            let names: Vec<_> = allowed.iter().map(|status| status.as_str()).collect();
            let can = if names.is_empty() { "nothing else".to_owned() } else { names.join(" or ") };
            return refuse(
                "status",
                Code::InvalidState,
                format!("a store that is {} can become {can}; found {status}", row.status),
            );
        }
        if status == StoreStatus::Active && owner.status != UserStatus::Active {
            let message = format!("The owner of the store is {}: unblock the owner first.", owner.status);
            return refuse("status", Code::InvalidState, message);
        }
        let store = change(tx, app, row, status).await?;
        if status == StoreStatus::Active {
            // One that waited for approval; one that is opened again was announced then.
            social::announce_store(tx, app, &store).await?;
        }
        Ok(store)
    })
}

/// Closes a store: it and its products leave the storefront, its orders stay.
pub async fn close(app: &App, staff: &StoreStaff) -> Result<Model> {
    transact!(app.db, tx, {
        let row = lock(tx, staff).await?;
        if row.status == StoreStatus::Closed { Ok(row) } else { change(tx, app, row, StoreStatus::Closed).await }
    })
}

/// Deletes a store with everything in it; one that has orders is closed instead.
pub async fn delete(app: &App, staff: &StoreStaff) -> Result<Ended> {
    let id = staff.store_id();
    transact!(app.db, tx, {
        let row = lock(tx, staff).await?;
        let ordered = store_order::Entity::find().filter(store_order::Column::StoreId.eq(id)).limit(1).one(tx).await?;
        if ordered.is_some() {
            let closed = if row.status == StoreStatus::Closed { row } else { change(tx, app, row, StoreStatus::Closed).await? };
            return Ok(Ended::Closed(Box::new(closed)));
        }
        tx.changed(Subject::Store(id));
        product_variant::Entity::delete_many().filter(product_variant::Column::StoreId.eq(id)).exec(tx).await?;
        // Locked before their pictures are read: nobody adds one that would be left in the storage.
        let own = product::Entity::find().filter(product::Column::StoreId.eq(id));
        let _: Vec<ProductId> = lock_in_order(tx, own, product::Column::Id).await?;
        let own = Query::select()
            .column(product::Column::Id)
            .from(product::Entity)
            .and_where(product::Column::StoreId.eq(id))
            .to_owned();
        let images = product_image::Entity::find().filter(product_image::Column::ProductId.in_subquery(own)).all(tx).await?;
        for image in images {
            delete_later(tx, app, &image.storage_key).await?;
        }
        for key in [&row.logo_key, &row.banner_key].into_iter().flatten() {
            delete_later(tx, app, key).await?;
        }
        product::Entity::delete_many().filter(product::Column::StoreId.eq(id)).exec(tx).await?;
        Entity::delete_by_id(id).exec(tx).await?;
        Ok(Ended::Deleted(id))
    })
}

/// Locks the row of a store's owner, before the store's: a store must not open while its owner is being blocked.
async fn lock_owner(tx: &Tx, id: StoreId) -> Result<user::Model> {
    let owner: Option<UserId> = Entity::find_by_id(id).select_only().column(Column::OwnerId).into_tuple().one(tx).await?;
    let owner = user::Entity::find_by_id(owner.ok_or(Fault::NotFound)?).lock_exclusive().one(tx).await?;
    owner.ok_or_else(|| Fault::internal("a store without an owner").into())
}

pub(super) async fn change(tx: &Tx, app: &App, row: Model, status: StoreStatus) -> Result<Model> {
    let mut active = row.into_active_model();
    active.status = Set(status);
    let store = save(tx, app, active).await?;
    forget_suspension(tx, store.id).await?;
    if status == StoreStatus::Closed {
        invitation::revoke_of_store(tx, store.id).await?;
    }
    show_products(tx, app, store.id, status == StoreStatus::Active).await?;
    Ok(store)
}

/// The storefront shows the active products of open stores. Those that were waiting for the store go live for the first time.
async fn show_products(tx: &Tx, app: &App, id: StoreId, open: bool) -> Result<()> {
    let now = app.clock.now();
    let changing = product::Entity::find().filter(product::Column::StoreId.eq(id)).filter(product::Column::Listed.eq(!open));
    let changing = if open { changing.filter(product::Column::Status.eq(ProductStatus::Active)) } else { changing };
    category::keep_of_products(tx, changing.clone(), None).await?;
    let _: Vec<ProductId> = lock_in_order(tx, changing, product::Column::Id).await?;
    let query = product::Entity::update_many()
        .col_expr(product::Column::Listed, Expr::value(open))
        .col_expr(product::Column::UpdatedAt, Expr::value(now))
        .filter(product::Column::StoreId.eq(id))
        .filter(product::Column::Listed.eq(!open));
    let query = if open { query.filter(product::Column::Status.eq(ProductStatus::Active)) } else { query };
    query.exec(tx).await?;
    if !open {
        return Ok(());
    }
    let waiting = || {
        Condition::all()
            .add(product::Column::StoreId.eq(id))
            .add(product::Column::Listed.eq(true))
            .add(product::Column::PublishedAt.is_null())
    };
    let newest = product::Entity::find().filter(waiting()).order_by_desc(product::Column::CreatedAt).limit(MOST_ANNOUNCED);
    let newest = newest.all(tx).await?;
    product::Entity::update_many().col_expr(product::Column::PublishedAt, Expr::value(now)).filter(waiting()).exec(tx).await?;
    for product in &newest {
        social::announce_product(tx, app, product).await?;
    }
    Ok(())
}
