//! Products.

mod filter;
pub mod list;
pub mod mutation;
pub mod query;

pub use filter::{DecimalRange, ProductFilter};
pub use mutation::ProductMutation;
pub use query::{ProductQuery, ProductSort};

use crate::category::Category;
use crate::context::ContextExt;
use crate::cost;
use crate::enums::{ProductKind, ProductStatus};
use crate::error::Result;
use crate::id;
use crate::image::{ImagesKey, PrimaryImageKey, ProductImage};
use crate::loader::Loaders;
use crate::money::Money;
use crate::page;
use crate::rating::Rating;
use crate::review::{self, ReviewConnection, ReviewSort};
use crate::scalar::{Html, Url};
use crate::seo::Seo;
use crate::social::{self, SocialPost};
use crate::store::{Store, is_managed};
use crate::variant::{ProductVariant, VariantOptionInput, VariantsKey};
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::id::ProductId;
use entity::product::Model;
use souk_core::error::{Error, Fault};
use souk_domain::link;
use souk_domain::product::{self, Summary, Texts};
use souk_domain::variant;
use std::collections::HashMap;
use std::sync::Arc;

/// Something a store sells.
pub struct Product {
    /// What lists and references need of it.
    pub row: Summary,
    /// Absent where they were not read with it; then they are when somebody asks for them.
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

/// From the cheapest variant to the dearest.
#[derive(SimpleObject)]
pub struct PriceRange {
    /// The lowest price.
    min: Money,
    /// The highest price.
    max: Money,
}

/// A titled part of a product's description, such as its ingredients.
#[derive(SimpleObject)]
pub struct ProductSection {
    /// Such as "How to use".
    title: String,
    /// Text of the part.
    body: Html,
}

/// Option of a product that its variants differ in, such as the size.
#[derive(SimpleObject)]
pub struct ProductOption {
    /// Name, such as "Size".
    name: String,
    /// Values that variants have, such as "S" and "M".
    values: Vec<String>,
}

/// Something a store sells.
#[Object]
impl Product {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.row.id)
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// URL identifier, unique.
    async fn slug(&self) -> &str {
        &self.row.slug
    }

    /// URL of the page of the product in the storefront: `SOUK_STOREFRONT_URL` followed by `/products/` and the slug. Null if no storefront is
    /// configured.
    async fn url(&self, ctx: &Context<'_>) -> Result<Option<Url>> {
        Ok(link::storefront_product(ctx.app()?, &self.row.slug).map(Url::from))
    }

