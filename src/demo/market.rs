//! The users, stores, categories and products of the demo.

use crate::demo::random::Random;
use crate::demo::rows::{RowBuilder, Rows, address};
use crate::demo::words::{self, BUYERS, CATEGORIES, CategoryWords, ProductWords, ROOTS, STORES, TAXES};
use entity::id::{CategoryId, ProductId, StoreId, UserId};
use entity::money::Minor;
use entity::value::{Options, Permission, PostalAddress, ProductKind, Role, Section, Sections, Tags, VariantOption};
use entity::{category, product_image, product_word, tax_rate};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::DateTimeUtc;
use souk_core::error::Result;
use souk_core::text::slugify;
use souk_domain::product::words_of;
use std::time::Duration;

/// The day on which the demo marketplace opened. Fixed, so that the demo is the same at each run.
pub fn opening() -> DateTimeUtc {
    DateTimeUtc::from_timestamp(1_772_438_400, 0).unwrap_or_default()
}

/// A customer who places orders.
pub struct Buyer {
    pub id: UserId,
    pub email: String,
    pub address: PostalAddress,
}

/// A store with products.
pub struct DemoStore {
    pub id: StoreId,
    pub owner: UserId,
    pub name: &'static str,
}

/// A product that can be ordered, with the indexes of its rows in [`Rows`].
pub struct DemoProduct {
    pub id: ProductId,
    /// Index in [`Market::stores`].
    pub store: usize,
    pub digital: bool,
    /// Index in [`Rows::products`].
    pub product: usize,
    /// Index of the first variant in [`Rows::variants`], and the number of variants.
    pub variants: (usize, usize),
}

/// An image to be drawn.
pub struct Sketch {
    /// Key in the storage.
    pub key: String,
    pub category: &'static CategoryWords,
    pub seed: u64,
}

/// The data from which orders and reviews are generated.
#[derive(Default)]
pub struct Market {
    pub buyers: Vec<Buyer>,
    pub stores: Vec<DemoStore>,
    pub products: Vec<DemoProduct>,
    pub sketches: Vec<Sketch>,
}

/// Adds everything but orders and reviews.
pub fn build(builder: &mut RowBuilder, rows: &mut Rows) -> Result<Market> {
    let mut market = Market::default();
    people(builder, rows, &mut market);
    stores(builder, rows, &mut market);
    shipping_and_tax(builder, rows, &market);
    let roots = roots(builder, rows);
    for (position, words) in CATEGORIES.iter().enumerate() {
        category(builder, rows, &mut market, &roots, words, position)?;
    }
    Ok(market)
}

fn people(builder: &mut RowBuilder, rows: &mut Rows, market: &mut Market) {
    let at = opening();
    let staff = [Permission::ManageOrders, Permission::ManageProducts, Permission::ManageUsers, Permission::Moderate];
    rows.users.push(builder.user("Olga Owner", "owner@souk.example", Role::Owner, &[], at));
    rows.users.push(builder.user("Ada Admin", "admin@souk.example", Role::Admin, &[], at));
    rows.users.push(builder.user("Stan Staff", "staff@souk.example", Role::Staff, &staff, at));
    for (name, email, city, country) in BUYERS {
        let at = builder.random.after(opening(), 24 * 30);
        let row = builder.user(name, &format!("{email}@souk.example"), Role::Customer, &[], at);
        let line1 = format!("{} Market Street", builder.random.between(1, 180));
        if let (Some(id), Some(email)) = (row.id.try_as_ref(), row.email.try_as_ref()) {
            market.buyers.push(Buyer { id: *id, email: email.clone(), address: address(name, line1, city, country) });
        }
        rows.users.push(row);
    }
}

fn stores(builder: &mut RowBuilder, rows: &mut Rows, market: &mut Market) {
    for (place, words) in (0u64..).zip(&STORES) {
        let at = opening() + Duration::from_secs(place * 7200);
        let owner = builder.user(words.owner, words.email, Role::Vendor, &[], at);
        let Some(owner_id) = owner.id.try_as_ref().copied() else { continue };
        rows.users.push(owner);
        let mut store = builder.store(owner_id, words.name, slugify(words.name), words.email, at);
        let line1 = format!("{} Workshop Lane", builder.random.between(1, 60));
        store.description = Set(words.description.to_owned());
        store.address = Set(Some(address(words.owner, line1, words.city, words.country)));
        if let Some(id) = store.id.try_as_ref() {
            market.stores.push(DemoStore { id: *id, owner: owner_id, name: words.name });
        }
        rows.stores.push(store);
    }
}

