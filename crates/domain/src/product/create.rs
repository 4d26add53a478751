//! Creating products.

use crate::attribute::{self, NewValue, Rules, Values};
use crate::category;
use crate::image::{NewImage, ReceivedImages};
use crate::product::{fields, tag};
use crate::social;
use crate::store::is_slug_taken;
use crate::variant::{self, Fields, NewVariant, Terms, is_sku_taken, sku_base};
use entity::id::{CategoryId, ProductId, ProductTypeId};
use entity::product::{ActiveModel, Entity, Model};
use entity::store;
use entity::value::{AttributeLevel, ProductKind, ProductStatus, Section, Sections, StoreStatus, Tags};
use sea_orm::ActiveValue::Set;
use sea_orm::{EntityTrait, QuerySelect};
use souk_core::app::App;
use souk_core::auth::StoreStaff;
use souk_core::check::Check;
use souk_core::db::{Subject, Tx};
use souk_core::error::{Code, Error, Fault, Result, refuse};
use souk_core::text::{random_suffix, slug_for, slugify};
use souk_core::transact;

/// Attempts with another generated slug or SKU if one is taken.
pub(crate) const ATTEMPTS: u32 = 5;

#[derive(Clone, Debug)]
pub struct NewProduct {
    pub category_id: Option<CategoryId>,
    /// Says what attributes the product has.
    pub product_type_id: Option<ProductTypeId>,
    /// Values of the attributes of the product, not of its variants.
    pub attributes: Vec<NewValue>,
    pub name: String,
    /// Default: made from the name.
    pub slug: Option<String>,
    /// Plain text.
    pub short_description: Option<String>,
    /// HTML.
    pub description: Option<String>,
    /// Titled sections.
    pub details: Vec<Section>,
    pub tags: Vec<String>,
    /// Whether it is shipped.
    pub kind: ProductKind,
    /// DRAFT or ACTIVE.
    pub status: ProductStatus,
    pub seo_title: Option<String>,
    pub seo_description: Option<String>,
    /// Images; the first one is the primary image.
    pub images: Vec<NewImage>,
    /// The only variant of a simple product; exclusive with `variants`.
    pub single: Option<NewVariant>,
    /// All variants; exclusive with `single`.
    pub variants: Option<Vec<NewVariant>>,
}

/// Checked fields of a new product.
pub(crate) struct Checked {
    name: String,
    slug: Option<String>,
    short_description: String,
    description: String,
    details: Sections,
    tags: Tags,
    seo_title: Option<String>,
    seo_description: Option<String>,
    values: Values,
    variants: Vec<Fields>,
}

pub async fn create(app: &App, staff: &StoreStaff, new: NewProduct) -> Result<Model> {
    let (mut rules, mut checked) = check_with_rules(app, &new).await?;
    let images = ReceivedImages::receive(app, staff, &new.images).await?;
    let mut attempt = 0;
    let result = loop {
        match insert_with_retries(app, staff, &new, (&rules, &checked), &images).await {
            Err(error) if attempt < attribute::ATTEMPTS && attribute::is_outdated(&error) => attempt += 1,
            other => break other,
        }
        match check_with_rules(app, &new).await {
            Ok(again) => (rules, checked) = again,
            Err(refused) => break Err(refused),
        }
    };
    images.clean_up(app, result.is_ok()).await;
    result
}

/// Checks all fields by the rules of the product's type, as they are now.
async fn check_with_rules(app: &App, new: &NewProduct) -> Result<(Rules, Checked)> {
    let of_variants = new.variants.iter().flatten().flat_map(|variant| &variant.attributes);
    let given: Vec<_> = new.attributes.iter().chain(of_variants).collect();
    let found = Rules::load(app.db.read(), new.product_type_id, &given).await?;
    let is_found = found.is_some();
    let rules = found.unwrap_or_else(Rules::unknown);
    let checked = check(app, new, &rules, is_found)?;
    Ok((rules, checked))
}

/// Tries other slugs and SKUs if generated ones are taken.
async fn insert_with_retries(
    app: &App,
    staff: &StoreStaff,
    new: &NewProduct,
    by_rules: (&Rules, &Checked),
    images: &ReceivedImages,
) -> Result<Model> {
    let (mut attempt, checked) = (0, by_rules.1);
    loop {
        let result = insert(app, staff, new, by_rules, images, attempt).await;
        match result {
            Err(error) if attempt < ATTEMPTS && is_generated_taken(&error, checked) => attempt += 1,
            other => return other,
        }
    }
}

/// Whether an insert can be tried again with another generated slug or SKU.
pub(crate) fn is_generated_taken(error: &Error, checked: &Checked) -> bool {
    checked.slug.is_none() && is_slug_taken(error) || is_sku_taken(error, &checked.variants)
}

