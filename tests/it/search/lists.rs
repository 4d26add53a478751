//! Lists of products by words: the index answers with the filters and orders of lists, and stores find their own drafts.

use super::{names, shop};
use crate::app::{Souk, each};
use crate::make::{self, Make};
use entity::id::StoreId;
use entity::product;
use entity::value::{ProductStatus, StoreRole, Tags};
use sea_orm::ActiveModelTrait;
use sea_orm::ActiveValue::{Set, Unchanged};
use serde_json::{Value, json};
use souk_core::provider::search::Progress;

const PRODUCTS: &str = operation!("search", "ProductsByWords");
const OF_STORE: &str = operation!("search", "StoreProductsByWords");
const IN_STORE: &str = operation!("search", "StoreProductSearch");

async fn found(souk: &Souk, filter: Value, sort: &str) -> Vec<String> {
    let variables = json!({ "filter": filter, "sortBy": sort, "first": 100 });
    let answer = souk.guest().data(PRODUCTS, variables).await["products"].clone();
    let found = names(&answer);
    assert_eq!((&answer["totalCount"], &answer["isTotalCountExact"]), (&json!(found.len()), &json!(true)), "{filter}");
    found
}

#[test]
fn products_by_words_meet_the_filters_of_lists_in_every_order() {
    each(async |souk| {
        let (vera, store) = shop(souk, "Vera").await;
        let (_, other) = shop(souk, "Eve").await;
        let drinks = make::category(souk, "Drinks", None).await;
        let teas = make::category(souk, "Teas", Some(drinks)).await;
        let item = |name, price, stock, category| Make { name, price, stock, category, ..Make::default() };
        let green = make::product(souk, store, item("Green Tea", 500, 0, Some(teas))).await;
        make::product(souk, store, item("Tea Pot", 3000, 4, Some(drinks))).await;
        make::product(souk, other, item("Black Tea", 900, 1, None)).await;
        make::product(souk, other, Make { name: "Draft Tea", status: ProductStatus::Draft, ..Make::default() }).await;
        // A second variant of the green tea, which is dear and in stock: lists look at the lowest price and at any stock.
        let input = json!({ "productId": green.id.to_string(), "price": "90", "stockQuantity": 5, "options": [{ "name": "Size", "value": "L" }] });
        souk.as_user(&vera).run(operation!("variant", "ProductVariantCreate"), json!({ "input": input })).await;
        souk.as_user(&vera)
            .run(super::UPDATE, json!({ "id": green.id.to_string(), "input": { "tags": ["Organic", "Loose"] } }))
            .await;
        souk.work().await;
        souk.reindexed().await;
        for (sort, expected) in [
            ("NEWEST", ["Black Tea", "Tea Pot", "Green Tea"]),
            ("PRICE_LOW_TO_HIGH", ["Green Tea", "Black Tea", "Tea Pot"]),
            ("PRICE_HIGH_TO_LOW", ["Tea Pot", "Black Tea", "Green Tea"]),
        ] {
            assert_eq!(found(souk, json!({ "search": "tea" }), sort).await, expected, "{sort}");
        }
        for (filter, expected) in [
            (json!({ "price": { "max": "5" }, "isInStock": true }), vec!["Green Tea"]),
            (json!({ "price": { "min": "80" } }), vec![]),
            (json!({ "isInStock": false }), vec![]),
            (json!({ "categoryId": drinks.to_string() }), vec!["Tea Pot", "Green Tea"]),
            (json!({ "categorySlug": "teas" }), vec!["Green Tea"]),
            (json!({ "categorySlug": "nothing" }), vec![]),
            (json!({ "storeId": other.to_string() }), vec!["Black Tea"]),
            (json!({ "tags": { "any": ["loose", "bag"], "all": ["ORGANIC"] } }), vec!["Green Tea"]),
            (json!({ "tags": { "all": ["organic", "bag"] } }), vec![]),
            (json!({ "tags": { "any": [] } }), vec![]),
            (json!({ "options": [{ "name": "size", "values": ["l", "m"] }] }), vec!["Green Tea"]),
            (json!({ "options": [{ "name": "size", "values": ["m"] }] }), vec![]),
            (json!({ "kind": "DIGITAL" }), vec![]),
            (json!({ "minRating": 1 }), vec![]),
            (json!({ "isFeatured": true }), vec![]),
            (json!({ "isOnSale": false }), vec!["Black Tea", "Tea Pot", "Green Tea"]),
        ] {
            let mut with_words = filter.clone();
            with_words["search"] = json!("tea");
            assert_eq!(found(souk, with_words, "NEWEST").await, expected, "{filter}");
            // As the database says, which knows no words.
            assert_eq!(found(souk, filter.clone(), "NEWEST").await, expected, "{filter}");
        }
        // All words, in any order, the last one begun; no typos.
        for (words, expected) in [("tea gre", vec!["Green Tea"]), ("tea kettle", vec![]), ("grene", vec![]), ("draft", vec![])] {
            assert_eq!(found(souk, json!({ "search": words }), "NEWEST").await, expected, "{words}");
        }
        let page = "query($search: String) { category(slug: \"drinks\") { products(first: 9, filter: { search: $search }) { \
                    totalCount nodes { name } } } }";
        let products = souk.guest().data(page, json!({ "search": "green" })).await["category"]["products"].clone();
        assert_eq!(products, json!({ "totalCount": 1, "nodes": [{ "name": "Green Tea" }] }));
    });
}

