//! What must always be true of the ledger. Tests ask after everything that moves money, and a periodic task asks once a day.

use crate::reconciliation::{self, Finding};
use chrono::Timelike;
use entity::money::{CurrencyCode, Minor, Money};
use entity::value::FindingKind;
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::error::Result;
use souk_core::transact;
use uuid::Uuid;

/// Name of an invariant, kind of its subjects, and a query for the subjects for which it is not true: `subject`, `expected`, `found`,
/// `currency`. `{int}` is the type of integers in a cast.
const INVARIANTS: [(&str, &str, &str); 10] = [
    (
        "the captured amount of a payment is the sum of its captures",
        "PAYMENT",
        "SELECT payments.id AS subject, CAST(payments.captured_amount AS {int}) AS expected, \
         CAST(COALESCE(SUM(captures.amount), 0) AS {int}) AS found, payments.currency AS currency \
         FROM payments LEFT JOIN captures ON captures.payment_id = payments.id \
         GROUP BY payments.id, payments.captured_amount, payments.currency \
         HAVING payments.captured_amount <> COALESCE(SUM(captures.amount), 0)",
    ),
    (
        "a capture is in the ledger, as money at its provider or cash of its store",
        "CAPTURE",
        "SELECT captures.id AS subject, CAST(captures.amount AS {int}) AS expected, \
         CAST(COALESCE(SUM(CASE WHEN account.kind IN ('PROVIDER', 'STORE_CASH') THEN entry.amount ELSE 0 END), 0) AS {int}) AS found, \
         payments.currency AS currency \
         FROM captures JOIN payments ON payments.id = captures.payment_id \
         LEFT JOIN ledger_transactions AS posted ON posted.source_id = captures.id \
         AND posted.kind IN ('CAPTURE', 'CAPTURE_UNALLOCATED') \
         LEFT JOIN ledger_entries AS entry ON entry.transaction_id = posted.id \
         LEFT JOIN ledger_accounts AS account ON account.id = entry.debit_account_id \
         WHERE captures.collected_by IS NOT NULL \
         GROUP BY captures.id, captures.amount, payments.currency \
         HAVING captures.amount <> COALESCE(SUM(CASE WHEN account.kind IN ('PROVIDER', 'STORE_CASH') THEN entry.amount ELSE 0 END), 0)",
    ),
    (
        "the earnings of a store add up to the balance of its account",
        "LEDGER_ACCOUNT",
        "SELECT account.id AS subject, \
         CAST(COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE credit_account_id = account.id), 0) \
         - COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE debit_account_id = account.id), 0) AS {int}) AS expected, \
         CAST(COALESCE((SELECT SUM(amount) FROM earnings WHERE earnings.store_id = account.store_id \
         AND earnings.currency = account.currency), 0) AS {int}) AS found, account.currency AS currency \
         FROM ledger_accounts AS account WHERE account.kind = 'STORE_PAYABLE' \
         AND COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE credit_account_id = account.id), 0) \
         - COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE debit_account_id = account.id), 0) \
         <> COALESCE((SELECT SUM(amount) FROM earnings WHERE earnings.store_id = account.store_id \
         AND earnings.currency = account.currency), 0)",
    ),
    (
        "commission in the ledger is that of the store orders",
        "LEDGER_ACCOUNT",
        "SELECT account.id AS subject, \
         CAST(COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE credit_account_id = account.id), 0) \
         - COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE debit_account_id = account.id), 0) AS {int}) AS expected, \
         CAST(COALESCE((SELECT SUM(posted_commission_total) FROM store_orders \
         WHERE store_orders.currency = account.currency), 0) AS {int}) AS found, account.currency AS currency \
         FROM ledger_accounts AS account WHERE account.kind = 'COMMISSION' \
         AND COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE credit_account_id = account.id), 0) \
         - COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE debit_account_id = account.id), 0) \
         <> COALESCE((SELECT SUM(posted_commission_total) FROM store_orders WHERE store_orders.currency = account.currency), 0)",
    ),
    (
        "what a payment has refunded and reserved is that of its refunds",
        "PAYMENT",
        "SELECT payments.id AS subject, CAST(payments.refunded_amount + payments.refund_pending_amount AS {int}) AS expected, \
         CAST(COALESCE(SUM(refunds.amount), 0) AS {int}) AS found, payments.currency AS currency \
         FROM payments LEFT JOIN refunds ON refunds.payment_id = payments.id AND refunds.status <> 'FAILED' \
         WHERE EXISTS (SELECT 1 FROM captures WHERE captures.payment_id = payments.id AND captures.collected_by IS NOT NULL) \
         GROUP BY payments.id, payments.refunded_amount, payments.refund_pending_amount, payments.currency \
         HAVING payments.refunded_amount + payments.refund_pending_amount <> COALESCE(SUM(refunds.amount), 0)",
    ),
    (
        "what is owed to buyers is that of refunds that are not paid, without what was returned at providers",
        "LEDGER_ACCOUNT",
        "SELECT account.id AS subject, \
         CAST(COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE credit_account_id = account.id), 0) \
         - COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE debit_account_id = account.id), 0) AS {int}) AS expected, \
         CAST(COALESCE((SELECT SUM(CASE WHEN refunds.status IN ('PENDING', 'AWAITING_PERSON') THEN amount ELSE 0 END \
         + CASE WHEN refunds.reason = 'AT_PROVIDER' THEN \
         CASE WHEN refunds.store_order_id IS NULL AND refunds.status <> 'FAILED' THEN -amount ELSE 0 END \
         WHEN refunds.status = 'FAILED' AND (refunds.store_order_id IS NULL OR refunds.reason = 'CANCELLED') \
         AND NOT EXISTS (SELECT 1 FROM refunds AS again WHERE again.retry_of_id = refunds.id) \
         THEN amount ELSE 0 END) FROM refunds WHERE refunds.currency = account.currency), 0) AS {int}) AS found, \
         account.currency AS currency \
         FROM ledger_accounts AS account WHERE account.kind = 'BUYER_OWED' \
         AND COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE credit_account_id = account.id), 0) \
         - COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE debit_account_id = account.id), 0) \
         <> COALESCE((SELECT SUM(CASE WHEN refunds.status IN ('PENDING', 'AWAITING_PERSON') THEN amount ELSE 0 END \
         + CASE WHEN refunds.reason = 'AT_PROVIDER' THEN \
         CASE WHEN refunds.store_order_id IS NULL AND refunds.status <> 'FAILED' THEN -amount ELSE 0 END \
         WHEN refunds.status = 'FAILED' AND (refunds.store_order_id IS NULL OR refunds.reason = 'CANCELLED') \
         AND NOT EXISTS (SELECT 1 FROM refunds AS again WHERE again.retry_of_id = refunds.id) \
         THEN amount ELSE 0 END) FROM refunds WHERE refunds.currency = account.currency), 0)",
    ),
    (
        "the disputed amount of a payment is that of its disputes whose money was withdrawn",
        "PAYMENT",
        "SELECT payments.id AS subject, CAST(payments.disputed_amount AS {int}) AS expected, \
         CAST(COALESCE(SUM(disputes.amount), 0) AS {int}) AS found, payments.currency AS currency \
         FROM payments LEFT JOIN disputes ON disputes.payment_id = payments.id AND disputes.funds IN ('HELD', 'LOST') \
         GROUP BY payments.id, payments.disputed_amount, payments.currency \
         HAVING payments.disputed_amount <> COALESCE(SUM(disputes.amount), 0)",
    ),
    (
        "money in disputes is that of disputes that are not decided",
        "LEDGER_ACCOUNT",
        "SELECT account.id AS subject, \
         CAST(COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE debit_account_id = account.id), 0) \
         - COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE credit_account_id = account.id), 0) AS {int}) AS expected, \
         CAST(COALESCE((SELECT SUM(amount) FROM disputes WHERE disputes.funds = 'HELD' \
         AND disputes.currency = account.currency), 0) AS {int}) AS found, account.currency AS currency \
         FROM ledger_accounts AS account WHERE account.kind = 'DISPUTES' \
         AND COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE debit_account_id = account.id), 0) \
         - COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE credit_account_id = account.id), 0) \
         <> COALESCE((SELECT SUM(amount) FROM disputes WHERE disputes.funds = 'HELD' AND disputes.currency = account.currency), 0)",
    ),
    (
        "what is held of a store is its share in disputes that are not decided",
        "LEDGER_ACCOUNT",
        "SELECT account.id AS subject, \
         CAST(COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE credit_account_id = account.id), 0) \
         - COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE debit_account_id = account.id), 0) AS {int}) AS expected, \
         CAST(COALESCE((SELECT SUM(share.held_amount) FROM dispute_shares AS share JOIN disputes ON disputes.id = share.dispute_id \
         WHERE disputes.funds = 'HELD' AND share.store_id = account.store_id \
         AND disputes.currency = account.currency), 0) AS {int}) AS found, account.currency AS currency \
         FROM ledger_accounts AS account WHERE account.kind = 'STORE_HELD' \
         AND COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE credit_account_id = account.id), 0) \
         - COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE debit_account_id = account.id), 0) \
         <> COALESCE((SELECT SUM(share.held_amount) FROM dispute_shares AS share JOIN disputes ON disputes.id = share.dispute_id \
         WHERE disputes.funds = 'HELD' AND share.store_id = account.store_id AND disputes.currency = account.currency), 0)",
    ),
    (
        "cash that stores keep does not stay in the ledger",
        "LEDGER_ACCOUNT",
        "SELECT account.id AS subject, CAST(0 AS {int}) AS expected, \
         CAST(COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE debit_account_id = account.id), 0) \
         - COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE credit_account_id = account.id), 0) AS {int}) AS found, \
         account.currency AS currency \
         FROM ledger_accounts AS account WHERE account.kind = 'STORE_CASH' \
         AND COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE debit_account_id = account.id), 0) \
         <> COALESCE((SELECT SUM(amount) FROM ledger_entries WHERE credit_account_id = account.id), 0)",
    ),
];

