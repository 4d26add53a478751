//! Refunds that people request.

use super::amount::{self, Preview, RefundSelection, amounts, undisputed};
use super::request::{NewRefund, request};
use super::settle::{self, Outcome};
use crate::idempotency::Key;
use crate::ledger;
use crate::order::locked::{By, LockedOrder};
use entity::id::{OrderId, RefundId, StoreOrderId};
use entity::money::Money;
use entity::refund::{Entity, Model};
use entity::store_order;
use entity::value::{ActorKind, RefundReason, RefundStatus};
use sea_orm::{EntityTrait, QuerySelect};
use souk_core::app::App;
use souk_core::auth::permissions::ManageOrders;
use souk_core::auth::{Customer, Staff, StoreTask};
use souk_core::check::Check;
use souk_core::error::{Code, Fault, Problem, Result, refuse};
use souk_core::length;
use souk_core::transact;

/// Maximum number of lines in one request.
const MAX_LINES: usize = 500;

/// A refund as a person requests it.
#[derive(Clone, Debug)]
pub struct RefundInput {
    pub selection: RefundSelection,
    pub reason: RefundReason,
    /// At most 300 characters.
    pub note: Option<String>,
    /// Whether refunded physical items are put back into the stock.
    pub restock: bool,
    /// A repeated request with the same key and input returns the first result.
    pub idempotency_key: String,
}

/// Refunds a store order for its store, whose balance must cover it.
pub async fn refund_store_order(app: &App, customer: &Customer, id: StoreOrderId, input: RefundInput) -> Result<Model> {
    let (order_id, store_id) = place(app, id).await?;
    let staff = customer.store_staff(&app.db, store_id, StoreTask::Refunds).await?;
    let by = (staff.kind(), Some(staff.user_id()));
    run(app, order_id, id, &format!("storeOrderRefund:{id}"), input, by).await
}

/// Refunds a store order for staff of the marketplace; the store can owe it afterwards.
pub async fn refund_order(app: &App, staff: &Staff<ManageOrders>, id: StoreOrderId, input: RefundInput) -> Result<Model> {
    let (order_id, _) = place(app, id).await?;
    run(app, order_id, id, &format!("orderRefund:{id}"), input, (ActorKind::Staff, Some(staff.user_id()))).await
}

async fn place(app: &App, id: StoreOrderId) -> Result<(OrderId, entity::id::StoreId)> {
    use store_order::Column;
    let query = store_order::Entity::find_by_id(id).select_only().column(Column::OrderId).column(Column::StoreId);
    Ok(query.into_tuple().one(app.db.read()).await?.ok_or(Fault::NotFound)?)
}

async fn run(app: &App, order_id: OrderId, id: StoreOrderId, scope: &str, input: RefundInput, by: By) -> Result<Model> {
    let note = check(&input)?;
    let canonical = (id, &input.selection, input.reason, &note, input.restock);
    let key = Key::new(scope.to_owned(), input.idempotency_key.clone(), &canonical)?;
    transact!(app.db, tx, {
        let mut locked = LockedOrder::lock(tx, order_id).await?;
        if let Some(first) = key.result(tx).await? {
            return Ok(Entity::find_by_id(RefundId(first)).one(tx).await?.ok_or(Fault::NotFound)?);
        }
        let amounts = amounts(&locked, id, &input.selection)?;
        let new =
            NewRefund { reason: input.reason, note: note.as_deref(), restock: input.restock, by, retry_of: None, made_as: None };
        let refund = request(tx, app, &mut locked, id, &amounts, &new).await?;
        if by.0 == ActorKind::Store {
            let (store, currency) = (locked.store_order(id)?.store_id, locked.order.currency);
            let balance = ledger::payable(tx, store, currency).await?;
            if balance < entity::money::Minor::ZERO {
                let message = format!(
                    "The balance of the store does not cover the refund of {}; ask the marketplace to refund it.",
                    Money::new(amounts.total, currency)
                );
                return Err(Problem::new("selection", Code::RefundExceedsBalance, message).into());
            }
        }
        key.record(tx, app, refund.id.0).await?;
        Ok(refund)
    })
}

/// Validates the input by itself; returns the note.
fn check(input: &RefundInput) -> Result<Option<String>> {
    let mut check = Check::new();
    check.line("idempotencyKey", &input.idempotency_key, 1..=length::KEY);
    let note = check.optional_line("note", input.note.as_deref(), length::REFUND_NOTE);
    if let RefundSelection::Lines { lines, .. } = &input.selection {
        check.count("selection.lines", lines, MAX_LINES);
        let mut seen = std::collections::HashSet::new();
        for (n, (id, _)) in lines.iter().enumerate().take(MAX_LINES) {
            if !seen.insert(*id) {
                let message = "lineId must name each line once; the line is given twice.";
                check.problem(&format!("selection.lines.{n}.lineId"), Code::Invalid, message);
            }
        }
    }
    if matches!(
        input.reason,
        RefundReason::Cancelled
            | RefundReason::Overpaid
            | RefundReason::Underpaid
            | RefundReason::LatePayment
            | RefundReason::AtProvider
    ) {
        let message = format!("reason must be one that people give; {} is given by the system.", input.reason);
        check.problem("reason", Code::Invalid, message);
    }
    check.finish()?;
    Ok(note)
}

/// What a refund would return; nothing is changed.
pub async fn preview(app: &App, customer: &Customer, id: StoreOrderId, selection: &RefundSelection) -> Result<Preview> {
    let (order_id, store_id) = place(app, id).await?;
    customer.store_staff(&app.db, store_id, StoreTask::Refunds).await?;
    transact!(app.db, tx, {
        let locked = LockedOrder::lock(tx, order_id).await?;
        let amounts = amount::amounts(&locked, id, selection)?;
        let money = |amount| Money::new(amount, locked.order.currency);
        Ok(Preview {
            lines: amounts.parts.iter().map(|part| (part.line_id, part.quantity, part.amount)).collect(),
            shipping: money(amounts.shipping),
            total: money(amounts.total),
            refundable: money(undisputed(locked.store_order(id)?)?),
        })
    })
}

/// Records for staff that a person returned the money of a refund that awaits it.
pub async fn mark_paid(app: &App, staff: &Staff<ManageOrders>, id: RefundId) -> Result<Model> {
    let by = (ActorKind::Staff, Some(staff.user_id()));
    transact!(app.db, tx, {
        let found = Entity::find_by_id(id).one(tx).await?.ok_or(Fault::NotFound)?;
        let locked = LockedOrder::lock(tx, found.order_id).await?;
        let refund = Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        if refund.status != RefundStatus::AwaitingPerson {
            let message = format!("Only a refund that is AWAITING_PERSON can be marked as paid; this one is {}.", refund.status);
            return refuse("id", Code::InvalidState, message);
        }
        let outcome = Outcome::Succeeded { reference: refund.id.to_string() };
        settle::settle_locked(tx, app, locked, id, &outcome, by).await
    })
}