/// Checks the fields. `has_type` is false if the product type does not exist.
pub(crate) fn check(app: &App, new: &NewProduct, rules: &Rules, has_type: bool) -> Result<Checked> {
    let mut check = Check::new();
    let name = fields::name(&mut check, &new.name);
    let slug = new.slug.as_ref().map(|slug| check.slug("slug", slug));
    let short_description = fields::short_description(&mut check, new.short_description.as_deref().unwrap_or_default());
    let description = fields::description(&mut check, new.description.as_deref().unwrap_or_default());
    let details = fields::details(&mut check, &new.details);
    let tags = fields::tags(&mut check, &new.tags);
    let seo_title = fields::seo_title(&mut check, new.seo_title.as_deref());
    let seo_description = fields::seo_description(&mut check, new.seo_description.as_deref());
    if new.status == ProductStatus::Archived {
        check.problem("status", Code::Invalid, "status must be DRAFT or ACTIVE; got ARCHIVED.");
    }
    if !has_type {
        check.problem("productTypeId", Code::NotFound, "The product type does not exist.");
    }
    let values = rules.check(&mut check, "attributes", AttributeLevel::Product, &new.attributes);
    let terms = Terms { kind: new.kind, currency: app.config.currency, rules };
    if new.kind == ProductKind::Digital && new.status == ProductStatus::Active {
        let message = "A new digital product has no files; create it as DRAFT, add its files, and then set the status ACTIVE.";
        check.problem("status", Code::Incomplete, message);
    }
    let variants = match (&new.single, &new.variants) {
        (Some(_), Some(_)) => {
            let message = "variants can't be given together with price, compareAtPrice, sku or stockQuantity.";
            check.problem("variants", Code::Invalid, message);
            Vec::new()
        }
        (Some(single), None) => vec![variant::check_single(&mut check, single, terms)],
        (None, None) => {
            check.problem("price", Code::Required, "price is required without variants.");
            Vec::new()
        }
        (None, Some(all)) => variant::check_all(&mut check, all, terms),
    };
    check.finish()?;
    Ok(Checked { name, slug, short_description, description, details, tags, seo_title, seo_description, values, variants })
}

async fn insert(
    app: &App,
    staff: &StoreStaff,
    new: &NewProduct,
    (rules, checked): (&Rules, &Checked),
    images: &ReceivedImages,
    attempt: u32,
) -> Result<Model> {
    let id: ProductId = app.clock.new_id();
    transact!(app.db, tx, {
        // Locked: if the store is closed concurrently, either its closing includes this product, or it is seen closed here.
        let store = store::Entity::find_by_id(staff.store_id()).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        if store.status == StoreStatus::Closed {
            return refuse("storeId", Code::InvalidState, "The store is CLOSED, so no products can be added.");
        }
        if let Some(category) = new.category_id {
            category::lock_for_products(tx, Entity::find_by_id(id), Some(category)).await?;
        }
        rules.confirm(tx).await?;
        let product = write(tx, app, (&store, id), new, checked, attempt).await?;
        images.insert(tx, app, id).await?;
        Ok(product)
    })
}

/// Writes the rows of a new product with its variants, without images. The store, the category and the product type must be locked.
pub(crate) async fn write(
    tx: &Tx,
    app: &App,
    (store, id): (&store::Model, ProductId),
    new: &NewProduct,
    checked: &Checked,
    attempt: u32,
) -> Result<Model> {
    let slug = checked.slug.clone().unwrap_or_else(|| slug_for(&app.random, &slugify(&checked.name), "product", attempt));
    let base = sku_base(&checked.name);
    let base = if attempt == 0 { base } else { format!("{base}{}", random_suffix(&app.random)) };
    let row = row(app, new, checked, store, id, &slug);
    tx.changed(Subject::Product(id));
    let product = Entity::insert(row).exec_with_returning(tx).await.map_err(|error| fields::write_failed(error, &slug))?;
    tag::insert(tx, id, &checked.tags).await?;
    attribute::insert_of_product(tx, id, &checked.values).await?;
    variant::insert(tx, app, &product, &checked.variants, &base).await?;
    if product.listed {
        social::announce_product(tx, app, &product).await?;
    }
    Ok(product)
}

fn row(app: &App, new: &NewProduct, checked: &Checked, store: &store::Model, id: ProductId, slug: &str) -> ActiveModel {
    let now = app.clock.now();
    let listed = new.status == ProductStatus::Active && store.status == StoreStatus::Active;
    let aggregates = variant::aggregates(&checked.variants, new.kind);
    ActiveModel {
        id: Set(id),
        store_id: Set(store.id),
        category_id: Set(new.category_id),
        product_type_id: Set(new.product_type_id),
        name: Set(checked.name.clone()),
        slug: Set(slug.to_owned()),
        short_description: Set(checked.short_description.clone()),
        description: Set(checked.description.clone()),
        details: Set(checked.details.clone()),
        tags: Set(checked.tags.clone()),
        status: Set(new.status),
        kind: Set(new.kind),
        listed: Set(listed),
        featured: Set(false),
        seo_title: Set(checked.seo_title.clone()),
        seo_description: Set(checked.seo_description.clone()),
        currency: Set(app.config.currency),
        min_price: Set(aggregates.min_price),
        max_price: Set(aggregates.max_price),
        min_compare_at_price: Set(aggregates.min_compare_at_price),
        max_compare_at_price: Set(aggregates.max_compare_at_price),
        on_sale: Set(aggregates.min_compare_at_price.is_some()),
        in_stock: Set(aggregates.in_stock),
        rating_sum: Set(0),
        rating_count: Set(0),
        rating_average: Set(0),
        rating_1: Set(0),
        rating_2: Set(0),
        rating_3: Set(0),
        rating_4: Set(0),
        rating_5: Set(0),
        sales_count: Set(0),
        view_count: Set(0),
        indexed_view_count: Set(0),
        download_count: Set(0),
        bestseller: Set(false),
        new_arrival: Set(listed),
        pinned_bestseller: Set(None),
        pinned_new_arrival: Set(None),
        published_at: Set(listed.then_some(now)),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    }
}
