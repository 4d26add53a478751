//! Sending what was ordered, all at once or parcel by parcel.

use crate::idempotency::Key;
use crate::order::locked::{By, LockedOrder};
use crate::order::status::{self, check_move};
use crate::{order, store_order};
use entity::id::{FulfillmentId, FulfillmentLineId, OrderLineId, StoreOrderId, UserId};
use entity::value::{EventType, OrderStatus, ProductKind};
use entity::{fulfillment, fulfillment_line, order_line, store_order as part};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter};
use serde::Serialize;
use souk_core::app::App;
use souk_core::auth::Customer;
use souk_core::check::Check;
use souk_core::db::Tx;
use souk_core::error::{Code, Fault, Result};
use souk_core::live;
use souk_core::transact;
use std::collections::HashSet;

/// The most lines of one parcel.
const MOST_LINES: usize = 500;

/// A parcel to be sent.
#[derive(Clone, Debug, Serialize)]
pub struct NewFulfillment {
    /// Of which store's part.
    pub store_order_id: StoreOrderId,
    /// Lines and how many pieces of each; everything that was not sent yet where it is left out.
    pub lines: Option<Vec<(OrderLineId, i32)>>,
    /// Who carries it, at most 100 characters.
    pub courier: Option<String>,
    /// At most 100 characters.
    pub tracking_number: Option<String>,
    /// Where it can be followed.
    pub tracking_url: Option<String>,
    /// The same again answers the same.
    #[serde(skip)]
    pub idempotency_key: Option<String>,
}

/// What was sent, and the part as it is then.
#[derive(Clone, Debug)]
pub struct Fulfilled {
    /// The parcel.
    pub fulfillment: fulfillment::Model,
    /// The store's part.
    pub part: part::Model,
}

/// Sends pieces of a store's part: when everything is on its way it is SHIPPED, till then PROCESSING. Digital lines are not
/// sent. No line is ever sent in more pieces than were ordered.
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
            return Ok(Fulfilled { fulfillment: found.ok_or(Fault::NotFound)?, part: locked.part(id)?.clone() });
        }
        let sent = send(tx, app, &mut locked, &new, by).await?;
        if let Some(key) = &key {
            key.note(tx, app, sent.fulfillment.id.0).await?;
        }
        Ok(sent)
    })
}

fn scope(user: UserId) -> String {
    format!("storeOrderFulfill:{user}")
}

/// Everything that is wrong with the input as such.
fn checked(mut new: NewFulfillment) -> Result<NewFulfillment> {
    let mut check = Check::new();
    new.courier = check.optional_line("courier", new.courier.as_deref(), 100);
    new.tracking_number = check.optional_line("trackingNumber", new.tracking_number.as_deref(), 100);
    new.tracking_url = check.url("trackingUrl", new.tracking_url.as_deref());
    if let Some(key) = &new.idempotency_key {
        check.line("idempotencyKey", key, 1..=255);
    }
    if let Some(lines) = &new.lines {
        check.count("lines", lines, MOST_LINES);
        if lines.is_empty() {
            check.problem("lines", Code::Required, "lines must name at least one line; leave it out to send all that is left");
        }
        let mut seen = HashSet::new();
        for (n, (id, quantity)) in lines.iter().enumerate() {
            if *quantity < 1 {
                let message = format!("quantity must be at least 1; found {quantity}");
                check.problem(&format!("lines.{n}.quantity"), Code::OutOfRange, message);
            }
            if !seen.insert(*id) {
                check.problem(&format!("lines.{n}.lineId"), Code::Invalid, "the line is named twice; give one quantity for it");
            }
        }
    }
    check.finish()?;
    Ok(new)
}

