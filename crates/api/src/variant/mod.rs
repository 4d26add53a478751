//! Variants of products.

pub mod generate;
mod low;
pub mod mutation;

pub use generate::GenerateMutation;
pub use low::{ProductVariantConnection, ProductVariantEdge, low_of_store};
pub use mutation::{ProductVariantInput, VariantMutation, VariantOptionInput};

use crate::attribute::{AttributeValue, OfVariantKey};
use crate::context::ContextExt;
use crate::cost;
use crate::error::Result;
use crate::id;
use crate::loader::loaders;
use crate::money::Money;
use crate::product::Product;
use crate::store::is_managed;
use async_graphql::{Context, ID, SimpleObject};
use entity::id::{ProductId, ProductVariantId};
use entity::product_variant::Model;
use entity::value::ProductKind;
use souk_core::error::Fault;
use souk_domain::attribute::Shown;
use souk_domain::product::{self, Summary};
use souk_domain::variant;
use souk_macros::object;

/// Variant of a product: what buyers order, with its own SKU, price and stock.
pub struct ProductVariant {
    /// The variant.
    pub row: Model,
    product: Option<ProductState>,
    /// Values that were loaded already.
    values: Option<Vec<Shown>>,
}

/// What the product contributes to whether a variant can be bought.
#[derive(Clone, Copy)]
struct ProductState {
    listed: bool,
    kind: ProductKind,
}

impl From<&Summary> for ProductState {
    fn from(product: &Summary) -> Self {
        Self { listed: product.listed, kind: product.kind }
    }
}

impl From<Model> for ProductVariant {
    fn from(row: Model) -> Self {
        Self { row, product: None, values: None }
    }
}

/// Value of an option that a variant has.
#[derive(SimpleObject)]
pub struct VariantOption {
    /// Name of the option, such as "Size".
    name: String,
    /// Value of the option, such as "M".
    value: String,
}

/// Variant of a product: what buyers order, with its own SKU, price and stock.
#[object]
impl ProductVariant {
    /// ID of the variant.
    pub async fn id(&self) -> ID {
        id::output(self.row.id)
    }

    /// Name of the variant, such as "M / Red"; by default the values of its options, or "Default" if it has none.
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// SKU (stock keeping unit), unique within the store.
    async fn sku(&self) -> &str {
        &self.row.sku
    }

