//! Reconciliation: differences between the marketplace's records of money and those of payment providers, and within its own records.
//! They are recorded for staff and never corrected automatically.

use crate::page::{self, Cursor, Keyset, Page, PageRequest};
use entity::id::ReconciliationFindingId;
use entity::money::{Minor, Money};
use entity::reconciliation_finding::{Column, Entity, Model};
use entity::value::FindingKind;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Select};
use souk_core::app::App;
use souk_core::auth::permissions::ManageFinance;
use souk_core::auth::{Staff, Viewer};
use souk_core::check::Check;
use souk_core::db::{InPadded, Tx};
use souk_core::error::{Code, Fault, Result, refuse};
use souk_core::length;
use souk_core::transact;
use uuid::Uuid;

/// A difference that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub kind: FindingKind,
    /// Kind of the subject, such as PAYMENT.
    pub subject_type: &'static str,
    pub subject_id: Uuid,
    pub expected: Minor,
    pub found: Money,
}

/// Records findings; one that was found before is open again.
pub(crate) async fn record(tx: &Tx, app: &App, findings: &[Finding]) -> Result<()> {
    let now = app.clock.now();
    for Finding { kind, subject_type, subject_id, expected, found } in findings {
        tracing::error!(%subject_type, %subject_id, %kind, expected = expected.0, %found, "amounts differ");
        let row = Model {
            id: app.clock.new_id(),
            kind: *kind,
            subject_type: (*subject_type).to_owned(),
            subject_id: *subject_id,
            expected: *expected,
            found: found.amount,
            currency: found.currency,
            first_seen_at: now,
            last_seen_at: now,
            resolved_at: None,
            note: None,
        };
        let mut again = OnConflict::columns([Column::Kind, Column::SubjectId]);
        again.update_columns([Column::Expected, Column::Found, Column::Currency, Column::LastSeenAt]);
        again.value(Column::ResolvedAt, Expr::value(Option::<sea_orm::prelude::DateTimeUtc>::None));
        Entity::insert(row.into_active_model().reset_all()).on_conflict(again).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// A page of findings, the last seen first: those that are open or resolved, or all.
pub async fn list(app: &App, _staff: &Staff<ManageFinance>, open: Option<bool>, page: &PageRequest) -> Result<Page<Model>> {
    let keyset = Keyset::newest(Column::LastSeenAt, Column::Id);
    page::fetch(app.db.read(), select(open), &keyset, page, |row: &Model| Cursor::at(row.last_seen_at, row.id.0)).await
}

/// Number of findings, counted up to `cap`, and whether that is exact.
pub async fn count(app: &App, _staff: &Staff<ManageFinance>, open: Option<bool>, cap: u64) -> Result<(u64, bool)> {
    page::count(app.db.read(), select(open), cap).await
}

fn select(open: Option<bool>) -> Select<Entity> {
    match open {
        Some(true) => Entity::find().filter(Column::ResolvedAt.is_null()),
        Some(false) => Entity::find().filter(Column::ResolvedAt.is_not_null()),
        None => Entity::find(),
    }
}

/// Findings by ID; none for callers without MANAGE_FINANCE.
pub async fn visible(app: &App, viewer: &Viewer, ids: &[ReconciliationFindingId]) -> Result<Vec<Model>> {
    if viewer.staff::<ManageFinance>().is_err() {
        return Ok(Vec::new());
    }
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

/// Resolves an open finding; the note says how. It is open again if the difference is found again.
pub async fn resolve(app: &App, _staff: &Staff<ManageFinance>, id: ReconciliationFindingId, note: &str) -> Result<Model> {
    let mut check = Check::new();
    let note = check.line("note", note, 1..=length::FINDING_NOTE);
    check.finish()?;
    transact!(app.db, tx, {
        let row = Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        if row.resolved_at.is_some() {
            return refuse("id", Code::InvalidState, "The finding is resolved already.");
        }
        let mut active = row.into_active_model();
        active.resolved_at = Set(Some(app.clock.now()));
        active.note = Set(Some(note.clone()));
        Ok(Entity::update(active).exec(tx).await?)
    })
}
