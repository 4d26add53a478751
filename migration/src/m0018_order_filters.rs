//! What the filters of orders need.

use crate::schema::index;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // Orders with a part of a store. Those of an email address are found by `orders_email`, of m0014.
        index(m, "store_orders_store_order", "store_orders", &["store_id", "order_id"]).await?;
        // Unpaid orders, newest first.
        index(m, "orders_paid", "orders", &["paid_at", "created_at", "id"]).await
    }
}
