//! Indexes for the filters of orders.

use crate::schema::index;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // Orders with a store order of a store. Orders of an email address use `orders_email` from m0014.
        index(m, "store_orders_store_order", "store_orders", &["store_id", "order_id"]).await?;
        // Unpaid orders, newest first.
        index(m, "orders_paid", "orders", &["paid_at", "created_at", "id"]).await
    }
}
