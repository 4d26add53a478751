//! Posting what happens to orders in the ledger. This coordinates orders, payments and the ledger, and owns no table.

use crate::ledger::{self, Account, Earner, NewTransaction, Posting, Terms};
use crate::order::locked::LockedOrder;
use crate::order::status::is_void;
use entity::id::{CaptureId, StoreOrderId};
use entity::money::Minor;
use entity::value::{CollectedBy, LedgerTransactionKind};
use entity::{capture, order, order_line, payment, refund, store_order};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::{Fault, Result};

/// Posts new captures of a locked order's payment. They are received for the store orders that they name, or else for all that still owe
/// money, and what no store order owes is owed to the buyer. If they are not `allocated`, all of it is: the order does not need the money.
/// The amounts of the store orders are written by [`LockedOrder::save`].
pub(crate) async fn post_captures(
    tx: &Tx,
    app: &App,
    locked: &mut LockedOrder,
    payment: &payment::Model,
    captures: &[capture::Model],
    allocated: bool,
) -> Result<()> {
    ledger::post(tx, app, transactions_of(locked, payment, captures, allocated)?).await
}

/// The transactions of the captures of an order that is not written by a checkout, such as one of the demo data; its store orders count
/// them as paid.
pub fn of_order(
    order: &order::Model,
    store_orders: &mut [store_order::Model],
    lines: Vec<order_line::Model>,
    payment: &payment::Model,
    captures: &[capture::Model],
) -> Result<Vec<NewTransaction>> {
    let mut locked = LockedOrder::of(order.clone(), store_orders.to_vec(), lines);
    let transactions = transactions_of(&mut locked, payment, captures, true)?;
    store_orders.clone_from_slice(&locked.store_orders);
    Ok(transactions)
}

fn transactions_of(
    locked: &mut LockedOrder,
    payment: &payment::Model,
    captures: &[capture::Model],
    allocated: bool,
) -> Result<Vec<NewTransaction>> {
    let mut transactions = Vec::new();
    for capture in captures {
        let shares = if allocated { shares_of(locked, capture)? } else { Vec::new() };
        let (mut postings, mut earners) = (Vec::new(), Vec::new());
        for (store_order_id, amount) in &shares {
            postings.extend(sell(locked, payment, capture, *store_order_id, *amount)?);
            earners.push(ledger::earner(locked.store_order(*store_order_id)?, capture.created_at));
        }
        let received = Minor::sum(shares.iter().map(|(_, amount)| *amount))?;
        let provider = Account::Provider(payment.provider);
        postings.push(Posting::new(provider, Account::BuyerOwed, capture.amount.minus(received)?));
        let kind = match received {
            Minor::ZERO => LedgerTransactionKind::CaptureUnallocated,
            _ => LedgerTransactionKind::Capture,
        };
        let transaction = |kind, postings, earners| NewTransaction {
            kind,
            source_id: capture.id.0,
            order_id: Some(payment.order_id),
            currency: payment.currency,
            postings,
            earners,
            at: capture.created_at,
        };
        transactions.push(transaction(kind, postings, earners.clone()));
        if let Some(fee) = capture.fee {
            let postings = fee_postings(locked, provider, fee, capture.amount, &shares)?;
            transactions.push(transaction(LedgerTransactionKind::Fee, postings, earners));
        }
    }
    Ok(transactions)
}

/// The store orders that a capture is received for, with their amounts: at most what each still owes. Too little money is spread by what
/// they owe.
fn shares_of(locked: &LockedOrder, capture: &capture::Model) -> Result<Vec<(StoreOrderId, Minor)>> {
    let is_meant = |id| capture.store_order_id.is_none_or(|named| named == id);
    let live = locked.store_orders.iter().filter(|row| !is_void(row.status) && is_meant(row.id));
    let owed = live.map(|row| Ok((row.id, owed_by(locked, row.id)?))).collect::<Result<Vec<_>>>()?;
    let owed: Vec<_> = owed.into_iter().filter(|(_, amount)| *amount > Minor::ZERO).collect();
    let all = Minor::sum(owed.iter().map(|(_, amount)| *amount))?;
    if all <= capture.amount {
        return Ok(owed);
    }
    let parts = capture.amount.spread(&owed.iter().map(|(_, amount)| *amount).collect::<Vec<_>>())?;
    Ok(owed.into_iter().zip(parts).map(|((id, _), part)| (id, part)).filter(|(_, part)| *part > Minor::ZERO).collect())
}