async fn send(tx: &Tx, app: &App, locked: &mut LockedOrder, new: &NewFulfillment, by: By) -> Result<Fulfilled> {
    let id = new.store_order_id;
    let standing = locked.standing(locked.part(id)?);
    if !standing.ships {
        let allowed = status::allowed(standing);
        let message = format!("All of it is digital, so there is nothing to send; {}.", status::follows(allowed));
        return Err(status::invalid_state("storeOrderId", message, allowed).into());
    }
    check_move("storeOrderId", standing, OrderStatus::Shipped)?;
    let lines = what(locked, new)?;
    let fulfillment = write(tx, app, new, &lines).await?;
    for line in &mut locked.lines {
        if let Some((_, quantity)) = lines.iter().find(|(sent, _)| *sent == line.id) {
            line.fulfilled_quantity += quantity;
        }
    }
    let all = physical(locked, id).all(|line| left(line) == 0);
    let to = if all { OrderStatus::Shipped } else { OrderStatus::Processing };
    if standing.status != to {
        locked.move_part("storeOrderId", id, to)?;
        order::status_changed(tx, app, id, to).await?;
    }
    locked.save(tx, app).await?;
    let mut events = vec![locked.part_event(id, EventType::FulfillmentCreated, parcel(new, &lines), by)?];
    if all {
        events.push(locked.part_event(id, EventType::StoreOrderShipped, "All of it is on its way.", by)?);
    }
    live::append(tx, &app.clock, events).await?;
    Ok(Fulfilled { fulfillment, part: locked.part(id)?.clone() })
}

fn physical(locked: &LockedOrder, id: StoreOrderId) -> impl Iterator<Item = &order_line::Model> {
    locked.lines_of(id).filter(|line| line.kind == ProductKind::Physical)
}

/// How many pieces of a line are neither sent nor cancelled.
fn left(line: &order_line::Model) -> i32 {
    line.quantity - line.fulfilled_quantity - line.cancelled_quantity
}

/// What goes into the parcel: what was asked for, as far as it is left, or all that is left.
fn what(locked: &LockedOrder, new: &NewFulfillment) -> Result<Vec<(OrderLineId, i32)>> {
    let Some(asked) = &new.lines else {
        return Ok(physical(locked, new.store_order_id).map(|line| (line.id, left(line))).filter(|(_, n)| *n > 0).collect());
    };
    let mut check = Check::new();
    for (n, (id, quantity)) in asked.iter().enumerate() {
        match locked.lines_of(new.store_order_id).find(|line| line.id == *id) {
            None => check.problem(&format!("lines.{n}.lineId"), Code::NotFound, "The store order has no such line."),
            Some(line) if line.kind == ProductKind::Digital => {
                check.problem(&format!("lines.{n}.lineId"), Code::Invalid, "The line is digital: it is not sent.");
            }
            Some(line) if *quantity > left(line) => {
                let message = format!("quantity must be at most {}, as no more is left to send; found {quantity}", left(line));
                check.problem(&format!("lines.{n}.quantity"), Code::OutOfRange, message);
            }
            Some(_) => {}
        }
    }
    check.finish()?;
    Ok(asked.clone())
}

async fn write(tx: &Tx, app: &App, new: &NewFulfillment, lines: &[(OrderLineId, i32)]) -> Result<fulfillment::Model> {
    for (id, quantity) in lines {
        // Guarded, though the order is locked: this must hold whatever else is changed one day.
        let update = order_line::Entity::update_many()
            .col_expr(order_line::Column::FulfilledQuantity, Expr::col(order_line::Column::FulfilledQuantity).add(*quantity))
            .filter(order_line::Column::Id.eq(*id))
            .filter(
                Expr::col(order_line::Column::Quantity).gte(
                    Expr::col(order_line::Column::FulfilledQuantity)
                        .add(Expr::col(order_line::Column::CancelledQuantity))
                        .add(*quantity),
                ),
            );
        if update.exec(tx).await?.rows_affected != 1 {
            return Err(Fault::internal("a line would be sent in more pieces than were ordered").into());
        }
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

fn parcel(new: &NewFulfillment, lines: &[(OrderLineId, i32)]) -> String {
    let pieces: i64 = lines.iter().map(|(_, quantity)| i64::from(*quantity)).sum();
    let what = if pieces == 1 { "1 piece was sent".to_owned() } else { format!("{pieces} pieces were sent") };
    let courier = new.courier.as_deref().map(|courier| format!(" with {courier}")).unwrap_or_default();
    let tracking = new.tracking_number.as_deref().map(|number| format!(", tracking number {number}")).unwrap_or_default();
    format!("{what}{courier}{tracking}.")
}