    /// Options of the variant with their values, in order, at most 5.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn options(&self) -> Vec<VariantOption> {
        let options = self.row.options.0.iter().cloned();
        options.map(|option| VariantOption { name: option.name, value: option.value }).collect()
    }

    /// Values of the attributes that distinguish the variant from others of the product, in the order of the product type, at most 5.
    /// `options` are made from them.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn attributes(&self, ctx: &Context<'_>) -> Result<Vec<AttributeValue>> {
        let found = match &self.values {
            Some(values) => values.clone(),
            None => ctx.load_one(OfVariantKey(self.row.id)).await?.unwrap_or_default(),
        };
        Ok(found.into_iter().map(AttributeValue).collect())
    }

    /// Price per unit.
    async fn price(&self, ctx: &Context<'_>) -> Result<Money> {
        Ok(Money::new(self.row.price, ctx.app()?.config.currency))
    }

    /// Price to compare `price` with, such as the price before a reduction; always higher, null if there is none.
    async fn compare_at_price(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        let currency = ctx.app()?.config.currency;
        Ok(self.row.compare_at_price.map(|amount| Money::new(amount, currency)))
    }

    /// Whether the variant can be bought now.
    async fn is_available(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.available_quantity(ctx).await? > 0)
    }

    /// Whether the variant can be bought now.
    #[graphql(deprecation = "Use `isAvailable`.")]
    async fn available(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.available_quantity(ctx).await? > 0)
    }

    /// Whether the variant has a compare-at price, which is above its price.
    async fn is_on_sale(&self) -> bool {
        self.row.compare_at_price.is_some_and(|compare| compare > self.row.price)
    }

    /// Highest quantity that can be bought now; 0 if the variant cannot be bought. At most 100: 100 means 100 or more, as higher
    /// stock is not public.
    async fn max_quantity(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(variant::public_quantity(self.available_quantity(ctx).await?))
    }

    /// Units in stock. Null unless you own the store, are a member of it, or are staff with `MANAGE_PRODUCTS`.
    async fn stock_quantity(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        Ok(is_managed(ctx, self.row.store_id).await?.then_some(self.row.stock_quantity))
    }

    /// Stock quantity at or below which the stock counts as low; the store is notified by email each time the stock falls from above it
    /// to it or below. Null if none is set, and unless you own the store, are a member
    /// of it, or are staff with `MANAGE_PRODUCTS`.
    async fn low_stock_threshold(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        let Some(least) = self.row.low_stock_threshold else { return Ok(None) };
        Ok(is_managed(ctx, self.row.store_id).await?.then_some(least))
    }

    /// Whether the stock is at or below `lowStockThreshold`; false if none is set and for digital products. Null unless you own the
    /// store, are a member of it, or are staff with `MANAGE_PRODUCTS`.
    async fn is_low_stock(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        if !is_managed(ctx, self.row.store_id).await? {
            return Ok(None);
        }
        Ok(Some(self.row.low_stock))
    }

    /// Weight of one unit in grams; null if it is unknown.
    async fn weight_grams(&self) -> Option<i32> {
        self.row.weight_grams
    }

    /// Barcode, such as an EAN; null if there is none.
    async fn barcode(&self) -> Option<&str> {
        self.row.barcode.as_deref()
    }

    /// Whether the store offers the variant.
    async fn is_active(&self) -> bool {
        self.row.active
    }

    /// Whether the store offers the variant.
    #[graphql(deprecation = "Use `isActive`.")]
    async fn active(&self) -> bool {
        self.row.active
    }

    /// Position among the variants of the product, lowest first.
    async fn position(&self) -> i32 {
        self.row.position
    }

    row_fields! {
        self.row:
        /// Version for optimistic locking; pass it as `expectedVersion`. Changes of the stock do not change it.
        version,
        created_at,
        /// Time of the last change, including changes of the stock.
        updated_at,
    }

    /// Product that the variant belongs to.
    async fn product(&self, ctx: &Context<'_>) -> Result<Product> {
        // A viewer who can see a variant can see its product, unless the product was hidden between the two statements.
        Ok(Product::load_visible(ctx, self.row.product_id).await?.ok_or(Fault::NotFound)?)
    }
}

loaders! {
    /// Loads a variant, if the viewer may see it. Resolvers turn an ID into a variant only by this key.
    pub VisibleVariant(ProductVariantId) => row Model, by product::visible_variants;
    /// Loads the variants of a product.
    pub VariantsKey(ProductId) => value Vec<Model>, by variant::of_products;
}

impl ProductVariant {
    /// Units that can be bought now, the same for every viewer.
    async fn available_quantity(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(match self.product_state(ctx).await? {
            Some(product) if self.row.active && product.listed => variant::available_quantity(&self.row, product.kind),
            _ => 0,
        })
    }

    /// The state of the product; `None` if it was hidden in the meantime.
    async fn product_state(&self, ctx: &Context<'_>) -> Result<Option<ProductState>> {
        Ok(match self.product {
            Some(product) => Some(product),
            None => Product::load_visible(ctx, self.row.product_id).await?.map(|product| ProductState::from(&product.row)),
        })
    }

    /// A variant whose product was loaded already.
    pub fn of(row: Model, product: &Summary) -> Self {
        Self { row, product: Some(ProductState::from(product)), values: None }
    }

    /// A variant whose values were loaded already.
    pub fn with_values(row: Model, values: Vec<Shown>) -> Self {
        Self { row, product: None, values: Some(values) }
    }

    /// Loads a variant in a batch with others, if the viewer may see it.
    pub async fn load_visible(ctx: &Context<'_>, id: ProductVariantId) -> Result<Option<Self>> {
        Ok(ctx.load_one(VisibleVariant(id)).await?.map(Self::from))
    }
}
