//! `refunds`, `refund_lines`; what is reserved of payments for refunds.

use crate::schema::{OnDelete, Table, index, unique};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("payments")
            .big_integer("refund_pending_amount")
            // A limit over several columns: on all three databases, only a new column can bring one with it.
            .column_check(
                "refund_pending_amount",
                "refund_pending_amount >= 0 AND refunded_amount + refund_pending_amount <= captured_amount",
            )
            .add_columns(m)
            .await?;
        Table::new("refunds")
            .uuid("id")
            .uuid("payment_id")
            .references("payment_id", "payments", OnDelete::Restrict)
            .uuid("order_id")
            .references("order_id", "orders", OnDelete::Restrict)
            .uuid_null("store_order_id")
            .references("store_order_id", "store_orders", OnDelete::Restrict)
            .string("reason", 24)
            .string("status", 24)
            .big_integer("amount")
            .big_integer("shipping_amount")
            .check("refunds_amount", "amount > 0")
            .string("currency", 3)
            .boolean("restocked")
            .uuid_null("requested_by_id")
            .string_null("note", 300)
            .string_null("provider_reference", 255)
            .string_null("failure_reason", 500)
            .integer("unknown_calls")
            .integer("version")
            .time("created_at")
            .time("updated_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        unique(m, "refunds_reference", "refunds", &["payment_id", "provider_reference"]).await?;
        index(m, "refunds_order", "refunds", &["order_id", "id"]).await?;
        index(m, "refunds_store_order", "refunds", &["store_order_id", "id"]).await?;
        Table::new("refund_lines")
            .uuid("id")
            .uuid("refund_id")
            .references("refund_id", "refunds", OnDelete::Restrict)
            .uuid("order_line_id")
            .references("order_line_id", "order_lines", OnDelete::Restrict)
            .integer("quantity")
            .big_integer("amount")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "refund_lines_refund", "refund_lines", &["refund_id", "id"]).await?;
        index(m, "refund_lines_order_line", "refund_lines", &["order_line_id"]).await
    }
}
