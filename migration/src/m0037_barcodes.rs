//! Indexes by which a variant is found by its SKU or barcode in all stores.

use crate::schema::index;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        index(m, "product_variants_code", "product_variants", &["sku"]).await?;
        index(m, "product_variants_barcode", "product_variants", &["barcode"]).await
    }
}
