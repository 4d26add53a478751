//! The people, stores, categories and products of the demo.

use crate::demo::random::Random;
use crate::demo::words::{self, BUYERS, CATEGORIES, CategoryWords, ProductWords, ROOTS, STORES, TAXES};
use crate::demo::world::{Maker, World, address};
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

/// The day the demo marketplace opened; everything else follows. Fixed, so that the demo is the same at each run.
pub fn opening() -> DateTimeUtc {
    DateTimeUtc::from_timestamp(1_772_438_400, 0).unwrap_or_default()
}

/// Somebody who orders.
pub struct Buyer {
    pub id: UserId,
    pub email: String,
    pub address: PostalAddress,
}

/// A store that sells.
pub struct Shop {
    pub id: StoreId,
    pub owner: UserId,
    pub name: &'static str,
}

/// A product that can be ordered, and where its rows stand in the [`World`].
pub struct Ware {
    pub id: ProductId,
    pub shop: usize,
    pub digital: bool,
    pub product: usize,
    /// Its variants' rows: the first, and how many.
    pub variants: (usize, usize),
}

/// A picture to be drawn: where it will lie, and of what.
pub struct Sketch {
    pub key: String,
    pub category: &'static CategoryWords,
    pub seed: u64,
}

/// What orders and reviews are made from.
#[derive(Default)]
pub struct Market {
    pub buyers: Vec<Buyer>,
    pub shops: Vec<Shop>,
    pub wares: Vec<Ware>,
    pub sketches: Vec<Sketch>,
}

/// The marketplace as it opens.
pub fn build(maker: &mut Maker, world: &mut World) -> Result<Market> {
    let mut market = Market::default();
    people(maker, world, &mut market);
    shops(maker, world, &mut market);
    terms(maker, world, &market);
    let roots = roots(maker, world);
    for (position, words) in CATEGORIES.iter().enumerate() {
        category(maker, world, &mut market, &roots, words, position)?;
    }
    Ok(market)
}

fn people(maker: &mut Maker, world: &mut World, market: &mut Market) {
    let at = opening();
    let staff = [Permission::ManageOrders, Permission::ManageProducts, Permission::ManageUsers, Permission::Moderate];
    world.users.push(maker.user("Olga Owner", "owner@souk.example", Role::Owner, &[], at));
    world.users.push(maker.user("Ada Admin", "admin@souk.example", Role::Admin, &[], at));
    world.users.push(maker.user("Stan Staff", "staff@souk.example", Role::Staff, &staff, at));
    for (name, email, city, country) in BUYERS {
        let at = maker.random.after(opening(), 24 * 30);
        let row = maker.user(name, &format!("{email}@souk.example"), Role::Customer, &[], at);
        let line1 = format!("{} Market Street", maker.random.between(1, 180));
        if let (Some(id), Some(email)) = (row.id.try_as_ref(), row.email.try_as_ref()) {
            market.buyers.push(Buyer { id: *id, email: email.clone(), address: address(name, line1, city, country) });
        }
        world.users.push(row);
    }
}

fn shops(maker: &mut Maker, world: &mut World, market: &mut Market) {
    for (place, words) in (0u64..).zip(&STORES) {
        let at = opening() + Duration::from_secs(place * 7200);
        let owner = maker.user(words.owner, words.email, Role::Vendor, &[], at);
        let Some(owner_id) = owner.id.try_as_ref().copied() else { continue };
        world.users.push(owner);
        let mut store = maker.store(owner_id, words.name, slugify(words.name), words.email, at);
        let line1 = format!("{} Workshop Lane", maker.random.between(1, 60));
        store.description = Set(words.description.to_owned());
        store.address = Set(Some(address(words.owner, line1, words.city, words.country)));
        if let Some(id) = store.id.try_as_ref() {
            market.shops.push(Shop { id: *id, owner: owner_id, name: words.name });
        }
        world.stores.push(store);
    }
}

