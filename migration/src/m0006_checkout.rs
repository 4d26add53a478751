//! `shipping_methods`, `tax_rates`, `checkouts`, `idempotency_keys`.

use crate::schema::{OnDelete, Table, index, unique};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("shipping_methods")
            .uuid("id")
            .uuid_null("store_id")
            .references("store_id", "stores", OnDelete::Cascade)
            .string("name", 100)
            .big_integer("price")
            .big_integer_null("free_over")
            .string("currency", 3)
            .json("countries")
            .integer("position")
            .boolean("active")
            .integer("version")
            .time("created_at")
            .time("updated_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "shipping_methods_store", "shipping_methods", &["store_id", "active", "position"]).await?;
        Table::new("tax_rates")
            .uuid("id")
            .string("country", 2)
            .string("name", 50)
            .integer("basis_points")
            .at_least("basis_points", 0)
            .integer("version")
            .time("created_at")
            .time("updated_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        unique(m, "tax_rates_country", "tax_rates", &["country"]).await?;
        Table::new("checkouts")
            .uuid("id")
            .uuid_null("cart_id")
            .references("cart_id", "carts", OnDelete::SetNull)
            .uuid_null("user_id")
            .references("user_id", "users", OnDelete::Cascade)
            .string_null("email", 254)
            .string_null("phone", 32)
            .json_null("shipping_address")
            .json_null("billing_address")
            .json("shipping_choices")
            .text("note")
            .string("status", 24)
            .integer("version")
            .time("created_at")
            .time("updated_at")
            .primary_key(&["id"])
            .create(m)
            .await?;
        index(m, "checkouts_user", "checkouts", &["user_id", "created_at"]).await?;
        index(m, "checkouts_cart", "checkouts", &["cart_id"]).await?;
        index(m, "checkouts_updated", "checkouts", &["updated_at"]).await?;
        Table::new("idempotency_keys")
            .string("scope", 100)
            .string("idempotency_key", 255)
            .string("request_hash", 64)
            .uuid("result_id")
            .time("created_at")
            .primary_key(&["scope", "idempotency_key"])
            .create(m)
            .await?;
        index(m, "idempotency_keys_created", "idempotency_keys", &["created_at"]).await?;
        Ok(())
    }
}
