//! Views and downloads of products, bestsellers and new arrivals; `recently_viewed`; variants whose stock is low.

use crate::schema::{OnDelete, Table, index};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("products")
            .big_integer("view_count")
            .big_integer("indexed_view_count")
            .big_integer("download_count")
            .boolean("bestseller")
            .boolean("new_arrival")
            .boolean_null("pinned_bestseller")
            .boolean_null("pinned_new_arrival")
            .add_columns(m)
            .await?;
        index(m, "products_views", "products", &["listed", "view_count", "id"]).await?;
        index(m, "products_bestseller", "products", &["listed", "bestseller", "created_at", "id"]).await?;
        index(m, "products_new_arrival", "products", &["listed", "new_arrival", "created_at", "id"]).await?;
        Table::new("recently_viewed")
            .uuid("user_id")
            .references("user_id", "users", OnDelete::Cascade)
            .uuid("product_id")
            .references("product_id", "products", OnDelete::Cascade)
            .time("viewed_at")
            .primary_key(&["user_id", "product_id"])
            .create(m)
            .await?;
        index(m, "recently_viewed_newest", "recently_viewed", &["user_id", "viewed_at", "product_id"]).await?;
        // For the deletion of a product.
        index(m, "recently_viewed_product", "recently_viewed", &["product_id"]).await?;
        Table::new("product_variants").boolean("low_stock").add_columns(m).await?;
        // The store is not first: MariaDB would check its foreign key at each change of `low_stock`, after the variant was locked.
        index(m, "product_variants_low_stock", "product_variants", &["low_stock", "store_id", "created_at", "id"]).await?;
        let db = m.get_connection();
        db.execute_unprepared(
            "UPDATE product_variants SET low_stock = TRUE WHERE low_stock_threshold IS NOT NULL \
             AND stock_quantity <= low_stock_threshold \
             AND product_id IN (SELECT id FROM products WHERE kind = 'PHYSICAL')",
        )
        .await?;
        db.execute_unprepared(
            "UPDATE products SET download_count = (SELECT COUNT(*) FROM downloads \
             JOIN download_grants ON download_grants.id = downloads.grant_id WHERE download_grants.product_id = products.id) \
             WHERE kind = 'DIGITAL'",
        )
        .await?;
        Ok(())
    }
}
