//! The users, stores, categories and products of the demo.

use crate::demo::picture;
use crate::demo::random::Random;
use crate::demo::rows::{RowBuilder, Rows};
use crate::demo::types::{self, Types};
use crate::demo::words::{self, BUYERS, CATEGORIES, CategoryWords, ProductWords, ROOTS, STORES, TAXES};
use crate::fixture::{self, address};
use entity::id::{CategoryId, ProductId, ProductImageId, StoreId, UserId};
use entity::money::Minor;
use entity::value::{Options, Permission, Permissions, PostalAddress, ProductKind, Role, Section, Sections, Tags, VariantOption};
use entity::{category, product, product_image, product_variant, shipping_method, tax_rate, user};
use sea_orm::prelude::DateTimeUtc;
use souk_core::error::Result;
use souk_core::text::slugify;
use std::time::Duration;

/// The day on which the demo marketplace opened. Fixed, so that the demo is the same at each run.
pub(super) fn opening() -> DateTimeUtc {
    DateTimeUtc::from_timestamp(1_772_438_400, 0).unwrap_or_default()
}

/// A customer who places orders.
pub(super) struct Buyer {
    pub id: UserId,
    pub email: String,
    pub address: PostalAddress,
}

/// A store with products.
pub(super) struct DemoStore {
    pub id: StoreId,
    pub owner: UserId,
    pub name: &'static str,
}

