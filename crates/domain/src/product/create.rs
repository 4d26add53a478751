//! Adding a product.

use crate::category;
use crate::image::{NewImage, ReceivedImages};
use crate::product::{fields, search};
use crate::social;
use crate::store::is_slug_taken;
use crate::variant::{self, Fields, NewVariant, is_sku_taken, sku_base};
use entity::id::{CategoryId, ProductId};
use entity::product::{ActiveModel, Entity, Model};
use entity::store;
use entity::value::{ProductKind, ProductStatus, Section, Sections, StoreStatus, Tags};
use sea_orm::ActiveValue::Set;
use sea_orm::{EntityTrait, QuerySelect};
use souk_core::app::App;
use souk_core::auth::StoreStaff;
use souk_core::check::Check;
use souk_core::db::Subject;
use souk_core::error::{Code, Fault, Result, refuse};
use souk_core::text::{random_ending, slug_for, slugify};
use souk_core::transact;

/// How often slugs and SKUs that were made from the name are made again when they are taken.
const ATTEMPTS: u32 = 5;

/// What a new product is to be.
#[derive(Clone, Debug)]
pub struct NewProduct {
    /// Where it belongs.
    pub category_id: Option<CategoryId>,
    /// Its name.
    pub name: String,
    /// Made from the name where it is left out.
    pub slug: Option<String>,
    /// Plain text.
    pub short_description: Option<String>,
    /// HTML.
    pub description: Option<String>,
    /// Titled parts.
    pub details: Vec<Section>,
    /// Labels.
    pub tags: Vec<String>,
    /// Whether it is sent.
    pub kind: ProductKind,
    /// Whether it goes on sale at once.
    pub status: ProductStatus,
    /// For search engines.
    pub seo_title: Option<String>,
    /// For search engines.
    pub seo_description: Option<String>,
    /// Its pictures; lists show the first one.
    pub images: Vec<NewImage>,
    /// The one variant of a simple product, its fields beside those of the product; or
    pub single: Option<NewVariant>,
    /// all its variants.
    pub variants: Option<Vec<NewVariant>>,
}

struct Checked {
    name: String,
    slug: Option<String>,
    short_description: String,
    description: String,
    details: Sections,
    tags: Tags,
    seo_title: Option<String>,
    seo_description: Option<String>,
    variants: Vec<Fields>,
}

/// Adds a product with its variants.
pub async fn create(app: &App, staff: &StoreStaff, new: NewProduct) -> Result<Model> {
    let checked = check(app, &new)?;
    let images = ReceivedImages::receive(app, staff, &new.images).await?;
    let result = insert_as_often_as_needed(app, staff, &new, &checked, &images).await;
    images.settle(app, result.is_ok()).await;
    result
}

/// Tries other slugs and SKUs if those that were made from the name are taken.
async fn insert_as_often_as_needed(
    app: &App,
    staff: &StoreStaff,
    new: &NewProduct,
    checked: &Checked,
    images: &ReceivedImages,
) -> Result<Model> {
    let mut attempt = 0;
    loop {
        let result = insert(app, staff, new, checked, images, attempt).await;
        match result {
            Err(error)
                if attempt < ATTEMPTS
                    && (checked.slug.is_none() && is_slug_taken(&error) || is_sku_taken(&error, &checked.variants)) =>
            {
                attempt += 1;
            }
            other => return other,
        }
    }
}

fn check(app: &App, new: &NewProduct) -> Result<Checked> {
    let mut check = Check::new();
    let name = fields::name(&mut check, &new.name);
    let slug = new.slug.as_ref().map(|slug| check.slug("slug", slug, 120));
    let short_description = fields::short_description(&mut check, new.short_description.as_deref().unwrap_or_default());
    let description = fields::description(&mut check, new.description.as_deref().unwrap_or_default());
    let details = fields::details(&mut check, &new.details);
    let tags = fields::tags(&mut check, &new.tags);
    let seo_title = fields::seo_title(&mut check, new.seo_title.as_deref());
    let seo_description = fields::seo_description(&mut check, new.seo_description.as_deref());
    if new.status == ProductStatus::Archived {
        check.problem("status", Code::Invalid, "status of a new product must be DRAFT or ACTIVE; found ARCHIVED");
    }
    let variants = match (&new.single, &new.variants) {
        (Some(_), Some(_)) => {
            let message = "give either variants, or the price, compareAtPrice, sku and stockQuantity of a single one; found both";
            check.problem("variants", Code::Invalid, message);
            Vec::new()
        }
        (Some(single), None) => vec![variant::check(&mut check, "", single, new.kind, app.config.currency)],
        (None, None) => {
            check.problem("price", Code::Required, "price is needed where there are no variants");
            Vec::new()
        }
        (None, Some(all)) => variant::check_all(&mut check, all, new.kind, app.config.currency),
    };
    check.finish()?;
    Ok(Checked { name, slug, short_description, description, details, tags, seo_title, seo_description, variants })
}

async fn insert(
    app: &App,
    staff: &StoreStaff,
    new: &NewProduct,
    checked: &Checked,
    images: &ReceivedImages,
    attempt: u32,
) -> Result<Model> {
    let id: ProductId = app.clock.new_id();
    let slug = checked.slug.clone().unwrap_or_else(|| slug_for(&slugify(&checked.name), "product", attempt));
    let base = sku_base(&checked.name);
    let base = if attempt == 0 { base } else { format!("{base}{}", random_ending()) };
    transact!(app.db, tx, {
        // Locked: a store that is closed at the same time takes this product with it, or is seen closed here.
        let store = store::Entity::find_by_id(staff.store_id()).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        if store.status == StoreStatus::Closed {
            return refuse("storeId", Code::InvalidState, "the store is closed: nothing can be added to it");
        }
        if let Some(category) = new.category_id {
            category::keep_of_products(tx, Entity::find_by_id(id), Some(category)).await?;
        }
        let row = row(app, new, checked, &store, id, &slug);
        tx.changed(Subject::Product(id));
        let product = Entity::insert(row).exec_with_returning(tx).await.map_err(|error| fields::write_failed(error, &slug))?;
        search::insert(tx, id, &checked.name, &checked.tags).await?;
        variant::insert(tx, app, &product, &checked.variants, &base).await?;
        images.insert(tx, app, id).await?;
        if product.listed {
            social::announce_product(tx, app, &product).await?;
        }
        Ok(product)
    })
}

fn row(app: &App, new: &NewProduct, checked: &Checked, store: &store::Model, id: ProductId, slug: &str) -> ActiveModel {
    let now = app.clock.now();
    let listed = new.status == ProductStatus::Active && store.status == StoreStatus::Active;
    let aggregates = variant::aggregates(&checked.variants, new.kind);
    ActiveModel {
        id: Set(id),
        store_id: Set(store.id),
        category_id: Set(new.category_id),
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
        published_at: Set(listed.then_some(now)),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    }
}
