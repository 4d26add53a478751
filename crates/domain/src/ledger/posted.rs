//! Reading what was posted.

use super::account::Account;
use super::post::Posting;
use entity::id::LedgerAccountId;
use entity::value::LedgerTransactionKind;
use entity::{ledger_account, ledger_entry, ledger_transaction};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use souk_core::db::{InPadded, Tx};
use souk_core::error::{Fault, Result};
use std::collections::HashMap;
use uuid::Uuid;

/// The postings of the transaction of a cause, in the order in which they were posted; empty if there is none.
pub(crate) async fn postings_of(tx: &Tx, kind: LedgerTransactionKind, source_id: Uuid) -> Result<Vec<Posting>> {
    use ledger_transaction::Column;
    let query = ledger_transaction::Entity::find().filter(Column::Kind.eq(kind)).filter(Column::SourceId.eq(source_id));
    let Some(transaction) = query.one(tx).await? else { return Ok(Vec::new()) };
    let entries = ledger_entry::Entity::find().filter(ledger_entry::Column::TransactionId.eq(transaction.id));
    let entries = entries.order_by_asc(ledger_entry::Column::Id).all(tx).await?;
    let ids: Vec<_> = entries.iter().flat_map(|entry| [entry.debit_account_id, entry.credit_account_id]).collect();
    let rows = ledger_account::Entity::find().filter(ledger_account::Column::Id.in_padded(&ids)).all(tx).await?;
    let accounts: HashMap<LedgerAccountId, Account> =
        rows.iter().filter_map(|row| Some((row.id, Account::of_row(row)?))).collect();
    let of = |id| accounts.get(&id).copied().ok_or_else(|| Fault::internal("an account of the ledger can't be read"));
    let postings =
        entries.iter().map(|entry| Ok(Posting::new(of(entry.debit_account_id)?, of(entry.credit_account_id)?, entry.amount)));
    postings.collect()
}