/// Shipping and tax.
fn terms(maker: &mut Maker, world: &mut World, market: &Market) {
    let at = opening();
    world.methods.push(maker.method(None, "Standard", (590, Some(10_000)), 0, at));
    world.methods.push(maker.method(None, "Express", (1490, None), 1, at));
    let first = market.shops.first().map(|shop| shop.id);
    world.methods.push(maker.method(first, "Hill courier, on foot and by bus", (350, Some(4_000)), 0, at));
    for (country, name, basis_points) in TAXES {
        world.taxes.push(tax_rate::ActiveModel {
            id: Set(maker.random.id(at)),
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
    maker: &mut Maker,
    name: &str,
    icon: &str,
    parent: Option<CategoryId>,
    position: usize,
) -> (CategoryId, category::ActiveModel) {
    let at = opening();
    let id = maker.random.id(at);
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

fn roots(maker: &mut Maker, world: &mut World) -> Vec<(&'static str, CategoryId)> {
    let mut roots = Vec::new();
    for (position, (name, icon)) in ROOTS.into_iter().enumerate() {
        let (id, row) = category_row(maker, name, icon, None, position);
        world.categories.push(row);
        roots.push((name, id));
    }
    roots
}

fn category(
    maker: &mut Maker,
    world: &mut World,
    market: &mut Market,
    roots: &[(&'static str, CategoryId)],
    words: &'static CategoryWords,
    position: usize,
) -> Result<()> {
    let parent = roots.iter().find(|(name, _)| *name == words.parent).map(|(_, id)| *id);
    let (id, mut row) = category_row(maker, words.name, words.icon, parent, position);
    let pictures = market.sketches.len();
    for product in &words.products {
        ware(maker, world, market, words, product, id)?;
    }
    row.image_key = Set(market.sketches.get(pictures).map(|sketch| sketch.key.clone()));
    world.categories.push(row);
    Ok(())
}

/// One product with its words, variants and pictures.
fn ware(
    maker: &mut Maker,
    world: &mut World,
    market: &mut Market,
    words: &'static CategoryWords,
    ProductWords(shop_at, name, short, price, tags): &'static ProductWords,
    category: CategoryId,
) -> Result<()> {
    let Some(shop) = market.shops.get(*shop_at) else { return Ok(()) };
    let place = world.products.len();
    let at = maker.random.after(opening() + Duration::from_secs(86_400), 24 * 40);
    let kind = if words.digital { ProductKind::Digital } else { ProductKind::Physical };
    let mut product = maker.product(shop.id, name, slugify(name), kind, at);
    let Some(id) = product.id.try_as_ref().copied() else { return Ok(()) };
    let tags = Tags(tags.iter().map(|tag| (*tag).to_owned()).collect());
    product.category_id = Set(Some(category));
    product.short_description = Set(format!("{short}."));
    product.description = Set(description(maker, words, shop.name, name, short)?);
    product.details = Set(sections(words));
    product.featured = Set(place.is_multiple_of(7));
    product.seo_title = Set(Some(format!("{name} by {}", shop.name)));
    product.seo_description = Set(Some(format!("{short}. From {}.", shop.name)));
    let found_by = words_of(name, &tags);
    world.words.extend(found_by.into_iter().map(|word| product_word::ActiveModel { word: Set(word), product_id: Set(id) }));
    product.tags = Set(tags);
    let variants = variants(maker, words, (id, shop.id), (name, *price, place), at);
    Maker::set_aggregates(&mut product, &variants);
    let ware =
        Ware { id, shop: *shop_at, digital: words.digital, product: place, variants: (world.variants.len(), variants.len()) };
    world.variants.extend(variants);
    world.products.push(product);
    images(maker, world, &mut market.sketches, words, (id, name, place), at);
    market.wares.push(ware);
    Ok(())
}

fn description(maker: &mut Maker, words: &CategoryWords, shop: &str, name: &str, short: &str) -> Result<String> {
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
    let (beginning, ending) = (maker.random.one_of(&BEGINNINGS)?, maker.random.one_of(&ENDINGS)?);
    let what = if words.digital { "You get a link to the files as soon as the order is confirmed." } else { ending };
    Ok(format!("<p><strong>{name}.</strong> {short}.</p><p>{beginning} {what}</p><p>From {shop}, in {}.</p>", words.name))
}

fn sections(words: &CategoryWords) -> Sections {
    let section = |(title, body): &(&str, &str)| Section { title: (*title).to_owned(), body: (*body).to_owned() };
    Sections(words.sections.iter().map(section).collect())
}

/// What a choice costs, in hundredths of the first one's price.
fn factors(option: &str, choices: usize) -> &'static [i64] {
    match (option, choices) {
        ("Weight", _) => &[100, 230, 430],
        ("Size", 2) => &[100, 180],
        _ => &[100, 100, 100, 100],
    }
}

fn variants(
    maker: &mut Maker,
    words: &CategoryWords,
    of: (ProductId, StoreId),
    (name, price, place): (&str, i64, usize),
    at: DateTimeUtc,
) -> Vec<entity::product_variant::ActiveModel> {
    let initials: String = name.split(|c: char| !c.is_ascii_alphanumeric()).filter_map(|word| word.chars().next()).collect();
    let base = format!("{}{place:02}", initials.to_uppercase());
    let reduced = maker.random.percent(25);
    // One in ten is nearly gone, and one product is sold out.
    let scarce = maker.random.percent(10);
    let make = |maker: &mut Maker, sku: String, position: i32, factor: i64| {
        let price = Minor(price * factor / 100);
        let stock = match (words.digital, scarce) {
            (true, _) => 0,
            _ if place == 30 => 0,
            (_, true) => maker.random.between(1, 4),
            _ => maker.random.between(12, 90),
        };
        let mut row = maker.variant(of, sku, position, price, stock, at);
        row.compare_at_price = Set(reduced.then(|| Minor(price.0 * 5 / 4)));
        row.low_stock_threshold = Set((!words.digital).then_some(5));
        row
    };
    let Some((option, choices)) = words.option else { return vec![make(maker, base, 0, 100)] };
    let choices = choices.iter().zip(factors(option, choices.len())).zip(0..);
    choices
        .map(|((choice, factor), position)| {
            let ending: String = choice.chars().filter(char::is_ascii_alphanumeric).take(5).collect();
            let mut row = make(maker, format!("{base}-{}", ending.to_uppercase()), position, *factor);
            row.name = Set((*choice).to_owned());
            row.options = Set(Options(vec![VariantOption { name: option.to_owned(), value: (*choice).to_owned() }]));
            row
        })
        .collect()
}

/// One picture, and for every third product a second one.
fn images(
    maker: &mut Maker,
    world: &mut World,
    sketches: &mut Vec<Sketch>,
    words: &'static CategoryWords,
    (id, name, place): (ProductId, &str, usize),
    at: DateTimeUtc,
) {
    let count = if place.is_multiple_of(3) { 2 } else { 1 };
    for position in 0..count {
        // As the keys of uploaded pictures, which tell the size.
        let side = crate::demo::picture::SIDE;
        let key = format!("public/products/demo-{}-{position}-{side}x{side}.jpg", slugify(name));
        sketches.push(Sketch { key: key.clone(), category: words, seed: maker.random.next() });
        world.images.push(product_image::ActiveModel {
            id: Set(maker.random.id(at)),
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

/// Courier, number and address of a parcel.
pub fn parcel(random: &mut Random) -> Result<(String, String, String)> {
    let (courier, link) = random.one_of(&words::COURIERS)?;
    let number = format!("JD{:012}", random.below(1_000_000_000_000));
    Ok(((*courier).to_owned(), number.clone(), format!("{link}{number}")))
}
