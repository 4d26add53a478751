//! Posting: writing transactions of the ledger, with the earnings of stores that follow from them.

use super::account::{Account, ids};
use entity::id::{LedgerTransactionId, OrderId, StoreId, StoreOrderId};
use entity::money::{AmountOverflow, CurrencyCode, Minor};
use entity::value::{EarningKind, LedgerTransactionKind};
use entity::{earning, ledger_entry, ledger_transaction};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::{Fault, Result};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// An amount that moves from the credited to the debited account; *debit a, credit b* is written `a → b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    pub debit: Account,
    pub credit: Account,
    /// Zero is not written; it must not be negative.
    pub amount: Minor,
}

impl Posting {
    /// `debit → credit`.
    pub fn new(debit: Account, credit: Account, amount: Minor) -> Self {
        Self { debit, credit, amount }
    }

    /// `debit → credit`, or the other way if the amount is negative.
    pub(crate) fn signed(debit: Account, credit: Account, amount: Minor) -> Self {
        let posting = Self::new(debit, credit, Minor(amount.0.saturating_abs()));
        if amount < Minor::ZERO { posting.reversed() } else { posting }
    }

    /// The posting that cancels this one out.
    pub(crate) fn reversed(self) -> Self {
        Self { debit: self.credit, credit: self.debit, amount: self.amount }
    }
}

/// A store order whose earnings a transaction changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earner {
    pub store_id: StoreId,
    pub store_order_id: StoreOrderId,
    /// Time from which a positive earning can be paid out; a negative one reduces the balance at once.
    pub available_at: Option<DateTimeUtc>,
}

/// A transaction to be posted.
#[derive(Clone, Debug)]
pub struct NewTransaction {
    pub kind: LedgerTransactionKind,
    /// ID of the cause, unique within the kind: a second transaction of it is refused by the database.
    pub source_id: Uuid,
    pub order_id: Option<OrderId>,
    pub currency: CurrencyCode,
    pub postings: Vec<Posting>,
    /// At most one store order for each store.
    pub earners: Vec<Earner>,
    /// Time of the cause.
    pub at: DateTimeUtc,
}

/// Writes transactions of one currency. What they change in `STORE_PAYABLE` becomes an earning of the store, so that earnings add up to
/// the balance of that account. A transaction without an amount is not written.
pub async fn post(tx: &Tx, app: &App, transactions: Vec<NewTransaction>) -> Result<()> {
    let mut transactions = transactions;
    for transaction in &mut transactions {
        transaction.postings.retain(|posting| posting.amount != Minor::ZERO);
    }
    transactions.retain(|transaction| !transaction.postings.is_empty());
    let Some(currency) = transactions.first().map(|transaction| transaction.currency) else { return Ok(()) };
    if transactions.iter().any(|transaction| transaction.currency != currency) {
        return Err(Fault::internal("transactions of different currencies are posted separately").into());
    }
    let postings = || transactions.iter().flat_map(|transaction| &transaction.postings);
    if postings().any(|posting| posting.amount < Minor::ZERO) {
        return Err(Fault::internal("a posting must not be negative").into());
    }
    let accounts: BTreeSet<_> = postings().flat_map(|posting| [posting.debit, posting.credit]).collect();
    let ids = ids(tx, app, &accounts, currency).await?;
    let id_of = |account| ids.get(&account).copied().ok_or_else(|| Fault::internal("an account of the ledger is missing"));
    let (mut rows, mut entries, mut earnings) = (Vec::new(), Vec::new(), Vec::new());
    for transaction in &transactions {
        let id: LedgerTransactionId = app.clock.new_id();
        let row = ledger_transaction::Model {
            id,
            kind: transaction.kind,
            source_id: transaction.source_id,
            order_id: transaction.order_id,
            currency,
            note: None,
            created_at: transaction.at,
        };
        rows.push(row.into_active_model().reset_all());
        for posting in &transaction.postings {
            let entry = ledger_entry::Model {
                id: app.clock.new_id(),
                transaction_id: id,
                debit_account_id: id_of(posting.debit)?,
                credit_account_id: id_of(posting.credit)?,
                currency,
                amount: posting.amount,
                created_at: transaction.at,
            };
            entries.push(entry.into_active_model().reset_all());
        }
        for earning in earnings_of(app, transaction)? {
            earnings.push(earning.into_active_model().reset_all());
        }
    }
    ledger_transaction::Entity::insert_many(rows).exec_without_returning(tx).await?;
    ledger_entry::Entity::insert_many(entries).exec_without_returning(tx).await?;
    if !earnings.is_empty() {
        earning::Entity::insert_many(earnings).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// What a transaction changes for each store.
fn earnings_of(app: &App, transaction: &NewTransaction) -> Result<Vec<earning::Model>> {
    let Some(kind) = earning_kind(transaction.kind) else { return Ok(Vec::new()) };
    let earned = earned(&transaction.postings)?.into_iter().filter(|(_, amount)| *amount != Minor::ZERO);
    let earnings = earned.map(|(store_id, amount)| {
        let earner = transaction.earners.iter().find(|earner| earner.store_id == store_id);
        let available_at =
            if amount < Minor::ZERO { Some(transaction.at) } else { earner.and_then(|earner| earner.available_at) };
        earning::Model {
            id: app.clock.new_id(),
            store_id,
            store_order_id: earner.map(|earner| earner.store_order_id),
            kind,
            source_id: transaction.source_id,
            amount,
            currency: transaction.currency,
            available_at,
            created_at: transaction.at,
        }
    });
    Ok(earnings.collect())
}

/// By store, what is credited to its account `STORE_PAYABLE` less what is debited.
fn earned(postings: &[Posting]) -> Result<BTreeMap<StoreId, Minor>, AmountOverflow> {
    let mut earned: BTreeMap<StoreId, Minor> = BTreeMap::new();
    for posting in postings {
        if let Account::StorePayable(store) = posting.credit {
            let sum = earned.entry(store).or_default();
            *sum = sum.plus(posting.amount)?;
        }
        if let Account::StorePayable(store) = posting.debit {
            let sum = earned.entry(store).or_default();
            *sum = sum.minus(posting.amount)?;
        }
    }
    Ok(earned)
}

fn earning_kind(kind: LedgerTransactionKind) -> Option<EarningKind> {
    match kind {
        LedgerTransactionKind::Capture => Some(EarningKind::Sale),
        LedgerTransactionKind::Refund => Some(EarningKind::Refund),
        LedgerTransactionKind::RefundSettled => Some(EarningKind::RefundByStore),
        LedgerTransactionKind::RefundFailed => Some(EarningKind::RefundFailed),
        LedgerTransactionKind::Adjustment => Some(EarningKind::Adjustment),
        LedgerTransactionKind::Fee => Some(EarningKind::Fee),
        LedgerTransactionKind::DisputeOpened => Some(EarningKind::Dispute),
        LedgerTransactionKind::DisputeWon => Some(EarningKind::DisputeWon),
        LedgerTransactionKind::DisputeLost => Some(EarningKind::DisputeLost),
        LedgerTransactionKind::DisputeLostUndone => Some(EarningKind::DisputeLostUndone),
        LedgerTransactionKind::CaptureUnallocated => None,
    }
}
