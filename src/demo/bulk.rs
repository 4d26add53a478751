//! Many products, stores and reviews, for benchmarks and for seeing how it feels.

use crate::demo::random::Random;
use crate::demo::words::{CATEGORIES, CategoryWords, REVIEWS};
use crate::demo::world::{Maker, Ratings, World};
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
use souk_core::crypto::password::Asker;
use souk_core::db::{Subject, SubjectKind};
use souk_core::error::{Result, internal};
use souk_core::text::slugify;
use souk_core::transact;
use souk_domain::product::words_of;
use std::time::Duration;

/// Products written in one transaction.
const CHUNK: u32 = 500;

/// How much is to be added.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Products, spread over the stores and over ten categories.
    pub products: u32,
    /// Stores, each with an owner.
    pub stores: u32,
    /// Reviews, spread over the products.
    pub reviews: u32,
}

impl Size {
    /// What the progress adds up to.
    pub fn steps(self) -> u64 {
        u64::from(self.stores) + u64::from(self.products) + u64::from(self.reviews)
    }
}

/// Told what is done, and how much more of it.
pub type Progress<'a> = &'a (dyn Fn(&'static str, u64) + Sync);

/// What all products share.
struct Ground {
    /// Distinguishes this filling from earlier ones, in slugs, SKUs and addresses.
    tag: String,
    maker: Maker,
    stores: Vec<store::ActiveModel>,
    categories: Vec<CategoryId>,
    /// A picture's key and its size in bytes, for each category.
    pictures: Vec<(String, i64)>,
    reviewers: Vec<UserId>,
    ratings: Vec<Ratings>,
    now: DateTimeUtc,
}

/// Adds to whatever is there.
pub async fn fill_bulk(app: &App, _system: &System, size: Size, progress: Progress<'_>) -> Result<()> {
    let mut ground = prepare(app, size).await?;
    progress("stores", u64::from(size.stores));
    let mut begun = 0;
    while begun < size.products {
        let end = size.products.min(begun + CHUNK);
        let world = products(&mut ground, size, begun..end)?;
        transact!(app.db, tx, { world.write(tx).await })?;
        progress("products and reviews", u64::from(end - begun) + u64::try_from(world.reviews.len()).unwrap_or_default());
        begun = end;
    }
    rate_stores(app, &ground).await
}

async fn prepare(app: &App, size: Size) -> Result<Ground> {
    let now = app.clock.now();
    let tag = format!("{:x}", now.timestamp_millis());
    let hash = app.passwords.hash(Asker::Known, PASSWORD.to_owned()).await?;
    let seed = u64::try_from(now.timestamp_millis()).unwrap_or_default();
    let mut maker = Maker::new(app, seed, hash);
    let mut world = World::default();
    let opened = now - Duration::from_secs(86_400 * 365);
    for number in 0..size.stores {
        let email = format!("vendor-{number}-{tag}@souk.example");
        let owner = maker.user(&format!("Vendor {number}"), &email, Role::Vendor, &[], opened);
        let Some(owner_id) = owner.id.try_as_ref().copied() else { continue };
        world.users.push(owner);
        let at = opened + Duration::from_secs(u64::from(number) * 60);
        let mut store = maker.store(owner_id, &format!("Store {number}"), format!("store-{number}-{tag}"), &email, at);
        store.description = Set("<p>An invented store with many products.</p>".into());
        world.stores.push(store);
    }
    // Nobody reviews a product twice: so many are needed as the most reviewed product has.
    let per_product = size.reviews.div_ceil(size.products.max(1));
    let mut reviewers = Vec::new();
    for number in 0..per_product.max(20) {
        let row =
            maker.user(&format!("Reader {number}"), &format!("reader-{number}-{tag}@souk.example"), Role::Customer, &[], opened);
        reviewers.extend(row.id.try_as_ref().copied());
        world.users.push(row);
    }
    if shipping_method::Entity::find().filter(shipping_method::Column::StoreId.is_null()).one(app.db.read()).await?.is_none() {
        world.methods.push(maker.method(None, "Standard", (590, Some(10_000)), 0, now));
    }
    let categories = categories(app, &mut maker, &mut world, now).await?;
    let pictures = pictures(app).await?;
    transact!(app.db, tx, { world.write(tx).await })?;
    let ratings = vec![Ratings::default(); world.stores.len()];
    Ok(Ground { tag, maker, stores: world.stores, categories, pictures, reviewers, ratings, now })
}

/// Those of the demo; missing ones are made.
async fn categories(app: &App, maker: &mut Maker, world: &mut World, at: DateTimeUtc) -> Result<Vec<CategoryId>> {
    let mut found = Vec::new();
    for (position, words) in (0..).zip(&CATEGORIES) {
        let slug = slugify(words.name);
        if let Some(row) = category::Entity::find().filter(category::Column::Slug.eq(&slug)).one(app.db.read()).await? {
            found.push(row.id);
            continue;
        }
        let id: CategoryId = maker.random.id(at);
        world.categories.push(category::ActiveModel {
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

/// One for each category, shared by its products.
async fn pictures(app: &App) -> Result<Vec<(String, i64)>> {
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

/// The products of a range of numbers, with all that belongs to them.
fn products(ground: &mut Ground, size: Size, range: std::ops::Range<u32>) -> Result<World> {
    let mut world = World::default();
    for number in range {
        let at_store = usize::try_from(number % size.stores.max(1)).unwrap_or_default();
        let Some(store) = ground.stores.get(at_store).and_then(|row| row.id.try_as_ref().copied()) else { continue };
        let place = usize::try_from(number).unwrap_or_default() % CATEGORIES.len();
        let Some(words) = CATEGORIES.get(place) else { continue };
        let id = product(ground, &mut world, (store, number), words, place)?;
        // Spread evenly: the first few products get one more.
        let reviews = size.reviews / size.products.max(1) + u32::from(number < size.reviews % size.products.max(1));
        let ratings = reviews_of(ground, &mut world, (id, store), reviews)?;
        if let (Some(row), Some(of_store)) = (world.products.last_mut(), ground.ratings.get_mut(at_store)) {
            let mut of_product = Ratings::default();
            for rating in ratings {
                of_product.add(rating);
                of_store.add(rating);
            }
            of_product.of_product(row);
        }
    }
    Ok(world)
}

fn product(
    ground: &mut Ground,
    world: &mut World,
    (store, number): (StoreId, u32),
    words: &CategoryWords,
    place: usize,
) -> Result<ProductId> {
    let maker = &mut ground.maker;
    let base = maker.random.one_of(&words.products)?;
    let name = format!("{} {} {}", adjective(&mut maker.random)?, base.1, number);
    let at = ground.now - Duration::from_secs(u64::try_from(maker.random.below(86_400 * 360)).unwrap_or_default() + 1);
    let kind = if words.digital { ProductKind::Digital } else { ProductKind::Physical };
    let mut row = maker.product(store, &name, format!("{}-{}", slugify(&name), ground.tag), kind, at);
    let id: ProductId = maker.random.id(at);
    row.id = Set(id);
    let tags = Tags(base.4.iter().map(|tag| (*tag).to_owned()).collect());
    row.category_id = Set(ground.categories.get(place).copied());
    row.short_description = Set(format!("{}.", base.2));
    row.description = Set(format!("<p>{}. One of many in an invented store.</p>", base.2));
    row.featured = Set(number.is_multiple_of(50));
    world.words.extend(
        words_of(&name, &tags).into_iter().map(|word| product_word::ActiveModel { word: Set(word), product_id: Set(id) }),
    );
    row.tags = Set(tags);
    let price = Minor(base.3 * i64::from(maker.random.between(60, 160)) / 100);
    let stock = if words.digital { 0 } else { maker.random.between(0, 500) };
    let mut variant = maker.variant((id, store), format!("BULK-{}-{number}", ground.tag), 0, price, stock, at);
    variant.sold_count = Set(i64::from(maker.random.between(0, 200)));
    Maker::set_aggregates(&mut row, std::slice::from_ref(&variant));
    if let Some((key, bytes)) = ground.pictures.get(place) {
        world.images.push(product_image::ActiveModel {
            id: Set(maker.random.id(at)),
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
    world.variants.push(variant);
    world.products.push(row);
    Ok(id)
}

fn adjective(random: &mut Random) -> Result<&'static str> {
    const ADJECTIVES: [&str; 16] = [
        "Quiet", "Northern", "Golden", "Everyday", "Ancient", "Bright", "Coastal", "Slow", "Wild", "Plain", "Little", "Grand",
        "Evening", "Honest", "Rare", "Summer",
    ];
    random.one_of(&ADJECTIVES).copied()
}

/// So many reviews of a product, each by another reader; answers with their stars.
fn reviews_of(ground: &mut Ground, world: &mut World, of: (ProductId, StoreId), count: u32) -> Result<Vec<i32>> {
    let maker = &mut ground.maker;
    let first = maker.random.below(ground.reviewers.len());
    let readers = ground.reviewers.iter().cycle().skip(first).take(usize::try_from(count).unwrap_or_default());
    let mut stars = Vec::new();
    for user in readers {
        let said = *maker.random.one_of(&REVIEWS)?;
        let at = ground.now - Duration::from_secs(u64::try_from(maker.random.below(86_400 * 300)).unwrap_or_default());
        world.reviews.push(maker.review(of, *user, said, at));
        stars.push(said.0);
    }
    Ok(stars)
}

/// The stores' summaries, once all their reviews are there.
async fn rate_stores(app: &App, ground: &Ground) -> Result<()> {
    let mut rated = Vec::new();
    for (row, ratings) in ground.stores.iter().zip(&ground.ratings) {
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
