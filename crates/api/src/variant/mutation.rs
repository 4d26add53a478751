//! Mutations of variants and their stock.

use crate::attribute::{AttributeValueInput, decode_all};
use crate::context::ContextExt;
use crate::decode::{self, Input};
use crate::error::Result;
use crate::error::{UserError, split};
use crate::id;
use crate::money::Decimal;
use crate::payloads;
use crate::product::Product;
use crate::variant::ProductVariant;
use async_graphql::{Context, ID, InputObject, MaybeUndefined, OneofObject, SimpleObject};
use entity::money::CurrencyCode;
use entity::value::VariantOption;
use souk_core::auth::Customer;
use souk_core::error::{Code, Error, Refusal, Result as DomainResult, refuse};
use souk_domain::product;
use souk_domain::variant::{self, Adjustment, NewVariant, Removed, VariantPatch};
use souk_macros::root_object;

/// Value of an option that a variant has.
#[derive(InputObject, Clone)]
pub struct VariantOptionInput {
    /// Name of the option, such as "Size", 1 to 50 characters.
    name: String,
    /// Value of the option, such as "M", 1 to 100 characters.
    value: String,
}

impl From<VariantOptionInput> for VariantOption {
    fn from(input: VariantOptionInput) -> Self {
        Self { name: input.name, value: input.value }
    }
}

/// New variant of a new product.
#[derive(InputObject)]
pub struct ProductVariantInput {
    /// Name of the variant, 1 to 200 characters; made from the options if left out.
    name: Option<String>,
    /// SKU, 1 to 64 characters, unique within the store; made from the product's name and the options if left out.
    sku: Option<String>,
    /// Options of the variant with their values, at most 5.
    options: Option<Vec<VariantOptionInput>>,
    /// Values of the attributes by which the product type distinguishes variants; the options are made from them, and can't be given.
    attributes: Option<Vec<AttributeValueInput>>,
    /// Price per unit, at least 0, with at most as many decimals as the currency has.
    price: Decimal,
    /// Price to compare `price` with, such as the price before a reduction; above `price`.
    compare_at_price: Option<Decimal>,
    /// Units in stock, 0 to 1,000,000; 0 if left out. Not for digital products.
    stock_quantity: Option<i32>,
    /// Stock quantity at or below which the stock counts as low, 0 to 1,000,000.
    low_stock_threshold: Option<i32>,
    /// Weight of one unit in grams, 0 to 10,000,000.
    weight_grams: Option<i32>,
    /// Barcode, such as an EAN, at most 64 characters.
    barcode: Option<String>,
    /// Whether the store offers the variant; `true` if left out.
    is_active: Option<bool>,
    /// Whether the store offers the variant; `true` if left out.
    #[graphql(deprecation = "Use `isActive`.")]
    active: Option<bool>,
}

impl ProductVariantInput {
    /// The variant for the domain. `path` is the prefix of the paths of problems, such as `variants.0.`.
    pub fn decode(&self, decoded: &mut Input, path: &str, currency: CurrencyCode) -> NewVariant {
        NewVariant {
            name: self.name.clone(),
            sku: self.sku.clone(),
            options: self.options.iter().flatten().cloned().map(Into::into).collect(),
            attributes: decode_all(self.attributes.as_deref().unwrap_or_default()),
            price: Some(decode::amount(&format!("{path}price"), &self.price, currency)),
            compare_at_price: self
                .compare_at_price
                .as_ref()
                .map(|price| decode::amount(&format!("{path}compareAtPrice"), price, currency)),
            stock_quantity: self.stock_quantity,
            low_stock_threshold: self.low_stock_threshold,
            weight_grams: self.weight_grams,
            barcode: self.barcode.clone(),
            active: decoded.renamed(path, ("isActive", self.is_active), ("active", self.active)),
        }
    }
}

/// New variant of an existing product.
#[derive(InputObject)]
struct ProductVariantCreateInput {
    /// ID of the product.
    product_id: ID,
    /// Fields of the variant.
    #[graphql(flatten)]
    variant: ProductVariantInput,
}

