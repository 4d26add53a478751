//! `payments`, `payment_attempts`.

use crate::schema::{OnDelete, Table, index};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("payments")
            .uuid("id")
            .uuid("order_id")
            .references("order_id", "orders", OnDelete::Cascade)
            .string("provider", 24)
            .string("status", 24)
            .big_integer("amount")
            .big_integer("captured_amount")
            .big_integer("refunded_amount")
            .string("currency", 3)
            .string_null("provider_reference", 255)
            .string_null("method_token", 255)
            .string_null("redirect_url", 1000)
            .string_null("client_secret", 255)
            .string_null("failure_reason", 500)
            .integer("version")
            .time("created_at")
            .time("updated_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "payments_order", "payments", &["order_id", "id"]).await?;
        index(m, "payments_open", "payments", &["status", "updated_at"]).await?;
        Table::new("payment_attempts")
            .uuid("id")
            .uuid("payment_id")
            .references("payment_id", "payments", OnDelete::Cascade)
            .string("outcome", 24)
            .string_null("provider_reference", 255)
            .string_null("message", 500)
            .time("created_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "payment_attempts_payment", "payment_attempts", &["payment_id", "id"]).await?;
        Ok(())
    }
}