/// Adds shipping methods and tax rates.
fn shipping_and_tax(builder: &mut RowBuilder, rows: &mut Rows, market: &Market) {
    let at = opening();
    rows.methods.push(builder.method(None, "Standard", (590, Some(10_000)), 0, at));
    rows.methods.push(builder.method(None, "Express", (1490, None), 1, at));
    let first = market.stores.first().map(|store| store.id);
    rows.methods.push(builder.method(first, "Hill courier, on foot and by bus", (350, Some(4_000)), 0, at));
    for (country, name, basis_points) in TAXES {
        rows.taxes.push(tax_rate::ActiveModel {
            id: Set(builder.random.id(at)),
            country: Set(country.to_owned()),
            name: Set(name.to_owned()),
            basis_points: Set(basis_points),
            version: Set(1),
            created_at: Set(at),
            updated_at: Set(at),
        });
    }
}

fn category_row(
    builder: &mut RowBuilder,
    name: &str,
    icon: &str,
    parent: Option<CategoryId>,
    position: usize,
) -> (CategoryId, category::ActiveModel) {
    let at = opening();
    let id = builder.random.id(at);
    let row = category::ActiveModel {
        id: Set(id),
        parent_id: Set(parent),
        name: Set(name.to_owned()),
        slug: Set(slugify(name)),
        description: Set(String::new()),
        image_key: Set(None),
        icon: Set(Some(icon.to_owned())),
        seo_title: Set(None),
        seo_description: Set(None),
        position: Set(i32::try_from(position).unwrap_or(0)),
        active: Set(true),
        version: Set(1),
        created_at: Set(at),
        updated_at: Set(at),
    };
    (id, row)
}

fn roots(builder: &mut RowBuilder, rows: &mut Rows) -> Vec<(&'static str, CategoryId)> {
    let mut roots = Vec::new();
    for (position, (name, icon)) in ROOTS.into_iter().enumerate() {
        let (id, row) = category_row(builder, name, icon, None, position);
        rows.categories.push(row);
        roots.push((name, id));
    }
    roots
}