/// Changes to a variant. Fields that are left out keep their value. To change the stock, use `stockAdjust`.
#[derive(InputObject)]
struct ProductVariantUpdateInput {
    /// Name of the variant, 1 to 200 characters.
    name: Option<String>,
    /// SKU, 1 to 64 characters, unique within the store.
    sku: Option<String>,
    /// Options of the variant with their values, at most 5; replace all present ones.
    options: Option<Vec<VariantOptionInput>>,
    /// Values of the attributes by which the product type distinguishes variants; replace all present ones. The options are made from
    /// them, and can't be given.
    attributes: Option<Vec<AttributeValueInput>>,
    /// Price per unit, at least 0, with at most as many decimals as the currency has.
    price: Option<Decimal>,
    /// Price to compare `price` with, such as the price before a reduction; above `price`. `null` removes it.
    compare_at_price: MaybeUndefined<Decimal>,
    /// Stock quantity at or below which the stock counts as low, 0 to 1,000,000; `null` removes it.
    low_stock_threshold: MaybeUndefined<i32>,
    /// Weight of one unit in grams, 0 to 10,000,000; `null` removes it.
    weight_grams: MaybeUndefined<i32>,
    /// Barcode, such as an EAN, at most 64 characters; `null` removes it.
    barcode: MaybeUndefined<String>,
    /// Whether the store offers the variant.
    is_active: Option<bool>,
    /// Whether the store offers the variant.
    #[graphql(deprecation = "Use `isActive`.")]
    active: Option<bool>,
    /// Position among the variants of the product, lowest first, 0 to 1,000,000.
    position: Option<i32>,
    /// Version of the object that you read; if it has changed since, the error is `STALE`.
    expected_version: Option<i32>,
}

impl ProductVariantUpdateInput {
    fn decode(self, currency: CurrencyCode) -> DomainResult<VariantPatch> {
        let (input, mut decoded) = (self, Input::default());
        let active = decoded.renamed("", ("isActive", input.is_active), ("active", input.active));
        decoded.finish()?;
        Ok(VariantPatch {
            name: input.name,
            sku: input.sku,
            options: input.options.map(|all| all.into_iter().map(Into::into).collect()),
            attributes: input.attributes.as_deref().map(decode_all),
            price: input.price.map(|price| decode::amount("price", &price, currency)),
            compare_at_price: input.compare_at_price.map_value(|price| decode::amount("compareAtPrice", &price, currency)).into(),
            low_stock_threshold: input.low_stock_threshold.into(),
            weight_grams: input.weight_grams.into(),
            barcode: input.barcode.into(),
            active,
            position: input.position,
            expected_version: input.expected_version,
        })
    }
}

/// Change of the stock of a variant.
#[derive(InputObject)]
struct StockAdjustInput {
    /// ID of the variant.
    variant_id: ID,
    /// Change of the stock. Required unless a deprecated field is given.
    change: Option<StockChange>,
    /// Same as `change.delta`.
    #[graphql(deprecation = "Use `change.delta`.")]
    delta: Option<i32>,
    /// Same as `change.set.to`.
    #[graphql(deprecation = "Use `change.set`.")]
    set_to: Option<i32>,
    /// Same as `change.set.from`.
    #[graphql(deprecation = "Use `change.set`.")]
    change_from_quantity: Option<i32>,
    /// Key of your choice, 1 to 255 characters: a repeated request with the same key and input changes nothing more and returns
    /// the variant with its present stock.
    idempotency_key: Option<String>,
}

/// Change of stock. Exactly one of the fields is required.
#[derive(OneofObject)]
enum StockChange {
    /// Number of units to add; negative to remove units.
    Delta(i32),
    /// New quantity, which is set only if the present quantity is the one that you read.
    Set(StockSet),
}

/// New quantity of stock.
#[derive(InputObject)]
struct StockSet {
    /// New quantity, 0 to 1,000,000.
    to: i32,
    /// Quantity that you read; if it has changed since, the error is `STALE`.
    from: i32,
}

impl StockAdjustInput {
    fn adjustment(&self) -> DomainResult<Adjustment> {
        match (&self.change, self.delta, self.set_to, self.change_from_quantity) {
            (Some(StockChange::Delta(delta)), None, None, None) => Ok(Adjustment::Delta(*delta)),
            (Some(StockChange::Set(StockSet { to, from })), None, None, None) => Ok(Adjustment::Set { to: *to, from: *from }),
            (Some(_), _, _, _) => {
                refuse("change", Code::Invalid, "change cannot be given together with delta, setTo or changeFromQuantity.")
            }
            (None, Some(delta), None, None) => Ok(Adjustment::Delta(delta)),
            (None, None, Some(to), Some(from)) => Ok(Adjustment::Set { to, from }),
            (None, None, Some(_), None) => {
                refuse("changeFromQuantity", Code::Required, "changeFromQuantity is required together with setTo.")
            }
            (None, Some(_), _, _) => {
                refuse("delta", Code::Invalid, "delta cannot be given together with setTo or changeFromQuantity.")
            }
            (None, None, None, _) => refuse("change", Code::Required, "change is required."),
        }
    }
}

