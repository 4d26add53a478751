//! The steps of a store's part, one by one.

use crate::order;
use crate::order::locked::{By, LockedOrder};
use crate::order::status::Standing;
use crate::store_order::complete::CompleteDelivered;
use crate::{cancellation, receipt};
use entity::id::{OrderId, OrderLineId, StoreId, StoreOrderId};
use entity::order_line;
use entity::store_order::{Column, Entity, Model};
use entity::value::{EventType, OrderStatus};
use sea_orm::{EntityTrait, QuerySelect};
use souk_core::app::App;
use souk_core::auth::{Customer, StoreTask};
use souk_core::check::Check;
use souk_core::db::Tx;
use souk_core::error::{Fault, Result};
use souk_core::live;
use souk_core::transact;

/// The order that a part belongs to, and who acts: somebody who does the store's orders, or of the staff. For everybody else
/// there is no such part.
pub(crate) async fn actor(app: &App, customer: &Customer, id: StoreOrderId) -> Result<(OrderId, By)> {
    let found: Option<(OrderId, StoreId)> = Entity::find_by_id(id)
        .select_only()
        .column(Column::OrderId)
        .column(Column::StoreId)
        .into_tuple()
        .one(app.db.read())
        .await?;
    let (order_id, store_id) = found.ok_or(Fault::NotFound)?;
    let staff = customer.store_staff(&app.db, store_id, StoreTask::Orders).await?;
    Ok((order_id, (staff.kind(), Some(staff.user_id()))))
}

/// The store begins.
pub async fn process(app: &App, customer: &Customer, id: StoreOrderId) -> Result<Model> {
    let (order_id, by) = actor(app, customer, id).await?;
    transact!(app.db, tx, { step(tx, app, order_id, id, OrderStatus::Processing, by).await })
}

/// It arrived. After a while it is completed by itself.
pub async fn deliver(app: &App, customer: &Customer, id: StoreOrderId) -> Result<Model> {
    let (order_id, by) = actor(app, customer, id).await?;
    transact!(app.db, tx, {
        let part = step(tx, app, order_id, id, OrderStatus::Delivered, by).await?;
        CompleteDelivered { store_order_id: id }.enqueue(tx, app).await?;
        Ok(part)
    })
}

/// Nothing more will happen.
pub async fn complete(app: &App, customer: &Customer, id: StoreOrderId) -> Result<Model> {
    let (order_id, by) = actor(app, customer, id).await?;
    transact!(app.db, tx, {
        let part = step(tx, app, order_id, id, OrderStatus::Completed, by).await?;
        CompleteDelivered { store_order_id: id }.withdraw(tx).await?;
        Ok(part)
    })
}

/// The store calls its part off, before anything of it is on its way; `reason` has at most 300 characters. A part that awaits
/// its payment is the buyer's and the payment's to end: the amount that is asked for would no longer be right.
pub async fn cancel(app: &App, customer: &Customer, id: StoreOrderId, reason: Option<&str>) -> Result<Model> {
    let mut check = Check::new();
    let reason = check.optional_line("reason", reason, cancellation::REASON);
    check.finish()?;
    let (order_id, by) = actor(app, customer, id).await?;
    transact!(app.db, tx, {
        let mut locked = LockedOrder::lock(tx, order_id).await?;
        check_cancel("id", locked.standing(locked.part(id)?))?;
        cancellation::cancel_store_orders(tx, app, &mut locked, "id", &[id], reason.as_deref(), by).await?;
        Ok(locked.part(id)?.clone())
    })
}

/// Whether [`cancel`] would be carried out for someone who works on the part, if nothing changed until then. The lines must be all of
/// the part's.
pub fn can_cancel(part: &Model, lines: &[order_line::Model]) -> bool {
    check_cancel("id", Standing::of(part.status, lines.iter())).is_ok()
}

fn check_cancel(path: &str, standing: Standing) -> Result<()> {
    if standing.status == OrderStatus::Pending {
        let message = "It awaits its payment; the store can cancel it once it is CONFIRMED.".to_owned();
        return Err(order::status::invalid_state(path, message, order::status::allowed(standing)).into());
    }
    cancellation::check_standing(path, standing)
}

/// The store cancels lines of its part, or all of it that is not sent. What is sent stays: with nothing left to send, the part is
/// SHIPPED.
pub async fn cancel_lines(
    app: &App,
    customer: &Customer,
    id: StoreOrderId,
    lines: Option<Vec<(OrderLineId, i32)>>,
    reason: Option<&str>,
    key: Option<String>,
) -> Result<Model> {
    let (order_id, by) = actor(app, customer, id).await?;
    let scope = |key| (format!("storeOrderLinesCancel:{id}"), key);
    cancellation::cancel_lines_of_part(app, order_id, id, lines, reason, key.map(scope), by).await
}

/// The store received the money of an order that is paid by hand. Where other stores have a part in the order, too, the money is
/// not the store's alone, and the staff notes it.
pub async fn mark_paid(app: &App, customer: &Customer, id: StoreOrderId) -> Result<Model> {
    let (order_id, by) = actor(app, customer, id).await?;
    transact!(app.db, tx, {
        let mut locked = LockedOrder::lock(tx, order_id).await?;
        if locked.parts.iter().any(|part| part.id != id && !order::status::is_void(part.status)) {
            let message = "The payment is for several stores; the marketplace notes that it was received.".to_owned();
            return Err(order::status::invalid_state("id", message, &[]).into());
        }
        receipt::note_paid(tx, app, &mut locked, by).await?;
        Ok(locked.part(id)?.clone())
    })
}

/// Moves a part on: its status and the order's, the event and the mail.
pub(super) async fn step(tx: &Tx, app: &App, order_id: OrderId, id: StoreOrderId, to: OrderStatus, by: By) -> Result<Model> {
    let mut locked = LockedOrder::lock(tx, order_id).await?;
    locked.move_part("id", id, to)?;
    locked.save(tx, app).await?;
    let (event_type, message) = match to {
        OrderStatus::Processing => (EventType::StoreOrderProcessing, "The store is preparing it."),
        OrderStatus::Delivered => (EventType::StoreOrderDelivered, "It was delivered."),
        OrderStatus::Completed => (EventType::StoreOrderCompleted, "It is completed."),
        other => return Err(Fault::internal(format!("{other} is not reached by a single step")).into()),
    };
    live::append(tx, &app.clock, vec![locked.part_event(id, event_type, message, by)?]).await?;
    // That nothing more will happen is no news to write a mail about.
    if to != OrderStatus::Completed {
        order::status_changed(tx, app, id, to).await?;
    }
    Ok(locked.part(id)?.clone())
}
