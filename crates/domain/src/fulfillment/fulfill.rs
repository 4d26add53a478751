//! Shipping items of a store order, in one or several fulfillments.

use crate::idempotency::Key;
use crate::order::locked::{By, LockedOrder};
use crate::order::status::{self, check_transition};
use crate::{order, store_order};
use entity::id::{FulfillmentId, FulfillmentLineId, OrderLineId, StoreOrderId, UserId};
use entity::value::{EventType, OrderStatus, ProductKind};
use entity::{fulfillment, fulfillment_line, order_line};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use serde::Serialize;
use souk_core::app::App;
use souk_core::auth::Customer;
use souk_core::check::Check;
use souk_core::db::Tx;
use souk_core::error::{Code, Fault, Result};
use souk_core::length;
use souk_core::live;
use souk_core::transact;
use std::collections::HashSet;

/// Maximum number of lines of one fulfillment.
const MAX_LINES: usize = 500;

/// A fulfillment to be created.
#[derive(Clone, Debug, Serialize)]
pub struct NewFulfillment {
    pub store_order_id: StoreOrderId,
    /// Lines with the quantity to ship; default: all unsent items.
    pub lines: Option<Vec<(OrderLineId, i32)>>,
    /// Name of the carrier, at most 100 characters.
    pub courier: Option<String>,
    /// At most 100 characters.
    pub tracking_number: Option<String>,
    /// Page on which the parcel can be tracked.
    pub tracking_url: Option<String>,
    /// A repeated request with the same key and input returns the first result.
    #[serde(skip)]
    pub idempotency_key: Option<String>,
}

/// Result of [`fulfill`].
#[derive(Clone, Debug)]
pub struct Fulfilled {
    pub fulfillment: fulfillment::Model,
    pub store_order: entity::store_order::Model,
}

/// Ships items of a store order: it is SHIPPED when all items are shipped, PROCESSING before that. Digital lines are not shipped.
/// A line is never shipped in a higher quantity than ordered.
pub async fn fulfill(app: &App, customer: &Customer, new: NewFulfillment) -> Result<Fulfilled> {
    let new = checked(new)?;
    let id = new.store_order_id;
    let (order_id, by) = store_order::actor(app, customer, id).await?;
    let key = new.idempotency_key.clone().map(|key| Key::new(scope(customer.user_id()), key, &new)).transpose()?;
    transact!(app.db, tx, {
        let mut locked = LockedOrder::lock(tx, order_id).await?;
        if let Some(key) = &key
            && let Some(before) = key.result(tx).await?
        {
            let found = fulfillment::Entity::find_by_id(FulfillmentId(before)).one(tx).await?;
            return Ok(Fulfilled { fulfillment: found.ok_or(Fault::NotFound)?, store_order: locked.store_order(id)?.clone() });
        }
        let sent = send(tx, app, &mut locked, &new, by).await?;
        if let Some(key) = &key {
            key.record(tx, app, sent.fulfillment.id.0).await?;
        }
        Ok(sent)
    })
}

fn scope(user: UserId) -> String {
    format!("storeOrderFulfill:{user}")
}

/// Validates the input by itself.
fn checked(mut new: NewFulfillment) -> Result<NewFulfillment> {
    let mut check = Check::new();
    new.courier = check.optional_line("courier", new.courier.as_deref(), length::NAME);
    new.tracking_number = check.optional_line("trackingNumber", new.tracking_number.as_deref(), length::NAME);
    new.tracking_url = check.url("trackingUrl", new.tracking_url.as_deref());
    if let Some(key) = &new.idempotency_key {
        check.line("idempotencyKey", key, 1..=length::KEY);
    }
    if let Some(lines) = &new.lines {
        check.count("lines", lines, MAX_LINES);
        if lines.is_empty() {
            check.problem("lines", Code::Required, format!("lines must have from 1 to {MAX_LINES} items; got 0."));
        }
        let mut seen = HashSet::new();
        for (n, (id, quantity)) in lines.iter().enumerate() {
            if *quantity < 1 {
                let message = format!("quantity must be at least 1; got {quantity}.");
                check.problem(&format!("lines.{n}.quantity"), Code::OutOfRange, message);
            }
            if !seen.insert(*id) {
                check.problem(
                    &format!("lines.{n}.lineId"),
                    Code::Invalid,
                    "lineId must name each line once; the line is given twice.",
                );
            }
        }
    }
    check.finish()?;
    Ok(new)
}

