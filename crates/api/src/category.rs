//! The category tree.

pub mod image;

pub use image::CategoryImageMutation;

use crate::commission::CategoryCommissionKey;
use crate::context::ContextExt;
use crate::cost;
use crate::decode::{self, Input};
use crate::error::Result;
use crate::id;
use crate::image::Image;
use crate::loader::loaders;
use crate::page;
use crate::payloads;
use crate::product::list::ProductSelection;
use crate::product::{self, ProductConnection, ProductFilter, ProductSort};
use crate::scalar::{Html, Url};
use crate::seo::Seo;
use async_graphql::{Context, ID, InputObject, MaybeUndefined};
use entity::category::Model;
use entity::id::CategoryId;
use souk_core::auth::permissions::ManageProducts;
use souk_core::auth::{Staff, Viewer};
use souk_domain::category::{self, CategoryPatch, NewCategory};
use souk_domain::link;
use souk_macros::{object, root_object};

/// Category of products, in a tree.
pub struct Category(pub Model);

impl From<Model> for Category {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Category of products, in a tree.
#[object]
impl Category {
    /// ID of the category.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Name of the category.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Commission of the marketplace for its products and those of its subcategories, in hundredths of a percent; null if it has none of
    /// its own, or you are not staff with `MANAGE_FINANCE`.
    async fn commission_basis_points(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        Ok(ctx.load_one(CategoryCommissionKey(self.0.id)).await?)
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
    async fn image(&self) -> Option<Image> {
        self.0.image_key.as_deref().map(Image::stored)
    }

    /// Title, description and URL for search engines.
    async fn seo(&self, ctx: &Context<'_>) -> Result<Seo> {
        let url = link::storefront_category(ctx.app()?, &self.0.slug);
        Ok(Seo::new(&self.0.seo_title, &self.0.seo_description, url))
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
    async fn products(
        &self,
        ctx: &Context<'_>,
        #[page] page: page::Arguments,
        #[graphql(desc = "Conditions on the products.")] filter: Option<ProductFilter>,
        #[graphql(desc = "Order of the products; `NEWEST` if left out.")] sort_by: Option<ProductSort>,
    ) -> Result<ProductConnection> {
        let selection = ProductSelection::new(None, filter, sort_by, ctx.app()?.config.currency)?;
        Box::pin(product::list::of_category(ctx, self.0.id, selection, page)).await
    }

    /// Categories above this one, from the root to the parent. Only staff with `MANAGE_PRODUCTS` see those that are not active.
    #[graphql(directive = cost::ListOf::apply(4))]
    async fn ancestors(&self, ctx: &Context<'_>) -> Result<Vec<Category>> {
        let rows = ctx.load_one(AncestorsKey(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Category).collect())
    }
}

loaders! {
    /// Loads a category, if the viewer may see it.
    VisibleCategory(CategoryId) => row Model, by category::visible;
    /// Loads the active children of a category.
    ChildrenKey(CategoryId) => value Vec<Model>, by category::children;
    /// Loads the ancestors of a category.
    AncestorsKey(CategoryId) => value Vec<Model>, by category::ancestors;
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

payloads! {
    /// The new category; null if there are errors.
    CategoryCreatePayload { category: Category } of categoryCreate;
    /// The changed category; null if there are errors.
    CategoryUpdatePayload { category: Category } of categoryUpdate;
    /// ID of the deleted category; null if there are errors.
    CategoryDeletePayload { deleted_id } of categoryDelete;
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
        let mut decoded = Input::default();
        let id = decoded.object("id", &id);
        let patch = CategoryPatch {
            name: input.name,
            slug: input.slug,
            description: input.description.map(Into::into),
            parent_id: input.parent_id.map_value(|parent| decoded.id("parentId", &parent)).into(),
            position: input.position,
            icon: input.icon.into(),
            seo_title: input.seo_title.into(),
            seo_description: input.seo_description.into(),
            active: decoded.renamed("", ("isActive", input.is_active), ("active", input.active)),
            expected_version: input.expected_version,
        };
        CategoryUpdatePayload::from_result(decoded.run(category::update(ctx.app()?, &staff, id, patch)).await)
    }

    /// Deletes a category that has no subcategories. Its products stay, without a category.
    async fn category_delete(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageProducts>,
        #[graphql(desc = "ID of the category.")] id: ID,
    ) -> Result<CategoryDeletePayload> {
        let result = decode::by_id("id", &id, async |id| category::delete(ctx.app()?, &staff, id).await);
        CategoryDeletePayload::from_result(result.await)
    }
}
