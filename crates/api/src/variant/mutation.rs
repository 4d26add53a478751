//! Changing variants and their stock.

use crate::context::ContextExt;
use crate::decode::{self, Input};
use crate::error::Result;
use crate::error::{UserError, split};
use crate::id;
use crate::money::Decimal;
use crate::payload;
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

/// A choice that a variant stands for.
#[derive(InputObject, Clone)]
pub struct VariantOptionInput {
    /// Such as "Size", 1 to 50 characters.
    name: String,
    /// Such as "M", 1 to 100 characters.
    value: String,
}

impl From<VariantOptionInput> for VariantOption {
    fn from(input: VariantOptionInput) -> Self {
        Self { name: input.name, value: input.value }
    }
}

/// A variant of a product.
#[derive(InputObject)]
pub struct ProductVariantInput {
    /// 1 to 200 characters; made from the options when left out.
    name: Option<String>,
    /// 1 to 64 characters, unique within the store; made from the product's name and the options when left out.
    sku: Option<String>,
    /// The choices it stands for, at most 5.
    options: Option<Vec<VariantOptionInput>>,
    /// At least 0, with at most as many decimals as the currency has.
    price: Decimal,
    /// The price it is shown against; above `price`.
    compare_at_price: Option<Decimal>,
    /// Pieces, 0 to 1,000,000; 0 when left out. Not for digital products.
    stock_quantity: Option<i32>,
    /// At or below this you are warned, 0 to 1,000,000.
    low_stock_threshold: Option<i32>,
    /// What one piece weighs, in grams, at most 10,000,000.
    weight_grams: Option<i32>,
    /// Such as an EAN, at most 64 characters.
    barcode: Option<String>,
    /// Whether it is sold; `true` when left out.
    is_active: Option<bool>,
    /// Whether it is sold; `true` when left out.
    #[graphql(deprecation = "Use `isActive`.")]
    active: Option<bool>,
}

