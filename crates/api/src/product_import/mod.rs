//! Imports of products.

pub mod mutation;

pub use mutation::ProductImportMutation;

use crate::connection;
use crate::context::ContextExt;
use crate::enums::{ProductFileFormat, ProductImportMode, ProductTransferStatus, UserErrorCode};
use crate::error::Result;
use crate::id;
use crate::loader::{loaders, page_loaders};
use crate::page::{self, COUNT_CAP, Counter};
use crate::scalar::Url;
use crate::store::Store;
use async_graphql::{Context, ID, SimpleObject};
use chrono::{DateTime, Utc};
use entity::id::{ProductImportId, StoreId};
use entity::import::Model;
use souk_domain::product_import::{self, LineProblem};
use souk_macros::object;

/// An import.
pub struct ProductImport(Model);

impl From<Model> for ProductImport {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Import of products from a file into a store. It is kept for 30 days.
#[object]
impl ProductImport {
    /// ID of the import.
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

    /// Which products the import writes.
    async fn mode(&self) -> ProductImportMode {
        self.0.mode.into()
    }

    /// Name of the file.
    async fn filename(&self) -> &str {
        &self.0.filename
    }

    /// SHA-256 of the file in hexadecimal, 64 digits.
    async fn sha256(&self) -> &str {
        &self.0.sha256
    }

    /// Current status of the import.
    async fn status(&self) -> ProductTransferStatus {
        self.0.status.into()
    }

    /// Whether nothing is written: the counts and problems are those that the import would have. Apply it with `productImportApply`.
    async fn dry_run(&self) -> bool {
        self.0.dry_run
    }

    /// Number of lines with data in the file; null until the file was read.
    async fn total_lines(&self) -> Option<i32> {
        self.0.total_lines
    }

    /// Number of lines that are done.
    async fn done_lines(&self) -> i32 {
        self.0.done_lines
    }

    /// Number of products that were created.
    async fn created(&self) -> i32 {
        self.0.created_count
    }

    /// Number of products that were changed, some by images only.
    async fn updated(&self) -> i32 {
        self.0.updated_count
    }

    /// Number of products that were as in the file already.
    async fn unchanged(&self) -> i32 {
        self.0.unchanged_count
    }

    /// Number of products with problems, which were left as they were.
    async fn failed(&self) -> i32 {
        self.0.failed_count
    }

    /// Number of images that are not loaded yet. They are loaded after the lines.
    async fn pending_images(&self) -> i32 {
        self.0.pending_images
    }

    /// Problems in the order in which they were found, at most 1,000; `reportUrl` has all.
    async fn problems(&self, ctx: &Context<'_>, #[page] page: page::Arguments) -> Result<ProductImportProblemConnection> {
        let id = self.0.id;
        let page = page.of("ProductImport.problems", &id)?;
        let found = product_import::problems(ctx.app()?, ctx.viewer()?, id, &page.request).await?;
        let counter = Counter::new(ctx, ctx.viewer()?.clone(), move |app, viewer| {
            Box::pin(product_import::count_problems(app, viewer, id))
        })?;
        Ok(ProductImportProblemConnection::new(found, page.scope, counter))
    }

    /// Number of all problems.
    async fn problem_count(&self) -> i32 {
        self.0.problem_count
    }

    /// URL of a CSV file with all problems, for everyone who has it; null without problems. It can be used for 10 minutes, without signing in.
    async fn report_url(&self, ctx: &Context<'_>) -> Result<Option<Url>> {
        if self.0.problem_count == 0 {
            return Ok(None);
        }
        Ok(Some(Url(product_import::report::url(ctx.app()?, ctx.viewer()?, &self.0)?)))
    }

    /// Time at which the import ended; null until then.
    async fn finished_at(&self) -> Option<DateTime<Utc>> {
        self.0.finished_at
    }

    row_fields!(self.0: created_at);
}

/// Problem of a line of an imported file. Nothing of its product was written.
#[derive(SimpleObject)]
pub struct ProductImportProblem {
    /// Number of the line in the file, from 1; 0 if the problem concerns the whole file.
    line: i32,
    /// Name of the column or the field, as in the file; null if the problem concerns the whole line.
    column: Option<String>,
    /// Beginning of the value in the file, at most 200 characters; null if there is none.
    value: Option<String>,
    /// Kind of the problem.
    code: UserErrorCode,
    /// Sentence with the problem, what is allowed, and the value found.
    message: String,
}

impl From<LineProblem> for ProductImportProblem {
    fn from(problem: LineProblem) -> Self {
        let line = i32::try_from(problem.line).unwrap_or(i32::MAX);
        Self { line, column: problem.column, value: problem.value, code: problem.code.into(), message: problem.message }
    }
}

connection!(ProductImportConnection, ProductImportEdge, ProductImport, "imports of products");
connection!(ProductImportProblemConnection, ProductImportProblemEdge, ProductImportProblem, "problems of an import");

loaders! {
    /// Loads an import of a store whose products the viewer manages.
    VisibleImport(ProductImportId) => row Model, by product_import::visible;
}

page_loaders! {
    /// Loads a page of the imports of a store.
    OfStore(StoreId) => Model, by product_import::of_stores;
}

impl ProductImport {
    /// Loads an import if the viewer manages the products of its store.
    pub async fn load_visible(ctx: &Context<'_>, id: ProductImportId) -> Result<Option<Self>> {
        Ok(ctx.load_one(VisibleImport(id)).await?.map(Self))
    }
}

impl ProductImportConnection {
    /// The imports of a store, newest first; `None` if the viewer does not manage its products.
    pub async fn of_store(ctx: &Context<'_>, store: StoreId, page: page::Arguments) -> Result<Option<Self>> {
        let page = page.of("Store.productImports", &store)?;
        let Some(rows) = ctx.load_one(OfStore::new(store, (), page.request)).await? else { return Ok(None) };
        let counter = Counter::new(ctx, ctx.viewer()?.clone(), move |app, viewer| {
            Box::pin(product_import::count_of_store(app, viewer, store, COUNT_CAP))
        })?;
        Ok(Some(Self::new(rows, page.scope, counter)))
    }
}
