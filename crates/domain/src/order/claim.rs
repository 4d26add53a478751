//! Adding a user's guest orders to their account.

use crate::account;
use entity::order::{Column, Entity, Model};
use entity::user;
use entity::value::{ActorKind, EventType};
use entity::versioned::VersionedTable;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::Customer;
use souk_core::db::InPadded;
use souk_core::error::{Code, Fault, Result, refuse};
use souk_core::live::{self, NewOrderEvent};
use souk_core::transact;

/// Number of orders added by one transaction.
const BATCH: u64 = 100;

/// Adds guest orders with the email address of the account, which must be verified. Orders of other accounts are not changed.
/// Returns the number of added orders; idempotent.
pub async fn claim_guest_orders(app: &App, customer: &Customer) -> Result<u64> {
    let mut total = 0;
    loop {
        let added = claim_some(app, customer).await?;
        total += added;
        if added < BATCH {
            return Ok(total);
        }
    }
}

async fn claim_some(app: &App, customer: &Customer) -> Result<u64> {
    let id = customer.user_id();
    transact!(app.db, tx, {
        // The address of the locked row can't change before the commit.
        account::lock_user(tx, id).await?;
        let user = user::Entity::find_by_id(id).one(tx).await?.ok_or(Fault::Unauthenticated)?;
        if user.email_verified_at.is_none() {
            return refuse("", Code::InvalidState, "Verify your email address first, as guest orders are found by it.");
        }
        let query = Entity::find().filter(Column::Email.eq(&user.email)).filter(Column::UserId.is_null());
        let orders = query.order_by_asc(Column::Id).limit(BATCH).lock_exclusive().all(tx).await?;
        if orders.is_empty() {
            return Ok(0);
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
        Ok(orders.len() as u64)
    })
}
