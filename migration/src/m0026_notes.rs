//! `order_notes`.

use crate::schema::{OnDelete, Table, index};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("order_notes")
            .uuid("id")
            .uuid("order_id")
            .references("order_id", "orders", OnDelete::Restrict)
            .uuid_null("store_order_id")
            .references("store_order_id", "store_orders", OnDelete::Restrict)
            .uuid_null("created_by_id")
            .string("author_kind", 24)
            .string("visibility", 24)
            .text("text")
            .time("created_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "order_notes_order", "order_notes", &["order_id", "id"]).await?;
        index(m, "order_notes_store_order", "order_notes", &["store_order_id", "id"]).await?;
        // For closing an account.
        index(m, "order_notes_created_by", "order_notes", &["created_by_id"]).await
    }
}
