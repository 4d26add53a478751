//! The category tree.

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
use crate::product::list::ProductSelection;
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

/// Category of products, in a tree.
pub struct Category(pub Model);

impl From<Model> for Category {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Category of products, in a tree.
#[Object]
impl Category {
    /// ID of the category.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Name of the category.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// URL identifier, unique.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// URL of the category's page in the storefront, which ends with `/categories/` and the slug. Null if the marketplace has no
    /// storefront URL.
    async fn url(&self, ctx: &Context<'_>) -> Result<Option<Url>> {
        Ok(link::storefront_category(ctx.app()?, &self.0.slug).map(Url::from))
    }

    /// Description of the category; empty if there is none.
    async fn description(&self) -> Html {
        self.0.description.as_str().into()
    }

    /// Name of an icon that storefronts can show; null if there is none.
    async fn icon(&self) -> Option<&str> {
        self.0.icon.as_deref()
    }

    /// Image of the category; null if there is none.
    async fn image(&self, ctx: &Context<'_>) -> Result<Option<Image>> {
        let app = ctx.app()?;
        Ok(self.0.image_key.as_ref().map(|key| Image::stored(app, key)))
    }

    /// Title and description for search engines.
    async fn seo(&self) -> Seo {
        Seo::new(&self.0.seo_title, &self.0.seo_description)
    }

    /// Position among the categories with the same parent, lowest first.
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// Whether storefronts show the category.
    async fn is_active(&self) -> bool {
        self.0.active
    }

    /// Whether storefronts show the category.
    #[graphql(deprecation = "Use `isActive`.")]
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Version for optimistic locking; pass it as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Parent category; null for a root category, and if you cannot see the parent because it is not active.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Category>> {
        let Some(parent) = self.0.parent_id else { return Ok(None) };
        Category::load_visible(ctx, parent).await
    }

    /// Active child categories, in order of their position.
    #[graphql(directive = cost::ListOf::apply(10))]
    async fn children(&self, ctx: &Context<'_>) -> Result<Vec<Category>> {
        let rows = ctx.load_one(ChildrenKey(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Category).collect())
    }

    /// Number of products for sale in this category and all below it, counted up to 10,000.
    #[graphql(directive = cost::Weighs::apply(cost::COUNT))]
    async fn product_count(&self, ctx: &Context<'_>) -> Result<i32> {
        product::list::count_of_category(ctx, self.0.id).await
    }

    /// Products for sale in this category and all below it.
    #[graphql(directive = cost::Paged::apply())]
    #[allow(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn products(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of items to return from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Return items after this cursor.")] after: Option<String>,
        #[graphql(desc = "Number of items to return from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Return items before this cursor.")] before: Option<String>,
        #[graphql(desc = "Conditions on the products.")] filter: Option<ProductFilter>,
        #[graphql(desc = "Order of the products; `NEWEST` if left out.")] sort_by: Option<ProductSort>,
    ) -> Result<ProductConnection> {
        let selection = ProductSelection::new(None, filter, sort_by, ctx.app()?.config.currency)?;
        let page = page::arguments(first, after, last, before);
        Box::pin(product::list::of_category(ctx, self.0.id, selection, page)).await
    }

    /// Categories above this one, from the root to the parent. Only staff with `MANAGE_PRODUCTS` see those that are not active.
    #[graphql(directive = cost::ListOf::apply(4))]
    async fn ancestors(&self, ctx: &Context<'_>) -> Result<Vec<Category>> {
        let rows = ctx.load_one(AncestorsKey(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Category).collect())
    }
}

/// Loads a category, if the viewer may see it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct VisibleCategory(CategoryId);
/// Loads the active children of a category.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct ChildrenKey(CategoryId);
/// Loads the ancestors of a category.
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
    /// Loads a category, if the viewer may see it: an active one, or any for staff with `ManageProducts`.
    pub async fn load_visible(ctx: &Context<'_>, id: CategoryId) -> Result<Option<Self>> {
        Ok(ctx.load_one(VisibleCategory(id)).await?.map(Self))
    }
}

/// Queries of categories.
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

/// New category in the tree.
#[derive(InputObject)]
struct CategoryCreateInput {
    /// Name of the category, 1 to 100 characters.
    name: String,
    /// URL identifier, unique: lower-case letters, digits and single hyphens, at most 120 characters; made from the name if left
    /// out.
    slug: Option<String>,
    /// Description as HTML, at most 20,000 characters; sanitised.
    description: Option<Html>,
    /// ID of the parent category; a root category if left out. The tree has at most 8 levels.
    parent_id: Option<ID>,
    /// Position among the categories with the same parent, lowest first, 0 to 1,000,000; 0 if left out.
    position: Option<i32>,
    /// Name of an icon, at most 64 characters.
    icon: Option<String>,
    /// Title for search engines, at most 200 characters.
    seo_title: Option<String>,
    /// Description for search engines, at most 500 characters.
    seo_description: Option<String>,
}

/// Changes to a category. Fields that are left out keep their value.
#[derive(InputObject)]
struct CategoryUpdateInput {
    /// Name of the category, 1 to 100 characters.
    name: Option<String>,
    /// URL identifier, unique: lower-case letters, digits and single hyphens, at most 120 characters.
    slug: Option<String>,
    /// Description as HTML, at most 20,000 characters; sanitised.
    description: Option<Html>,
    /// ID of the parent category; `null` makes it a root category. The tree has at most 8 levels.
    parent_id: MaybeUndefined<ID>,
    /// Position among the categories with the same parent, lowest first, 0 to 1,000,000.
    position: Option<i32>,
    /// Name of an icon, at most 64 characters; `null` removes it.
    icon: MaybeUndefined<String>,
    /// Title for search engines, at most 200 characters; `null` removes it.
    seo_title: MaybeUndefined<String>,
    /// Description for search engines, at most 500 characters; `null` removes it.
    seo_description: MaybeUndefined<String>,
    /// Whether storefronts show the category.
    is_active: Option<bool>,
    /// Whether storefronts show the category.
    #[graphql(deprecation = "Use `isActive`.")]
    active: Option<bool>,
    /// Version of the object that you read; if it has changed since, the error is `STALE`.
    expected_version: Option<i32>,
}

payload! {
    /// Result of `categoryCreate`.
    CategoryCreatePayload {
        /// The new category; null if there are errors.
        category: Category
    }
}

payload! {
    /// Result of `categoryUpdate`.
    CategoryUpdatePayload {
        /// The changed category; null if there are errors.
        category: Category
    }
}

/// Result of `categoryDelete`.
#[derive(SimpleObject)]
struct CategoryDeletePayload {
    /// ID of the deleted category; null if there are errors.
    deleted_id: Option<ID>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<crate::error::UserError>,
}

/// Mutations of categories.
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
