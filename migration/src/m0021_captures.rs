//! `captures`, `reconciliation_findings`; amounts of `payments` as their providers report them.

use crate::schema::{OnDelete, Table, index, unique};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("payments")
            .big_integer("cancelled_amount")
            .at_least("cancelled_amount", 0)
            .big_integer("authorized_amount")
            .at_least("authorized_amount", 0)
            .time_null("expires_at")
            .add_columns(m)
            .await?;
        Table::new("sandbox_charges").big_integer("captured_amount").add_columns(m).await?;
        Table::new("captures")
            .uuid("id")
            .uuid("payment_id")
            .references("payment_id", "payments", OnDelete::Restrict)
            .uuid_null("store_order_id")
            .references("store_order_id", "store_orders", OnDelete::Restrict)
            .big_integer("amount")
            .at_least("amount", 0)
            .string("provider_reference", 255)
            .big_integer_null("fee")
            .time("created_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        unique(m, "captures_reference", "captures", &["payment_id", "provider_reference"]).await?;
        index(m, "captures_store_order", "captures", &["store_order_id"]).await?;
        Table::new("reconciliation_findings")
            .uuid("id")
            .string("kind", 24)
            .string("subject_type", 24)
            .uuid("subject_id")
            .big_integer("expected")
            .big_integer("found")
            .string("currency", 3)
            .time("first_seen_at")
            .time("last_seen_at")
            .time_null("resolved_at")
            .string_null("note", 500)
            .primary_key(&["id"])
            .create(m)
            .await?;
        unique(m, "findings_subject", "reconciliation_findings", &["kind", "subject_id"]).await?;
        index(m, "findings_open", "reconciliation_findings", &["resolved_at", "last_seen_at"]).await?;
        for sql in [
            // Payments from before this migration: what was authorized is still authorized, and what was received is one capture,
            // whose ID is that of its payment.
            "UPDATE payments SET authorized_amount = amount WHERE status = 'AUTHORIZED' AND authorized_amount = 0",
            "UPDATE sandbox_charges SET captured_amount = \
             (SELECT payments.amount FROM payments WHERE payments.id = sandbox_charges.payment_id) \
             WHERE outcome = 'CAPTURED' AND captured_amount = 0 \
             AND EXISTS (SELECT 1 FROM payments WHERE payments.id = sandbox_charges.payment_id)",
            "INSERT INTO captures (id, payment_id, amount, provider_reference, created_at) \
             SELECT payments.id, payments.id, payments.captured_amount, COALESCE(payments.provider_reference, 'unknown'), \
             payments.updated_at FROM payments WHERE payments.captured_amount > 0 \
             AND NOT EXISTS (SELECT 1 FROM captures WHERE captures.payment_id = payments.id)",
        ] {
            m.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}
