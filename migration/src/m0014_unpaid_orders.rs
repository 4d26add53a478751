//! Columns for cancelled lines, refunds due and limits on unpaid orders; `sandbox_charges`, `buyer_locks`.

use crate::schema::{Table, index};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("orders")
            .string_null("client_network", 64)
            .big_integer("refund_due")
            .at_least("refund_due", 0)
            .add_columns(m)
            .await?;
        index(m, "orders_email", "orders", &["email", "status"]).await?;
        index(m, "orders_network", "orders", &["client_network", "status"]).await?;
        Table::new("order_lines")
            .integer("cancelled_quantity")
            .at_least("cancelled_quantity", 0)
            .big_integer("cancelled_total")
            .at_least("cancelled_total", 0)
            .add_columns(m)
            .await?;
        Table::new("sandbox_charges")
            .uuid("payment_id")
            .string("outcome", 24)
            .time("created_at")
            .primary_key(&["payment_id"])
            .create(m)
            .await?;
        Table::new("buyer_locks").string("name", 300).time("used_at").primary_key(&["name"]).create(m).await?;
        index(m, "buyer_locks_used", "buyer_locks", &["used_at"]).await?;
        // If prices do not include tax, it is added to the line total.
        let cancelled = "UPDATE order_lines SET cancelled_quantity = quantity, cancelled_total = line_total - discount_total + \
                         CASE WHEN order_id IN (SELECT id FROM orders WHERE tax_included) THEN 0 ELSE tax_total END \
                         WHERE store_order_id IN (SELECT id FROM store_orders WHERE status = 'CANCELLED')";
        m.get_connection().execute_unprepared(cancelled).await?;
        Ok(())
    }
}