/// Posts the fees of captures that were not known when the captures were posted. If fees are passed on, the stores bear them that the
/// money was received for then. The caller writes the order.
pub(crate) async fn post_late_fees(
    tx: &Tx,
    app: &App,
    locked: &mut LockedOrder,
    payment: &payment::Model,
    captures: &[capture::Model],
) -> Result<()> {
    let now = app.clock.now();
    let mut transactions = Vec::new();
    // Captures without a collector are from before the ledger.
    for capture in captures.iter().filter(|capture| capture.collected_by.is_some()) {
        let shares = received(tx, locked, capture).await?;
        let earners = shares.iter().map(|(id, _)| Ok(ledger::earner(locked.store_order(*id)?, now)));
        let earners = earners.collect::<Result<Vec<_>>>()?;
        let fee = capture.fee.unwrap_or_default();
        let postings = fee_postings(locked, Account::Provider(payment.provider), fee, capture.amount, &shares)?;
        transactions.push(NewTransaction {
            kind: LedgerTransactionKind::Fee,
            source_id: capture.id.0,
            order_id: Some(payment.order_id),
            currency: payment.currency,
            postings,
            earners,
            at: now,
        });
    }
    ledger::post(tx, app, transactions).await
}

/// The store orders that a posted capture was received for, with their amounts.
async fn received(tx: &Tx, locked: &LockedOrder, capture: &capture::Model) -> Result<Vec<(StoreOrderId, Minor)>> {
    let postings = ledger::postings_of(tx, LedgerTransactionKind::Capture, capture.id.0).await?;
    let received = postings.into_iter().filter(|posting| matches!(posting.debit, Account::Provider(_)));
    let shares = received.filter_map(|posting| {
        let row = locked.store_orders.iter().find(|row| posting.credit == Account::StorePayable(row.store_id))?;
        Some((row.id, posting.amount))
    });
    Ok(shares.collect())
}

/// The postings of the fee of a capture, which its `shares` bear if the fee is passed on. What no store order needs bears its part of the
/// fee, too, which stays with the marketplace.
fn fee_postings(
    locked: &mut LockedOrder,
    provider: Account,
    fee: Minor,
    captured: Minor,
    shares: &[(StoreOrderId, Minor)],
) -> Result<Vec<Posting>> {
    let mut postings = vec![Posting::new(Account::ProviderFees, provider, fee)];
    if !locked.order.fee_passed_on {
        return Ok(postings);
    }
    let mut weights: Vec<_> = shares.iter().map(|(_, amount)| *amount).collect();
    weights.push(captured.minus(Minor::sum(weights.iter().copied())?)?);
    for ((id, _), part) in shares.iter().zip(fee.spread(&weights)?) {
        let store_order = locked.store_order_mut(*id)?;
        store_order.posted_fee_total = store_order.posted_fee_total.plus(part)?;
        postings.push(Posting::new(Account::StorePayable(store_order.store_id), Account::ProviderFees, part));
    }
    Ok(postings)
}

/// What the buyer still has to pay for a store order.
pub(crate) fn owed_by(locked: &LockedOrder, id: StoreOrderId) -> Result<Minor> {
    let owed = locked.due_of(id)?.minus(locked.store_order(id)?.paid_total)?;
    Ok(owed.max(Minor::ZERO))
}

fn sell(
    locked: &mut LockedOrder,
    payment: &payment::Model,
    capture: &capture::Model,
    id: StoreOrderId,
    amount: Minor,
) -> Result<Vec<Posting>> {
    let received_in = match capture.collected_by {
        Some(CollectedBy::Store) => Account::StoreCash(locked.store_order(id)?.store_id),
        _ => Account::Provider(payment.provider),
    };
    with_terms(locked, id, |store_order, terms| Ok(ledger::sale(store_order, terms, received_in, amount)?))
}

/// Whether the captures of a payment are in the ledger; those from before it are not.
pub(crate) async fn is_posted(tx: &Tx, payment: &payment::Model) -> Result<bool> {
    use capture::{Column, Entity};
    let posted = Entity::find().filter(Column::PaymentId.eq(payment.id)).filter(Column::CollectedBy.is_not_null());
    Ok(posted.select_only().column(Column::Id).limit(1).into_tuple::<CaptureId>().one(tx).await?.is_some())
}

/// Posts the request of a refund of a store order, which counts it already: the money is owed to the buyer, and commission is reversed.
pub(crate) async fn post_refund(
    tx: &Tx,
    app: &App,
    locked: &mut LockedOrder,
    refund: &refund::Model,
    store_order_id: StoreOrderId,
    is_posted: bool,
) -> Result<()> {
    let (postings, earners) = match is_posted {
        true => {
            let store = Account::StorePayable(locked.store_order(store_order_id)?.store_id);
            let mut postings = vec![Posting::new(store, Account::BuyerOwed, refund.amount)];
            postings.extend(with_terms(locked, store_order_id, |row, terms| Ok(ledger::adjust(row, terms)?))?);
            (postings, vec![ledger::earner(locked.store_order(store_order_id)?, refund.created_at)])
        }
        false => (vec![Posting::new(Account::Opening, Account::BuyerOwed, refund.amount)], Vec::new()),
    };
    let transaction = of_refund(LedgerTransactionKind::Refund, refund, refund.created_at, postings, earners);
    ledger::post(tx, app, vec![transaction]).await
}

