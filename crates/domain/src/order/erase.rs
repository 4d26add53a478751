//! Orders of a user whose account is closed.

use crate::order::status::UNFINISHED;
use entity::id::UserId;
use entity::order::{Column, Entity, Model};
use entity::value::PostalAddress;
use entity::versioned::Versioned;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::{Code, Result, refuse};

/// Removes a user from their orders, and keeps what tax law requires: items, times, amounts, country and region. Refused while an
/// order is not finished.
pub(crate) async fn erase(tx: &Tx, app: &App, user: UserId) -> Result<()> {
    let query = Entity::find().filter(Column::UserId.eq(user)).order_by_asc(Column::Id);
    let orders = query.lock_exclusive().all(tx).await?;
    if orders.iter().any(|order| UNFINISHED.contains(&order.status)) {
        return refuse("", Code::InUse, "One of your orders is not finished; wait until it is delivered, or cancel it.");
    }
    for order in orders {
        anonymise(tx, app, order).await?;
    }
    Ok(())
}

async fn anonymise(tx: &Tx, app: &App, order: Model) -> Result<()> {
    let keep_region =
        |address: PostalAddress| PostalAddress { country: address.country, region: address.region, ..PostalAddress::default() };
    let (shipping, billing) = (order.shipping_address.clone().map(keep_region), order.billing_address.clone().map(keep_region));
    let mut active = order.into_active_model();
    active.user_id = Set(None);
    active.email = Set(String::new());
    active.phone = Set(None);
    active.shipping_address = Set(shipping);
    active.billing_address = Set(billing);
    active.note = Set(String::new());
    active.client_network = Set(None);
    active.touch(app.clock.now());
    Entity::update(active).exec(tx).await?;
    Ok(())
}
