//! Adds products, stores and reviews in bulk, for benchmarks and for trying Souk with large tables.

use crate::demo::random::Random;
use crate::demo::rows::{Ratings, RowBuilder, Rows};
use crate::demo::words::{CATEGORIES, CategoryWords, REVIEWS};
use crate::demo::{PASSWORD, picture};
use entity::id::{CategoryId, ProductId, StoreId, UserId};
use entity::money::Minor;
use entity::value::{ProductKind, Role, Tags};
use entity::{category, product_image, product_word, shipping_method, store};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::crypto::password::Priority;
use souk_core::db::{Subject, SubjectKind};
use souk_core::error::{Result, internal};
use souk_core::text::slugify;
use souk_core::transact;
use souk_domain::product::words_of;
use std::time::Duration;

/// Number of products per transaction.
const CHUNK: u32 = 500;

/// Numbers of rows to add.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Products, distributed over the stores and the categories of the demo.
    pub products: u32,
    /// Stores, each with an owner.
    pub stores: u32,
    /// Reviews, distributed over the products.
    pub reviews: u32,
}

impl Size {
    /// The sum of all counts reported to [`Progress`].
    pub fn steps(self) -> u64 {
        u64::from(self.stores) + u64::from(self.products) + u64::from(self.reviews)
    }
}