impl ProductVariantInput {
    /// The variant; `path` is what stands before its fields.
    pub fn decode(&self, decoded: &mut Input, path: &str, currency: CurrencyCode) -> NewVariant {
        NewVariant {
            name: self.name.clone(),
            sku: self.sku.clone(),
            options: self.options.iter().flatten().cloned().map(Into::into).collect(),
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

/// A new variant of a product.
#[derive(InputObject)]
struct ProductVariantCreateInput {
    /// What it is a variant of.
    product_id: ID,
    /// The variant.
    #[graphql(flatten)]
    variant: ProductVariantInput,
}

/// What is to change; what is left out stays. The stock is changed by `stockAdjust`.
#[derive(InputObject)]
struct ProductVariantUpdateInput {
    /// 1 to 200 characters.
    name: Option<String>,
    /// 1 to 64 characters, unique within the store.
    sku: Option<String>,
    /// The choices it stands for, at most 5; all of them.
    options: Option<Vec<VariantOptionInput>>,
    /// At least 0, with at most as many decimals as the currency has.
    price: Option<Decimal>,
    /// The price it is shown against; above `price`. `null` takes it away.
    compare_at_price: MaybeUndefined<Decimal>,
    /// At or below this you are warned, 0 to 1,000,000; `null` takes it away.
    low_stock_threshold: MaybeUndefined<i32>,
    /// What one piece weighs, in grams, at most 10,000,000; `null` takes it away.
    weight_grams: MaybeUndefined<i32>,
    /// Such as an EAN, at most 64 characters; `null` takes it away.
    barcode: MaybeUndefined<String>,
    /// Whether it is sold.
    is_active: Option<bool>,
    /// Whether it is sold.
    #[graphql(deprecation = "Use `isActive`.")]
    active: Option<bool>,
    /// Its place among the product's variants, lowest first, 0 to 1,000,000.
    position: Option<i32>,
    /// The version the change is based on: refused as `STALE` when it has moved on.
    expected_version: Option<i32>,
}

impl ProductVariantUpdateInput {
    fn decode(self, currency: CurrencyCode) -> DomainResult<VariantPatch> {
        let (input, mut decoded) = (self, Input::default());
        let active = decoded.renamed("", ("isActive", input.is_active), ("active", input.active));
        decoded.finish()?;
        let compare = input.compare_at_price.as_opt_ref();
        Ok(VariantPatch {
            name: input.name,
            sku: input.sku,
            options: input.options.map(|all| all.into_iter().map(Into::into).collect()),
            price: input.price.map(|price| decode::amount("price", &price, currency)),
            compare_at_price: compare.map(|price| price.map(|price| decode::amount("compareAtPrice", price, currency))),
            low_stock_threshold: input.low_stock_threshold.as_opt_ref().map(|least| least.copied()),
            weight_grams: input.weight_grams.as_opt_ref().map(|grams| grams.copied()),
            barcode: input.barcode.as_opt_ref().map(|barcode| barcode.cloned()),
            active,
            position: input.position,
            expected_version: input.expected_version,
        })
    }
}

/// Change of the stock of a variant.
#[derive(InputObject)]
struct StockAdjustInput {
    /// Of what.
    variant_id: ID,
    /// How the stock changes. Required unless one of the deprecated fields is given.
    change: Option<StockChange>,
    /// As `change.delta`.
    #[graphql(deprecation = "Use `change.delta`.")]
    delta: Option<i32>,
    /// As `change.set.to`.
    #[graphql(deprecation = "Use `change.set`.")]
    set_to: Option<i32>,
    /// As `change.set.from`.
    #[graphql(deprecation = "Use `change.set`.")]
    change_from_quantity: Option<i32>,
    /// 1 to 255 characters of your choice: the same key and input again change nothing more, so that a request whose answer was
    /// lost can be sent again.
    idempotency_key: Option<String>,
}

/// A change of stock: exactly one of the fields.
#[derive(OneofObject)]
enum StockChange {
    /// Pieces to add; to remove if negative.
    Delta(i32),
    /// A new quantity, set only if the stock still is what you saw.
    Set(StockSet),
}

/// A new quantity of stock.
#[derive(InputObject)]
struct StockSet {
    /// The new quantity, 0 to 1,000,000.
    to: i32,
    /// The quantity that you saw; if the stock is another by now, the error is `STALE`.
    from: i32,
}

impl StockAdjustInput {
    fn adjustment(&self) -> DomainResult<Adjustment> {
        match (&self.change, self.delta, self.set_to, self.change_from_quantity) {
            (Some(StockChange::Delta(delta)), None, None, None) => Ok(Adjustment::Delta(*delta)),
            (Some(StockChange::Set(StockSet { to, from })), None, None, None) => Ok(Adjustment::Set { to: *to, from: *from }),
            (Some(_), _, _, _) => {
                refuse("change", Code::Invalid, "change can't be given together with delta, setTo or changeFromQuantity.")
            }
            (None, Some(delta), None, None) => Ok(Adjustment::Delta(delta)),
            (None, None, Some(to), Some(from)) => Ok(Adjustment::Set { to, from }),
            (None, None, Some(_), None) => {
                refuse("changeFromQuantity", Code::Required, "changeFromQuantity is needed with setTo: the stock as you saw it")
            }
            (None, Some(_), _, _) => {
                refuse("delta", Code::Invalid, "delta can't be given together with setTo or changeFromQuantity")
            }
            (None, None, None, _) => refuse("change", Code::Required, "change is required: delta, or set."),
        }
    }
}

/// Paths of the problems of a change, as `change` has them.
fn in_change(error: Error) -> Error {
    let Error::Refused(Refusal(problems)) = error else { return error };
    let told = problems.into_iter().map(|mut problem| {
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
    Error::Refused(Refusal(told.collect()))
}

payload! {
    /// What came of adding a variant.
    ProductVariantCreatePayload {
        /// The new variant.
        variant: ProductVariant
    }
}

payload! {
    /// What came of changing a variant.
    ProductVariantUpdatePayload {
        /// The changed variant.
        variant: ProductVariant
    }
}

payload! {
    /// What came of changing a stock.
    StockAdjustPayload {
        /// The variant with its new stock.
        variant: ProductVariant
    }
}

/// What came of deleting a variant.
#[derive(SimpleObject)]
struct ProductVariantDeletePayload {
    /// The ID of what was deleted; absent where the variant was ordered before and was made inactive instead.
    deleted_id: Option<ID>,
    /// Its product, as it is now.
    product: Option<Product>,
    /// What was wrong; empty where all went well.
    user_errors: Vec<UserError>,
}

/// Changing variants.
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
