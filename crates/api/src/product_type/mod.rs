//! Product types.

pub mod mutation;

pub use mutation::ProductTypeMutation;

use crate::attribute::Attribute;
use crate::context::ContextExt;
use crate::cost;
use crate::enums::AttributeLevel;
use crate::error::Result;
use crate::id;
use crate::loader::loaders;
use crate::page::{self, COUNT_CAP, Counter};
use async_graphql::{Context, ID, SimpleObject};
use entity::id::ProductTypeId;
use entity::product_type::Model;
use souk_core::auth::Viewer;
use souk_core::error::Fault;
use souk_domain::product_type::{self, Assignment};
use souk_macros::{object, root_object};

/// Kind of products, such as clothing, which says what attributes they have.
pub struct ProductType(pub Model);

impl From<Model> for ProductType {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Attribute that the products of a type have.
#[derive(SimpleObject)]
pub struct ProductTypeAttribute {
    /// Attribute of the products.
    attribute: Attribute,
    /// Whether the product has the value, or each of its variants.
    level: AttributeLevel,
    /// Whether a value is required.
    is_required: bool,
}

/// Kind of products, such as clothing, which says what attributes they have.
#[object]
impl ProductType {
    /// ID of the product type.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Name of the product type, such as "Clothing".
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Key of the product type in files, unique; it never changes.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    row_fields!(self.0: version, created_at, updated_at);

    /// Attributes of the products and their variants, in their order, at most 50.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn attributes(&self, ctx: &Context<'_>) -> Result<Vec<ProductTypeAttribute>> {
        let found = ctx.load_one(AssignmentsKey(self.0.id)).await?.unwrap_or_default();
        let assignment = |found: Assignment| ProductTypeAttribute {
            attribute: Attribute(found.attribute),
            level: found.level.into(),
            is_required: found.required,
        };
        Ok(found.into_iter().map(assignment).collect())
    }
}

crate::connection!(ProductTypeConnection, ProductTypeEdge, ProductType, "product types");

loaders! {
    /// Loads a product type.
    ProductTypeKey(ProductTypeId) => row Model, by product_type::by_ids;
    /// Loads the attributes of a product type.
    AssignmentsKey(ProductTypeId) => value Vec<Assignment>, by product_type::attributes_of;
}

impl ProductType {
    /// Loads a product type; all product types are public.
    pub async fn load_visible(ctx: &Context<'_>, id: ProductTypeId) -> Result<Option<Self>> {
        Ok(ctx.load_one(ProductTypeKey(id)).await?.map(Self))
    }
}

/// Queries of product types.
#[derive(Default)]
pub struct ProductTypeQuery;

#[root_object]
impl ProductTypeQuery {
    /// Product types of the marketplace, newest first.
    async fn product_types(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[page] page: page::Arguments,
    ) -> Result<ProductTypeConnection> {
        let page = page.of("productTypes", &())?;
        let found = product_type::list(ctx.app()?, viewer, &page.request).await?;
        let counter = Counter::new(ctx, viewer.clone(), |app, viewer| Box::pin(product_type::count(app, viewer, COUNT_CAP)))?;
        Ok(ProductTypeConnection::new(found, page.scope, counter))
    }

    /// Product type by its ID or its slug; exactly one of them is required. Null if it does not exist.
    async fn product_type(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "ID of the product type.")] id: Option<ID>,
        #[graphql(desc = "Slug of the product type.")] slug: Option<String>,
    ) -> Result<Option<ProductType>> {
        match (id, slug) {
            (Some(id), None) => ProductType::load_visible(ctx, id::argument("id", &id)?).await,
            (None, Some(slug)) => Ok(product_type::by_slug(ctx.app()?, viewer, &slug).await?.map(ProductType)),
            _ => Err(Fault::BadUserInput { argument: "id", message: "exactly one of id and slug is needed".into() }.into()),
        }
    }
}
