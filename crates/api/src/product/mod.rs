//! Products and their lists.

mod filter;
pub mod highlight;
pub mod list;
pub mod mutation;
pub mod query;
mod related;
pub mod viewed;

pub use filter::{DecimalRange, ProductFilter};
pub use highlight::HighlightMutation;
pub use mutation::ProductMutation;
pub use query::{ProductQuery, ProductSort};
pub use viewed::{ViewMutation, viewed_by};

use crate::attribute::{Attribute, AttributeValue, IncompleteKey, OfProductKey};
use crate::category::Category;
use crate::context::ContextExt;
use crate::cost;
use crate::digital::DigitalFile;
use crate::enums::{ProductKind, ProductStatus};
use crate::error::Result;
use crate::id;
use crate::image::{ImagesKey, PrimaryImageKey, ProductImage};
use crate::loader::loaders;
use crate::money::Money;
use crate::page;
use crate::product_type::ProductType;
use crate::rating::Rating;
use crate::review::{self, ReviewConnection, ReviewSort};
use crate::scalar::{Html, Url};
use crate::seo::Seo;
use crate::social::{self, SocialPost};
use crate::store::{Store, is_managed};
use crate::variant::{ProductVariant, VariantOptionInput, VariantsKey};
use async_graphql::{Context, ID, SimpleObject};
use chrono::{DateTime, Utc};
use entity::id::ProductId;
use entity::product::Model;
use entity::value::Permission;
use souk_core::error::Fault;
use souk_domain::link;
use souk_domain::product::{self, Summary, Texts};
use souk_domain::variant;
use souk_macros::object;
use std::sync::Arc;

/// Product of a store.
pub struct Product {
    /// Columns that lists and references need.
    pub row: Summary,
    /// Long texts; `None` if they were not read with the row, then they are loaded on demand.
    texts: Option<Arc<Texts>>,
}

impl From<Model> for Product {
    fn from(row: Model) -> Self {
        let (row, texts) = product::split_texts(row);
        Self { row, texts: Some(Arc::new(texts)) }
    }
}

impl From<Summary> for Product {
    fn from(row: Summary) -> Self {
        Self { row, texts: None }
    }
}

/// Range of the prices of variants.
#[derive(SimpleObject)]
pub struct PriceRange {
    /// Lowest price of a variant.
    min: Money,
    /// Highest price of a variant.
    max: Money,
}

/// Section of a product's description with a title, such as its ingredients.
#[derive(SimpleObject)]
pub struct ProductSection {
    /// Title, such as "How to use".
    title: String,
    /// Text of the section.
    body: Html,
}

/// Option of a product that its variants differ in, such as the size.
#[derive(SimpleObject)]
pub struct ProductOption {
    /// Name of the option, such as "Size".
    name: String,
    /// Values that variants have for the option, such as "S" and "M".
    values: Vec<String>,
}

/// Product of a store.
#[object]
impl Product {
    /// ID of the product.
    pub async fn id(&self) -> ID {
        id::output(self.row.id)
    }

    /// Name of the product.
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// URL identifier, unique.
    async fn slug(&self) -> &str {
        &self.row.slug
    }

    /// URL of the product's page in the storefront, which ends with `/products/` and the slug. Null if the marketplace has no
    /// storefront URL.
    async fn url(&self, ctx: &Context<'_>) -> Result<Option<Url>> {
        Ok(link::storefront_product(ctx.app()?, &self.row.slug).map(Url::from))
    }

