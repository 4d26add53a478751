//! `disputes`, `dispute_shares`; what is disputed of payments and store orders.

use crate::schema::{OnDelete, Table, index, unique};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("payments").big_integer("disputed_amount").at_least("disputed_amount", 0).add_columns(m).await?;
        Table::new("store_orders")
            .big_integer("disputed_total")
            .at_least("disputed_total", 0)
            .big_integer("lost_total")
            .at_least("lost_total", 0)
            .add_columns(m)
            .await?;
        Table::new("disputes")
            .uuid("id")
            .uuid("payment_id")
            .references("payment_id", "payments", OnDelete::Restrict)
            .uuid("order_id")
            .references("order_id", "orders", OnDelete::Restrict)
            .string("provider_reference", 255)
            .big_integer("amount")
            .at_least("amount", 0)
            .string("currency", 3)
            .string("status", 24)
            .string("funds", 24)
            .string("bearer", 24)
            .string("reason", 100)
            .time_null("respond_by")
            .big_integer_null("fee")
            .integer("version")
            .time("created_at")
            .time("updated_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        unique(m, "disputes_reference", "disputes", &["payment_id", "provider_reference"]).await?;
        index(m, "disputes_order", "disputes", &["order_id", "id"]).await?;
        Table::new("dispute_shares")
            .uuid("id")
            .uuid("dispute_id")
            .references("dispute_id", "disputes", OnDelete::Restrict)
            .uuid("store_order_id")
            .references("store_order_id", "store_orders", OnDelete::Restrict)
            .uuid("store_id")
            .big_integer("amount")
            .big_integer("held_amount")
            .primary_key(&["id"])
            .create(m)
            .await?;
        unique(m, "dispute_shares_once", "dispute_shares", &["dispute_id", "store_order_id"]).await?;
        index(m, "dispute_shares_store_order", "dispute_shares", &["store_order_id"]).await?;
        index(m, "dispute_shares_store", "dispute_shares", &["store_id", "dispute_id"]).await
    }
}
