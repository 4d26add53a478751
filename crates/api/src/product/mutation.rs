//! Mutations of products.

use crate::attribute::{AttributeValueInput, decode_all};
use crate::context::ContextExt;
use crate::decode::{self, Input};
use crate::enums::{ProductKind, ProductStatus};
use crate::error::Result;
use crate::error::{UserError, split};
use crate::id;
use crate::money::Decimal;
use crate::payloads;
use crate::product::Product;
use crate::scalar::Html;
use crate::upload::ImageSourceInput;
use crate::variant::ProductVariantInput;
use async_graphql::{Context, ID, InputObject, MaybeUndefined, SimpleObject};
use entity::money::CurrencyCode;
use entity::value::{self, Section};
use souk_core::auth::{Customer, StoreTask};
use souk_core::check::Check;
use souk_core::error::{Error, Refusal, Result as DomainResult};
use souk_domain::image::NewImage;
use souk_domain::product::{self, NewProduct, ProductPatch, Removed};
use souk_domain::variant::NewVariant;
use souk_macros::root_object;

/// Section of a product's description with a title.
#[derive(InputObject)]
struct ProductSectionInput {
    /// Title, such as "How to use", 1 to 100 characters.
    title: String,
    /// Text of the section as HTML, at most 20,000 characters; sanitised.
    body: Html,
}

impl From<ProductSectionInput> for Section {
    fn from(input: ProductSectionInput) -> Self {
        Self { title: input.title, body: input.body.into() }
    }
}

/// Image of a new product.
#[derive(InputObject)]
struct ProductCreateImageInput {
    /// Alternative text of the image, at most 500 characters.
    alt_text: Option<String>,
    /// Source of the image.
    source: ImageSourceInput,
}

/// New product. A product with a single variant has `price` and optionally `compareAtPrice`, `sku` and `stockQuantity`; any other
/// product has `variants`.
#[derive(InputObject)]
struct ProductCreateInput {
    /// ID of the store that sells the product.
    store_id: ID,
    /// ID of the category.
    category_id: Option<ID>,
    /// ID of the product type, which says what attributes the product and its variants have.
    product_type_id: Option<ID>,
    /// Values of the attributes of the product; those that the type requires must be given. Values of variants are given with them.
    attributes: Option<Vec<AttributeValueInput>>,
    /// Name of the product, 1 to 200 characters.
    name: String,
    /// URL identifier, unique: lower-case letters, digits and single hyphens, at most 120 characters; made from the name if left
    /// out.
    slug: Option<String>,
    /// Short description as plain text, at most 500 characters.
    short_description: Option<String>,
    /// Description as HTML, at most 50,000 characters; sanitised.
    description: Option<Html>,
    /// Sections of the description, at most 20.
    details: Option<Vec<ProductSectionInput>>,
    /// Tags, which a search finds: at most 20 of 1 to 50 characters each.
    tags: Option<Vec<String>>,
    /// How the product is delivered; `PHYSICAL` if left out.
    kind: Option<ProductKind>,
    /// Status of the product, `DRAFT` or `ACTIVE`; `DRAFT` if left out.
    status: Option<ProductStatus>,
    /// Title for search engines, at most 200 characters.
    seo_title: Option<String>,
    /// Description for search engines, at most 500 characters.
    seo_description: Option<String>,
    /// Price of the single variant, at least 0, with at most as many decimals as the currency has.
    price: Option<Decimal>,
    /// Compare-at price of the single variant, such as its price before a reduction; above `price`.
    compare_at_price: Option<Decimal>,
    /// SKU of the single variant, 1 to 64 characters, unique within the store; made from the name if left out.
    sku: Option<String>,
    /// Units in stock of the single variant, 0 to 1,000,000; 0 if left out. Not for digital products.
    stock_quantity: Option<i32>,
    /// Variants of the product, 1 to 100. Cannot be given together with `price`, `compareAtPrice`, `sku` or `stockQuantity`.
    variants: Option<Vec<ProductVariantInput>>,
    /// Images, at most 20; the first becomes the primary image. If one of them is invalid, the product is not created.
    images: Option<Vec<ProductCreateImageInput>>,
}

