//! Cancels lines of an order by quantity.

use super::limit::Limit;
use super::quantities::{self, unfulfilled};
use super::{Canceller, actor, canceller};
use crate::idempotency::Key;
use crate::order::find;
use crate::order::locked::{By, LockedOrder};
use entity::id::{OrderId, OrderLineId, StoreOrderId};
use entity::value::OrderStatus;
use entity::{order, order_line, store_order};
use serde::Serialize;
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::check::Check;
use souk_core::error::{Code, Fault, Result, refuse};
use souk_core::length;
use souk_core::transact;
use std::collections::HashSet;

/// Maximum number of lines in one request.
const MAX_LINES: usize = 500;

/// Order lines with the quantity to cancel.
type LineQuantities = Vec<(OrderLineId, i32)>;

/// Lines to be cancelled.
#[derive(Clone, Debug, Serialize)]
pub struct CancelLines {
    pub order_id: OrderId,
    /// Required for the order of a guest.
    #[serde(skip)]
    pub order_token: Option<String>,
    /// Lines with the quantity to cancel.
    pub lines: Vec<(OrderLineId, i32)>,
    /// For the timeline, at most 300 characters.
    pub reason: Option<String>,
    /// A repeated request with the same key and input returns the first result.
    #[serde(skip)]
    pub idempotency_key: Option<String>,
}

/// Cancels lines of an order: while the store order is CONFIRMED or PROCESSING, its buyer as far as the settings
/// allow it.
pub async fn cancel_lines(app: &App, viewer: &Viewer, input: CancelLines) -> Result<order::Model> {
    let mut check = Check::new();
    let reason = check.optional_line("reason", input.reason.as_deref(), length::CANCEL_REASON);
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
        let limit = canceller(by).load_limit(tx).await?;
        check_lines(&locked, None, &input.lines, limit)?;
        quantities::cancel(tx, app, &mut locked, "orderId", &input.lines, reason.as_deref(), by).await?;
        if let Some(key) = &key {
            key.record(tx, app, order.id.0).await?;
        }
        Ok(locked.order)
    })
}

/// Cancels lines of a store order for its store; all unsent items if `lines` is absent.
pub(crate) async fn cancel_store_order_lines(
    app: &App,
    (order_id, id): (OrderId, StoreOrderId),
    lines: Option<Vec<(OrderLineId, i32)>>,
    reason: Option<&str>,
    key: Option<(String, String)>,
    (canceller, by): (Canceller, By),
) -> Result<store_order::Model> {
    let mut check = Check::new();
    let reason = check.optional_line("reason", reason, length::CANCEL_REASON);
    check_input(&mut check, lines.as_deref(), key.as_ref().map(|(_, key)| key.as_str()));
    check.finish()?;
    let key = key.map(|(scope, key)| Key::new(scope, key, &(id, &lines, &reason))).transpose()?;
    transact!(app.db, tx, {
        let mut locked = LockedOrder::lock(tx, order_id).await?;
        if let Some(key) = &key
            && key.result(tx).await?.is_some()
        {
            return Ok(locked.store_order(id)?.clone());
        }
        let limit = canceller.load_limit(tx).await?;
        let named = match &lines {
            Some(lines) => lines.clone(),
            None => unfulfilled_lines(&locked, id, limit)?,
        };
        check_lines(&locked, Some(id), &named, limit)?;
        quantities::cancel(tx, app, &mut locked, "storeOrderId", &named, reason.as_deref(), by).await?;
        if let Some(key) = &key {
            key.record(tx, app, id.0).await?;
        }
        Ok(locked.store_order(id)?.clone())
    })
}

/// All lines of a store order with the quantity that is neither sent nor cancelled.
fn unfulfilled_lines(locked: &LockedOrder, id: StoreOrderId, limit: Limit) -> Result<LineQuantities> {
    if let Some(message) = refusal(locked.store_order(id)?.status, limit) {
        return refuse("storeOrderId", Code::InvalidState, message);
    }
    let rest: Vec<_> = locked.lines_of(id).map(|line| (line.id, unfulfilled(line))).filter(|(_, left)| *left > 0).collect();
    if rest.is_empty() {
        return refuse("storeOrderId", Code::InvalidState, "The store order has no items that are neither sent nor cancelled.");
    }
    Ok(rest)
}

/// Validates the input by itself.
fn check_input(check: &mut Check, lines: Option<&[(OrderLineId, i32)]>, key: Option<&str>) {
    if let Some(key) = key {
        check.line("idempotencyKey", key, 1..=length::KEY);
    }
    let Some(lines) = lines else { return };
    check.count("lines", lines, MAX_LINES);
    if lines.is_empty() {
        check.problem("lines", Code::Required, format!("lines must have from 1 to {MAX_LINES} items; got 0."));
    }
    let mut seen = HashSet::new();
    for (n, (id, quantity)) in lines.iter().enumerate().take(MAX_LINES) {
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

/// Checks against the order whether these quantities can be cancelled; refuses with all problems.
fn check_lines(
    locked: &LockedOrder,
    store_order: Option<StoreOrderId>,
    lines: &[(OrderLineId, i32)],
    limit: Limit,
) -> Result<()> {
    let mut check = Check::new();
    for (n, (id, quantity)) in lines.iter().enumerate() {
        let known = |line: &&order_line::Model| {
            line.id == *id && store_order.is_none_or(|store_order| store_order == line.store_order_id)
        };
        let Some(line) = locked.lines.iter().find(known) else {
            check.problem(&format!("lines.{n}.lineId"), Code::NotFound, "The line does not exist in this order.");
            continue;
        };
        if let Some(message) = refusal(locked.store_order(line.store_order_id)?.status, limit) {
            check.problem(&format!("lines.{n}.lineId"), Code::InvalidState, message);
        } else if *quantity > unfulfilled(line) {
            let message = format!(
                "quantity must be at most {}, the number of items that are neither sent nor cancelled; got {quantity}.",
                unfulfilled(line)
            );
            check.problem(&format!("lines.{n}.quantity"), Code::OutOfRange, message);
        }
    }
    check.finish()
}

/// Why no lines of a store order with this status can be cancelled; `None` if they can.
fn refusal(status: OrderStatus, limit: Limit) -> Option<String> {
    let possible = [OrderStatus::Confirmed, OrderStatus::Processing];
    match status {
        OrderStatus::Pending if possible.iter().any(|status| limit.allows(*status)) => {
            Some("The order is waiting for its payment; cancel the whole order, or its lines once it is CONFIRMED.".to_owned())
        }
        status if possible.contains(&status) && limit.allows(status) => None,
        other => Some(format!("The store order is {other}; {}.", limit.sentence("lines", "it", &possible))),
    }
}