fn category(
    builder: &mut RowBuilder,
    rows: &mut Rows,
    market: &mut Market,
    roots: &[(&'static str, CategoryId)],
    words: &'static CategoryWords,
    position: usize,
) -> Result<()> {
    let parent = roots.iter().find(|(name, _)| *name == words.parent).map(|(_, id)| *id);
    let (id, mut row) = category_row(builder, words.name, words.icon, parent, position);
    let pictures = market.sketches.len();
    for product in &words.products {
        self::product(builder, rows, market, words, product, id)?;
    }
    row.image_key = Set(market.sketches.get(pictures).map(|sketch| sketch.key.clone()));
    rows.categories.push(row);
    Ok(())
}

/// Adds a product with its words, variants and images.
fn product(
    builder: &mut RowBuilder,
    rows: &mut Rows,
    market: &mut Market,
    words: &'static CategoryWords,
    ProductWords(store_index, name, short, price, tags): &'static ProductWords,
    category: CategoryId,
) -> Result<()> {
    let Some(store) = market.stores.get(*store_index) else { return Ok(()) };
    let place = rows.products.len();
    let at = builder.random.after(opening() + Duration::from_secs(86_400), 24 * 40);
    let kind = if words.digital { ProductKind::Digital } else { ProductKind::Physical };
    let mut product = builder.product(store.id, name, slugify(name), kind, at);
    let Some(id) = product.id.try_as_ref().copied() else { return Ok(()) };
    let tags = Tags(tags.iter().map(|tag| (*tag).to_owned()).collect());
    product.category_id = Set(Some(category));
    product.short_description = Set(format!("{short}."));
    product.description = Set(description(builder, words, store.name, name, short)?);
    product.details = Set(sections(words));
    product.featured = Set(place.is_multiple_of(7));
    product.seo_title = Set(Some(format!("{name} by {}", store.name)));
    product.seo_description = Set(Some(format!("{short}. From {}.", store.name)));
    let found_by = words_of(name, &tags);
    rows.words.extend(found_by.into_iter().map(|word| product_word::ActiveModel { word: Set(word), product_id: Set(id) }));
    product.tags = Set(tags);
    let variants = variants(builder, words, (id, store.id), (name, *price, place), at);
    RowBuilder::set_aggregates(&mut product, &variants);
    let item = DemoProduct {
        id,
        store: *store_index,
        digital: words.digital,
        product: place,
        variants: (rows.variants.len(), variants.len()),
    };
    rows.variants.extend(variants);
    rows.products.push(product);
    images(builder, rows, &mut market.sketches, words, (id, name, place), at);
    market.products.push(item);
    Ok(())
}

fn description(builder: &mut RowBuilder, words: &CategoryWords, store: &str, name: &str, short: &str) -> Result<String> {
    const BEGINNINGS: [&str; 4] = [
        "We made the first one for ourselves.",
        "This is the one our customers come back for.",
        "There are faster ways to make it, and we tried them.",
        "It took us three years to be content with it.",
    ];
    const ENDINGS: [&str; 4] = [
        "If it is not what you hoped for, send it back within thirty days.",
        "Made in small numbers; when it is sold out, the next are a few weeks away.",
        "Write to us with any question: a person answers.",
        "Packed without plastic.",
    ];
    let (beginning, ending) = (builder.random.one_of(&BEGINNINGS)?, builder.random.one_of(&ENDINGS)?);
    let what = if words.digital { "You get a link to the files as soon as the order is confirmed." } else { ending };
    Ok(format!("<p><strong>{name}.</strong> {short}.</p><p>{beginning} {what}</p><p>From {store}, in {}.</p>", words.name))
}

fn sections(words: &CategoryWords) -> Sections {
    let section = |(title, body): &(&str, &str)| Section { title: (*title).to_owned(), body: (*body).to_owned() };
    Sections(words.sections.iter().map(section).collect())
}

/// Prices of the values of an option, in percent of the price of the first one.
fn price_factors(option: &str, choices: usize) -> &'static [i64] {
    match (option, choices) {
        ("Weight", _) => &[100, 230, 430],
        ("Size", 2) => &[100, 180],
        _ => &[100, 100, 100, 100],
    }
}

fn variants(
    builder: &mut RowBuilder,
    words: &CategoryWords,
    of: (ProductId, StoreId),
    (name, price, place): (&str, i64, usize),
    at: DateTimeUtc,
) -> Vec<entity::product_variant::ActiveModel> {
    let initials: String = name.split(|c: char| !c.is_ascii_alphanumeric()).filter_map(|word| word.chars().next()).collect();
    let base = format!("{}{place:02}", initials.to_uppercase());
    let reduced = builder.random.percent(25);
    // A tenth of the products has little stock, and one product is sold out.
    let scarce = builder.random.percent(10);
    let make = |builder: &mut RowBuilder, sku: String, position: i32, factor: i64| {
        let price = Minor(price * factor / 100);
        let stock = match (words.digital, scarce) {
            (true, _) => 0,
            _ if place == 30 => 0,
            (_, true) => builder.random.between(1, 4),
            _ => builder.random.between(12, 90),
        };
        let mut row = builder.variant(of, sku, position, price, stock, at);
        row.compare_at_price = Set(reduced.then(|| Minor(price.0 * 5 / 4)));
        row.low_stock_threshold = Set((!words.digital).then_some(5));
        row
    };
    let Some((option, choices)) = words.option else { return vec![make(builder, base, 0, 100)] };
    let choices = choices.iter().zip(price_factors(option, choices.len())).zip(0..);
    choices
        .map(|((choice, factor), position)| {
            let ending: String = choice.chars().filter(char::is_ascii_alphanumeric).take(5).collect();
            let mut row = make(builder, format!("{base}-{}", ending.to_uppercase()), position, *factor);
            row.name = Set((*choice).to_owned());
            row.options = Set(Options(vec![VariantOption { name: option.to_owned(), value: (*choice).to_owned() }]));
            row
        })
        .collect()
}

/// Adds one image, and for every third product a second one.
fn images(
    builder: &mut RowBuilder,
    rows: &mut Rows,
    sketches: &mut Vec<Sketch>,
    words: &'static CategoryWords,
    (id, name, place): (ProductId, &str, usize),
    at: DateTimeUtc,
) {
    let count = if place.is_multiple_of(3) { 2 } else { 1 };
    for position in 0..count {
        // Like the keys of uploaded images, which contain the size.
        let side = crate::demo::picture::SIDE;
        let key = format!("public/products/demo-{}-{position}-{side}x{side}.jpg", slugify(name));
        sketches.push(Sketch { key: key.clone(), category: words, seed: builder.random.next() });
        rows.images.push(product_image::ActiveModel {
            id: Set(builder.random.id(at)),
            product_id: Set(id),
            storage_key: Set(key),
            alt_text: Set(format!("{name}, drawn in plain shapes")),
            is_primary: Set(position == 0),
            position: Set(position),
            content_type: Set("image/jpeg".into()),
            width: Set(i32::try_from(crate::demo::picture::SIDE).unwrap_or(0)),
            height: Set(i32::try_from(crate::demo::picture::SIDE).unwrap_or(0)),
            byte_size: Set(0),
            created_at: Set(at),
        });
    }
}

/// Courier, tracking number and tracking URL of a parcel.
pub fn parcel(random: &mut Random) -> Result<(String, String, String)> {
    let (courier, link) = random.one_of(&words::COURIERS)?;
    let number = format!("JD{:012}", random.below(1_000_000_000_000));
    Ok(((*courier).to_owned(), number.clone(), format!("{link}{number}")))
}