impl ProductCreateInput {
    /// The single variant, if any of its fields is given.
    fn single(&self, currency: CurrencyCode) -> Option<NewVariant> {
        let is_given =
            self.price.is_some() || self.compare_at_price.is_some() || self.sku.is_some() || self.stock_quantity.is_some();
        is_given.then(|| NewVariant {
            sku: self.sku.clone(),
            price: self.price.as_ref().map(|price| decode::amount("price", price, currency)),
            compare_at_price: self.compare_at_price.as_ref().map(|price| decode::amount("compareAtPrice", price, currency)),
            stock_quantity: self.stock_quantity,
            ..NewVariant::default()
        })
    }
}

/// Changes to a product. Fields that are left out keep their value. Prices and stock belong to the variants: see
/// `productVariantUpdate` and `stockAdjust`.
#[derive(InputObject)]
struct ProductUpdateInput {
    /// ID of the category; `null` removes the product from its category.
    category_id: MaybeUndefined<ID>,
    /// ID of the product type; `null` removes it. Values of attributes that the new type does not have are deleted; the options of
    /// variants stay.
    product_type_id: MaybeUndefined<ID>,
    /// Values of the attributes of the product; replace all present ones. Those that the type requires must be given.
    attributes: Option<Vec<AttributeValueInput>>,
    /// Name of the product, 1 to 200 characters.
    name: Option<String>,
    /// URL identifier, unique: lower-case letters, digits and single hyphens, at most 120 characters.
    slug: Option<String>,
    /// Short description as plain text, at most 500 characters.
    short_description: Option<String>,
    /// Description as HTML, at most 50,000 characters; sanitised.
    description: Option<Html>,
    /// Sections of the description, at most 20; replace all present ones.
    details: Option<Vec<ProductSectionInput>>,
    /// Tags, at most 20 of 1 to 50 characters each; replace all present ones.
    tags: Option<Vec<String>>,
    /// New status of the product.
    status: Option<ProductStatus>,
    /// Whether the marketplace features the product; only for staff of the marketplace.
    is_featured: Option<bool>,
    /// Whether the marketplace features the product; only for staff of the marketplace.
    #[graphql(deprecation = "Use `isFeatured`.")]
    featured: Option<bool>,
    /// Title for search engines, at most 200 characters; `null` removes it.
    seo_title: MaybeUndefined<String>,
    /// Description for search engines, at most 500 characters; `null` removes it.
    seo_description: MaybeUndefined<String>,
    /// Version of the object that you read; if it has changed since, the error is `STALE`.
    expected_version: Option<i32>,
}

payloads! {
    /// The new product; null if there are errors.
    ProductCreatePayload { product: Product } of productCreate;
    /// The changed product; null if there are errors.
    ProductUpdatePayload { product: Product } of productUpdate;
}