/// A product that can be ordered, with the indexes of its rows in [`Rows`].
pub(super) struct DemoProduct {
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
pub(super) struct Sketch {
    /// Key in the storage.
    pub key: String,
    pub category: &'static CategoryWords,
    pub seed: u64,
}

/// The data from which orders and reviews are generated.
#[derive(Default)]
pub(super) struct Market {
    pub buyers: Vec<Buyer>,
    pub stores: Vec<DemoStore>,
    pub products: Vec<DemoProduct>,
    pub sketches: Vec<Sketch>,
    types: Types,
}

/// Adds everything but orders and reviews.
pub(super) fn build(builder: &mut RowBuilder, rows: &mut Rows) -> Result<Market> {
    let mut market = Market { types: types::build(rows, opening()), ..Market::default() };
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
    rows.users.push(builder.user("Olga Owner", "owner@souk.example", Role::Owner, at));
    rows.users.push(builder.user("Ada Admin", "admin@souk.example", Role::Admin, at));
    let stan = builder.user("Stan Staff", "staff@souk.example", Role::Staff, at);
    rows.users.push(user::Model { permissions: Permissions(staff.to_vec()), ..stan });
    for (name, email, city, country) in BUYERS {
        let at = builder.random.after(opening(), 24 * 30);
        let row = builder.user(name, &format!("{email}@souk.example"), Role::Customer, at);
        let line1 = format!("{} Market Street", builder.random.between(1, 180));
        market.buyers.push(Buyer { id: row.id, email: row.email.clone(), address: address(name, line1, city, country) });
        rows.users.push(row);
    }
}

fn stores(builder: &mut RowBuilder, rows: &mut Rows, market: &mut Market) {
    for (place, words) in (0u64..).zip(&STORES) {
        let at = opening() + Duration::from_secs(place * 7200);
        let owner = builder.user(words.owner, words.email, Role::Vendor, at);
        let mut store = builder.store(owner.id, words.name, words.email, at);
        let line1 = format!("{} Workshop Lane", builder.random.between(1, 60));
        store.description = words.description.to_owned();
        store.address = Some(address(words.owner, line1, words.city, words.country));
        market.stores.push(DemoStore { id: store.id, owner: owner.id, name: words.name });
        rows.users.push(owner);
        rows.stores.push(store);
    }
}

/// Adds shipping methods and tax rates.
fn shipping_and_tax(builder: &mut RowBuilder, rows: &mut Rows, market: &Market) {
    let at = opening();
    let first = market.stores.first().map(|store| store.id);
    let methods = [
        (None, "Standard", 590, Some(10_000), 0),
        (None, "Express", 1490, None, 1),
        (first, "Hill courier, on foot and by bus", 350, Some(4_000), 0),
    ];
    rows.methods.extend(methods.map(|(store_id, name, price, free_over, position)| shipping_method::Model {
        store_id,
        free_over: free_over.map(Minor),
        position,
        ..fixture::shipping_method(builder.random.id(at), name, Minor(price), builder.currency, at)
    }));
    rows.taxes.extend(TAXES.map(|(country, name, basis_points)| tax_rate::Model {
        name: name.to_owned(),
        ..fixture::tax_rate(builder.random.id(at), country, basis_points, at)
    }));
}

fn category_row(
    builder: &mut RowBuilder,
    name: &str,
    icon: &str,
    parent_id: Option<CategoryId>,
    position: usize,
) -> category::Model {
    let at = opening();
    category::Model {
        parent_id,
        icon: Some(icon.to_owned()),
        position: i32::try_from(position).unwrap_or(0),
        ..fixture::category(builder.random.id(at), name, at)
    }
}

fn roots(builder: &mut RowBuilder, rows: &mut Rows) -> Vec<(&'static str, CategoryId)> {
    let mut roots = Vec::new();
    for (position, (name, icon)) in ROOTS.into_iter().enumerate() {
        let row = category_row(builder, name, icon, None, position);
        roots.push((name, row.id));
        rows.categories.push(row);
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
    let mut row = category_row(builder, words.name, words.icon, parent, position);
    let pictures = market.sketches.len();
    for product in &words.products {
        self::product(builder, rows, market, words, product, row.id)?;
    }
    row.image_key = market.sketches.get(pictures).map(|sketch| sketch.key.clone());
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
    let id = builder.random.id(at);
    let mut product = product::Model {
        kind,
        category_id: Some(category),
        short_description: format!("{short}."),
        description: description(builder, words, store.name, name, short)?,
        details: sections(words),
        tags: Tags(tags.iter().map(|tag| (*tag).to_owned()).collect()),
        featured: place.is_multiple_of(7),
        seo_title: Some(format!("{name} by {}", store.name)),
        seo_description: Some(format!("{short}. From {}.", store.name)),
        ..fixture::product(id, store.id, name, builder.currency, at)
    };
    let mut variants = variants(builder, words, &product, (*price, place));
    let country = STORES.get(*store_index).map_or("NP", |store| store.country);
    market.types.apply(rows, &mut product, &mut variants, (words, place, country));
    fixture::set_aggregates(&mut product, &variants);
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
    product: &product::Model,
    (price, place): (i64, usize),
) -> Vec<product_variant::Model> {
    let initials: String =
        product.name.split(|c: char| !c.is_ascii_alphanumeric()).filter_map(|word| word.chars().next()).collect();
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
        product_variant::Model {
            position,
            compare_at_price: reduced.then(|| Minor(price.0 * 5 / 4)),
            low_stock_threshold: (!words.digital).then_some(5),
            ..fixture::variant(builder.random.id(product.created_at), product, sku, price, stock)
        }
    };
    let Some((option, choices)) = words.option else { return vec![make(builder, base, 0, 100)] };
    let choices = choices.iter().zip(price_factors(option, choices.len())).zip(0..);
    choices
        .map(|((choice, factor), position)| {
            let ending: String = choice.chars().filter(char::is_ascii_alphanumeric).take(5).collect();
            let mut row = make(builder, format!("{base}-{}", ending.to_uppercase()), position, *factor);
            row.name = (*choice).to_owned();
            row.options = Options(vec![VariantOption { name: option.to_owned(), value: (*choice).to_owned() }]);
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
        let side = picture::SIDE;
        let key = format!("public/products/demo-{}-{position}-{side}x{side}.jpg", slugify(name));
        sketches.push(Sketch { key: key.clone(), category: words, seed: builder.random.next() });
        rows.images.push(product_image::Model {
            alt_text: format!("{name}, drawn in plain shapes"),
            is_primary: position == 0,
            position,
            render_requested_at: None,
            ..drawn_image(builder.random.id(at), id, &key, at)
        });
    }
}

/// The row of an image of [`picture`](crate::demo::picture), whose size in bytes is not known.
pub(super) fn drawn_image(id: ProductImageId, product: ProductId, key: &str, at: DateTimeUtc) -> product_image::Model {
    let side = i32::try_from(picture::SIDE).unwrap_or_default();
    let content_type = "image/jpeg".to_owned();
    product_image::Model { content_type, width: side, height: side, byte_size: 0, ..fixture::image(id, product, key, at) }
}

/// Courier, tracking number and tracking URL of a parcel.
pub(super) fn parcel(random: &mut Random) -> Result<(String, String, String)> {
    let (courier, link) = random.one_of(&words::COURIERS)?;
    let number = format!("JD{:012}", random.below(1_000_000_000_000));
    Ok(((*courier).to_owned(), number.clone(), format!("{link}{number}")))
}