fn of_refund(
    kind: LedgerTransactionKind,
    refund: &refund::Model,
    at: DateTimeUtc,
    postings: Vec<Posting>,
    earners: Vec<Earner>,
) -> NewTransaction {
    let (source_id, order_id, currency) = (refund.id.0, Some(refund.order_id), refund.currency);
    NewTransaction { kind, source_id, order_id, currency, postings, earners, at }
}

/// Brings the commission of a store order that is paid in part to what it must be after items were cancelled.
pub(crate) async fn post_adjustment(tx: &Tx, app: &App, locked: &mut LockedOrder, id: StoreOrderId) -> Result<()> {
    if locked.store_order(id)?.paid_total == Minor::ZERO {
        return Ok(());
    }
    let postings = with_terms(locked, id, |row, terms| Ok(ledger::adjust(row, terms)?))?;
    let transaction = NewTransaction {
        kind: LedgerTransactionKind::Adjustment,
        source_id: app.clock.new_uuid(),
        order_id: Some(locked.order.id),
        currency: locked.order.currency,
        postings,
        earners: vec![ledger::earner(locked.store_order(id)?, app.clock.now())],
        at: app.clock.now(),
    };
    ledger::post(tx, app, vec![transaction]).await
}

/// The postings of a paid refund. A store that collected the money itself also returns it itself.
async fn settled(tx: &Tx, locked: &LockedOrder, payment: &payment::Model, refund: &refund::Model) -> Result<Vec<Posting>> {
    use capture::{Column, Entity};
    let collected = match refund.store_order_id {
        Some(id) => {
            let by_store = Entity::find().filter(Column::StoreOrderId.eq(id)).filter(Column::CollectedBy.eq(CollectedBy::Store));
            by_store.one(tx).await?.is_some()
        }
        None => false,
    };
    let from = match refund.store_order_id.filter(|_| collected) {
        Some(id) => Account::StorePayable(locked.store_order(id)?.store_id),
        None => Account::Provider(payment.provider),
    };
    Ok(vec![Posting::new(Account::BuyerOwed, from, refund.amount)])
}

/// Posts that a refund was paid.
pub(crate) async fn post_refund_settled(
    tx: &Tx,
    app: &App,
    locked: &LockedOrder,
    payment: &payment::Model,
    refund: &refund::Model,
) -> Result<()> {
    let postings = settled(tx, locked, payment, refund).await?;
    let earners = earner_of(locked, refund, app.clock.now())?;
    let transaction = of_refund(LedgerTransactionKind::RefundSettled, refund, app.clock.now(), postings, earners);
    ledger::post(tx, app, vec![transaction]).await
}

fn earner_of(locked: &LockedOrder, refund: &refund::Model, now: DateTimeUtc) -> Result<Vec<Earner>> {
    Ok(match refund.store_order_id {
        Some(id) => vec![ledger::earner(locked.store_order(id)?, now)],
        None => Vec::new(),
    })
}

/// Posts that a refund failed: its transactions are reversed, and the store order does not count it any more if it `returns` to the store.
/// Otherwise the money stays owed to the buyer.
#[expect(clippy::too_many_arguments, reason = "all that decides what is reversed")]
pub(crate) async fn post_refund_failed(
    tx: &Tx,
    app: &App,
    locked: &mut LockedOrder,
    payment: &payment::Model,
    refund: &refund::Model,
    was_settled: bool,
    returns: bool,
    is_posted: bool,
) -> Result<()> {
    let mut postings = Vec::new();
    if was_settled {
        postings.extend(settled(tx, locked, payment, refund).await?.into_iter().map(Posting::reversed));
    }
    if let Some(id) = refund.store_order_id.filter(|_| returns) {
        let from = match is_posted {
            true => Account::StorePayable(locked.store_order(id)?.store_id),
            false => Account::Opening,
        };
        postings.push(Posting::new(Account::BuyerOwed, from, refund.amount));
        if is_posted {
            postings.extend(with_terms(locked, id, |row, terms| Ok(ledger::adjust(row, terms)?))?);
        }
    }
    let earners = earner_of(locked, refund, app.clock.now())?;
    let transaction = of_refund(LedgerTransactionKind::RefundFailed, refund, app.clock.now(), postings, earners);
    ledger::post(tx, app, vec![transaction]).await
}

/// Changes the amounts of a store order with its lines, and marks it as changed.
pub(crate) fn with_terms<T>(
    locked: &mut LockedOrder,
    id: StoreOrderId,
    change: impl FnOnce(&mut store_order::Model, &Terms) -> Result<T>,
) -> Result<T> {
    let due = locked.due_of(id)?;
    let tax_remitted = locked.order.tax_remitted;
    locked.mark_changed(id);
    let lines: Vec<&order_line::Model> = locked.lines.iter().filter(|line| line.store_order_id == id).collect();
    let store_order = locked.store_orders.iter_mut().find(|row| row.id == id).ok_or(Fault::NotFound)?;
    change(store_order, &Terms { lines: &lines, due, tax_remitted })
}
