//! Differences that the reconciliation of money found.

use crate::context::ContextExt;
use crate::decode;
use crate::enums::ReconciliationFindingKind;
use crate::error::Result;
use crate::id;
use crate::loader::loaders;
use crate::money::Money;
use crate::page::{self, COUNT_CAP, Counter};
use crate::payment::Payment;
use crate::{connection, payloads};
use async_graphql::{Context, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use entity::id::ReconciliationFindingId;
use entity::reconciliation_finding::Model;
use souk_core::auth::Staff;
use souk_core::auth::permissions::ManageFinance;
use souk_domain::reconciliation;
use souk_macros::root_object;

/// A finding.
pub struct ReconciliationFinding(Model);

impl From<Model> for ReconciliationFinding {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Difference between the records of money of the marketplace and those of a payment provider, or within its own records. Nothing is
/// corrected automatically.
#[Object]
impl ReconciliationFinding {
    /// ID of the finding.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Kind of the difference.
    async fn kind(&self) -> ReconciliationFindingKind {
        self.0.kind.into()
    }

    /// Kind of the record that differs, such as `PAYMENT`, `CAPTURE` or `LEDGER_ACCOUNT`.
    async fn subject_type(&self) -> &str {
        &self.0.subject_type
    }

    /// Payment that differs; null if it is not a payment, or you cannot see orders.
    async fn payment(&self, ctx: &Context<'_>) -> Result<Option<Payment>> {
        match self.0.subject_type.as_str() {
            "PAYMENT" => Payment::load_visible(ctx, self.0.subject_id.into()).await,
            _ => Ok(None),
        }
    }

    /// Amount that was expected.
    async fn expected(&self) -> Money {
        Money::new(self.0.expected, self.0.currency)
    }

    /// Amount that was found.
    async fn found(&self) -> Money {
        Money::new(self.0.found, self.0.currency)
    }

    /// Time at which the difference was found first.
    async fn first_seen_at(&self) -> DateTime<Utc> {
        self.0.first_seen_at
    }

    /// Time at which the difference was found last.
    async fn last_seen_at(&self) -> DateTime<Utc> {
        self.0.last_seen_at
    }

    /// Time at which the finding was resolved; null while it is open.
    async fn resolved_at(&self) -> Option<DateTime<Utc>> {
        self.0.resolved_at
    }

    /// How the finding was resolved; null while it is open.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }
}

loaders! {
    /// Loads a finding for staff with MANAGE_FINANCE.
    FindingKey(ReconciliationFindingId) => row Model, by reconciliation::visible;
}

impl ReconciliationFinding {
    /// Loads a finding for staff with MANAGE_FINANCE; `None` for all others.
    pub async fn load_visible(ctx: &Context<'_>, id: ReconciliationFindingId) -> Result<Option<Self>> {
        Ok(ctx.load_one(FindingKey(id)).await?.map(Self))
    }
}

connection!(ReconciliationFindingConnection, ReconciliationFindingEdge, ReconciliationFinding, "reconciliation findings");

/// Input of `reconciliationFindingResolve`.
#[derive(InputObject)]
struct ReconciliationFindingResolveInput {
    /// How the finding was resolved, 1 to 500 characters.
    note: String,
}

payloads! {
    /// The resolved finding; null if the operation failed.
    ReconciliationFindingResolvePayload { finding: ReconciliationFinding } of reconciliationFindingResolve;
}

/// Queries of findings.
#[derive(Default)]
pub struct FindingQuery;

#[root_object]
impl FindingQuery {
    /// Differences that the reconciliation of money found, the last seen first.
    async fn money_reconciliation(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageFinance>,
        #[page] page: page::Arguments,
        #[graphql(desc = "Whether the findings must be open (`true`) or resolved (`false`); all if left out.")] is_open: Option<
            bool,
        >,
    ) -> Result<ReconciliationFindingConnection> {
        let page = page.of("moneyReconciliation", &is_open)?;
        let found = reconciliation::list(ctx.app()?, &staff, is_open, &page.request).await?;
        let counter =
            Counter::new(ctx, staff, move |app, staff| Box::pin(reconciliation::count(app, staff, is_open, COUNT_CAP)))?;
        Ok(ReconciliationFindingConnection::new(found, page.scope, counter))
    }
}

/// Mutations of findings.
#[derive(Default)]
pub struct FindingMutation;

#[root_object]
impl FindingMutation {
    /// Resolves an open finding. It is open again if the difference is found again.
    async fn reconciliation_finding_resolve(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageFinance>,
        #[graphql(desc = "ID of the finding.")] id: ID,
        #[graphql(desc = "How it was resolved.")] input: ReconciliationFindingResolveInput,
    ) -> Result<ReconciliationFindingResolvePayload> {
        let result = decode::by_id("id", &id, async |id| reconciliation::resolve(ctx.app()?, &staff, id, &input.note).await);
        ReconciliationFindingResolvePayload::from_result(result.await)
    }
}
