//! Generating variants of combinations of values.

use crate::context::ContextExt;
use crate::cost;
use crate::decode::{self, Input};
use crate::error::{Result, UserError, split};
use crate::money::Decimal;
use crate::product::Product;
use crate::variant::ProductVariant;
use async_graphql::{Context, ID, InputObject, SimpleObject};
use souk_core::auth::Customer;
use souk_domain::attribute::Alternatives;
use souk_domain::product;
use souk_domain::variant::{self, NewVariants};
use souk_macros::root_object;

/// Values of one attribute, of which each is combined with all values of the other attributes.
#[derive(InputObject)]
struct VariantChoicesInput {
    /// Slug of an attribute by which the product type distinguishes variants.
    attribute: String,
    /// Values of the attribute, at most 100: slugs of choices for `CHOICE`, numbers for `NUMBER`, `true` or `false` for `BOOLEAN`.
    values: Vec<String>,
}

/// Variants to generate.
#[derive(InputObject)]
struct ProductVariantsGenerateInput {
    /// Values of the attributes, at most 5; those that the product type requires must be given.
    choices: Vec<VariantChoicesInput>,
    /// Price per unit of the new variants, at least 0, with at most as many decimals as the currency has.
    price: Decimal,
    /// Units in stock of each new variant, 0 to 1,000,000. Not for digital products.
    #[graphql(default = 0)]
    stock_quantity: i32,
    /// Whether the store offers the new variants.
    #[graphql(default = true)]
    is_active: bool,
    /// Version of the product that you read; if it has changed since, the error is `STALE`.
    expected_version: Option<i32>,
    /// Whether nothing is stored: the result shows what would be created. IDs of its new variants identify nothing.
    #[graphql(default = false)]
    dry_run: bool,
}

/// Result of `productVariantsGenerate`.
#[derive(SimpleObject)]
struct ProductVariantsGeneratePayload {
    /// The product after the change; null if there are errors.
    product: Option<Product>,
    /// New variants, at most 100; in a dry run, those that would be created.
    #[graphql(directive = cost::ListOf::apply(10))]
    created: Vec<ProductVariant>,
    /// Variants that have one of the combinations already, at most 100; they are not changed.
    #[graphql(directive = cost::ListOf::apply(10))]
    existing: Vec<ProductVariant>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

/// Mutation that generates variants.
#[derive(Default)]
pub struct GenerateMutation;

#[root_object]
impl GenerateMutation {
    /// Adds a variant for each combination of values that no variant of the product has. Present variants are neither changed nor
    /// deleted, except for a single variant without options that was never ordered, which is replaced.
    async fn product_variants_generate(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the product.")] id: ID,
        #[graphql(desc = "Variants to generate.")] input: ProductVariantsGenerateInput,
    ) -> Result<ProductVariantsGeneratePayload> {
        let app = ctx.app()?;
        let mut decoded = Input::default();
        let id = decoded.object("id", &id);
        let new = NewVariants {
            choices: input.choices.into_iter().map(|one| Alternatives { attribute: one.attribute, values: one.values }).collect(),
            price: decode::amount("price", &input.price, app.config.currency),
            stock_quantity: input.stock_quantity,
            active: input.is_active,
            expected_version: input.expected_version,
            dry_run: input.dry_run,
        };
        let generate = async {
            let staff = product::staff(app, &customer, id).await?;
            variant::generate(app, &staff, id, new).await
        };
        let (generated, user_errors) = split(decoded.run(generate).await)?;
        let (product, created, existing) = match generated {
            Some(found) => (Some(found.product), found.created, found.existing),
            None => (None, Vec::new(), Vec::new()),
        };
        Ok(ProductVariantsGeneratePayload {
            product: product.map(Product::from),
            created: created.into_iter().map(|(row, values)| ProductVariant::with_values(row, values)).collect(),
            existing: existing.into_iter().map(ProductVariant::from).collect(),
            user_errors,
        })
    }
}
