//! Posting disputes.

use crate::ledger::{self, Account, NewTransaction, Posting};
use crate::order::locked::LockedOrder;
use crate::posting::with_terms;
use entity::dispute::Model;
use entity::dispute_share::Model as Share;
use entity::id::{StoreId, StoreOrderId};
use entity::money::Minor;
use entity::value::{DisputeBearer, LedgerTransactionKind};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::Result;

/// What a store earned with an amount of its store order: the amount less the commission that would be returned with it.
pub(super) fn earned_with(locked: &mut LockedOrder, id: StoreOrderId, amount: Minor) -> Result<Minor> {
    let store = locked.store_order(id)?.store_id;
    let returned = with_terms(locked, id, |row, terms| {
        let mut without = row.clone();
        without.lost_total = without.lost_total.plus(amount)?;
        Ok(ledger::adjust(&mut without, terms)?)
    })?;
    Ok(amount.minus(of_store(&returned, store)?)?)
}

/// What postings change in the account `STORE_PAYABLE` of a store.
fn of_store(postings: &[Posting], store: StoreId) -> Result<Minor> {
    let payable = Account::StorePayable(store);
    let mut sum = Minor::ZERO;
    for posting in postings {
        if posting.credit == payable {
            sum = sum.plus(posting.amount)?;
        }
        if posting.debit == payable {
            sum = sum.minus(posting.amount)?;
        }
    }
    Ok(sum)
}

/// The provider withdrew the money: what stores earned with it is held.
pub(super) fn opened(dispute: &Model, shares: &[Share], provider: Account) -> Vec<Posting> {
    let mut postings = vec![Posting::new(Account::Disputes, provider, dispute.amount)];
    postings.extend(shares.iter().map(|share| {
        let (payable, held) = accounts(share);
        Posting::signed(payable, held, share.held_amount)
    }));
    postings
}

/// The provider returned the money: what was held is the stores' again.
pub(super) fn won(locked: &mut LockedOrder, dispute: &Model, shares: &[Share], provider: Account) -> Result<Vec<Posting>> {
    let mut postings = vec![Posting::new(provider, Account::Disputes, dispute.amount)];
    for share in shares {
        postings.push(released(share));
        let row = locked.store_order_mut(share.store_order_id)?;
        row.disputed_total = row.disputed_total.minus(share.amount)?.max(Minor::ZERO);
    }
    Ok(postings)
}

/// The money is lost, or was lost and is disputed again if the loss is undone.
pub(super) fn lost(locked: &mut LockedOrder, dispute: &Model, shares: &[Share], undone: bool) -> Result<Vec<Posting>> {
    let mut postings = Vec::new();
    let mut unborne = dispute.amount;
    for share in shares {
        match dispute.bearer {
            DisputeBearer::Stores => {
                unborne = unborne.minus(share.amount)?;
                postings.extend(borne(locked, share, undone)?);
            }
            DisputeBearer::Marketplace if undone => postings.push(released(share).reversed()),
            DisputeBearer::Marketplace => postings.push(released(share)),
        }
    }
    let unborne = Posting::new(Account::Losses, Account::Disputes, unborne);
    postings.push(if undone { unborne.reversed() } else { unborne });
    Ok(postings)
}

/// The postings of a share that its store bears: what was held pays it, and the marketplace returns its commission, with what else was
/// posted of the sale. What is held more or less than that, as items were refunded in the meantime, is the store's.
fn borne(locked: &mut LockedOrder, share: &Share, undone: bool) -> Result<Vec<Posting>> {
    let (payable, held) = accounts(share);
    let returned = with_terms(locked, share.store_order_id, |row, terms| {
        row.lost_total = if undone { row.lost_total.minus(share.amount)? } else { row.lost_total.plus(share.amount)? };
        Ok(ledger::adjust(row, terms)?)
    })?;
    let returned_total = of_store(&returned, share.store_id)?;
    let replaced = |account| if account == payable { Account::Disputes } else { account };
    let mut postings: Vec<_> = returned
        .into_iter()
        .map(|posting| Posting::new(replaced(posting.debit), replaced(posting.credit), posting.amount))
        .collect();
    let total = if undone { Minor::ZERO.minus(share.amount)? } else { share.amount };
    let from_held = total.minus(returned_total)?;
    let was_held = if undone { Minor::ZERO.minus(share.held_amount)? } else { share.held_amount };
    postings.push(Posting::signed(held, Account::Disputes, from_held));
    postings.push(Posting::signed(held, payable, was_held.minus(from_held)?));
    Ok(postings)
}

fn released(share: &Share) -> Posting {
    let (payable, held) = accounts(share);
    Posting::signed(held, payable, share.held_amount)
}

fn accounts(share: &Share) -> (Account, Account) {
    (Account::StorePayable(share.store_id), Account::StoreHeld(share.store_id))
}

/// Posts a transaction of a dispute.
pub(super) async fn post(
    tx: &Tx,
    app: &App,
    locked: &LockedOrder,
    dispute: &Model,
    shares: &[Share],
    kind: LedgerTransactionKind,
    postings: Vec<Posting>,
) -> Result<()> {
    let now = app.clock.now();
    let earners = shares.iter().map(|share| Ok(ledger::earner(locked.store_order(share.store_order_id)?, now)));
    let transaction = NewTransaction {
        kind,
        source_id: dispute.id.0,
        order_id: Some(dispute.order_id),
        currency: dispute.currency,
        postings,
        earners: earners.collect::<Result<Vec<_>>>()?,
        at: now,
    };
    ledger::post(tx, app, vec![transaction]).await
}
