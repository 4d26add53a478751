//! Exports of products.

use crate::connection;
use crate::context::ContextExt;
use crate::decode::Input;
use crate::enums::{ProductFileFormat, ProductStatus, ProductTransferStatus};
use crate::error::Result;
use crate::id;
use crate::loader::{loaders, page_loaders};
use crate::page::{self, COUNT_CAP, Counter};
use crate::payloads;
use crate::scalar::Url;
use crate::store::Store;
use async_graphql::{Context, ID, InputObject};
use chrono::{DateTime, Utc};
use entity::export::Model;
use entity::id::{ProductExportId, StoreId};
use souk_core::auth::{Customer, StoreTask};
use souk_domain::product_export::{self, NewExport};
use souk_macros::{object, root_object};

/// An export.
pub struct ProductExport(Model);

impl From<Model> for ProductExport {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Export of the products of a store to a file that `productImportCreate` reads. It is kept for 30 days.
#[object]
impl ProductExport {
    /// ID of the export.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Store that the products belong to; null if you cannot see it.
    async fn store(&self, ctx: &Context<'_>) -> Result<Option<Store>> {
        Store::load_visible(ctx, self.0.store_id).await
    }

    /// Format of the file.
    async fn format(&self) -> ProductFileFormat {
        self.0.format.into()
    }

    /// Current status of the export.
    async fn status(&self) -> ProductTransferStatus {
        self.0.status.into()
    }

    /// Number of products in the file; 0 until the export is completed.
    async fn product_count(&self) -> i32 {
        self.0.product_count
    }

    /// URL of the file, for everyone who has it; null until the export is completed. It can be used for 10 minutes, without signing in.
    async fn url(&self, ctx: &Context<'_>) -> Result<Option<Url>> {
        Ok(product_export::url(ctx.app()?, ctx.viewer()?, &self.0).await?.map(Url))
    }

    /// Reason why the export failed; null otherwise.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Time at which the export ended; null until then.
    async fn finished_at(&self) -> Option<DateTime<Utc>> {
        self.0.finished_at
    }

    row_fields!(self.0: created_at);
}

connection!(ProductExportConnection, ProductExportEdge, ProductExport, "exports of products");

loaders! {
    /// Loads an export of a store whose products the viewer manages.
    VisibleExport(ProductExportId) => row Model, by product_export::visible;
}

page_loaders! {
    /// Loads a page of the exports of a store.
    OfStore(StoreId) => Model, by product_export::of_stores;
}

impl ProductExport {
    /// Loads an export if the viewer manages the products of its store.
    pub async fn load_visible(ctx: &Context<'_>, id: ProductExportId) -> Result<Option<Self>> {
        Ok(ctx.load_one(VisibleExport(id)).await?.map(Self))
    }
}

impl ProductExportConnection {
    /// The exports of a store, newest first; `None` if the viewer does not manage its products.
    pub async fn of_store(ctx: &Context<'_>, store: StoreId, page: page::Arguments) -> Result<Option<Self>> {
        let page = page.of("Store.productExports", &store)?;
        let Some(rows) = ctx.load_one(OfStore::new(store, (), page.request)).await? else { return Ok(None) };
        let counter = Counter::new(ctx, ctx.viewer()?.clone(), move |app, viewer| {
            Box::pin(product_export::count_of_store(app, viewer, store, COUNT_CAP))
        })?;
        Ok(Some(Self::new(rows, page.scope, counter)))
    }
}

/// Products to export.
#[derive(InputObject)]
struct ProductExportCreateInput {
    /// ID of the store.
    store_id: ID,
    /// Format of the file.
    format: ProductFileFormat,
    /// Conditions on the products; all products if left out.
    filter: Option<ProductExportFilter>,
}

/// Filter for exported products. A product must match all conditions that are set.
#[derive(InputObject)]
struct ProductExportFilter {
    /// Statuses of the product, any of which matches.
    status: Option<Vec<ProductStatus>>,
    /// ID of the category of the product, without its subcategories.
    category_id: Option<ID>,
}

payloads! {
    /// The new export, which is run in the background; null if there are errors.
    ProductExportCreatePayload { product_export: ProductExport } of productExportCreate;
}

/// Mutations of exports of products.
#[derive(Default)]
pub struct ProductExportMutation;

#[root_object]
impl ProductExportMutation {
    /// Exports products of your store, at most 100,000 lines, in the background. A store has one export at a time.
    async fn product_export_create(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Products to export.")] input: ProductExportCreateInput,
    ) -> Result<ProductExportCreatePayload> {
        let app = ctx.app()?;
        let mut decoded = Input::default();
        let store_id = decoded.object("storeId", &input.store_id);
        let (status, category) = input.filter.map(|filter| (filter.status, filter.category_id)).unwrap_or_default();
        let mut statuses: Vec<_> = status.unwrap_or_default().into_iter().map(entity::value::ProductStatus::from).collect();
        statuses.sort();
        statuses.dedup();
        let category_id = category.map(|category| decoded.id("filter.categoryId", &category));
        let create = async {
            let staff = customer.store_staff(&app.db, store_id, StoreTask::Products).await?;
            product_export::create(app, &staff, NewExport { format: input.format.into(), statuses, category_id }).await
        };
        ProductExportCreatePayload::from_result(decoded.run(create).await)
    }
}
