//! Cancelling some of what was ordered, by line and quantity.

use super::quantities::{self, unsent};
use super::{REASON, actor};
use crate::idempotency::Key;
use crate::order::find;
use crate::order::locked::{By, LockedOrder};
use entity::id::{OrderId, OrderLineId, StoreOrderId};
use entity::value::{ActorKind, OrderStatus};
use entity::{order, order_line, store_order};
use serde::Serialize;
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::check::Check;
use souk_core::error::{Code, Fault, Result, refuse};
use souk_core::transact;
use std::collections::HashSet;

/// The most lines that one request cancels.
const MOST_LINES: usize = 500;

/// Lines and how many pieces of each are cancelled.
type LineQuantities = Vec<(OrderLineId, i32)>;

/// What is cancelled of an order, and why.
#[derive(Clone, Debug, Serialize)]
pub struct CancelLines {
    /// The order.
    pub order_id: OrderId,
    /// Opens a guest's.
    #[serde(skip)]
    pub order_token: Option<String>,
    /// Lines and how many pieces of each.
    pub lines: Vec<(OrderLineId, i32)>,
    /// For the timeline, at most 300 characters.
    pub reason: Option<String>,
    /// The same again answers the same.
    #[serde(skip)]
    pub idempotency_key: Option<String>,
}

/// Cancels lines of an order: for its buyer while the store has not begun, for the staff while they are not sent.
pub async fn cancel_lines(app: &App, viewer: &Viewer, input: CancelLines) -> Result<order::Model> {
    let mut check = Check::new();
    let reason = check.optional_line("reason", input.reason.as_deref(), REASON);
    check_input(&mut check, Some(&input.lines), input.idempotency_key.as_deref());
    check.finish()?;
    let Some(order) = find(app, viewer, input.order_id, input.order_token.as_deref()).await? else {
        return Err(Fault::NotFound.into());
    };
    let by = actor(viewer, &order);
    let scope = match viewer.user_id() {
        Some(user) => format!("orderLinesCancel:{user}"),
        None => format!("orderLinesCancel:{}", order.id),
    };
    let key = input.idempotency_key.clone().map(|key| Key::new(scope, key, &input)).transpose()?;
    transact!(app.db, tx, {
        let mut locked = LockedOrder::lock(tx, order.id).await?;
        if let Some(key) = &key
            && key.result(tx).await?.is_some()
        {
            return Ok(locked.order);
        }
        check_lines(&locked, None, &input.lines, by)?;
        quantities::cancel(tx, app, &mut locked, "orderId", &input.lines, reason.as_deref(), by).await?;
        if let Some(key) = &key {
            key.note(tx, app, order.id.0).await?;
        }
        Ok(locked.order)
    })
}

/// What a store cancels of its part of an order; everything that is not sent, if no lines are named.
pub(crate) async fn cancel_lines_of_part(
    app: &App,
    order_id: OrderId,
    id: StoreOrderId,
    lines: Option<Vec<(OrderLineId, i32)>>,
    reason: Option<&str>,
    key: Option<(String, String)>,
    by: By,
) -> Result<store_order::Model> {
    let mut check = Check::new();
    let reason = check.optional_line("reason", reason, REASON);
    check_input(&mut check, lines.as_deref(), key.as_ref().map(|(_, key)| key.as_str()));
    check.finish()?;
    let key = key.map(|(scope, key)| Key::new(scope, key, &(id, &lines, &reason))).transpose()?;
    transact!(app.db, tx, {
        let mut locked = LockedOrder::lock(tx, order_id).await?;
        if let Some(key) = &key
            && key.result(tx).await?.is_some()
        {
            return Ok(locked.part(id)?.clone());
        }
        let named = match &lines {
            Some(lines) => lines.clone(),
            None => rest_of(&locked, id)?,
        };
        check_lines(&locked, Some(id), &named, by)?;
        quantities::cancel(tx, app, &mut locked, "storeOrderId", &named, reason.as_deref(), by).await?;
        if let Some(key) = &key {
            key.note(tx, app, id.0).await?;
        }
        Ok(locked.part(id)?.clone())
    })
}

/// Everything of a part that is neither sent nor cancelled.
fn rest_of(locked: &LockedOrder, id: StoreOrderId) -> Result<LineQuantities> {
    if let Some(message) = refusal(locked.part(id)?.status, ActorKind::Store) {
        return refuse("storeOrderId", Code::InvalidState, message);
    }
    let rest: Vec<_> = locked.lines_of(id).map(|line| (line.id, unsent(line))).filter(|(_, left)| *left > 0).collect();
    if rest.is_empty() {
        return refuse("storeOrderId", Code::InvalidState, "Nothing is left to cancel: all of it was sent or cancelled.");
    }
    Ok(rest)
}

/// Everything that is wrong with the input as such.
fn check_input(check: &mut Check, lines: Option<&[(OrderLineId, i32)]>, key: Option<&str>) {
    if let Some(key) = key {
        check.line("idempotencyKey", key, 1..=255);
    }
    let Some(lines) = lines else { return };
    check.count("lines", lines, MOST_LINES);
    if lines.is_empty() {
        check.problem("lines", Code::Required, format!("lines must have from 1 to {MOST_LINES} items; got none."));
    }
    let mut seen = HashSet::new();
    for (n, (id, quantity)) in lines.iter().enumerate().take(MOST_LINES) {
        if *quantity < 1 {
            let message = format!("quantity must be at least 1; got {quantity}.");
            check.problem(&format!("lines.{n}.quantity"), Code::OutOfRange, message);
        }
        if !seen.insert(*id) {
            check.problem(&format!("lines.{n}.lineId"), Code::Invalid, "The line is named twice; give one quantity for it.");
        }
    }
}

/// Whether these quantities can be cancelled; all problems at once.
fn check_lines(locked: &LockedOrder, part: Option<StoreOrderId>, lines: &[(OrderLineId, i32)], by: By) -> Result<()> {
    let mut check = Check::new();
    for (n, (id, quantity)) in lines.iter().enumerate() {
        let known = |line: &&order_line::Model| line.id == *id && part.is_none_or(|part| part == line.store_order_id);
        let Some(line) = locked.lines.iter().find(known) else {
            check.problem(&format!("lines.{n}.lineId"), Code::NotFound, "The order has no such line.");
            continue;
        };
        if let Some(message) = refusal(locked.part(line.store_order_id)?.status, by.0) {
            check.problem(&format!("lines.{n}.lineId"), Code::InvalidState, message);
        } else if *quantity > unsent(line) {
            let message = format!(
                "quantity must be at most {}, as no more is left that was neither sent nor cancelled; got {quantity}.",
                unsent(line)
            );
            check.problem(&format!("lines.{n}.quantity"), Code::OutOfRange, message);
        }
    }
    check.finish()
}

/// Why nothing of a part in this status can be cancelled.
fn refusal(status: OrderStatus, by: ActorKind) -> Option<String> {
    let buyer = matches!(by, ActorKind::Guest | ActorKind::Customer);
    match status {
        OrderStatus::Confirmed => None,
        OrderStatus::Processing if !buyer => None,
        OrderStatus::Processing => {
            Some("The store has begun its part of the order (PROCESSING); ask the store to cancel the line.".to_owned())
        }
        OrderStatus::Pending => {
            Some("The order is waiting for its payment; cancel all of it, or its lines once it is CONFIRMED.".to_owned())
        }
        other => Some(format!(
            "The store's part of the order is {other}; lines can be cancelled while it is CONFIRMED{}.",
            if buyer { "" } else { " or PROCESSING" }
        )),
    }
}
