//! Reconciliation: differences between the marketplace's records of money and those of payment providers. They are recorded for
//! staff and never corrected automatically.

use entity::money::{Minor, Money};
use entity::reconciliation_finding::{Column, Entity, Model};
use entity::value::FindingKind;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::Result;
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
