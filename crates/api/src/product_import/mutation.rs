//! Mutations of imports.

use super::ProductImport;
use crate::context::ContextExt;
use crate::decode::{self, Input};
use crate::enums::{ProductFileFormat, ProductImportMode};
use crate::error::Result;
use crate::payloads;
use async_graphql::{Context, ID, InputObject};
use entity::id::ProductImportId;
use souk_core::auth::{Customer, StoreTask};
use souk_domain::product_import::{self, NewImport};
use souk_macros::root_object;

/// File of products to import.
#[derive(InputObject)]
struct ProductImportCreateInput {
    /// ID of the store that the products belong to.
    store_id: ID,
    /// `StagedUpload.token` of a file that was uploaded before, with the purpose `PRODUCT_IMPORT`.
    staged_upload_token: String,
    /// Format of the file. A CSV file can be one of Souk, Shopify or WooCommerce: the header decides.
    format: ProductFileFormat,
    /// Which products the import writes.
    mode: ProductImportMode,
    /// Whether nothing is written, to see the counts and problems first.
    #[graphql(default = true)]
    dry_run: bool,
}

/// Dry run to apply.
#[derive(InputObject)]
struct ProductImportApplyInput {
    /// Unique key chosen by the client, 1 to 255 characters: a repeated request with the same key returns the same import.
    idempotency_key: String,
}

payloads! {
    /// The new import, which is run in the background; null if there are errors.
    ProductImportCreatePayload { product_import: ProductImport } of productImportCreate;
    /// The import, which is run in the background; null if there are errors.
    ProductImportApplyPayload { product_import: ProductImport } of productImportApply;
    /// The cancelled import; null if there are errors.
    ProductImportCancelPayload { product_import: ProductImport } of productImportCancel;
}

/// Mutations of imports of products.
#[derive(Default)]
pub struct ProductImportMutation;

#[root_object]
impl ProductImportMutation {
    /// Imports products from a file of at most 50 MiB and 100,000 lines into your store, in the background. A store has one import at a time.
    /// An import creates and changes products, and deletes nothing: a missing column and a blank cell leave a field as it is.
    async fn product_import_create(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "File to import.")] input: ProductImportCreateInput,
    ) -> Result<ProductImportCreatePayload> {
        let app = ctx.app()?;
        let mut decoded = Input::default();
        let store_id = decoded.object("storeId", &input.store_id);
        let create = async {
            let staff = customer.store_staff(&app.db, store_id, StoreTask::Products).await?;
            let new = NewImport {
                token: input.staged_upload_token,
                format: input.format.into(),
                mode: input.mode.into(),
                dry_run: input.dry_run,
            };
            product_import::create(app, &staff, new).await
        };
        ProductImportCreatePayload::from_result(decoded.run(create).await)
    }

    /// Runs the file of a completed dry run for real, as the same import, whose counts and problems are reset.
    async fn product_import_apply(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the import.")] id: ID,
        #[graphql(desc = "Key of the request.")] input: ProductImportApplyInput,
    ) -> Result<ProductImportApplyPayload> {
        let app = ctx.app()?;
        let result = decode::by_id("id", &id, async |id: ProductImportId| {
            let staff = product_import::staff(app, &customer, id).await?;
            product_import::apply(app, &staff, id, &input.idempotency_key).await
        });
        ProductImportApplyPayload::from_result(result.await)
    }

    /// Cancels an import that is queued or running. What was written before stays.
    async fn product_import_cancel(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the import.")] id: ID,
    ) -> Result<ProductImportCancelPayload> {
        let app = ctx.app()?;
        let result = decode::by_id("id", &id, async |id: ProductImportId| {
            let staff = product_import::staff(app, &customer, id).await?;
            product_import::cancel(app, &staff, id).await
        });
        ProductImportCancelPayload::from_result(result.await)
    }
}