/// Rewrites the problems of an adjustment, which name the deprecated fields, to the paths in `change`.
fn in_change(error: Error) -> Error {
    let Error::Refused(Refusal(problems)) = error else { return error };
    let renamed = problems.into_iter().map(|mut problem| {
        let path = match problem.field.first().map(String::as_str) {
            Some("delta") => ["change", "delta"].as_slice(),
            Some("setTo") => &["change", "set", "to"],
            Some("changeFromQuantity") => &["change", "set", "from"],
            _ => return problem,
        };
        for (earlier, name) in [("setTo", "to"), ("changeFromQuantity", "from")] {
            if let Some(rest) = problem.message.strip_prefix(earlier) {
                problem.message = format!("{name}{rest}");
            }
        }
        problem.field = path.iter().map(|&name| name.to_owned()).collect();
        problem
    });
    Error::Refused(Refusal(renamed.collect()))
}

payloads! {
    /// The new variant; null if there are errors.
    ProductVariantCreatePayload { variant: ProductVariant } of productVariantCreate;
    /// The changed variant; null if there are errors.
    ProductVariantUpdatePayload { variant: ProductVariant } of productVariantUpdate;
    /// The variant with its new stock; null if there are errors.
    StockAdjustPayload { variant: ProductVariant } of stockAdjust;
}

/// Result of `productVariantDelete`.
#[derive(SimpleObject)]
struct ProductVariantDeletePayload {
    /// ID of the deleted variant; null if it was made inactive instead, because it was ordered before, and if there are errors.
    deleted_id: Option<ID>,
    /// Product of the variant after the change; null if there are errors.
    product: Option<Product>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

/// Mutations of variants and their stock.
#[derive(Default)]
pub struct VariantMutation;

#[root_object]
impl VariantMutation {
    /// Adds a variant to a product of your store.
    async fn product_variant_create(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Fields of the new variant.")] input: ProductVariantCreateInput,
    ) -> Result<ProductVariantCreatePayload> {
        let app = ctx.app()?;
        let result = decode::by_id("productId", &input.product_id, async |id| {
            let staff = product::staff(app, &customer, id).await?;
            let mut decoded = Input::default();
            let new = input.variant.decode(&mut decoded, "", app.config.currency);
            decoded.finish()?;
            variant::create(app, &staff, id, new).await
        });
        ProductVariantCreatePayload::from_result(result.await)
    }

    /// Updates a variant of a product of your store.
    async fn product_variant_update(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the variant.")] id: ID,
        #[graphql(desc = "Fields to change.")] input: ProductVariantUpdateInput,
    ) -> Result<ProductVariantUpdatePayload> {
        let app = ctx.app()?;
        let result = decode::by_id("id", &id, async |id| {
            let staff = variant::staff(app, &customer, id).await?;
            variant::update(app, &staff, id, input.decode(app.config.currency)?).await
        });
        ProductVariantUpdatePayload::from_result(result.await)
    }

    /// Deletes a variant of a product of your store, except its last one. A variant that was ever ordered is deactivated instead.
    async fn product_variant_delete(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the variant.")] id: ID,
    ) -> Result<ProductVariantDeletePayload> {
        let app = ctx.app()?;
        let result = decode::by_id("id", &id, async |id| {
            let staff = variant::staff(app, &customer, id).await?;
            variant::delete(app, &staff, id).await
        });
        let (removed, user_errors) = split(result.await)?;
        let (deleted_id, product) = match removed {
            Some((Removed::Deleted(id), product)) => (Some(id::output(id)), Some(Product::from(product))),
            Some((Removed::Deactivated, product)) => (None, Some(Product::from(product))),
            None => (None, None),
        };
        Ok(ProductVariantDeletePayload { deleted_id, product, user_errors })
    }

    /// Adjusts the stock of a variant of your store.
    async fn stock_adjust(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Change of the stock.")] input: StockAdjustInput,
    ) -> Result<StockAdjustPayload> {
        let app = ctx.app()?;
        let result = decode::by_id("variantId", &input.variant_id, async |id| {
            let staff = variant::staff(app, &customer, id).await?;
            let adjustment = input.adjustment()?;
            let result = variant::adjust(app, &staff, id, adjustment, input.idempotency_key.as_deref()).await;
            if input.change.is_some() { result.map_err(in_change) } else { result }
        });
        StockAdjustPayload::from_result(result.await)
    }
}
