//! Changing products.

use crate::context::ContextExt;
use crate::decode::{self, Input};
use crate::enums::{ProductKind, ProductStatus};
use crate::error::Result;
use crate::error::{UserError, missing, split};
use crate::id;
use crate::money::Decimal;
use crate::payload;
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

/// A titled part of a product's description.
#[derive(InputObject)]
struct ProductSectionInput {
    /// Such as "How to use", 1 to 100 characters.
    title: String,
    /// HTML of at most 20,000 characters; sanitised.
    body: Html,
}

impl From<ProductSectionInput> for Section {
    fn from(input: ProductSectionInput) -> Self {
        Self { title: input.title, body: input.body.into() }
    }
}

/// A picture of a new product.
#[derive(InputObject)]
struct ProductCreateImageInput {
    /// Text that stands for the picture, at most 500 characters.
    alt_text: Option<String>,
    /// Where the picture comes from.
    source: ImageSourceInput,
}

/// A new product: with `price` and what belongs to it for a product of one variant, or with `variants`.
#[derive(InputObject)]
struct ProductCreateInput {
    /// The store that sells it.
    store_id: ID,
    /// Where it belongs.
    category_id: Option<ID>,
    /// 1 to 200 characters.
    name: String,
    /// Lower-case letters, digits and hyphens, at most 120; made from the name when left out.
    slug: Option<String>,
    /// Plain text of at most 500 characters.
    short_description: Option<String>,
    /// HTML of at most 50,000 characters; sanitised.
    description: Option<Html>,
    /// Titled parts of the description, at most 20.
    details: Option<Vec<ProductSectionInput>>,
    /// Labels, at most 20 of 1 to 50 characters each; a search finds them.
    tags: Option<Vec<String>>,
    /// Whether it is sent; `PHYSICAL` when left out.
    kind: Option<ProductKind>,
    /// `DRAFT` or `ACTIVE`; `DRAFT` when left out.
    status: Option<ProductStatus>,
    /// For search engines, at most 200 characters.
    seo_title: Option<String>,
    /// For search engines, at most 500 characters.
    seo_description: Option<String>,
    /// What its one variant costs: at least 0, with at most as many decimals as the currency has.
    price: Option<Decimal>,
    /// The price it is shown against; above `price`.
    compare_at_price: Option<Decimal>,
    /// The SKU of its one variant, 1 to 64 characters, unique within the store; made from the name when left out.
    sku: Option<String>,
    /// Pieces, 0 to 1,000,000; 0 when left out. Not for digital products.
    stock_quantity: Option<i32>,
    /// All its variants, 1 to 100; not together with `price` and what belongs to it.
    variants: Option<Vec<ProductVariantInput>>,
    /// Pictures, at most 20; lists show the first one. If one of them is refused, the product is not created.
    images: Option<Vec<ProductCreateImageInput>>,
}

impl ProductCreateInput {
    /// The only variant, where any of its fields is given.
    fn single(&self, currency: CurrencyCode) -> Option<NewVariant> {
        let given =
            self.price.is_some() || self.compare_at_price.is_some() || self.sku.is_some() || self.stock_quantity.is_some();
        given.then(|| NewVariant {
            sku: self.sku.clone(),
            price: self.price.as_ref().map(|price| decode::amount("price", price, currency)),
            compare_at_price: self.compare_at_price.as_ref().map(|price| decode::amount("compareAtPrice", price, currency)),
            stock_quantity: self.stock_quantity,
            ..NewVariant::default()
        })
    }
}

/// What is to change; what is left out stays. Prices and stock are changed at the variants.
#[derive(InputObject)]
struct ProductUpdateInput {
    /// Where it belongs; `null` takes it out.
    category_id: MaybeUndefined<ID>,
    /// 1 to 200 characters.
    name: Option<String>,
    /// Lower-case letters, digits and hyphens, at most 120.
    slug: Option<String>,
    /// Plain text of at most 500 characters.
    short_description: Option<String>,
    /// HTML of at most 50,000 characters; sanitised.
    description: Option<Html>,
    /// Titled parts of the description, at most 20; all of them.
    details: Option<Vec<ProductSectionInput>>,
    /// Labels, at most 20 of 1 to 50 characters each; all of them.
    tags: Option<Vec<String>>,
    /// Whether it is for sale.
    status: Option<ProductStatus>,
    /// Whether the marketplace recommends it; for the marketplace's staff alone.
    is_featured: Option<bool>,
    /// Whether the marketplace recommends it; for the marketplace's staff alone.
    #[graphql(deprecation = "Use `isFeatured`.")]
    featured: Option<bool>,
    /// For search engines, at most 200 characters; `null` takes it away.
    seo_title: MaybeUndefined<String>,
    /// For search engines, at most 500 characters; `null` takes it away.
    seo_description: MaybeUndefined<String>,
    /// The version the change is based on: refused as `STALE` when it has moved on.
    expected_version: Option<i32>,
}

