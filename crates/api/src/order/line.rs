//! The lines of orders.

use crate::context::ContextExt;
use crate::cost;
use crate::enums::ProductKind;
use crate::error::Result;
use crate::id;
use crate::image::{Image, PrimaryImageKey};
use crate::loader::Loaders;
use crate::money::Money;
use crate::product::Product;
use crate::store_order::StoreOrder;
use crate::variant::ProductVariant;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, SimpleObject};
use entity::id::{OrderId, OrderLineId, ProductId, ProductVariantId, StoreOrderId};
use entity::order_line::Model;
use souk_core::error::{Error, Fault};
use souk_domain::order;
use std::collections::HashMap;

/// A variant that was bought.
pub struct OrderLine(pub Model);

/// A choice that the variant stood for when it was bought.
#[derive(SimpleObject, Clone, Debug)]
pub struct OrderLineOption {
    /// Such as "Size".
    pub name: String,
    /// Such as "M".
    pub value: String,
}

/// A variant that was bought, with its name, SKU and price as they were then.
#[Object]
impl OrderLine {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// What the product was called.
    async fn product_name(&self) -> &str {
        &self.0.product_name
    }

    /// What the variant was called.
    async fn variant_name(&self) -> &str {
        &self.0.variant_name
    }

    /// The store's own number for it.
    async fn sku(&self) -> &str {
        &self.0.sku
    }

    /// Whether it is sent.
    async fn kind(&self) -> ProductKind {
        self.0.kind.into()
    }

    /// The choices it stood for, in order.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn options(&self) -> Vec<OrderLineOption> {
        let options = self.0.options.0.iter();
        options.map(|option| OrderLineOption { name: option.name.clone(), value: option.value.clone() }).collect()
    }

    /// How many were bought.
    async fn quantity(&self) -> i32 {
        self.0.quantity
    }

    /// How many of them were sent so far; 0 for what is digital.
    async fn fulfilled_quantity(&self) -> i32 {
        self.0.fulfilled_quantity
    }

    /// How many of them were cancelled; those are never sent.
    async fn cancelled_quantity(&self) -> i32 {
        self.0.cancelled_quantity
    }

    /// What the cancelled quantity came to, after discount and with tax.
    async fn cancelled_total(&self) -> Money {
        Money::new(self.0.cancelled_total, self.0.currency)
    }

    /// Price per unit.
    async fn unit_price(&self) -> Money {
        Money::new(self.0.unit_price, self.0.currency)
    }

    /// Unit price times quantity.
    async fn line_total(&self) -> Money {
        Money::new(self.0.line_total, self.0.currency)
    }

    /// Discount on the line, as a positive amount.
    async fn discount_total(&self) -> Money {
        Money::new(self.0.discount_total, self.0.currency)
    }

    /// Tax of the line. If prices include tax (`Order.isTaxIncluded`), it is part of the price; otherwise it is added to it.
    async fn tax_total(&self) -> Money {
        Money::new(self.0.tax_total, self.0.currency)
    }

    /// The product; null if it was deleted or is not public any more. What was bought is in the fields of the line.
    async fn product(&self, ctx: &Context<'_>) -> Result<Option<Product>> {
        Product::load_visible(ctx, ProductId(self.0.product_id)).await
    }

    /// Picture of the product as it is now; null if the product has none, was deleted, or is not public any more.
    async fn image(&self, ctx: &Context<'_>) -> Result<Option<Image>> {
        let id = ProductId(self.0.product_id);
        if Product::load_visible(ctx, id).await?.is_none() {
            return Ok(None);
        }
        let row = ctx.load_one(PrimaryImageKey(id)).await?;
        let app = ctx.app()?;
        Ok(row.map(|row| Image::of_product(app, &row)))
    }

    /// The variant; null if it was deleted or is not public any more.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Option<ProductVariant>> {
        ProductVariant::load_visible(ctx, ProductVariantId(self.0.variant_id)).await
    }
}

/// One line.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct LineKey(OrderLineId);
/// The lines of one order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfOrder(OrderId);
/// The lines of one store's part.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfPart(StoreOrderId);

impl Loader<LineKey> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[LineKey]) -> Result<HashMap<LineKey, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = order::lines_by_ids(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (LineKey(row.id), row)).collect())
    }
}

impl Loader<OfOrder> for Loaders {
    type Value = Vec<Model>;
    type Error = Error;

    async fn load(&self, keys: &[OfOrder]) -> Result<HashMap<OfOrder, Vec<Model>>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = order::lines(&self.app, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|(id, rows)| (OfOrder(id), rows)).collect())
    }
}

impl Loader<OfPart> for Loaders {
    type Value = Vec<Model>;
    type Error = Error;

    async fn load(&self, keys: &[OfPart]) -> Result<HashMap<OfPart, Vec<Model>>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = order::lines_of_store_orders(&self.app, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|(id, rows)| (OfPart(id), rows)).collect())
    }
}

impl OrderLine {
    /// Where the viewer may see the store's part of the order.
    pub async fn load_visible(ctx: &Context<'_>, id: OrderLineId) -> Result<Option<Self>> {
        let Some(row) = ctx.load_one(LineKey(id)).await? else { return Ok(None) };
        Ok(StoreOrder::load_visible(ctx, row.store_order_id).await?.map(|_| Self(row)))
    }

    /// Read together with the others that this request asks for; an error where it is gone.
    pub async fn load(ctx: &Context<'_>, id: OrderLineId) -> Result<Self> {
        let row = ctx.load_one(LineKey(id)).await?;
        row.map(Self).ok_or_else(|| Fault::internal("a line of an order is gone").into())
    }

    pub(super) async fn of_order(ctx: &Context<'_>, id: OrderId) -> Result<Vec<Self>> {
        let rows = ctx.load_one(OfOrder(id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Self).collect())
    }

    /// The lines of a store's part.
    pub async fn of_part(ctx: &Context<'_>, id: StoreOrderId) -> Result<Vec<Self>> {
        let rows = ctx.load_one(OfPart(id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Self).collect())
    }
}
