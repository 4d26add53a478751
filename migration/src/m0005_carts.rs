//! `carts`, `cart_lines`.

use crate::schema::{OnDelete, Table, index, unique};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("carts")
            .uuid("id")
            .uuid_null("user_id")
            .references("user_id", "users", OnDelete::Cascade)
            .integer("version")
            .time("created_at")
            .time("updated_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "carts_updated", "carts", &["updated_at"]).await?;
        unique(m, "carts_user", "carts", &["user_id"]).await?;
        Table::new("cart_lines")
            .uuid("id")
            .uuid("cart_id")
            .references("cart_id", "carts", OnDelete::Cascade)
            .uuid("variant_id")
            .references("variant_id", "product_variants", OnDelete::Cascade)
            .integer("quantity")
            .at_least("quantity", 1)
            .big_integer("price_seen")
            .time("created_at")
            .time("updated_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        unique(m, "cart_lines_variant", "cart_lines", &["cart_id", "variant_id"]).await?;
        Ok(())
    }
}
