//! Adding a user's guest orders to their account.

use crate::account;
use entity::id::{OrderId, UserId};
use entity::order::{Column, Entity, Model};
use entity::user;
use entity::value::{ActorKind, EventType};
use entity::versioned::VersionedTable;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::db::{InPadded, Tx};
use souk_core::error::{Code, Fault, Result, refuse};
use souk_core::live::{self, NewOrderEvent};

/// Number of orders added by one transaction.
pub(crate) const BATCH: u64 = 100;

/// Adds some guest orders with the email address of the account, which must be verified; returns their IDs.
pub(crate) async fn claim_some(tx: &Tx, app: &App, id: UserId) -> Result<Vec<OrderId>> {
    // The address of the locked row can't change before the commit.
    account::lock_user(tx, id).await?;
    let user = user::Entity::find_by_id(id).one(tx).await?.ok_or(Fault::Unauthenticated)?;
    if user.email_verified_at.is_none() {
        return refuse("", Code::InvalidState, "Verify your email address first, as guest orders are found by it.");
    }
    let query = Entity::find().filter(Column::Email.eq(&user.email)).filter(Column::UserId.is_null());
    let orders = query.order_by_asc(Column::Id).limit(BATCH).lock_exclusive().all(tx).await?;
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = orders.iter().map(|order| order.id).collect();
    Entity::touch_many(app.clock.now())
        .col_expr(Column::UserId, Expr::value(id))
        .filter(Column::Id.in_padded(&ids))
        .exec(tx)
        .await?;
    live::set_buyer(tx, &ids, id).await?;
    let claimed = |order: &Model| NewOrderEvent {
        order_id: order.id,
        part: None,
        buyer: Some(id),
        event_type: EventType::OrderClaimed,
        message: "The order was added to the account of its buyer.".to_owned(),
        actor: (ActorKind::Customer, Some(id)),
        order_status: order.status,
    };
    live::append(tx, &app.clock, orders.iter().map(claimed).collect()).await?;
    Ok(ids)
}
