//! Recording disputes that a provider reports.

use super::post::{earned_with, lost, opened, post, won};
use super::status::can_follow;
use crate::ledger::{Account, Posting};
use crate::order::locked::{LockedOrder, SYSTEM};
use crate::reconciliation::{self, Finding};
use crate::{payment, posting, refund, setting};
use entity::dispute::{Column, Entity, Model};
use entity::dispute_share::{self, Model as Share};
use entity::id::StoreOrderId;
use entity::money::{Minor, Money};
use entity::payment::Model as Payment;
use entity::value::{DisputeBearer, DisputeFunds, DisputeStatus, EventType, FindingKind, LedgerTransactionKind};
use entity::versioned::Versioned;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::{Fault, Result};
use souk_core::live::{self, NewEvent};
use souk_core::provider::payment::{ProviderDispute, ProviderFunds, ProviderPayment};
use souk_core::text::truncate;

/// Maximum length of a provider's code of a reason, in characters.
const MAX_REASON: usize = 100;
/// Maximum length of a provider's identifier, in characters.
const MAX_REFERENCE: usize = 255;

/// Applies the disputes of a report to a payment of a locked order. The same report again changes nothing, nor does an older one.
pub(crate) async fn take_in(tx: &Tx, app: &App, payment: &Payment, report: &ProviderPayment) -> Result<()> {
    for found in report.disputes() {
        let known = Entity::find()
            .filter(Column::PaymentId.eq(payment.id))
            .filter(Column::ProviderReference.eq(truncate(&found.reference, MAX_REFERENCE)))
            .one(tx)
            .await?;
        let dispute = match known {
            Some(known) => known,
            None => insert(tx, app, payment, found).await?,
        };
        Box::pin(apply(tx, app, dispute, found)).await?;
    }
    Ok(())
}