    /// Short description as plain text; empty if there is none.
    async fn short_description(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.texts(ctx).await?.short_description.clone())
    }

    /// Description of the product; empty if there is none.
    async fn description(&self, ctx: &Context<'_>) -> Result<Html> {
        Ok(self.texts(ctx).await?.description.as_str().into())
    }

    /// Sections of the description, in order.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn details(&self, ctx: &Context<'_>) -> Result<Vec<ProductSection>> {
        let sections = self.texts(ctx).await?.details.0.clone().into_iter();
        Ok(sections.map(|section| ProductSection { title: section.title, body: section.body.into() }).collect())
    }

    /// Tags that the vendor chose.
    async fn tags(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        Ok(self.texts(ctx).await?.tags.0.clone())
    }

    /// Current status of the product.
    async fn status(&self) -> ProductStatus {
        self.row.status.into()
    }

    /// How the product is delivered.
    async fn kind(&self) -> ProductKind {
        self.row.kind.into()
    }

    /// Whether the marketplace features the product.
    async fn is_featured(&self) -> bool {
        self.row.featured
    }

    /// Whether the marketplace features the product.
    #[graphql(deprecation = "Use `isFeatured`.")]
    async fn featured(&self) -> bool {
        self.row.featured
    }

    /// Whether the product is one of the best-selling 2 % of its root category, by units of the last 30 days. Computed at night; staff
    /// can decide otherwise.
    async fn is_bestseller(&self) -> bool {
        self.row.bestseller
    }

    /// Whether the product was first published in the last 30 days. Staff can decide otherwise.
    async fn is_new_arrival(&self) -> bool {
        self.row.new_arrival
    }

    /// What staff decided about `isBestseller`; null if it is computed, and unless you are staff with `MANAGE_PRODUCTS`.
    async fn pinned_bestseller(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        Ok(self.row.pinned_bestseller.filter(|_| ctx.viewer().is_ok_and(|viewer| viewer.may(Permission::ManageProducts))))
    }

    /// What staff decided about `isNewArrival`; null if it is computed, and unless you are staff with `MANAGE_PRODUCTS`.
    async fn pinned_new_arrival(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        Ok(self.row.pinned_new_arrival.filter(|_| ctx.viewer().is_ok_and(|viewer| viewer.may(Permission::ManageProducts))))
    }

    /// Number of views that were recorded with `productViewRecord`, some seconds ago at the latest. Null unless you own the store, are a
    /// member of it, or are staff with `MANAGE_PRODUCTS`.
    async fn view_count(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        let views = i32::try_from(self.row.view_count).unwrap_or(i32::MAX);
        Ok(is_managed(ctx, self.row.store_id).await?.then_some(views))
    }

    /// Number of links to files of a digital product that its buyers created. Null unless you own the store, are a member of it, or are
    /// staff with `MANAGE_PRODUCTS`.
    async fn download_count(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        let downloads = i32::try_from(self.row.download_count).unwrap_or(i32::MAX);
        Ok(is_managed(ctx, self.row.store_id).await?.then_some(downloads))
    }

    /// Products for sale that are like this one, best first: of the same category, or of its parent if that has fewer than 12 others,
    /// with shared tags, attributes and words of the name, and a similar price. Empty for a product that is not for sale or has no
    /// category; null while the server is starting.
    #[graphql(directive = cost::Weighs::apply(cost::LOOKUP), directive = cost::UpTo::apply("first", 12))]
    async fn related(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Maximum number of products, from 1 to 24; default 12.")] first: Option<i32>,
    ) -> Result<Option<Vec<Product>>> {
        let found = Box::pin(related::related(ctx, &self.row, first)).await?;
        Ok(found.map(|rows| rows.into_iter().map(Self::from).collect()))
    }

    /// Title, description and URL for search engines.
    async fn seo(&self, ctx: &Context<'_>) -> Result<Seo> {
        let (texts, url) = (self.texts(ctx).await?, link::storefront_product(ctx.app()?, &self.row.slug));
        Ok(Seo::new(&texts.seo_title, &texts.seo_description, url))
    }

    /// Range of the prices of the active variants.
    async fn price_range(&self) -> PriceRange {
        let money = |amount| Money::new(amount, self.row.currency);
        PriceRange { min: money(self.row.min_price), max: money(self.row.max_price) }
    }

    /// Range of the compare-at prices of the active variants; null if none has one.
    async fn compare_at_price_range(&self) -> Option<PriceRange> {
        let money = |amount| Money::new(amount, self.row.currency);
        let range = self.row.min_compare_at_price.zip(self.row.max_compare_at_price)?;
        Some(PriceRange { min: money(range.0), max: money(range.1) })
    }

    /// Whether an active variant has a compare-at price, which is above its price.
    async fn is_on_sale(&self) -> bool {
        self.row.on_sale
    }

    /// Whether a variant of the product can be bought now.
    async fn is_in_stock(&self) -> bool {
        self.row.in_stock && self.row.listed
    }

    /// Whether a variant of the product can be bought now.
    #[graphql(deprecation = "Use `isInStock`.")]
    async fn in_stock(&self) -> bool {
        self.row.in_stock && self.row.listed
    }

    /// Rating summary of the product.
    async fn rating(&self) -> Rating {
        let row = &self.row;
        Rating::new(row.rating_average, row.rating_count, [row.rating_1, row.rating_2, row.rating_3, row.rating_4, row.rating_5])
    }

    /// Time at which the product was first for sale; null if it never was.
    async fn published_at(&self) -> Option<DateTime<Utc>> {
        self.row.published_at
    }

    row_fields!(self.row: version, created_at, updated_at);

    /// Posts about the product on social networks, oldest first. Only the store's owner and members, and staff with
    /// `MANAGE_PRODUCTS`, see posts that are pending or failed.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn social_posts(&self, ctx: &Context<'_>) -> Result<Vec<SocialPost>> {
        social::of_product(ctx, self.row.id).await
    }

    /// Store that sells the product.
    async fn store(&self, ctx: &Context<'_>) -> Result<Store> {
        // A viewer who can see a product can see its store, unless the store was closed between the two statements.
        Ok(Store::load_visible(ctx, self.row.store_id).await?.ok_or(Fault::NotFound)?)
    }

    /// Category of the product; null if it has none, and if you cannot see the category because it is not active.
    async fn category(&self, ctx: &Context<'_>) -> Result<Option<Category>> {
        let Some(category) = self.row.category_id else { return Ok(None) };
        Category::load_visible(ctx, category).await
    }

    /// Type of the product, which says what attributes it has; null if it has none.
    async fn product_type(&self, ctx: &Context<'_>) -> Result<Option<ProductType>> {
        let Some(product_type) = self.row.product_type_id else { return Ok(None) };
        ProductType::load_visible(ctx, product_type).await
    }

    /// Values of the attributes of the product, in the order of its type; those of its variants are in `ProductVariant.attributes`.
    #[graphql(directive = cost::ListOf::apply(4))]
    async fn attributes(&self, ctx: &Context<'_>) -> Result<Vec<AttributeValue>> {
        let found = ctx.load_one(OfProductKey(self.row.id)).await?.unwrap_or_default();
        Ok(found.into_iter().map(AttributeValue).collect())
    }

    /// Required attributes of the product type that the product, or one of its active variants, has no value of. They must be given at
    /// the next change of the product or the variant.
    #[graphql(directive = cost::ListOf::apply(1))]
    async fn incomplete_attributes(&self, ctx: &Context<'_>) -> Result<Vec<Attribute>> {
        let found = ctx.load_one(IncompleteKey(self.row.id)).await?.unwrap_or_default();
        Ok(found.into_iter().map(Attribute).collect())
    }

    /// Variants of the product, in order of their position. Only the store's owner and members, and staff with `MANAGE_PRODUCTS`,
    /// see inactive variants.
    #[graphql(directive = cost::ListOf::apply(10))]
    async fn variants(&self, ctx: &Context<'_>) -> Result<Vec<ProductVariant>> {
        let rows = self.visible_variants(ctx).await?;
        Ok(rows.into_iter().map(|row| ProductVariant::of(row, &self.row)).collect())
    }

    /// Options in which the variants differ, such as sizes, with the values to choose from; empty if the variants have no
    /// options.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn options(&self, ctx: &Context<'_>) -> Result<Vec<ProductOption>> {
        let choices = variant::choices(&self.visible_variants(ctx).await?).into_iter();
        Ok(choices.map(|choice| ProductOption { name: choice.name, values: choice.values }).collect())
    }

    /// First variant that has all of the given options, such as the size and colour that a buyer chose; null if there is none.
    /// Upper and lower case are the same. With an empty list, the first variant.
    async fn variant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Options that the variant must have, at most 5.")] options: Vec<VariantOptionInput>,
    ) -> Result<Option<ProductVariant>> {
        if options.len() > variant::MAX_OPTIONS {
            let message = format!("options must have at most {} items; got {}.", variant::MAX_OPTIONS, options.len());
            return Err(Fault::BadUserInput { argument: "options", message }.into());
        }
        let wanted: Vec<_> = options.into_iter().map(Into::into).collect();
        let rows = self.visible_variants(ctx).await?;
        Ok(variant::with_options(&rows, &wanted).map(|row| ProductVariant::of(row.clone(), &self.row)))
    }

    /// Images of the product, in order of their position, at most 20.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn images(&self, ctx: &Context<'_>) -> Result<Vec<ProductImage>> {
        let rows = ctx.load_one(ImagesKey(self.row.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(ProductImage).collect())
    }

    /// Files of a digital product, in order of their position, at most 50. Visible to those who manage the products of the store; empty for
    /// all others, who download what they bought with `downloadLinkCreate`.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn digital_files(&self, ctx: &Context<'_>) -> Result<Vec<DigitalFile>> {
        DigitalFile::of_product(ctx, self.row.id).await
    }

    /// Image that represents the product in lists; null if it has no images.
    async fn primary_image(&self, ctx: &Context<'_>) -> Result<Option<ProductImage>> {
        Ok(ctx.load_one(PrimaryImageKey(self.row.id)).await?.map(ProductImage))
    }

    /// Whether you can review the product with `reviewCreate` now; false for guests and if you reviewed it already.
    async fn viewer_can_review(&self, ctx: &Context<'_>) -> Result<bool> {
        review::can_review(ctx, self.row.id).await
    }

    /// Published reviews of the product.
    async fn reviews(
        &self,
        ctx: &Context<'_>,
        #[page] page: page::Arguments,
        #[graphql(desc = "Order of the reviews; `NEWEST` if left out.")] sort_by: Option<ReviewSort>,
    ) -> Result<ReviewConnection> {
        Box::pin(review::of_product(ctx, &self.row, sort_by, page)).await
    }
}

