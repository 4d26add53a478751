//! `provider_events`, `sandbox_refunds`; kinds of `payment_attempts`; unique references of `payments`.

use crate::schema::{Table, index, unique};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::Statement;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("payments")
            .string("capture_method", 24)
            .default_text("capture_method", "AUTOMATIC")
            .string_null("account", 255)
            .add_columns(m)
            .await?;
        Table::new("payment_attempts")
            .string_null("kind", 24)
            .big_integer_null("amount")
            .string_null("error_kind", 24)
            .add_columns(m)
            .await?;
        Table::new("sandbox_charges").big_integer("authorized_amount").string_null("token", 255).add_columns(m).await?;
        Table::new("sandbox_refunds")
            .uuid("refund_id")
            .uuid("payment_id")
            .big_integer("amount")
            .time("created_at")
            .primary_key(&["refund_id"])
            .create(m)
            .await?;
        index(m, "sandbox_refunds_payment", "sandbox_refunds", &["payment_id"]).await?;
        Table::new("provider_events")
            .uuid("id")
            .string("provider", 24)
            .string("account", 255)
            .string("event_id", 255)
            .string("kind", 255)
            .string_null("reference", 255)
            .uuid_null("payment_id")
            .text("body")
            .time_null("body_expires_at")
            .string("status", 24)
            .string_null("error", 500)
            .time("received_at")
            .time_null("finished_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        unique(m, "provider_events_event", "provider_events", &["provider", "account", "event_id"]).await?;
        index(m, "provider_events_about", "provider_events", &["provider", "reference"]).await?;
        index(m, "provider_events_expiry", "provider_events", &["body_expires_at"]).await?;
        let empty = "UPDATE payments SET provider_reference = NULL WHERE provider_reference = ''";
        m.get_connection().execute_unprepared(empty).await?;
        refuse_duplicates(m).await?;
        unique(m, "payments_reference", "payments", &["provider", "provider_reference"]).await
    }
}

/// The index can't be created while two payments have the same reference, and which of them received the money is for a person to say.
async fn refuse_duplicates(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let sql = "SELECT provider, provider_reference FROM payments WHERE provider_reference IS NOT NULL \
               GROUP BY provider, provider_reference HAVING COUNT(*) > 1 ORDER BY provider, provider_reference LIMIT 5";
    let rows = m.get_connection().query_all_raw(Statement::from_string(m.get_database_backend(), sql)).await?;
    if rows.is_empty() {
        return Ok(());
    }
    let mut found = Vec::new();
    for row in rows {
        found.push(format!("{} {}", row.try_get::<String>("", "provider")?, row.try_get::<String>("", "provider_reference")?));
    }
    let found = found.join(", ");
    let message = format!(
        "Each provider_reference must belong to one payment; several payments have {found}. Correct them, then migrate again."
    );
    Err(DbErr::Custom(message))
}
