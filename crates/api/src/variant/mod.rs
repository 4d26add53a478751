//! Variants.

pub mod mutation;

pub use mutation::{ProductVariantInput, VariantMutation, VariantOptionInput};

use crate::context::ContextExt;
use crate::cost;
use crate::error::Result;
use crate::id;
use crate::loader::Loaders;
use crate::money::Money;
use crate::product::{Product, VisibleProduct};
use crate::store::is_managed;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::id::{ProductId, ProductVariantId};
use entity::product_variant::Model;
use entity::value::ProductKind;
use souk_core::error::{Error, Fault};
use souk_domain::product::{self, Summary};
use souk_domain::variant;
use std::collections::HashMap;

/// What is bought: one SKU with its price and stock.
pub struct ProductVariant(pub Model, Option<Sale>);

/// What its product says of whether it can be bought.
#[derive(Clone, Copy)]
struct Sale {
    listed: bool,
    kind: ProductKind,
}

impl From<&Summary> for Sale {
    fn from(product: &Summary) -> Self {
        Self { listed: product.listed, kind: product.kind }
    }
}

impl From<Model> for ProductVariant {
    fn from(row: Model) -> Self {
        Self(row, None)
    }
}

/// A choice that a variant stands for.
#[derive(SimpleObject)]
pub struct VariantOption {
    /// Such as "Size".
    name: String,
    /// Such as "M".
    value: String,
}

/// What is bought: one SKU with its price and stock.
#[Object]
impl ProductVariant {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Its name, such as "M / Red"; "Default" where there is nothing to choose.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Unique within the store.
    async fn sku(&self) -> &str {
        &self.0.sku
    }

    /// The choices it stands for, in order.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn options(&self) -> Vec<VariantOption> {
        let options = self.0.options.0.iter().cloned();
        options.map(|option| VariantOption { name: option.name, value: option.value }).collect()
    }

    /// What it costs.
    async fn price(&self, ctx: &Context<'_>) -> Result<Money> {
        Ok(Money::new(self.0.price, ctx.app()?.config.currency))
    }

    /// The price it is shown against.
    async fn compare_at_price(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        let currency = ctx.app()?.config.currency;
        Ok(self.0.compare_at_price.map(|amount| Money::new(amount, currency)))
    }

    /// Whether it can be bought now.
    async fn is_available(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.left(ctx).await? > 0)
    }

    /// Whether it can be bought now.
    #[graphql(deprecation = "Use `isAvailable`.")]
    async fn available(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.left(ctx).await? > 0)
    }

    /// Whether it is reduced: shown against a higher price.
    async fn is_on_sale(&self) -> bool {
        self.0.compare_at_price.is_some_and(|compare| compare > self.0.price)
    }

    /// Highest quantity that a cart can hold now; 0 if it cannot be bought. At most 100: 100 means 100 or more, as the stock beyond
    /// that is not public.
    async fn max_quantity(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(variant::public_quantity(self.left(ctx).await?))
    }

    /// Pieces left; shown to those who work for the store, and to the marketplace's staff.
    async fn stock_quantity(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        Ok(is_managed(ctx, self.0.store_id).await?.then_some(self.0.stock_quantity))
    }

    /// At or below this the vendor is warned; shown to those who work for the store.
    async fn low_stock_threshold(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        let Some(least) = self.0.low_stock_threshold else { return Ok(None) };
        Ok(is_managed(ctx, self.0.store_id).await?.then_some(least))
    }

    /// What one piece weighs, in grams.
    async fn weight_grams(&self) -> Option<i32> {
        self.0.weight_grams
    }

    /// Such as an EAN.
    async fn barcode(&self) -> Option<&str> {
        self.0.barcode.as_deref()
    }

    /// Whether the vendor sells it.
    async fn is_active(&self) -> bool {
        self.0.active
    }

    /// Whether the vendor sells it.
    #[graphql(deprecation = "Use `isActive`.")]
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Its place among the product's variants, lowest first.
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// Raised by one at every change but those of the stock; for `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// What it is a variant of.
    async fn product(&self, ctx: &Context<'_>) -> Result<Product> {
        // A viewer who sees a variant sees its product; it is absent only if it was hidden between the two statements.
        Ok(Product::load_visible(ctx, self.0.product_id).await?.ok_or(Fault::NotFound)?)
    }
}

/// A variant, if the viewer may see it. There is no other way from an ID to a variant.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct VisibleVariant(pub ProductVariantId);
/// The variants of one product.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct VariantsKey(pub ProductId);

impl Loader<VisibleVariant> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[VisibleVariant]) -> Result<HashMap<VisibleVariant, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = product::visible_variants(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (VisibleVariant(row.id), row)).collect())
    }
}

impl Loader<VariantsKey> for Loaders {
    type Value = Vec<Model>;
    type Error = Error;

    async fn load(&self, keys: &[VariantsKey]) -> Result<HashMap<VariantsKey, Vec<Model>>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = variant::of_products(&self.app, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|(id, rows)| (VariantsKey(id), rows)).collect())
    }
}

impl ProductVariant {
    /// Pieces that can be bought now, whoever asks.
    async fn left(&self, ctx: &Context<'_>) -> Result<i32> {
        let sale = match self.1 {
            Some(sale) => Some(sale),
            None => ctx.load_one(VisibleProduct(self.0.product_id)).await?.as_ref().map(Sale::from),
        };
        Ok(match sale {
            Some(sale) if self.0.active && sale.listed => variant::available_quantity(&self.0, sale.kind),
            _ => 0,
        })
    }

    /// With what its product says already known.
    pub fn of(row: Model, product: &Summary) -> Self {
        Self(row, Some(Sale::from(product)))
    }

    /// If the viewer may see it; read together with the others that this request asks for.
    pub async fn load_visible(ctx: &Context<'_>, id: ProductVariantId) -> Result<Option<Self>> {
        Ok(ctx.load_one(VisibleVariant(id)).await?.map(Self::from))
    }
}