payload! {
    /// What came of adding a product.
    ProductCreatePayload {
        /// The new product.
        product: Product
    }
}

payload! {
    /// What came of changing a product.
    ProductUpdatePayload {
        /// The changed product.
        product: Product
    }
}

/// What came of deleting a product.
#[derive(SimpleObject)]
struct ProductDeletePayload {
    /// The ID of what was deleted; absent where the product was archived instead.
    deleted_id: Option<ID>,
    /// The product, where it was ordered before and was archived instead.
    product: Option<Product>,
    /// What was wrong; empty where all went well.
    user_errors: Vec<UserError>,
}

fn new_product(input: ProductCreateInput, decoded: &mut Input, currency: CurrencyCode) -> NewProduct {
    let variants = input.variants.as_ref().map(|all| {
        all.iter().enumerate().map(|(at, variant)| variant.decode(decoded, &format!("variants.{at}."), currency)).collect()
    });
    NewProduct {
        category_id: input.category_id.as_ref().map(|category| decoded.id("categoryId", category)),
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

/// The pictures of a new product; what is wrong with a file of the request is told for all of them.
fn new_images(ctx: &Context<'_>, inputs: Vec<ProductCreateImageInput>) -> DomainResult<Vec<NewImage>> {
    let (mut images, mut wrong) = (Vec::new(), Check::new());
    for (at, input) in inputs.into_iter().enumerate() {
        match input.source.read(ctx) {
            Ok(source) => images.push(NewImage { alt_text: input.alt_text, is_primary: at == 0, source }),
            Err(Error::Refused(Refusal(problems))) => {
                let path = format!("images.{at}.source");
                problems.into_iter().for_each(|problem| wrong.push(problem.below(&path)));
            }
            Err(fault) => return Err(fault),
        }
    }
    wrong.finish()?;
    Ok(images)
}

fn patch(input: ProductUpdateInput, decoded: &mut Input) -> ProductPatch {
    let featured = decoded.renamed("", ("isFeatured", input.is_featured), ("featured", input.featured));
    let category_id = input.category_id.as_opt_ref();
    ProductPatch {
        category_id: category_id.map(|category| category.map(|category| decoded.id("categoryId", category))),
        name: input.name,
        slug: input.slug,
        short_description: input.short_description,
        description: input.description.map(Into::into),
        details: input.details.map(|all| all.into_iter().map(Into::into).collect()),
        tags: input.tags,
        status: input.status.map(Into::into),
        featured,
        seo_title: input.seo_title.as_opt_ref().map(|text| text.cloned()),
        seo_description: input.seo_description.as_opt_ref().map(|text| text.cloned()),
        expected_version: input.expected_version,
    }
}

/// Changing products.
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
        let result = async {
            let mut decoded = Input::default();
            let store = decoded.id("storeId", &input.store_id);
            let images = input.images.take().unwrap_or_default();
            let mut new = new_product(input, &mut decoded, app.config.currency);
            decoded.finish()?;
            new.images = new_images(ctx, images)?;
            let staff = customer.store_staff(&app.db, store, StoreTask::Products).await.map_err(missing("storeId"))?;
            product::create(app, &staff, new).await
        };
        ProductCreatePayload::from_result(result.await)
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
        let result = async {
            let mut decoded = Input::default();
            let id = decoded.id("id", &id);
            let patch = patch(input, &mut decoded);
            decoded.finish()?;
            let staff = product::staff(app, &customer, id).await?;
            product::update(app, &staff, id, patch).await
        };
        ProductUpdatePayload::from_result(result.await.map_err(missing("id")))
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