/// Called with the kind of rows and how many of them were just added.
pub type Progress<'a> = &'a (dyn Fn(&'static str, u64) + Sync);

/// What all products share.
struct Shared {
    /// Distinguishes this run from earlier ones, in slugs, SKUs and email addresses.
    tag: String,
    builder: RowBuilder,
    stores: Vec<store::ActiveModel>,
    categories: Vec<CategoryId>,
    /// Storage key and size in bytes of the image of each category.
    images: Vec<(String, i64)>,
    reviewers: Vec<UserId>,
    ratings: Vec<Ratings>,
    now: DateTimeUtc,
}

/// Adds rows to the database, which need not be empty.
pub async fn fill_bulk(app: &App, _system: &System, size: Size, progress: Progress<'_>) -> Result<()> {
    let mut shared = prepare(app, size).await?;
    progress("stores", u64::from(size.stores));
    let mut begun = 0;
    while begun < size.products {
        let end = size.products.min(begun + CHUNK);
        let rows = products(&mut shared, size, begun..end)?;
        transact!(app.db, tx, { rows.write(tx).await })?;
        progress("products and reviews", u64::from(end - begun) + u64::try_from(rows.reviews.len()).unwrap_or_default());
        begun = end;
    }
    rate_stores(app, &shared).await
}

async fn prepare(app: &App, size: Size) -> Result<Shared> {
    let now = app.clock.now();
    let tag = format!("{:x}", now.timestamp_millis());
    let hash = app.passwords.hash(Priority::Reserved, PASSWORD.to_owned()).await?;
    let seed = u64::try_from(now.timestamp_millis()).unwrap_or_default();
    let mut builder = RowBuilder::new(app, seed, hash);
    let mut rows = Rows::default();
    let opened = now - Duration::from_secs(86_400 * 365);
    for number in 0..size.stores {
        let email = format!("vendor-{number}-{tag}@souk.example");
        let owner = builder.user(&format!("Vendor {number}"), &email, Role::Vendor, &[], opened);
        let Some(owner_id) = owner.id.try_as_ref().copied() else { continue };
        rows.users.push(owner);
        let at = opened + Duration::from_secs(u64::from(number) * 60);
        let mut store = builder.store(owner_id, &format!("Store {number}"), format!("store-{number}-{tag}"), &email, at);
        store.description = Set("<p>A demo store with many products.</p>".into());
        rows.stores.push(store);
    }
    // A user reviews a product once, so that there must be at least as many users as the most reviewed product has reviews.
    let per_product = size.reviews.div_ceil(size.products.max(1));
    let mut reviewers = Vec::new();
    for number in 0..per_product.max(20) {
        let row = builder.user(
            &format!("Reader {number}"),
            &format!("reader-{number}-{tag}@souk.example"),
            Role::Customer,
            &[],
            opened,
        );
        reviewers.extend(row.id.try_as_ref().copied());
        rows.users.push(row);
    }
    if shipping_method::Entity::find().filter(shipping_method::Column::StoreId.is_null()).one(app.db.read()).await?.is_none() {
        rows.methods.push(builder.method(None, "Standard", (590, Some(10_000)), 0, now));
    }
    let categories = categories(app, &mut builder, &mut rows, now).await?;
    let images = images(app).await?;
    transact!(app.db, tx, { rows.write(tx).await })?;
    let ratings = vec![Ratings::default(); rows.stores.len()];
    Ok(Shared { tag, builder, stores: rows.stores, categories, images, reviewers, ratings, now })
}

/// The categories of the demo; creates those that are missing.
async fn categories(app: &App, builder: &mut RowBuilder, rows: &mut Rows, at: DateTimeUtc) -> Result<Vec<CategoryId>> {
    let mut found = Vec::new();
    for (position, words) in (0..).zip(&CATEGORIES) {
        let slug = slugify(words.name);
        if let Some(row) = category::Entity::find().filter(category::Column::Slug.eq(&slug)).one(app.db.read()).await? {
            found.push(row.id);
            continue;
        }
        let id: CategoryId = builder.random.id(at);
        rows.categories.push(category::ActiveModel {
            id: Set(id),
            parent_id: Set(None),
            name: Set(words.name.to_owned()),
            slug: Set(slug),
            description: Set(String::new()),
            image_key: Set(None),
            icon: Set(Some(words.icon.to_owned())),
            seo_title: Set(None),
            seo_description: Set(None),
            position: Set(position),
            active: Set(true),
            version: Set(1),
            created_at: Set(at),
            updated_at: Set(at),
        });
        found.push(id);
    }
    Ok(found)
}

/// Draws one image per category, shared by its products.
async fn images(app: &App) -> Result<Vec<(String, i64)>> {
    let mut keys = Vec::new();
    for (seed, words) in (0..).zip(&CATEGORIES) {
        let key = format!("public/products/bulk-{}.jpg", slugify(words.name));
        let (motif, colours) = (words.motif, words.colours);
        let drawn = tokio::task::spawn_blocking(move || picture::draw(motif, colours, seed)).await.map_err(internal)?;
        let bytes = drawn.map_err(internal)?;
        keys.push((key.clone(), i64::try_from(bytes.len()).unwrap_or_default()));
        app.storage.put(&key, bytes.into(), "image/jpeg").await.map_err(internal)?;
    }
    Ok(keys)
}

/// The products with the numbers in `range`, with their variants, images and reviews.
fn products(shared: &mut Shared, size: Size, range: std::ops::Range<u32>) -> Result<Rows> {
    let mut rows = Rows::default();
    for number in range {
        let at_store = usize::try_from(number % size.stores.max(1)).unwrap_or_default();
        let Some(store) = shared.stores.get(at_store).and_then(|row| row.id.try_as_ref().copied()) else { continue };
        let place = usize::try_from(number).unwrap_or_default() % CATEGORIES.len();
        let Some(words) = CATEGORIES.get(place) else { continue };
        let id = product(shared, &mut rows, (store, number), words, place)?;
        // The remainder of the division goes to the first products.
        let reviews = size.reviews / size.products.max(1) + u32::from(number < size.reviews % size.products.max(1));
        let ratings = reviews_of(shared, &mut rows, (id, store), reviews)?;
        if let (Some(row), Some(of_store)) = (rows.products.last_mut(), shared.ratings.get_mut(at_store)) {
            let mut of_product = Ratings::default();
            for rating in ratings {
                of_product.add(rating);
                of_store.add(rating);
            }
            of_product.of_product(row);
        }
    }
    Ok(rows)
}

fn product(
    shared: &mut Shared,
    rows: &mut Rows,
    (store, number): (StoreId, u32),
    words: &CategoryWords,
    place: usize,
) -> Result<ProductId> {
    let builder = &mut shared.builder;
    let base = builder.random.one_of(&words.products)?;
    let name = format!("{} {} {}", adjective(&mut builder.random)?, base.1, number);
    let at = shared.now - Duration::from_secs(u64::try_from(builder.random.below(86_400 * 360)).unwrap_or_default() + 1);
    let kind = if words.digital { ProductKind::Digital } else { ProductKind::Physical };
    let mut row = builder.product(store, &name, format!("{}-{}", slugify(&name), shared.tag), kind, at);
    let id: ProductId = builder.random.id(at);
    row.id = Set(id);
    let tags = Tags(base.4.iter().map(|tag| (*tag).to_owned()).collect());
    row.category_id = Set(shared.categories.get(place).copied());
    row.short_description = Set(format!("{}.", base.2));
    row.description = Set(format!("<p>{}. One of many in a demo store.</p>", base.2));
    row.featured = Set(number.is_multiple_of(50));
    rows.words.extend(
        words_of(&name, &tags).into_iter().map(|word| product_word::ActiveModel { word: Set(word), product_id: Set(id) }),
    );
    row.tags = Set(tags);
    let price = Minor(base.3 * i64::from(builder.random.between(60, 160)) / 100);
    let stock = if words.digital { 0 } else { builder.random.between(0, 500) };
    let mut variant = builder.variant((id, store), format!("BULK-{}-{number}", shared.tag), 0, price, stock, at);
    variant.sold_count = Set(i64::from(builder.random.between(0, 200)));
    RowBuilder::set_aggregates(&mut row, std::slice::from_ref(&variant));
    if let Some((key, bytes)) = shared.images.get(place) {
        rows.images.push(product_image::ActiveModel {
            id: Set(builder.random.id(at)),
            product_id: Set(id),
            storage_key: Set(key.clone()),
            alt_text: Set(name),
            is_primary: Set(true),
            position: Set(0),
            content_type: Set("image/jpeg".into()),
            width: Set(i32::try_from(picture::SIDE).unwrap_or_default()),
            height: Set(i32::try_from(picture::SIDE).unwrap_or_default()),
            byte_size: Set(*bytes),
            created_at: Set(at),
        });
    }
    rows.variants.push(variant);
    rows.products.push(row);
    Ok(id)
}

fn adjective(random: &mut Random) -> Result<&'static str> {
    const ADJECTIVES: [&str; 16] = [
        "Quiet", "Northern", "Golden", "Everyday", "Ancient", "Bright", "Coastal", "Slow", "Wild", "Plain", "Little", "Grand",
        "Evening", "Honest", "Rare", "Summer",
    ];
    random.one_of(&ADJECTIVES).copied()
}

/// Adds `count` reviews of a product, each by another user, and returns their ratings.
fn reviews_of(shared: &mut Shared, rows: &mut Rows, of: (ProductId, StoreId), count: u32) -> Result<Vec<i32>> {
    let builder = &mut shared.builder;
    let first = builder.random.below(shared.reviewers.len());
    let readers = shared.reviewers.iter().cycle().skip(first).take(usize::try_from(count).unwrap_or_default());
    let mut stars = Vec::new();
    for user in readers {
        let said = *builder.random.one_of(&REVIEWS)?;
        let at = shared.now - Duration::from_secs(u64::try_from(builder.random.below(86_400 * 300)).unwrap_or_default());
        rows.reviews.push(builder.review(of, *user, said, at));
        stars.push(said.0);
    }
    Ok(stars)
}

/// Writes the rating summaries of the stores.
async fn rate_stores(app: &App, shared: &Shared) -> Result<()> {
    let mut rated = Vec::new();
    for (row, ratings) in shared.stores.iter().zip(&shared.ratings) {
        let Some(id) = row.id.try_as_ref().copied() else { continue };
        let mut change = store::ActiveModel::default();
        ratings.of_store(&mut change);
        rated.push((id, change));
    }
    transact!(app.db, tx, {
        tx.changed(Subject::All(SubjectKind::Store));
        for (id, change) in &rated {
            store::Entity::update_many().set(change.clone()).filter(store::Column::Id.eq(*id)).exec(tx).await?;
        }
        Ok(())
    })
}
