//! Attributes of products and variants, and their choices.

pub mod choice;
pub mod mutation;
mod value;

pub use choice::{AttributeChoice, AttributeChoiceMutation};
pub use mutation::AttributeMutation;
pub use value::{AttributeValue, AttributeValueInput, IncompleteKey, OfProductKey, OfVariantKey, decode_all};

use crate::context::ContextExt;
use crate::enums::AttributeInputType;
use crate::error::Result;
use crate::id;
use crate::loader::{loaders, page_loaders};
use crate::page::{self, COUNT_CAP, Counter};
use async_graphql::{Context, ID};
use entity::attribute::Model;
use entity::attribute_choice;
use entity::id::AttributeId;
use souk_core::auth::Viewer;
use souk_core::error::Fault;
use souk_domain::attribute;
use souk_domain::page::Page;
use souk_macros::{object, root_object};

/// Attribute that products or variants have a value of, such as a colour or a material.
pub struct Attribute(pub Model);

impl From<Model> for Attribute {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Attribute that products or variants have a value of, such as a colour or a material.
#[object]
impl Attribute {
    /// ID of the attribute.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Name of the attribute, such as "Colour".
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Key of the attribute in inputs, filters and files, unique; it never changes.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// Kind of the values.
    async fn input_type(&self) -> AttributeInputType {
        self.0.input_type.into()
    }

    /// Unit of the numbers, such as "kg"; null if they have none.
    async fn unit(&self) -> Option<&str> {
        self.0.unit.as_deref()
    }

    /// Whether searches can be filtered by the attribute.
    async fn is_filterable(&self) -> bool {
        self.0.filterable
    }

    row_fields!(self.0: version, created_at, updated_at);

    /// Choices of the attribute in their order; empty unless `inputType` is `CHOICE` or `MULTI_CHOICE`.
    async fn choices(&self, ctx: &Context<'_>, #[page] page: page::Arguments) -> Result<AttributeChoiceConnection> {
        let page = page.of("Attribute.choices", &self.0.id)?;
        let key = ChoicesOf::new(self.0.id, (), page.request);
        let found = ctx.load_one(key).await?.unwrap_or_else(Page::empty);
        let counter = Counter::new(ctx, (ctx.viewer()?.clone(), self.0.id), |app, (viewer, id)| {
            Box::pin(attribute::count_choices(app, viewer, *id, COUNT_CAP))
        })?;
        Ok(AttributeChoiceConnection::new(found, page.scope, counter))
    }
}

crate::connection!(AttributeConnection, AttributeEdge, Attribute, "attributes");
crate::connection!(AttributeChoiceConnection, AttributeChoiceEdge, AttributeChoice, "choices of an attribute");

loaders! {
    /// Loads an attribute.
    AttributeKey(AttributeId) => row Model, by attribute::by_ids;
}

page_loaders! {
    /// Loads a page of the choices of an attribute.
    ChoicesOf(AttributeId) => attribute_choice::Model, by attribute::choices_of;
}

impl Attribute {
    /// Loads an attribute; all attributes are public.
    pub async fn load_visible(ctx: &Context<'_>, id: AttributeId) -> Result<Option<Self>> {
        Ok(ctx.load_one(AttributeKey(id)).await?.map(Self))
    }
}

/// Queries of attributes.
#[derive(Default)]
pub struct AttributeQuery;

#[root_object]
impl AttributeQuery {
    /// Attributes of the marketplace, newest first.
    async fn attributes(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[page] page: page::Arguments,
    ) -> Result<AttributeConnection> {
        let page = page.of("attributes", &())?;
        let found = attribute::list(ctx.app()?, viewer, &page.request).await?;
        let counter = Counter::new(ctx, viewer.clone(), |app, viewer| Box::pin(attribute::count(app, viewer, COUNT_CAP)))?;
        Ok(AttributeConnection::new(found, page.scope, counter))
    }

    /// Attribute by its ID or its slug; exactly one of them is required. Null if it does not exist.
    async fn attribute(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "ID of the attribute.")] id: Option<ID>,
        #[graphql(desc = "Slug of the attribute.")] slug: Option<String>,
    ) -> Result<Option<Attribute>> {
        match (id, slug) {
            (Some(id), None) => Attribute::load_visible(ctx, id::argument("id", &id)?).await,
            (None, Some(slug)) => Ok(attribute::by_slug(ctx.app()?, viewer, &slug).await?.map(Attribute)),
            _ => Err(Fault::BadUserInput { argument: "id", message: "exactly one of id and slug is needed".into() }.into()),
        }
    }
}
