//! Confirmation of a payment by its buyer.

use super::call::call_provider;
use crate::payment::{ProviderCall, current, is_decided};
use entity::id::OrderId;
use entity::order;
use entity::payment::{Column, Entity, Model};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::crypto::keys::Capability;
use souk_core::error::{Fault, Result};

/// Asks the provider again about the payment of an order, for its buyer or the holder of its token. A decided payment is returned
/// as it is; a payment of a cancelled order is cancelled, and never confirmed.
pub async fn confirm(app: &App, viewer: &Viewer, order_id: OrderId, token: Option<&str>) -> Result<Model> {
    let payments = Entity::find().filter(Column::OrderId.eq(order_id));
    let query = match (app.keys.opens(Capability::Order, token, order_id), viewer.user_id()) {
        (true, _) => payments,
        (false, Some(user)) => payments.inner_join(order::Entity).filter(order::Column::UserId.eq(user)),
        (false, None) => return Err(Fault::NotFound.into()),
    };
    let payments = query.order_by_asc(Column::Id).all(app.db.read()).await?;
    let payment = current(&payments).ok_or(Fault::NotFound)?;
    if is_decided(payment.status) {
        return Ok(payment.clone());
    }
    call_provider(app, payment, ProviderCall::Confirm).await
}