#[test]
fn pages_by_words_are_complete_in_both_directions() {
    each(async |souk| {
        let (_, store) = shop(souk, "Vera").await;
        for n in 0..8 {
            make::product(souk, store, Make { name: "Tea", price: 500 + n / 3 * 100, ..Make::default() }).await;
        }
        souk.reindexed().await;
        for sort in ["NEWEST", "PRICE_LOW_TO_HIGH", "PRICE_HIGH_TO_LOW", "RATING", "BEST_SELLING"] {
            let ids = |answer: &Value| -> Vec<Value> {
                answer["edges"].as_array().expect("edges").iter().map(|edge| edge["node"]["id"].clone()).collect()
            };
            let ask = async |mut page: Value| {
                page["filter"] = json!({ "search": "tea" });
                page["sortBy"] = json!(sort);
                souk.guest().data(PRODUCTS, page).await["products"].clone()
            };
            let all = ids(&ask(json!({ "first": 100 })).await);
            assert_eq!(all.len(), 8);
            for (size, cursor, more, end) in
                [("first", "after", "hasNextPage", "endCursor"), ("last", "before", "hasPreviousPage", "startCursor")]
            {
                let (mut seen, mut place) = (Vec::new(), Value::Null);
                loop {
                    let page = ask(json!({ size: 3, cursor: place })).await;
                    let found = ids(&page);
                    let at = if size == "first" { seen.len() } else { 0 };
                    seen.splice(at..at, found);
                    place = page["pageInfo"][end].clone();
                    if page["pageInfo"][more] == false {
                        break;
                    }
                    assert_eq!(page["totalCount"], 8);
                }
                assert_eq!(seen, all, "{sort}, {size}");
            }
        }
    });
}