async fn send(tx: &Tx, app: &App, locked: &mut LockedOrder, new: &NewFulfillment, by: By) -> Result<Fulfilled> {
    let id = new.store_order_id;
    let state = locked.state(locked.store_order(id)?);
    if !state.ships {
        let allowed = status::allowed(state);
        let message = format!("The store order has only digital items, which are not shipped; {}.", status::follows(allowed));
        return Err(status::invalid_state("storeOrderId", message, allowed).into());
    }
    check_transition("storeOrderId", state, OrderStatus::Shipped)?;
    let lines = fulfilled_lines(locked, new)?;
    let fulfillment = write(tx, app, new, &lines).await?;
    for line in &mut locked.lines {
        if let Some((_, quantity)) = lines.iter().find(|(sent, _)| *sent == line.id) {
            line.fulfilled_quantity += quantity;
        }
    }
    let complete = physical(locked, id).all(|line| unfulfilled(line) == 0);
    let to = if complete { OrderStatus::Shipped } else { OrderStatus::Processing };
    if state.status != to {
        locked.transition("storeOrderId", id, to)?;
        order::status_changed(tx, app, id, to).await?;
    }
    locked.save(tx, app).await?;
    let mut events = vec![locked.store_order_event(id, EventType::FulfillmentCreated, fulfillment_message(new, &lines), by)?];
    if complete {
        events.push(locked.store_order_event(id, EventType::StoreOrderShipped, "All items were shipped.", by)?);
    }
    live::append(tx, &app.clock, events).await?;
    Ok(Fulfilled { fulfillment, store_order: locked.store_order(id)?.clone() })
}

fn physical(locked: &LockedOrder, id: StoreOrderId) -> impl Iterator<Item = &order_line::Model> {
    locked.lines_of(id).filter(|line| line.kind == ProductKind::Physical)
}

/// Quantity of a line that is neither sent nor cancelled.
fn unfulfilled(line: &order_line::Model) -> i32 {
    line.quantity - line.fulfilled_quantity - line.cancelled_quantity
}

/// The lines of the fulfillment: those of the input, checked against the remaining quantities, or all that remain.
fn fulfilled_lines(locked: &LockedOrder, new: &NewFulfillment) -> Result<Vec<(OrderLineId, i32)>> {
    let Some(requested) = &new.lines else {
        return Ok(physical(locked, new.store_order_id)
            .map(|line| (line.id, unfulfilled(line)))
            .filter(|(_, n)| *n > 0)
            .collect());
    };
    let mut check = Check::new();
    for (n, (id, quantity)) in requested.iter().enumerate() {
        match locked.lines_of(new.store_order_id).find(|line| line.id == *id) {
            None => check.problem(&format!("lines.{n}.lineId"), Code::NotFound, "The line does not exist in this store order."),
            Some(line) if line.kind == ProductKind::Digital => {
                check.problem(&format!("lines.{n}.lineId"), Code::Invalid, "The line is digital, so it is not shipped.");
            }
            Some(line) if *quantity > unfulfilled(line) => {
                let message = format!(
                    "quantity must be at most {}, the number of items that are neither sent nor cancelled; got {quantity}.",
                    unfulfilled(line)
                );
                check.problem(&format!("lines.{n}.quantity"), Code::OutOfRange, message);
            }
            Some(_) => {}
        }
    }
    check.finish()?;
    Ok(requested.clone())
}

async fn write(tx: &Tx, app: &App, new: &NewFulfillment, lines: &[(OrderLineId, i32)]) -> Result<fulfillment::Model> {
    for (id, quantity) in lines {
        order::add_fulfilled(tx, *id, *quantity).await?;
    }
    let row = fulfillment::Model {
        id: app.clock.new_id(),
        store_order_id: new.store_order_id,
        courier: new.courier.clone(),
        tracking_number: new.tracking_number.clone(),
        tracking_url: new.tracking_url.clone(),
        created_at: app.clock.now(),
    };
    let active: fulfillment::ActiveModel = row.clone().into();
    fulfillment::Entity::insert(active).exec_without_returning(tx).await?;
    let contents = lines.iter().map(|(line, quantity)| fulfillment_line::ActiveModel {
        id: Set(app.clock.new_id::<FulfillmentLineId>()),
        fulfillment_id: Set(row.id),
        order_line_id: Set(*line),
        quantity: Set(*quantity),
    });
    fulfillment_line::Entity::insert_many(contents).exec_without_returning(tx).await?;
    Ok(row)
}

fn fulfillment_message(new: &NewFulfillment, lines: &[(OrderLineId, i32)]) -> String {
    let quantity: i64 = lines.iter().map(|(_, quantity)| i64::from(*quantity)).sum();
    let what = if quantity == 1 { "1 item was shipped".to_owned() } else { format!("{quantity} items were shipped") };
    let courier = new.courier.as_deref().map(|courier| format!(" with {courier}")).unwrap_or_default();
    let tracking = new.tracking_number.as_deref().map(|number| format!(", tracking number {number}")).unwrap_or_default();
    format!("{what}{courier}{tracking}.")
}