crate::connection!(ProductConnection, ProductEdge, Product, "products");

loaders! {
    /// Loads a product, if the viewer may see it. Resolvers turn an ID into a product only by this key.
    pub VisibleProduct(ProductId) => row Summary, by product::visible;
    /// Loads the long texts of a product.
    pub TextsKey(ProductId) => row Arc<Texts>, by product::texts;
}

impl Product {
    /// Loads a product in a batch with others, if the viewer may see it.
    pub async fn load_visible(ctx: &Context<'_>, id: ProductId) -> Result<Option<Self>> {
        Ok(ctx.load_one(VisibleProduct(id)).await?.map(Self::from))
    }

    /// The variants in order, inactive ones only if the viewer manages the store.
    async fn visible_variants(&self, ctx: &Context<'_>) -> Result<Vec<entity::product_variant::Model>> {
        Ok(ctx.load_one(VariantsKey(self.row.id)).await?.unwrap_or_default())
    }

    async fn texts(&self, ctx: &Context<'_>) -> Result<Arc<Texts>> {
        if let Some(texts) = &self.texts {
            return Ok(Arc::clone(texts));
        }
        let found = ctx.load_one(TextsKey(self.row.id)).await?;
        Ok(found.ok_or(Fault::NotFound)?)
    }
}
