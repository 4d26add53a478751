//! Lists of products.

use super::{STOREFRONT, names};
use crate::app::each;
use crate::make::{self, Make};
use entity::value::ProductStatus;
use serde_json::{Value, json};
use std::collections::HashSet;

#[test]
fn products_are_filtered_sorted_and_searched() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let (tea, carpets) = (make::store(souk, &vendor, "Tea").await, make::store(souk, &vendor, "Carpets").await);
        let drinks = make::category(souk, "Drinks", None).await;
        let teas = make::category(souk, "Teas", Some(drinks)).await;
        make::product(souk, tea, Make { name: "Green Tea", price: 500, category: Some(teas), ..Make::default() }).await;
        make::product(souk, tea, Make { name: "Coffee Beans", price: 900, category: Some(drinks), stock: 0, ..Make::default() })
            .await;
        make::product(souk, carpets, Make { name: "Green Carpet", price: 9000, ..Make::default() }).await;
        make::product(souk, carpets, Make { name: "Hidden", status: ProductStatus::Draft, ..Make::default() }).await;
        souk.reindexed().await;
        assert_eq!(names(souk, json!({}), "NEWEST").await, ["Green Carpet", "Coffee Beans", "Green Tea"]);
        assert_eq!(names(souk, json!({}), "PRICE_LOW_TO_HIGH").await, ["Green Tea", "Coffee Beans", "Green Carpet"]);
        assert_eq!(names(souk, json!({}), "PRICE_HIGH_TO_LOW").await, ["Green Carpet", "Coffee Beans", "Green Tea"]);
        assert_eq!(names(souk, json!({ "categoryId": drinks.to_string() }), "NEWEST").await, ["Coffee Beans", "Green Tea"]);
        assert_eq!(names(souk, json!({ "categorySlug": "teas" }), "NEWEST").await, ["Green Tea"]);
        assert!(names(souk, json!({ "categorySlug": "nothing" }), "NEWEST").await.is_empty());
        assert_eq!(names(souk, json!({ "storeId": carpets.to_string() }), "NEWEST").await, ["Green Carpet"]);
        assert_eq!(names(souk, json!({ "minPrice": "5.01", "maxPrice": "9.00" }), "NEWEST").await, ["Coffee Beans"]);
        assert_eq!(names(souk, json!({ "inStock": false }), "NEWEST").await, ["Coffee Beans"]);
        assert_eq!(names(souk, json!({ "search": "GREEN te" }), "NEWEST").await, ["Green Tea"]);
        assert_eq!(names(souk, json!({ "search": "coff" }), "RATING").await, ["Coffee Beans"]);
        assert_eq!(names(souk, json!({ "search": "gréen" }), "BEST_SELLING").await.len(), 2);
        // Without a word it is as absent.
        for blank in ["!", "", "  "] {
            assert_eq!(names(souk, json!({ "search": blank }), "NEWEST").await.len(), 3);
        }
        assert!(names(souk, json!({ "search": "green' OR 1=1 --" }), "NEWEST").await.is_empty());
        let query = "query($filter: ProductFilter) { products(first: 5, filter: $filter) { totalCount } }";
        for filter in
            [json!({ "minPrice": "-1" }), json!({ "maxPrice": "1.234" }), json!({ "storeId": "x" }), json!({ "nope": 1 })]
        {
            assert_eq!(souk.guest().error_code(query, json!({ "filter": filter })).await, "BAD_USER_INPUT", "{filter}");
        }
        for page in ["", "(first: 0)", "(first: 101)", "(first: 1, last: 1)", "(first: 1, after: \"x\")"] {
            assert_eq!(
                souk.guest().error_code(&format!("{{ products{page} {{ totalCount }} }}"), json!({})).await,
                "BAD_USER_INPUT",
                "{page}"
            );
        }
    });
}

#[test]
fn pages_skip_and_repeat_nothing_while_products_are_added() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Tea").await;
        for (sort, backward) in [("NEWEST", false), ("PRICE_LOW_TO_HIGH", false), ("PRICE_HIGH_TO_LOW", true)] {
            let mut before = HashSet::new();
            for number in 0..23 {
                // Few different prices: ties are settled by the ID.
                let product = make::product(souk, store, Make { price: 100 * (number % 3), ..Make::default() }).await;
                before.insert(product.id.to_string());
            }
            let (mut seen, mut cursor) = (Vec::new(), Value::Null);
            loop {
                let arguments = if backward { "last: 5, before: $cursor" } else { "first: 5, after: $cursor" };
                let query = format!(
                    "query($cursor: String, $sort: ProductSort) {{ products({arguments}, sortBy: $sort) {{ nodes {{ id }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
                );
                let page = souk.guest().data(&query, json!({ "cursor": cursor, "sort": sort })).await["products"].clone();
                seen.extend(
                    page["nodes"].as_array().expect("nodes").iter().map(|node| node["id"].as_str().expect("an ID").to_owned()),
                );
                make::product(souk, store, Make { price: 100, ..Make::default() }).await;
                let (more, end) = if backward { ("hasPreviousPage", "startCursor") } else { ("hasNextPage", "endCursor") };
                if page["pageInfo"][more] == false || seen.len() > 500 {
                    break;
                }
                cursor = page["pageInfo"][end].clone();
            }
            let distinct: HashSet<_> = seen.iter().cloned().collect();
            assert_eq!(distinct.len(), seen.len(), "{sort} repeats");
            assert!(before.is_subset(&distinct), "{sort} skips");
        }
    });
}

#[test]
fn a_page_takes_as_many_statements_for_five_products_as_for_fifty() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let top = make::category(souk, "Drinks", None).await;
        let mut counts = Vec::new();
        let mut made = 0;
        for size in [5, 50] {
            while made < size {
                let store = make::store(souk, &vendor, &format!("Store {made}")).await;
                let category = make::category(souk, &format!("Category {made}"), Some(top)).await;
                make::product(souk, store, Make { name: "Green Tea", category: Some(category), ..Make::default() }).await;
                made += 1;
            }
            souk.reindexed().await;
            let variables =
                json!({ "first": size, "filter": { "inStock": true, "search": "green" }, "sortBy": "PRICE_LOW_TO_HIGH" });
            let (answer, count) = souk.statements(&souk.guest(), STOREFRONT, variables).await;
            let nodes = answer["data"]["products"]["nodes"].as_array().unwrap_or_else(|| panic!("{answer:#}")).clone();
            assert_eq!(nodes.len(), size);
            assert!(nodes.iter().all(|node| node["store"]["name"].is_string() && node["category"]["name"].is_string()));
            counts.push(count);
        }
        eprintln!("Storefront: {counts:?} statements for 5 and 50 products on {}", souk.database);
        assert_eq!(counts, [4, 4]);
    });
}