/// Names that a caller finds in the list of a store.
async fn own(caller: &crate::app::Caller<'_>, store: StoreId, search: &str) -> Vec<String> {
    let variables = json!({ "id": store.to_string(), "filter": { "search": search } });
    let products = caller.data(OF_STORE, variables).await["store"]["products"].clone();
    let mut found: Vec<_> = products["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .map(|node| node["name"].as_str().expect("a name").to_owned())
        .collect();
    assert_eq!(products["totalCount"], found.len());
    found.sort();
    found
}

#[test]
fn those_who_work_for_a_store_find_its_drafts_by_name_tag_and_sku() {
    each(async |souk| {
        let (vera, store) = shop(souk, "Vera").await;
        let (eve, other) = shop(souk, "Eve").await;
        let member = make::customer(souk, "Mia").await;
        make::member(souk, store, &member, StoreRole::Manager).await;
        let draft =
            make::product(souk, store, Make { name: "Café Crème 100%", status: ProductStatus::Draft, ..Make::default() }).await;
        let tagged =
            product::ActiveModel { id: Unchanged(draft.id), tags: Set(Tags(vec!["Roasted".into()])), ..Default::default() };
        tagged.update(souk.app.db.raw()).await.expect("an update");
        make::insert(souk, [entity::product_tag::Model { tag: "roasted".into(), product_id: draft.id }]).await;
        let sku = entity::product_variant::ActiveModel {
            id: Unchanged(draft.variant),
            sku: Set("CC-0815".into()),
            ..Default::default()
        };
        sku.update(souk.app.db.raw()).await.expect("an update");
        make::product(souk, store, Make { name: "Café Noir", ..Make::default() }).await;
        make::product(souk, other, Make { name: "Café Crème", status: ProductStatus::Draft, ..Make::default() }).await;
        souk.reindexed().await;
        let (vera, member) = (souk.as_user(&vera), souk.as_user(&member));
        for (search, expected) in [
            ("cafe", vec!["Café Crème 100%", "Café Noir"]),
            ("caf", vec!["Café Crème 100%", "Café Noir"]),
            ("crème", vec!["Café Crème 100%"]),
            ("creme cafe", vec!["Café Crème 100%"]),
            ("roast", vec!["Café Crème 100%"]),
            ("cc-0815", vec!["Café Crème 100%"]),
            ("0815", vec!["Café Crème 100%"]),
            ("100%", vec!["Café Crème 100%"]),
            ("%", vec!["Café Crème 100%", "Café Noir"]),
            ("_", vec!["Café Crème 100%", "Café Noir"]),
            ("' OR 1=1 --", vec![]),
            ("tea", vec![]),
        ] {
            for caller in [&vera, &member] {
                assert_eq!(own(caller, store, search).await, expected, "{search}");
            }
        }
        // Others find what is for sale, by the index.
        for caller in [souk.guest(), souk.as_user(&eve)] {
            assert_eq!(own(&caller, store, "cafe").await, ["Café Noir"]);
            assert_eq!(own(&caller, store, "0815").await, Vec::<String>::new());
        }
        let status = "query($id: ID!, $status: [ProductStatus!]) { store(id: $id) { \
                      products(first: 9, status: $status, filter: { search: \"cafe\" }) { totalCount nodes { name } } } }";
        for (caller, status_of, expected) in [(&vera, "DRAFT", 1), (&vera, "ACTIVE", 1), (&souk.guest(), "DRAFT", 0)] {
            let variables = json!({ "id": store.to_string(), "status": [status_of] });
            let found = caller.data(status, variables).await["store"]["products"].clone();
            assert_eq!(
                (&found["totalCount"], found["nodes"].as_array().map(Vec::len)),
                (&json!(expected), Some(expected)),
                "{status_of}"
            );
        }
    });
}

#[test]
fn lists_by_words_are_unavailable_until_the_index_is_filled() {
    each(async |souk| {
        let (vera, store) = shop(souk, "Vera").await;
        make::product(souk, store, Make::default()).await;
        souk.reindexed().await;
        souk.app.search.set_progress(Progress::Filling { done: 430, total: 1000 });
        let by_words = json!({ "first": 1, "filter": { "search": "tea" } });
        let error = souk.guest().error(PRODUCTS, by_words).await;
        assert_eq!((&error["extensions"]["code"], &error["extensions"]["retryAfter"]), (&json!("UNAVAILABLE"), &json!(2)));
        // Lists without words, and those of a store's own products, come from the database.
        assert_eq!(found(souk, json!({ "search": " " }), "NEWEST").await, ["Tea"]);
        assert_eq!(own(&souk.as_user(&vera), store, "tea").await, ["Tea"]);
        souk.app.search.set_progress(Progress::Ready);
    });
}

#[test]
fn the_search_of_a_store_finds_its_products_alone() {
    each(async |souk| {
        let mut stores = Vec::new();
        for name in ["Vera", "Eve", "Kim"] {
            let (_, store) = shop(souk, name).await;
            for n in 0..3 {
                make::product(souk, store, Make { name: &format!("{name} Tea {n}"), ..Make::default() }).await;
            }
            make::product(souk, store, Make { name: "Tea", status: ProductStatus::Draft, ..Make::default() }).await;
            stores.push(store);
        }
        souk.reindexed().await;
        let ask = async |filter: Value| {
            let variables = json!({ "ids": [stores[0].to_string()], "query": "tee", "filter": filter, "first": 2 });
            souk.guest().data(IN_STORE, variables).await["nodes"][0]["productSearch"].clone()
        };
        // With typos, as the search of the marketplace does.
        let answer = ask(Value::Null).await;
        assert_eq!(answer["totalCount"], 0);
        let variables = json!({ "ids": [stores[0].to_string()], "query": "tea", "first": 2 });
        let answer = souk.guest().data(IN_STORE, variables.clone()).await["nodes"][0]["productSearch"].clone();
        assert_eq!((&answer["totalCount"], names(&answer).len()), (&json!(3), 2));
        assert!(names(&answer).iter().all(|name| name.starts_with("Vera")), "{answer}");
        let slugs: Vec<_> = answer["facets"].as_array().expect("facets").iter().map(|facet| facet["slug"].clone()).collect();
        assert_eq!(slugs, ["category", "price", "rating", "in-stock", "kind", "on-sale"]);
        let mut next = variables.clone();
        next["after"] = answer["pageInfo"]["endCursor"].clone();
        let rest = souk.guest().data(IN_STORE, next.clone()).await["nodes"][0]["productSearch"].clone();
        assert_eq!((names(&rest).len(), &rest["pageInfo"]["hasNextPage"]), (1, &json!(false)));
        // The cursor belongs to one store.
        next["ids"] = json!([stores[1].to_string()]);
        assert_eq!(souk.guest().error_code(IN_STORE, next).await, "BAD_USER_INPUT");
        assert_eq!(ask(json!({ "storeIds": [stores[1].to_string()] })).await["totalCount"], 0);
        // As many statements for one store as for three.
        let mut counts = Vec::new();
        for some in [&stores[..1], &stores[..]] {
            let ids: Vec<_> = some.iter().map(ToString::to_string).collect();
            let (answer, count) =
                souk.statements(&souk.guest(), IN_STORE, json!({ "ids": ids, "query": "tea", "first": 5 })).await;
            for (store, found) in some.iter().zip(answer["data"]["nodes"].as_array().expect("nodes")) {
                assert_eq!((&found["id"], &found["productSearch"]["totalCount"]), (&json!(store.to_string()), &json!(3)));
            }
            counts.push(count);
        }
        assert_eq!(counts, [2, 2]);
    });
}