async fn insert(tx: &Tx, app: &App, payment: &Payment, found: &ProviderDispute) -> Result<Model> {
    let now = app.clock.now();
    let row = Model {
        id: app.clock.new_id(),
        payment_id: payment.id,
        order_id: payment.order_id,
        provider_reference: truncate(&found.reference, MAX_REFERENCE).to_owned(),
        amount: found.amount,
        currency: payment.currency,
        status: found.status,
        funds: DisputeFunds::Untouched,
        bearer: setting::load_money(tx).await?.dispute_bearer,
        reason: truncate(&found.reason, MAX_REASON).to_owned(),
        respond_by: found.respond_by,
        fee: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(row)
}

/// Applies a report to a dispute: first its status, then what happened to its money.
async fn apply(tx: &Tx, app: &App, before: Model, found: &ProviderDispute) -> Result<()> {
    let mut dispute = before.clone();
    let mut findings = Vec::new();
    if can_follow(before.status, found.status) {
        dispute.status = found.status;
        dispute.respond_by = found.respond_by;
    } else if before.status != found.status && !can_follow(found.status, before.status) {
        findings.push(differs(&before, found.amount));
    }
    if found.amount != before.amount {
        match before.funds {
            DisputeFunds::Untouched => dispute.amount = found.amount,
            _ => findings.push(differs(&before, found.amount)),
        }
    }
    let is_moved = found.funds != ProviderFunds::Untouched;
    if is_moved && dispute.funds == DisputeFunds::Untouched {
        findings.extend(open(tx, app, &mut dispute).await?);
    }
    match (found.funds, dispute.funds) {
        (ProviderFunds::Withdrawn, DisputeFunds::Held) if dispute.status == DisputeStatus::Lost => {
            lose(tx, app, &mut dispute).await?;
        }
        (ProviderFunds::Withdrawn, DisputeFunds::Returned) => findings.push(differs(&before, found.amount)),
        (ProviderFunds::Reinstated, DisputeFunds::Held | DisputeFunds::Lost) => win(tx, app, &mut dispute).await?,
        _ => {}
    }
    findings.extend(charge_fee(tx, app, &mut dispute, found).await?);
    reconciliation::record(tx, app, &findings).await?;
    if dispute != before {
        dispute.touch(app.clock.now());
        let row = dispute.into_active_model().reset_all();
        Entity::update(row).exec(tx).await?;
    }
    Ok(())
}

fn differs(dispute: &Model, found: Minor) -> Finding {
    let (subject_type, subject_id) = ("DISPUTE", dispute.id.0);
    let found = Money::new(found, dispute.currency);
    Finding { kind: FindingKind::DisputeDiffers, subject_type, subject_id, expected: dispute.amount, found }
}

/// The rows that the money of a dispute changes. The order is locked already, so that this only reads.
struct Locked {
    order: LockedOrder,
    payment: Payment,
    /// Where the money of the payment is in the ledger.
    provider: Account,
    shares: Vec<Share>,
}

impl Locked {
    async fn read(tx: &Tx, dispute: &Model) -> Result<Self> {
        let order = LockedOrder::lock(tx, dispute.order_id).await?;
        let payments = payment::lock_all(tx, dispute.order_id).await?;
        let payment = payments.into_iter().find(|row| row.id == dispute.payment_id).ok_or(Fault::NotFound)?;
        let provider = match posting::is_posted(tx, &payment).await? {
            true => Account::Provider(payment.provider),
            false => Account::Opening,
        };
        let shares = dispute_share::Entity::find().filter(dispute_share::Column::DisputeId.eq(dispute.id));
        let shares = shares.order_by_asc(dispute_share::Column::Id).all(tx).await?;
        Ok(Self { order, payment, provider, shares })
    }

    async fn post(&self, tx: &Tx, app: &App, dispute: &Model, kind: LedgerTransactionKind, postings: Vec<Posting>) -> Result<()> {
        post(tx, app, &self.order, dispute, &self.shares, kind, postings).await
    }

    /// Writes the order, and tells the stores.
    async fn finish(&mut self, tx: &Tx, app: &App, dispute: &Model, event_type: EventType, what: &str) -> Result<()> {
        self.order.save(tx, app).await?;
        let mut events = Vec::new();
        for share in &self.shares {
            let message = format!("{} {what}", Money::new(share.amount, dispute.currency));
            let event = self.order.store_order_event(share.store_order_id, event_type, message, SYSTEM)?;
            events.push(NewEvent::from(event).for_store_alone((entity::event::DISPUTE, dispute.id.0)));
        }
        live::append(tx, &app.clock, events).await
    }
}

/// The provider withdrew the money. What no store order covers is a finding.
async fn open(tx: &Tx, app: &App, dispute: &mut Model) -> Result<Option<Finding>> {
    let mut locked = Locked::read(tx, dispute).await?;
    let mut covered = Minor::ZERO;
    for (id, amount) in shares_of(tx, &locked, dispute).await? {
        covered = covered.plus(amount)?;
        let held_amount = earned_with(&mut locked.order, id, amount)?;
        let row = locked.order.store_order_mut(id)?;
        row.disputed_total = row.disputed_total.plus(amount)?;
        let store_id = row.store_id;
        let share = Share { id: app.clock.new_id(), dispute_id: dispute.id, store_order_id: id, store_id, amount, held_amount };
        locked.shares.push(share);
    }
    if !locked.shares.is_empty() {
        let rows = locked.shares.iter().map(|share| share.clone().into_active_model().reset_all());
        dispute_share::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    payment::count_disputed(tx, app, &mut locked.payment, dispute.amount).await?;
    let postings = opened(dispute, &locked.shares, locked.provider);
    locked.post(tx, app, dispute, LedgerTransactionKind::DisputeOpened, postings).await?;
    dispute.funds = DisputeFunds::Held;
    let what = "are disputed: the buyer claims them back at the bank. What was earned with them is held.";
    locked.finish(tx, app, dispute, EventType::DisputeOpened, what).await?;
    Ok((covered < dispute.amount).then(|| differs(dispute, covered)))
}

/// The store orders that cover a dispute, with their amounts, by what each was paid and has not refunded. Money of the payment that no
/// store order needed is not theirs.
async fn shares_of(tx: &Tx, locked: &Locked, dispute: &Model) -> Result<Vec<(StoreOrderId, Minor)>> {
    if locked.provider == Account::Opening {
        return Ok(Vec::new());
    }
    let owed = refund::owed_of(tx, locked.payment.id).await?;
    let of_payment = locked.payment.refundable().minus(owed)?.max(Minor::ZERO);
    let rows = &locked.order.store_orders;
    let left = rows.iter().map(|row| {
        let left = row.paid_total.minus(row.refunded_total)?.minus(row.disputed_total)?;
        Ok(left.max(Minor::ZERO))
    });
    let left = left.collect::<Result<Vec<_>>>()?;
    let covered = dispute.amount.min(of_payment).min(Minor::sum(left.iter().copied())?);
    let shares = rows.iter().map(|row| row.id).zip(covered.spread(&left)?);
    Ok(shares.filter(|(_, amount)| *amount > Minor::ZERO).collect())
}

/// The bank decided for the buyer.
async fn lose(tx: &Tx, app: &App, dispute: &mut Model) -> Result<()> {
    let mut locked = Locked::read(tx, dispute).await?;
    let postings = lost(&mut locked.order, dispute, &locked.shares, false)?;
    locked.post(tx, app, dispute, LedgerTransactionKind::DisputeLost, postings).await?;
    dispute.funds = DisputeFunds::Lost;
    let what = match dispute.bearer {
        DisputeBearer::Stores => "were lost in a dispute, which the store bears. Commission on them is returned.",
        DisputeBearer::Marketplace => "were lost in a dispute, which the marketplace bears. Held earnings are released.",
    };
    locked.finish(tx, app, dispute, EventType::DisputeLost, what).await
}

/// The provider returned the money, also after it was lost.
async fn win(tx: &Tx, app: &App, dispute: &mut Model) -> Result<()> {
    let mut locked = Locked::read(tx, dispute).await?;
    if dispute.funds == DisputeFunds::Lost {
        let postings = lost(&mut locked.order, dispute, &locked.shares, true)?;
        locked.post(tx, app, dispute, LedgerTransactionKind::DisputeLostUndone, postings).await?;
    }
    let postings = won(&mut locked.order, dispute, &locked.shares, locked.provider)?;
    locked.post(tx, app, dispute, LedgerTransactionKind::DisputeWon, postings).await?;
    payment::count_disputed(tx, app, &mut locked.payment, Minor::ZERO.minus(dispute.amount)?).await?;
    dispute.funds = DisputeFunds::Returned;
    let what = "are not disputed any more. Held earnings are released.";
    locked.finish(tx, app, dispute, EventType::DisputeWon, what).await
}

/// Posts the fee of the provider for a dispute, once; another fee afterwards is a finding.
async fn charge_fee(tx: &Tx, app: &App, dispute: &mut Model, found: &ProviderDispute) -> Result<Option<Finding>> {
    let Some(fee) = found.fee else { return Ok(None) };
    if let Some(known) = dispute.fee {
        let (subject_type, subject_id) = ("DISPUTE", dispute.id.0);
        let found = Money::new(fee, dispute.currency);
        let finding = Finding { kind: FindingKind::FeeDiffers, subject_type, subject_id, expected: known, found };
        return Ok((known != fee).then_some(finding));
    }
    dispute.fee = Some(fee);
    let locked = Locked::read(tx, dispute).await?;
    if locked.provider != Account::Opening {
        let postings = vec![Posting::new(Account::ProviderFees, locked.provider, fee)];
        post(tx, app, &locked.order, dispute, &[], LedgerTransactionKind::Fee, postings).await?;
    }
    Ok(None)
}
