//! Lines of orders.

use crate::context::ContextExt;
use crate::cost;
use crate::enums::ProductKind;
use crate::error::Result;
use crate::id;
use crate::image::{Image, PrimaryImageKey};
use crate::loader::loaders;
use crate::money::Money;
use crate::product::Product;
use crate::variant::ProductVariant;
use async_graphql::{Context, ID, Object, SimpleObject};
use entity::id::{OrderId, OrderLineId, ProductId, ProductVariantId, StoreOrderId};
use entity::order_line::Model;
use souk_core::error::Fault;
use souk_domain::{order, store_order};

/// A line of an order.
pub struct OrderLine(pub Model);

/// Option of the ordered variant, as it was at the time of the order.
#[derive(SimpleObject, Clone, Debug)]
pub struct OrderLineOption {
    /// Name of the option, such as "Size".
    pub name: String,
    /// Value of the option, such as "M".
    pub value: String,
}

/// Line of an order: a product variant with its name, SKU and price at the time of the order.
#[Object]
impl OrderLine {
    /// ID of the order line.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Name of the product at the time of the order.
    async fn product_name(&self) -> &str {
        &self.0.product_name
    }

    /// Name of the variant at the time of the order.
    async fn variant_name(&self) -> &str {
        &self.0.variant_name
    }

    /// Stock keeping unit (SKU) of the variant at the time of the order.
    async fn sku(&self) -> &str {
        &self.0.sku
    }

    /// Kind of the product; digital products are not shipped.
    async fn kind(&self) -> ProductKind {
        self.0.kind.into()
    }

    /// Options of the variant at the time of the order, in their sort order.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn options(&self) -> Vec<OrderLineOption> {
        let options = self.0.options.0.iter();
        options.map(|option| OrderLineOption { name: option.name.clone(), value: option.value.clone() }).collect()
    }

    /// Ordered quantity of the variant.
    async fn quantity(&self) -> i32 {
        self.0.quantity
    }

    /// Quantity that was shipped so far; 0 for digital products.
    async fn fulfilled_quantity(&self) -> i32 {
        self.0.fulfilled_quantity
    }

    /// Quantity that was cancelled, which is never shipped.
    async fn cancelled_quantity(&self) -> i32 {
        self.0.cancelled_quantity
    }

    /// Value of the cancelled quantity, after discount and with tax.
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

    /// Product as it is now; null if it was deleted or is no longer public. The other fields of the line describe what was
    /// ordered.
    async fn product(&self, ctx: &Context<'_>) -> Result<Option<Product>> {
        Product::load_visible(ctx, ProductId(self.0.product_id)).await
    }

    /// Image of the product as it is now; null if the product has no image, was deleted or is no longer public.
    async fn image(&self, ctx: &Context<'_>) -> Result<Option<Image>> {
        let id = ProductId(self.0.product_id);
        if Product::load_visible(ctx, id).await?.is_none() {
            return Ok(None);
        }
        let row = ctx.load_one(PrimaryImageKey(id)).await?;
        Ok(row.as_ref().map(Image::of_product))
    }

    /// Variant as it is now; null if it was deleted or is no longer public.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Option<ProductVariant>> {
        ProductVariant::load_visible(ctx, ProductVariantId(self.0.variant_id)).await
    }
}

loaders! {
    /// Loads an order line.
    LineKey(OrderLineId) => row Model, by order::lines_by_ids;
    /// Loads an order line that the viewer may see.
    VisibleLine(OrderLineId) => row Model, by store_order::visible_lines;
    /// Loads the lines of an order.
    OfOrder(OrderId) => value Vec<Model>, by order::lines;
    /// Loads the lines of a store order.
    OfStoreOrder(StoreOrderId) => value Vec<Model>, by order::lines_of_store_orders;
}

impl OrderLine {
    /// Loads a line if the viewer may see its store order.
    pub async fn load_visible(ctx: &Context<'_>, id: OrderLineId) -> Result<Option<Self>> {
        Ok(ctx.load_one(VisibleLine(id)).await?.map(Self))
    }

    /// Loads a line in the batch of the request; an internal error if it does not exist.
    pub async fn load(ctx: &Context<'_>, id: OrderLineId) -> Result<Self> {
        let row = ctx.load_one(LineKey(id)).await?;
        row.map(Self).ok_or_else(|| Fault::internal("the order line does not exist").into())
    }

    pub(super) async fn of_order(ctx: &Context<'_>, id: OrderId) -> Result<Vec<Self>> {
        let rows = ctx.load_one(OfOrder(id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Self).collect())
    }

    /// The lines of a store order.
    pub async fn of_store_order(ctx: &Context<'_>, id: StoreOrderId) -> Result<Vec<Self>> {
        let rows = ctx.load_one(OfStoreOrder(id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Self).collect())
    }
}
