//! Adds products, stores and reviews in bulk, for benchmarks and for trying Souk with large tables.

use crate::demo::market::drawn_image;
use crate::demo::orders::review_row;
use crate::demo::random::Random;
use crate::demo::rows::{Ratings, RowBuilder, Rows};
use crate::demo::types::{self, Types};
use crate::demo::words::{CATEGORIES, CategoryWords, REVIEWS, STORES};
use crate::demo::{PASSWORD, picture};
use crate::fixture;
use entity::id::{CategoryId, ProductId, StoreId, UserId};
use entity::money::Minor;
use entity::value::{ProductKind, Role, Tags};
use entity::{category, product, product_image, product_variant, review, shipping_method, store};
use futures::stream::{FuturesUnordered, StreamExt};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::crypto::password::Priority;
use souk_core::db::{Subject, SubjectKind};
use souk_core::error::{Result, internal};
use souk_core::text::slugify;
use souk_core::transact;
use std::time::Duration;

/// Number of products per transaction.
const CHUNK: u32 = 500;
/// Number of transactions at a time. SQLite writes one after the other.
const PARALLEL: usize = 4;

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
    stores: Vec<store::Model>,
    categories: Vec<CategoryId>,
    types: Types,
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
    let mut writing = FuturesUnordered::new();
    while begun < size.products || !writing.is_empty() {
        if begun < size.products && writing.len() < PARALLEL {
            let end = size.products.min(begun + CHUNK);
            writing.push(write(app, products(&mut shared, size, begun..end)?, end - begun));
            begun = end;
        } else if let Some(written) = writing.next().await {
            progress("products and reviews", written?);
        }
    }
    drop(writing);
    rate_stores(app, &shared).await
}

/// Writes rows, and returns the number of products and reviews.
async fn write(app: &App, rows: Rows, products: u32) -> Result<u64> {
    transact!(app.db, tx, { rows.write(tx, app).await })?;
    Ok(u64::from(products) + u64::try_from(rows.reviews.len()).unwrap_or_default())
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
        let owner = builder.user(&format!("Vendor {number}"), &email, Role::Vendor, opened);
        let at = opened + Duration::from_secs(u64::from(number) * 60);
        rows.stores.push(store::Model {
            slug: format!("store-{number}-{tag}"),
            description: "<p>A demo store with many products.</p>".to_owned(),
            ..builder.store(owner.id, &format!("Store {number}"), &email, at)
        });
        rows.users.push(owner);
    }
    // A user reviews a product once, so that there must be at least as many users as the most reviewed product has reviews.
    let per_product = size.reviews.div_ceil(size.products.max(1));
    let mut reviewers = Vec::new();
    for number in 0..per_product.max(20) {
        let email = format!("reader-{number}-{tag}@souk.example");
        let row = builder.user(&format!("Reader {number}"), &email, Role::Customer, opened);
        reviewers.push(row.id);
        rows.users.push(row);
    }
    if shipping_method::Entity::find().filter(shipping_method::Column::StoreId.is_null()).one(app.db.read()).await?.is_none() {
        let standard = fixture::shipping_method(builder.random.id(now), "Standard", Minor(590), builder.currency, now);
        rows.methods.push(shipping_method::Model { free_over: Some(Minor(10_000)), ..standard });
    }
    let categories = categories(app, &mut builder, &mut rows, now).await?;
    let types = types::load_or_build(app, &mut rows, now).await?;
    let images = images(app).await?;
    transact!(app.db, tx, { rows.write(tx, app).await })?;
    let ratings = vec![Ratings::default(); rows.stores.len()];
    Ok(Shared { tag, builder, stores: rows.stores, categories, types, images, reviewers, ratings, now })
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
        let row = fixture::category(builder.random.id(at), words.name, at);
        found.push(row.id);
        rows.categories.push(category::Model { icon: Some(words.icon.to_owned()), position, ..row });
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
        let Some(store) = shared.stores.get(at_store).map(|row| row.id) else { continue };
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
    let id: ProductId = builder.random.id(at);
    let mut row = product::Model {
        slug: format!("{}-{}", slugify(&name), shared.tag),
        kind,
        category_id: shared.categories.get(place).copied(),
        short_description: format!("{}.", base.2),
        description: format!("<p>{}. One of many in a demo store.</p>", base.2),
        featured: number.is_multiple_of(50),
        // Without another random number, so that the products are as before.
        view_count: i64::from(number) * 7_919 % 5_000,
        indexed_view_count: i64::from(number) * 7_919 % 5_000,
        tags: Tags(base.4.iter().map(|tag| (*tag).to_owned()).collect()),
        ..fixture::product(id, store, &name, builder.currency, at)
    };
    let price = Minor(base.3 * i64::from(builder.random.between(60, 160)) / 100);
    let stock = if words.digital { 0 } else { builder.random.between(0, 500) };
    let sku = format!("BULK-{}-{number}", shared.tag);
    let options = Types::first_option(words);
    let mut variant = product_variant::Model {
        name: options.0.first().map_or_else(|| "Default".to_owned(), |option| option.value.clone()),
        options,
        sold_count: i64::from(builder.random.between(0, 200)),
        ..fixture::variant(builder.random.id(at), &row, sku, price, stock)
    };
    let country = STORES.get(base.0).map_or("NP", |store| store.country);
    let place_of_values = usize::try_from(number).unwrap_or_default();
    shared.types.apply(rows, &mut row, std::slice::from_mut(&mut variant), (words, place_of_values, country));
    fixture::set_aggregates(&mut row, std::slice::from_ref(&variant));
    if let Some((key, bytes)) = shared.images.get(place) {
        let image = drawn_image(builder.random.id(at), id, key, at);
        rows.images.push(product_image::Model { alt_text: name, byte_size: *bytes, ..image });
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
        let text = *builder.random.one_of(&REVIEWS)?;
        let at = shared.now - Duration::from_secs(u64::try_from(builder.random.below(86_400 * 300)).unwrap_or_default());
        let row: review::Model = review_row(fixture::review(builder.random.id(at), of, *user, at), text);
        stars.push(row.rating);
        rows.reviews.push(row);
    }
    Ok(stars)
}

/// Writes the rating summaries of the stores.
async fn rate_stores(app: &App, shared: &Shared) -> Result<()> {
    use store::Column::{Rating1, Rating2, Rating3, Rating4, Rating5, RatingAverage, RatingCount, RatingSum};
    let columns = [RatingSum, RatingCount, RatingAverage, Rating1, Rating2, Rating3, Rating4, Rating5];
    let rated = shared.stores.iter().zip(&shared.ratings).map(|(row, ratings)| {
        let mut row = row.clone();
        ratings.of_store(&mut row);
        let (id, mut change) = (row.id, row.into_active_model());
        columns.into_iter().for_each(|column| change.reset(column));
        (id, change)
    });
    let rated: Vec<(StoreId, store::ActiveModel)> = rated.collect();
    transact!(app.db, tx, {
        tx.changed(Subject::All(SubjectKind::Store));
        for (id, change) in &rated {
            store::Entity::update_many().set(change.clone()).filter(store::Column::Id.eq(*id)).exec(tx).await?;
        }
        Ok(())
    })
}
