//! `orders`, `store_orders`, `order_lines`, `fulfillments`, `fulfillment_lines`.

use crate::schema::{OnDelete, Table, index, unique};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("orders")
            .uuid("id")
            .string("number", 16)
            .uuid_null("checkout_id")
            .uuid_null("user_id")
            .references("user_id", "users", OnDelete::SetNull)
            .string("email", 254)
            .string_null("phone", 32)
            .json_null("shipping_address")
            .json_null("billing_address")
            .text("note")
            .string("status", 24)
            .string("currency", 3)
            .big_integer("items_total")
            .big_integer("discount_total")
            .big_integer("shipping_total")
            .big_integer("tax_total")
            .big_integer("total")
            .boolean("tax_included")
            .time_null("paid_at")
            .time_null("hold_expires_at")
            .integer("version")
            .time("created_at")
            .time("updated_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "orders_user", "orders", &["user_id", "created_at", "id"]).await?;
        index(m, "orders_created", "orders", &["created_at", "id"]).await?;
        index(m, "orders_status", "orders", &["status", "created_at", "id"]).await?;
        index(m, "orders_hold", "orders", &["hold_expires_at"]).await?;
        unique(m, "orders_number", "orders", &["number"]).await?;
        unique(m, "orders_checkout", "orders", &["checkout_id"]).await?;
        Table::new("store_orders")
            .uuid("id")
            .uuid("order_id")
            .references("order_id", "orders", OnDelete::Cascade)
            .uuid("store_id")
            .references("store_id", "stores", OnDelete::Restrict)
            .string("status", 24)
            .uuid_null("shipping_method_id")
            .string_null("shipping_method_name", 100)
            .string("currency", 3)
            .big_integer("items_total")
            .big_integer("discount_total")
            .big_integer("shipping_total")
            .big_integer("tax_total")
            .big_integer("total")
            .integer("version")
            .time("created_at")
            .time("updated_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "store_orders_order", "store_orders", &["order_id", "id"]).await?;
        index(m, "store_orders_store", "store_orders", &["store_id", "created_at", "id"]).await?;
        index(m, "store_orders_status", "store_orders", &["store_id", "status", "created_at", "id"]).await?;
        Table::new("order_lines")
            .uuid("id")
            .uuid("order_id")
            .references("order_id", "orders", OnDelete::Cascade)
            .uuid("store_order_id")
            .references("store_order_id", "store_orders", OnDelete::Cascade)
            .uuid("product_id")
            .uuid("variant_id")
            .string("product_name", 200)
            .string("variant_name", 200)
            .string("sku", 64)
            .string("kind", 24)
            .json("options")
            .integer("quantity")
            .at_least("quantity", 1)
            .integer("fulfilled_quantity")
            .at_least("fulfilled_quantity", 0)
            .big_integer("unit_price")
            .big_integer("line_total")
            .big_integer("discount_total")
            .big_integer("tax_total")
            .integer("tax_basis_points")
            .string("currency", 3)
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "order_lines_order", "order_lines", &["order_id", "id"]).await?;
        index(m, "order_lines_store_order", "order_lines", &["store_order_id", "id"]).await?;
        index(m, "order_lines_product", "order_lines", &["product_id", "order_id"]).await?;
        Table::new("fulfillments")
            .uuid("id")
            .uuid("store_order_id")
            .references("store_order_id", "store_orders", OnDelete::Cascade)
            .string_null("courier", 100)
            .string_null("tracking_number", 100)
            .string_null("tracking_url", 500)
            .time("created_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "fulfillments_store_order", "fulfillments", &["store_order_id", "id"]).await?;
        Table::new("fulfillment_lines")
            .uuid("id")
            .uuid("fulfillment_id")
            .references("fulfillment_id", "fulfillments", OnDelete::Cascade)
            .uuid("order_line_id")
            .references("order_line_id", "order_lines", OnDelete::Cascade)
            .integer("quantity")
            .at_least("quantity", 1)
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "fulfillment_lines_fulfillment", "fulfillment_lines", &["fulfillment_id", "id"]).await?;
        Ok(())
    }
}
