//! `digital_files`, `download_grants`, `downloads`; the purpose of staged uploads.

use crate::schema::{OnDelete, Table, index, unique};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("staged_uploads").string("purpose", 24).default_text("purpose", "IMAGE").add_columns(m).await?;
        // A file of a variant that was deleted is kept for those who bought it, so that there is no foreign key.
        Table::new("digital_files")
            .uuid("id")
            .uuid("product_id")
            .references("product_id", "products", OnDelete::Cascade)
            .uuid_null("variant_id")
            .string("storage_key", 255)
            .string("filename", 255)
            .string("content_type", 64)
            .big_integer("byte_size")
            .at_least("byte_size", 0)
            .string("sha256", 64)
            .string_null("version", 20)
            .integer("position")
            .time("created_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "digital_files_product", "digital_files", &["product_id", "position"]).await?;
        // No foreign key to the user: the rows are written under the lock of their order, after which no user may be locked.
        Table::new("download_grants")
            .uuid("id")
            .uuid("order_line_id")
            .references("order_line_id", "order_lines", OnDelete::Restrict)
            .uuid("order_id")
            .references("order_id", "orders", OnDelete::Restrict)
            .uuid_null("user_id")
            .uuid("product_id")
            .uuid("variant_id")
            .integer("download_limit")
            .at_least("download_limit", 1)
            .integer("used_count")
            .column_check("used_count", "used_count BETWEEN 0 AND download_limit")
            .time_null("expires_at")
            .time_null("revoked_at")
            .time("created_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        unique(m, "download_grants_line", "download_grants", &["order_line_id"]).await?;
        index(m, "download_grants_user", "download_grants", &["user_id", "created_at", "id"]).await?;
        index(m, "download_grants_order", "download_grants", &["order_id"]).await?;
        Table::new("downloads")
            .uuid("id")
            .uuid("grant_id")
            .references("grant_id", "download_grants", OnDelete::Restrict)
            .uuid("file_id")
            .time("created_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "downloads_grant", "downloads", &["grant_id", "created_at"]).await
    }
}
