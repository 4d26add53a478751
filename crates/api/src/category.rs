//! Categories.

pub mod image;

pub use image::CategoryImageMutation;

use crate::context::ContextExt;
use crate::cost;
use crate::decode::{self, Input};
use crate::error::Result;
use crate::error::{missing, split};
use crate::id;
use crate::image::Image;
use crate::loader::Loaders;
use crate::page;
use crate::payload;
use crate::product::list::Question;
use crate::product::{self, ProductConnection, ProductFilter, ProductSort};
use crate::scalar::{Html, Url};
use crate::seo::Seo;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::category::Model;
use entity::id::CategoryId;
use souk_core::auth::permissions::ManageProducts;
use souk_core::auth::{Staff, Viewer};
use souk_core::error::Error;
use souk_domain::category::{self, CategoryPatch, NewCategory};
use souk_domain::link;
use souk_macros::root_object;
use std::collections::HashMap;

/// A node of the category tree.
pub struct Category(pub Model);

impl From<Model> for Category {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// A node of the category tree.
#[Object]
impl Category {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// URL identifier, unique.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// URL of the page of the category in the storefront: `SOUK_STOREFRONT_URL` followed by `/categories/` and the slug. Null if no storefront is
    /// configured.
    async fn url(&self, ctx: &Context<'_>) -> Result<Option<Url>> {
        Ok(link::storefront_category(ctx.app()?, &self.0.slug).map(Url::from))
    }

    /// Description; empty if there is none.
    async fn description(&self) -> Html {
        self.0.description.as_str().into()
    }

    /// The name of an icon, for the storefront to choose.
    async fn icon(&self) -> Option<&str> {
        self.0.icon.as_deref()
    }

    /// Picture; null if there is none.
    async fn image(&self, ctx: &Context<'_>) -> Result<Option<Image>> {
        let app = ctx.app()?;
        Ok(self.0.image_key.as_ref().map(|key| Image::stored(app, key)))
    }

    /// Texts for search engines.
    async fn seo(&self) -> Seo {
        Seo::new(&self.0.seo_title, &self.0.seo_description)
    }

    /// InPadded its siblings, lowest first.
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// Whether the storefront shows it.
    async fn is_active(&self) -> bool {
        self.0.active
    }