    /// Plain text.
    async fn short_description(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.texts(ctx).await?.short_description.clone())
    }

    /// Description; empty if there is none.
    async fn description(&self, ctx: &Context<'_>) -> Result<Html> {
        Ok(self.texts(ctx).await?.description.as_str().into())
    }

    /// Titled parts of the description, in order.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn details(&self, ctx: &Context<'_>) -> Result<Vec<ProductSection>> {
        let sections = self.texts(ctx).await?.details.0.clone().into_iter();
        Ok(sections.map(|section| ProductSection { title: section.title, body: section.body.into() }).collect())
    }

    /// Labels, in the vendor's words.
    async fn tags(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        Ok(self.texts(ctx).await?.tags.0.clone())
    }

    /// Whether it is for sale.
    async fn status(&self) -> ProductStatus {
        self.row.status.into()
    }

    /// Whether it is sent.
    async fn kind(&self) -> ProductKind {
        self.row.kind.into()
    }

    /// Whether the marketplace recommends it.
    async fn is_featured(&self) -> bool {
        self.row.featured
    }

    /// Whether the marketplace recommends it.
    #[graphql(deprecation = "Use `isFeatured`.")]
    async fn featured(&self) -> bool {
        self.row.featured
    }

    /// Texts for search engines.
    async fn seo(&self, ctx: &Context<'_>) -> Result<Seo> {
        let texts = self.texts(ctx).await?;
        Ok(Seo::new(&texts.seo_title, &texts.seo_description))
    }

    /// From its cheapest variant to its dearest.
    async fn price_range(&self) -> PriceRange {
        let money = |amount| Money::new(amount, self.row.currency);
        PriceRange { min: money(self.row.min_price), max: money(self.row.max_price) }
    }

    /// The prices that its variants are shown against, from the lowest to the highest; null if none has one.
    async fn compare_at_price_range(&self) -> Option<PriceRange> {
        let money = |amount| Money::new(amount, self.row.currency);
        let range = self.row.min_compare_at_price.zip(self.row.max_compare_at_price)?;
        Some(PriceRange { min: money(range.0), max: money(range.1) })
    }

    /// Whether any of its variants is reduced: shown against a higher price.
    async fn is_on_sale(&self) -> bool {
        self.row.on_sale
    }

    /// Whether any of its variants can be bought now.
    async fn is_in_stock(&self) -> bool {
        self.row.in_stock && self.row.listed
    }

    /// Whether any of its variants can be bought now.
    #[graphql(deprecation = "Use `isInStock`.")]
    async fn in_stock(&self) -> bool {
        self.row.in_stock && self.row.listed
    }

    /// What its reviews come to.
    async fn rating(&self) -> Rating {
        let row = &self.row;
        Rating::new(row.rating_average, row.rating_count, [row.rating_1, row.rating_2, row.rating_3, row.rating_4, row.rating_5])
    }

    /// When it first went live; absent where it never did.
    async fn published_at(&self) -> Option<DateTime<Utc>> {
        self.row.published_at
    }

    /// Raised by one at every change; for `expectedVersion`.
    async fn version(&self) -> i32 {
        self.row.version
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.row.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.row.updated_at
    }

    /// What was posted about it on social networks. Posts that wait or failed are for those who manage the store.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn social_posts(&self, ctx: &Context<'_>) -> Result<Vec<SocialPost>> {
        social::of_product(ctx, self.row.id).await
    }

    /// Who sells it.
    async fn store(&self, ctx: &Context<'_>) -> Result<Store> {
        // A viewer who sees a product sees its store; it is absent only if it closed between the two statements.
        Ok(Store::load_visible(ctx, self.row.store_id).await?.ok_or(Fault::NotFound)?)
    }

    /// The category; null if there is none or it is not active.
    async fn category(&self, ctx: &Context<'_>) -> Result<Option<Category>> {
        let Some(category) = self.row.category_id else { return Ok(None) };
        Category::load_visible(ctx, category).await
    }

    /// What can be bought, in order. Those who work for the store see inactive ones too.
    #[graphql(directive = cost::ListOf::apply(10))]
    async fn variants(&self, ctx: &Context<'_>) -> Result<Vec<ProductVariant>> {
        let rows = self.shown_variants(ctx).await?;
        Ok(rows.into_iter().map(|row| ProductVariant::of(row, &self.row)).collect())
    }

    /// What can be chosen, such as sizes, with the values that variants have; empty if the variants have no options.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn options(&self, ctx: &Context<'_>) -> Result<Vec<ProductOption>> {
        let choices = variant::choices(&self.shown_variants(ctx).await?).into_iter();
        Ok(choices.map(|choice| ProductOption { name: choice.name, values: choice.values }).collect())
    }

    /// The first variant that has all of these options, such as the size and colour that a buyer chose; null if there is none.
    /// Upper and lower case are the same. Without options, the first variant.
    async fn variant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Options that the variant must have, at most 5.")] options: Vec<VariantOptionInput>,
    ) -> Result<Option<ProductVariant>> {
        if options.len() > variant::MAX_OPTIONS {
            let message = format!("options must have at most {} items; found {}.", variant::MAX_OPTIONS, options.len());
            return Err(Fault::BadUserInput { argument: "options", message }.into());
        }
        let wanted: Vec<_> = options.into_iter().map(Into::into).collect();
        let rows = self.shown_variants(ctx).await?;
        Ok(variant::with_options(&rows, &wanted).map(|row| ProductVariant::of(row.clone(), &self.row)))
    }

    /// Its pictures, in order.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn images(&self, ctx: &Context<'_>) -> Result<Vec<ProductImage>> {
        let rows = ctx.load_one(ImagesKey(self.row.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(ProductImage).collect())
    }

    /// The picture that lists show.
    async fn primary_image(&self, ctx: &Context<'_>) -> Result<Option<ProductImage>> {
        Ok(ctx.load_one(PrimaryImageKey(self.row.id)).await?.map(ProductImage))
    }

    /// Whether you could review the product by `reviewCreate` now. False for guests, and if you reviewed it already.
    async fn viewer_can_review(&self, ctx: &Context<'_>) -> Result<bool> {
        review::can_review(ctx, self.row.id).await
    }

    /// What people say of it: published reviews.
    #[graphql(directive = cost::Paged::apply())]
    #[allow(clippy::too_many_arguments, reason = "those of a connection")]
    async fn reviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, from 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, from 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Their order; the newest first when left out.")] sort_by: Option<ReviewSort>,
    ) -> Result<ReviewConnection> {
        Box::pin(review::of_product(ctx, &self.row, sort_by, page::arguments(first, after, last, before))).await
    }
}

crate::connection!(ProductConnection, ProductEdge, Product, "products");

/// A product, if the viewer may see it. There is no other way from an ID to a product.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct VisibleProduct(pub ProductId);

/// The texts of a product.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct TextsKey(ProductId);

impl Loader<VisibleProduct> for Loaders {
    type Value = Summary;
    type Error = Error;

    async fn load(&self, keys: &[VisibleProduct]) -> Result<HashMap<VisibleProduct, Summary>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = product::visible(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (VisibleProduct(row.id), row)).collect())
    }
}

impl Loader<TextsKey> for Loaders {
    type Value = Arc<Texts>;
    type Error = Error;

    async fn load(&self, keys: &[TextsKey]) -> Result<HashMap<TextsKey, Arc<Texts>>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = product::texts(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (TextsKey(row.id), Arc::new(row))).collect())
    }
}

impl Product {
    /// If the viewer may see it; read together with the others that this request asks for.
    pub async fn load_visible(ctx: &Context<'_>, id: ProductId) -> Result<Option<Self>> {
        Ok(ctx.load_one(VisibleProduct(id)).await?.map(Self::from))
    }

    /// Its variants in order, those that are not active for those who work for the store only.
    async fn shown_variants(&self, ctx: &Context<'_>) -> Result<Vec<entity::product_variant::Model>> {
        let mut rows = ctx.load_one(VariantsKey(self.row.id)).await?.unwrap_or_default();
        if !rows.iter().all(|row| row.active) && !is_managed(ctx, self.row.store_id).await? {
            rows.retain(|row| row.active);
        }
        Ok(rows)
    }

    async fn texts(&self, ctx: &Context<'_>) -> Result<Arc<Texts>> {
        if let Some(texts) = &self.texts {
            return Ok(Arc::clone(texts));
        }
        let found = ctx.load_one(TextsKey(self.row.id)).await?;
        Ok(found.ok_or(Fault::NotFound)?)
    }
}