/// An invariant that is not true for a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub invariant: &'static str,
    pub subject_type: &'static str,
    pub subject_id: Uuid,
    pub expected: Minor,
    pub found: Money,
}

#[derive(FromQueryResult)]
struct Row {
    subject: Uuid,
    expected: i64,
    found: i64,
    currency: CurrencyCode,
}

/// All violations; empty if the ledger is right. Reads the whole ledger.
pub async fn violations(db: &impl ConnectionTrait) -> Result<Vec<Violation>> {
    let backend = db.get_database_backend();
    let integer = if backend == DbBackend::MySql { "SIGNED" } else { "BIGINT" };
    let mut violations = Vec::new();
    for (invariant, subject_type, sql) in INVARIANTS {
        let statement = Statement::from_string(backend, sql.replace("{int}", integer));
        violations.extend(Row::find_by_statement(statement).all(db).await?.into_iter().map(|row| Violation {
            invariant,
            subject_type,
            subject_id: row.subject,
            expected: Minor(row.expected),
            found: Money::new(Minor(row.found), row.currency),
        }));
    }
    Ok(violations)
}

/// Hour of the day, in UTC, in which the ledger is checked: the check reads all of it.
const HOUR: u32 = 3;

/// Records violations as findings, once a day. Returns their number.
pub(super) async fn check(app: &App, system: &System) -> Result<u64> {
    if app.clock.now().hour() != HOUR {
        return Ok(0);
    }
    record_violations(app, system).await
}

/// Records violations as findings. Returns their number.
pub async fn record_violations(app: &App, _system: &System) -> Result<u64> {
    let found = violations(app.db.read()).await?;
    let findings: Vec<_> = found
        .iter()
        .map(|violation| Finding {
            kind: FindingKind::LedgerDiffers,
            subject_type: violation.subject_type,
            subject_id: violation.subject_id,
            expected: violation.expected,
            found: violation.found,
        })
        .collect();
    transact!(app.db, tx, { reconciliation::record(tx, app, &findings).await })?;
    Ok(u64::try_from(found.len()).unwrap_or(u64::MAX))
}