/// Result of `productDelete`.
#[derive(SimpleObject)]
struct ProductDeletePayload {
    /// ID of the deleted product; null if the product was archived instead, and if there are errors.
    deleted_id: Option<ID>,
    /// The product if it was archived instead of deleted, because it was ordered before; null otherwise.
    product: Option<Product>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

fn new_product(input: ProductCreateInput, decoded: &mut Input, currency: CurrencyCode) -> NewProduct {
    let variants = input.variants.as_ref().map(|all| {
        all.iter().enumerate().map(|(at, variant)| variant.decode(decoded, &format!("variants.{at}."), currency)).collect()
    });
    NewProduct {
        category_id: input.category_id.as_ref().map(|category| decoded.id("categoryId", category)),
        product_type_id: input.product_type_id.as_ref().map(|id| decoded.id("productTypeId", id)),
        attributes: decode_all(input.attributes.as_deref().unwrap_or_default()),
        single: input.single(currency),
        name: input.name,
        slug: input.slug,
        short_description: input.short_description,
        description: input.description.map(Into::into),
        details: input.details.unwrap_or_default().into_iter().map(Into::into).collect(),
        tags: input.tags.unwrap_or_default(),
        kind: input.kind.map_or(value::ProductKind::Physical, Into::into),
        status: input.status.map_or(value::ProductStatus::Draft, Into::into),
        seo_title: input.seo_title,
        seo_description: input.seo_description,
        variants,
        images: Vec::new(),
    }
}

/// Images of a new product. Reports the problems of all of them at once.
fn new_images(ctx: &Context<'_>, inputs: Vec<ProductCreateImageInput>) -> DomainResult<Vec<NewImage>> {
    let (mut images, mut check) = (Vec::new(), Check::new());
    for (at, input) in inputs.into_iter().enumerate() {
        match input.source.read(ctx) {
            Ok(source) => images.push(NewImage { alt_text: input.alt_text, is_primary: at == 0, source }),
            Err(Error::Refused(Refusal(problems))) => {
                let path = format!("images.{at}.source");
                problems.into_iter().for_each(|problem| check.push(problem.below(&path)));
            }
            Err(fault) => return Err(fault),
        }
    }
    check.finish()?;
    Ok(images)
}

fn patch(input: ProductUpdateInput, decoded: &mut Input) -> ProductPatch {
    let featured = decoded.renamed("", ("isFeatured", input.is_featured), ("featured", input.featured));
    ProductPatch {
        category_id: input.category_id.map_value(|category| decoded.id("categoryId", &category)).into(),
        product_type_id: input.product_type_id.map_value(|id| decoded.id("productTypeId", &id)).into(),
        attributes: input.attributes.as_deref().map(decode_all),
        name: input.name,
        slug: input.slug,
        short_description: input.short_description,
        description: input.description.map(Into::into),
        details: input.details.map(|all| all.into_iter().map(Into::into).collect()),
        tags: input.tags,
        status: input.status.map(Into::into),
        featured,
        seo_title: input.seo_title.into(),
        seo_description: input.seo_description.into(),
        expected_version: input.expected_version,
    }
}

/// Mutations of products.
#[derive(Default)]
pub struct ProductMutation;

#[root_object]
impl ProductMutation {
    /// Creates a product in your store.
    async fn product_create(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Fields of the new product.")] mut input: ProductCreateInput,
    ) -> Result<ProductCreatePayload> {
        let app = ctx.app()?;
        let mut decoded = Input::default();
        let store = decoded.id("storeId", &input.store_id);
        let images = input.images.take().unwrap_or_default();
        let mut new = new_product(input, &mut decoded, app.config.currency);
        let create = async {
            new.images = new_images(ctx, images)?;
            let staff = decode::found("storeId", customer.store_staff(&app.db, store, StoreTask::Products)).await?;
            product::create(app, &staff, new).await
        };
        ProductCreatePayload::from_result(decoded.run(create).await)
    }

    /// Updates a product of your store.
    async fn product_update(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the product.")] id: ID,
        #[graphql(desc = "Fields to change.")] input: ProductUpdateInput,
    ) -> Result<ProductUpdatePayload> {
        let app = ctx.app()?;
        let mut decoded = Input::default();
        let id = decoded.object("id", &id);
        let patch = patch(input, &mut decoded);
        let update = async {
            let staff = product::staff(app, &customer, id).await?;
            product::update(app, &staff, id, patch).await
        };
        ProductUpdatePayload::from_result(decoded.run(update).await)
    }

    /// Deletes a product of your store. A product that was ever ordered is archived instead.
    async fn product_delete(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the product.")] id: ID,
    ) -> Result<ProductDeletePayload> {
        let app = ctx.app()?;
        let result = decode::by_id("id", &id, async |id| {
            let staff = product::staff(app, &customer, id).await?;
            product::delete(app, &staff, id).await
        });
        let (removed, user_errors) = split(result.await)?;
        let (deleted_id, product) = match removed {
            Some(Removed::Deleted(id)) => (Some(id::output(id)), None),
            Some(Removed::Archived(row)) => (None, Some(Product::from(*row))),
            None => (None, None),
        };
        Ok(ProductDeletePayload { deleted_id, product, user_errors })
    }
}