    /// Whether the storefront shows it.
    #[graphql(deprecation = "Use `isActive`.")]
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Raised by one at every change; for `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The category above; null for a root, and if that category is not active.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Category>> {
        let Some(parent) = self.0.parent_id else { return Ok(None) };
        Category::load_visible(ctx, parent).await
    }

    /// The active categories directly below, in their order.
    #[graphql(directive = cost::ListOf::apply(10))]
    async fn children(&self, ctx: &Context<'_>) -> Result<Vec<Category>> {
        let rows = ctx.load_one(ChildrenKey(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Category).collect())
    }

    /// Number of products for sale in this category and those below it, counted up to 10,000.
    #[graphql(directive = cost::Weighs::apply(cost::COUNT))]
    async fn product_count(&self, ctx: &Context<'_>) -> Result<i32> {
        product::list::count_of_category(ctx, self.0.id).await
    }

    /// Products for sale in this category and those below it.
    #[graphql(directive = cost::Paged::apply())]
    #[allow(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn products(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of items to return from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only items after this cursor.")] after: Option<String>,
        #[graphql(desc = "Number of items to return from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which of them.")] filter: Option<ProductFilter>,
        #[graphql(desc = "Their order; NEWEST if left out.")] sort_by: Option<ProductSort>,
    ) -> Result<ProductConnection> {
        let question = Question::new(None, filter, sort_by, ctx.app()?.config.currency)?;
        let page = page::arguments(first, after, last, before);
        Box::pin(product::list::of_category(ctx, self.0.id, question, page)).await
    }

    /// The active categories from the root to this one, without this one.
    #[graphql(directive = cost::ListOf::apply(4))]
    async fn ancestors(&self, ctx: &Context<'_>) -> Result<Vec<Category>> {
        let rows = ctx.load_one(AncestorsKey(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Category).collect())
    }
}

/// A category, if the viewer may see it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct VisibleCategory(CategoryId);
/// The children of one category.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct ChildrenKey(CategoryId);
/// The ancestors of one category.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct AncestorsKey(CategoryId);

impl Loader<VisibleCategory> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[VisibleCategory]) -> Result<HashMap<VisibleCategory, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = category::visible(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (VisibleCategory(row.id), row)).collect())
    }
}

impl Loader<ChildrenKey> for Loaders {
    type Value = Vec<Model>;
    type Error = Error;

    async fn load(&self, keys: &[ChildrenKey]) -> Result<HashMap<ChildrenKey, Vec<Model>>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = category::children(&self.app, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|(id, rows)| (ChildrenKey(id), rows)).collect())
    }
}

impl Loader<AncestorsKey> for Loaders {
    type Value = Vec<Model>;
    type Error = Error;

    async fn load(&self, keys: &[AncestorsKey]) -> Result<HashMap<AncestorsKey, Vec<Model>>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = category::ancestors(&self.app, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|(id, rows)| (AncestorsKey(id), rows)).collect())
    }
}

impl Category {
    /// If the viewer may see it: an active one, or any for the staff that manages products.
    pub async fn load_visible(ctx: &Context<'_>, id: CategoryId) -> Result<Option<Self>> {
        Ok(ctx.load_one(VisibleCategory(id)).await?.map(Self))
    }
}

/// Reading categories.
#[derive(Default)]
pub struct CategoryQuery;

#[root_object]
impl CategoryQuery {
    /// Top-level categories, in their order.
    #[graphql(directive = cost::ListOf::apply(20))]
    async fn categories(&self, ctx: &Context<'_>, #[actor] viewer: &Viewer) -> Result<Vec<Category>> {
        let rows = category::roots(ctx.app()?, viewer).await?;
        Ok(rows.into_iter().map(Category).collect())
    }

    /// Category with this slug; null if it does not exist.
    async fn category(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "URL identifier of the category.")] slug: String,
    ) -> Result<Option<Category>> {
        Ok(category::by_slug(ctx.app()?, viewer, &slug).await?.map(Category))
    }
}

/// A new category.
#[derive(InputObject)]
struct CategoryCreateInput {
    /// 1 to 100 characters.
    name: String,
    /// Lower-case letters, digits and hyphens; made from the name when left out.
    slug: Option<String>,
    /// HTML of at most 20,000 characters; sanitised.
    description: Option<Html>,
    /// The category above; left out for a root.
    parent_id: Option<ID>,
    /// InPadded its siblings, lowest first; 0 when left out.
    position: Option<i32>,
    /// The name of an icon, at most 64 characters.
    icon: Option<String>,
    /// Title for search engines, at most 200 characters.
    seo_title: Option<String>,
    /// Description for search engines, at most 500 characters.
    seo_description: Option<String>,
}

/// What is to change; what is left out stays.
#[derive(InputObject)]
struct CategoryUpdateInput {
    /// 1 to 100 characters.
    name: Option<String>,
    /// Lower-case letters, digits and hyphens.
    slug: Option<String>,
    /// HTML of at most 20,000 characters; sanitised.
    description: Option<Html>,
    /// The category above; `null` makes it a root.
    parent_id: MaybeUndefined<ID>,
    /// InPadded its siblings, lowest first.
    position: Option<i32>,
    /// The name of an icon, at most 64 characters; `null` takes it away.
    icon: MaybeUndefined<String>,
    /// Title for search engines, at most 200 characters; `null` removes it.
    seo_title: MaybeUndefined<String>,
    /// Description for search engines, at most 500 characters; `null` removes it.
    seo_description: MaybeUndefined<String>,
    /// Whether the storefront shows it.
    is_active: Option<bool>,
    /// Whether the storefront shows it.
    #[graphql(deprecation = "Use `isActive`.")]
    active: Option<bool>,
    /// The version the change is based on: refused as `STALE` when it has moved on.
    expected_version: Option<i32>,
}

payload! {
    /// What came of adding a category.
    CategoryCreatePayload {
        /// The new category.
        category: Category
    }
}

payload! {
    /// What came of changing a category.
    CategoryUpdatePayload {
        /// The changed category.
        category: Category
    }
}

/// What came of removing a category.
#[derive(SimpleObject)]
struct CategoryDeletePayload {
    /// The ID of what was removed.
    deleted_id: Option<ID>,
    /// What was wrong; empty where all went well.
    user_errors: Vec<crate::error::UserError>,
}

/// Changing categories.
#[derive(Default)]
pub struct CategoryMutation;

#[root_object]
impl CategoryMutation {
    /// Creates a category.
    async fn category_create(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageProducts>,
        #[graphql(desc = "Fields of the new category.")] input: CategoryCreateInput,
    ) -> Result<CategoryCreatePayload> {
        let result = async {
            let new = NewCategory {
                name: input.name,
                slug: input.slug,
                description: input.description.map(Into::into),
                parent_id: input.parent_id.map(|id| decode::read("parentId", &id)).transpose()?,
                position: input.position,
                icon: input.icon,
                seo_title: input.seo_title,
                seo_description: input.seo_description,
            };
            category::create(ctx.app()?, &staff, new).await
        };
        CategoryCreatePayload::from_result(result.await)
    }

    /// Updates a category.
    async fn category_update(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageProducts>,
        #[graphql(desc = "ID of the category.")] id: ID,
        #[graphql(desc = "Fields to change.")] input: CategoryUpdateInput,
    ) -> Result<CategoryUpdatePayload> {
        let result = async {
            let mut decoded = Input::default();
            let id = decoded.id("id", &id);
            let parent_id = input.parent_id.as_opt_ref();
            let parent_id = parent_id.map(|parent| parent.map(|parent| decoded.id("parentId", parent)));
            let active = decoded.renamed("", ("isActive", input.is_active), ("active", input.active));
            decoded.finish()?;
            let patch = CategoryPatch {
                name: input.name,
                slug: input.slug,
                description: input.description.map(Into::into),
                parent_id,
                position: input.position,
                icon: input.icon.as_opt_ref().map(|icon| icon.cloned()),
                seo_title: input.seo_title.as_opt_ref().map(|text| text.cloned()),
                seo_description: input.seo_description.as_opt_ref().map(|text| text.cloned()),
                active,
                expected_version: input.expected_version,
            };
            category::update(ctx.app()?, &staff, id, patch).await
        };
        CategoryUpdatePayload::from_result(result.await.map_err(missing("id")))
    }

    /// Deletes a category that has no subcategories. Its products stay, without a category.
    async fn category_delete(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageProducts>,
        #[graphql(desc = "ID of the category.")] id: ID,
    ) -> Result<CategoryDeletePayload> {
        let result = decode::by_id("id", &id, async |id| category::delete(ctx.app()?, &staff, id).await);
        let (deleted, user_errors) = split(result.await)?;
        Ok(CategoryDeletePayload { deleted_id: deleted.map(id::output), user_errors })
    }
}
