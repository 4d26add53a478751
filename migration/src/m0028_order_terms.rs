//! The checkout of an order that was not paid in time; commission on shipping, and fees of providers that are passed on; refunds that are
//! repeated.

use crate::schema::{Table, unique};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        Table::new("orders").uuid_null("failed_checkout_id").boolean("fee_passed_on").add_columns(m).await?;
        Table::new("store_orders")
            .big_integer("shipping_commission_total")
            .big_integer("shipping_commission_tax_total")
            .big_integer("posted_fee_total")
            .at_least("posted_fee_total", 0)
            .add_columns(m)
            .await?;
        Table::new("refunds").uuid_null("retry_of_id").add_columns(m).await?;
        // A failed refund is repeated once; if that fails, too, the repetition is repeated.
        unique(m, "refunds_retry", "refunds", &["retry_of_id"]).await
    }
}
