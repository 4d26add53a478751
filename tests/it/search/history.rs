//! Random changes through the API of two instances: in the end each index holds what one that is filled anew does.

use super::{CATEGORY, DELETE, STATUS, UPDATE, VARIANT, shop};
use crate::app::{Souk, each};
use crate::kill::seed;
use crate::make::{self, Make, Product, User};
use entity::id::{CategoryId, StoreId};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use souk_core::provider::search::{FacetRequest, Filter, Page, Query, SearchEngine, Sort};

const WORDS: [&str; 10] = ["green", "black", "tea", "teas", "T-Shirt", "cup", "cups", "chocolate", "chocolte", "緑茶"];
const TASKS: usize = 8;
const CHANGES: usize = 15;

/// What random changes are made of.
pub struct World {
    pub shops: Vec<(User, StoreId)>,
    pub categories: Vec<CategoryId>,
    pub products: Vec<(usize, Product)>,
    pub admin: User,
}

pub fn name(random: &mut StdRng) -> String {
    let words: Vec<_> = (0..random.random_range(1..4)).map(|_| WORDS[random.random_range(0..WORDS.len())]).collect();
    words.join(" ")
}

/// A change of a random kind. Some are refused, as another task changed the same; what counts is what is in the database.
pub async fn change(souk: &Souk, world: &World, random: &mut StdRng) -> Value {
    let (shop, product) = world.products[random.random_range(0..world.products.len())];
    let vendor = souk.as_user(&world.shops[shop].0);
    let admin = souk.as_user(&world.admin);
    let id = product.id.to_string();
    let category = world.categories[random.random_range(0..world.categories.len())];
    match random.random_range(0..10) {
        0 | 1 => {
            let input = json!({ "name": name(random), "tags": [name(random)], "categoryId": category.to_string() });
            vendor.answer(UPDATE, json!({ "id": id, "input": input })).await
        }
        2 => {
            let input = json!({ "description": format!("<p>{}</p>", name(random)), "categoryId": null });
            vendor.answer(UPDATE, json!({ "id": id, "input": input })).await
        }
        3 | 4 => {
            let input = json!({ "price": format!("{}.50", random.random_range(1..60)), "isActive": random.random_bool(0.9) });
            vendor.answer(VARIANT, json!({ "id": product.variant.to_string(), "input": input })).await
        }
        5 => {
            let status = ["ACTIVE", "ACTIVE", "ARCHIVED", "DRAFT"][random.random_range(0..4)];
            vendor.answer(UPDATE, json!({ "id": id, "input": { "status": status } })).await
        }
        6 => {
            let status = if random.random_bool(0.5) { "SUSPENDED" } else { "ACTIVE" };
            let store = world.shops[random.random_range(0..world.shops.len())].1;
            admin.answer(STATUS, json!({ "id": store.to_string(), "input": { "status": status } })).await
        }
        7 | 8 => {
            let input = json!({ "name": name(random), "isActive": random.random_bool(0.7) });
            admin.answer(CATEGORY, json!({ "id": category.to_string(), "input": input })).await
        }
        _ => vendor.answer(DELETE, json!({ "id": id })).await,
    }
}

fn queries(world: &World, random: &mut StdRng) -> Vec<Query> {
    let sorts = [Sort::Relevance, Sort::Newest, Sort::PriceLowToHigh];
    let mut all = Vec::new();
    for _ in 0..60 {
        let filter = Filter {
            categories: random.random_bool(0.4).then(|| vec![world.categories[random.random_range(0..world.categories.len())].0]),
            max_price: random.random_bool(0.3).then_some(3_000),
            is_in_stock: random.random_bool(0.3).then_some(true),
            ..Filter::default()
        };
        let facets = Some(FacetRequest { slugs: None, values: 20 });
        let page = Page { limit: 50, ..Page::default() };
        let sort = sorts[random.random_range(0..sorts.len())];
        all.push(Query { text: Some(name(random)), filter, sort, page, facets, ..Query::default() });
    }
    all
}

#[test]
fn indexes_that_followed_changes_hold_what_one_that_is_filled_anew_does() {
    each(async |souk| {
        let seed = seed();
        let mut random = StdRng::seed_from_u64(seed);
        let mut world = World { shops: Vec::new(), categories: Vec::new(), products: Vec::new(), admin: make::admin(souk).await };
        for n in 0..3 {
            world.shops.push(shop(souk, &format!("Shop {n}")).await);
        }
        for (n, name) in WORDS.into_iter().take(4).enumerate() {
            let parent = world.categories.get(n / 2).copied().filter(|_| n > 0);
            world.categories.push(make::category(souk, name, parent).await);
        }
        for n in 0..30 {
            let product = make::product(souk, world.shops[n % 3].1, Make { name: &name(&mut random), ..Make::default() }).await;
            world.products.push((n % 3, product));
        }
        souk.reindexed().await;
        // It is filled while changes run.
        let changes = futures::future::join_all((0..TASKS as u64).map(|task| {
            let world = &world;
            async move {
                let mut random = StdRng::seed_from_u64(seed + task + 1);
                for _ in 0..CHANGES {
                    let answer = change(souk, world, &mut random).await;
                    assert_eq!(answer["errors"], Value::Null, "seed {seed}: {answer}");
                }
            }
        }));
        let (_, other) = tokio::join!(changes, souk.another());
        souk.work().await;
        let fresh = souk.another().await;
        for instance in [souk, &other, &fresh] {
            instance.indexed().await;
        }
        let engines: Vec<_> = [souk, &other, &fresh].iter().map(|instance| instance.app.search.engine()).collect();
        let of = |engine: &dyn SearchEngine, query: &Query| (engine.search(query), engine.totals());
        for query in queries(&world, &mut random) {
            let expected = of(&*engines[2], &query);
            for engine in &engines[..2] {
                assert_eq!(of(&**engine, &query), expected, "seed {seed}: {query:?}");
            }
        }
        other.finish().await;
        fresh.finish().await;
    });
}
