//! Search: what is found, how soon, and that nothing hidden is.

mod code;
mod history;
mod kill;
mod lists;
mod status;
mod synonym;

use crate::app::{Souk, each};
use crate::make::{self, Make, User};
use entity::category;
use entity::id::{ProductId, StoreId};
use entity::value::{Permission, ProductStatus, Role, StoreRole};
use sea_orm::ActiveModelTrait;
use sea_orm::ActiveValue::{Set, Unchanged};
use serde_json::{Value, json};
use souk_core::db::{Subject, SubjectKind};
use souk_core::error::Error;
use souk_core::live::{change_head, sequence_changes};
use souk_core::provider::search::Progress;
use souk_core::transact;

const SEARCH: &str = operation!("search", "ProductSearch");
const FACETS: &str = operation!("search", "ProductSearchFacets");
const PAGE: &str = operation!("search", "SearchPage");
const SUGGEST: &str = operation!("search", "SearchSuggest");
const BY_WORDS: &str = operation!("search", "ProductsByWords");
const IN_STORE: &str = operation!("search", "StoreProductSearch");
const UPDATE: &str = operation!("product", "ProductUpdateReturningId");
const DELETE: &str = operation!("product", "ProductDeleteReturningDeletedId");
const VARIANT: &str = operation!("variant", "ProductVariantUpdateReturningId");
const STATUS: &str = operation!("store", "StoreStatusUpdateReturningId");
const CATEGORY: &str = operation!("category", "CategoryUpdateReturningId");

impl Souk {
    /// Waits until the index knows everything that was committed.
    pub async fn indexed(&self) {
        sequence_changes(&self.app.db).await.expect("positions");
        let head = change_head(&self.app.db).await.expect("a head");
        self.progress().reached(head).await;
    }

    /// Announces all rows, as tests write some without an announcement, and waits until they are indexed.
    pub async fn reindexed(&self) {
        let announced: Result<(), Error> = async {
            transact!(self.app.db, tx, {
                for kind in [SubjectKind::Category, SubjectKind::Product, SubjectKind::Store] {
                    tx.changed(Subject::All(kind));
                }
                Ok(())
            })
        }
        .await;
        announced.expect("a commit");
        self.indexed().await;
    }

    /// Names of the products that are found, in their order.
    async fn found(&self, query: &str, filter: Value) -> Vec<String> {
        let variables = json!({ "query": query, "filter": filter, "first": 100 });
        names(&self.guest().data(SEARCH, variables).await["productSearch"])
    }

    async fn product(&self, store: StoreId, name: &str) -> ProductId {
        make::product(self, store, Make { name, ..Make::default() }).await.id
    }
}

/// A vendor and a store of the same name.
async fn shop(souk: &Souk, name: &str) -> (User, StoreId) {
    let vendor = make::vendor(souk, name).await;
    let store = make::store(souk, &vendor, name).await;
    (vendor, store)
}

fn names(connection: &Value) -> Vec<String> {
    let edges = connection["edges"].as_array().expect("edges");
    edges.iter().map(|edge| edge["node"]["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn words_are_found_with_typos_forms_and_joined() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Himal House").await;
        for name in ["Dark Chocolate", "T-Shirt red", "iPhone 15 case", "Running Shoes", "Café au lait", "Café Crème", "緑茶"]
        {
            souk.product(store, name).await;
        }
        souk.reindexed().await;
        for (query, expected) in [
            ("chocolate", vec!["Dark Chocolate"]),
            ("choc", vec!["Dark Chocolate"]),
            ("choc ", vec![]),
            ("chocolte", vec!["Dark Chocolate"]),
            ("tshirt", vec!["T-Shirt red"]),
            ("t shirt", vec!["T-Shirt red"]),
            ("iphone15 case", vec!["iPhone 15 case"]),
            ("run shoe ", vec!["Running Shoes"]),
            ("cafe ", vec!["Café Crème", "Café au lait"]),
            ("緑茶", vec!["緑茶"]),
            ("nothing of the kind", vec![]),
        ] {
            let mut found = souk.found(query, Value::Null).await;
            found.sort();
            assert_eq!(found, expected, "{query}");
        }
        // The store's name finds all its products; blanks, quotes and emoji are as absent.
        for query in ["himal", "", "  ", "\"'", "😀"] {
            assert_eq!(souk.found(query, Value::Null).await.len(), 7, "{query}");
        }
        let answer =
            souk.guest().data(SEARCH, json!({ "query": "dark chocolte zebra", "first": 1 })).await["productSearch"].clone();
        assert_eq!(
            answer["query"],
            json!({ "words": ["dark", "chocolte", "zebra"], "matchedWords": ["dark", "chocolte"], "corrected": "dark chocolate",
                "isTypoTolerant": true })
        );
        assert_eq!(
            answer["edges"][0]["matches"],
            json!([{ "field": "NAME", "start": 0, "length": 4 }, { "field": "NAME", "start": 5, "length": 9 }])
        );
        assert_eq!((&answer["totalCount"], &answer["isTotalCountExact"]), (&json!(1), &json!(true)));
    });
}

#[test]
fn what_changes_is_found_as_it_is() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Vera").await;
        let admin = make::admin(souk).await;
        let category = make::category(souk, "Infusions", None).await;
        let tea = make::product(souk, store, Make { name: "Green Tea", category: Some(category), ..Make::default() }).await;
        souk.reindexed().await;
        let (vera, admin) = (souk.as_user(&vera), souk.as_user(&admin));
        let id = tea.id.to_string();
        vera.run(UPDATE, json!({ "id": id, "input": { "name": "Black Tea", "tags": ["Darjeeling"] } })).await;
        souk.indexed().await;
        assert_eq!(souk.found("green", Value::Null).await, Vec::<String>::new());
        assert_eq!(souk.found("black darjeeling", Value::Null).await, ["Black Tea"]);
        assert_eq!(souk.found("infusion", Value::Null).await, ["Black Tea"]);
        // Price and stock of a variant.
        let cheap = json!({ "price": { "max": "5" } });
        assert_eq!(souk.found("", cheap.clone()).await, Vec::<String>::new());
        vera.run(VARIANT, json!({ "id": tea.variant.to_string(), "input": { "price": "4.50" } })).await;
        souk.indexed().await;
        assert_eq!(souk.found("", cheap).await, ["Black Tea"]);
        // The category's new name, and hidden.
        admin.run(CATEGORY, json!({ "id": category.to_string(), "input": { "name": "Beverages" } })).await;
        souk.indexed().await;
        assert_eq!(souk.found("infusion", Value::Null).await, Vec::<String>::new());
        assert_eq!(souk.found("beverages", Value::Null).await, ["Black Tea"]);
        admin.run(CATEGORY, json!({ "id": category.to_string(), "input": { "isActive": false } })).await;
        souk.indexed().await;
        assert_eq!(souk.found("beverages", Value::Null).await, Vec::<String>::new());
        // The store, suspended and open again.
        for (status, expected) in [("SUSPENDED", vec![]), ("ACTIVE", vec!["Black Tea"])] {
            admin.run(STATUS, json!({ "id": store.to_string(), "input": { "status": status } })).await;
            souk.indexed().await;
            assert_eq!(souk.found("tea", Value::Null).await, expected);
        }
        // Archived, and deleted.
        for (status, expected) in [("ARCHIVED", vec![]), ("ACTIVE", vec!["Black Tea"])] {
            vera.run(UPDATE, json!({ "id": id, "input": { "status": status } })).await;
            souk.indexed().await;
            assert_eq!(souk.found("tea", Value::Null).await, expected);
        }
        vera.run(DELETE, json!({ "id": id })).await;
        souk.indexed().await;
        assert_eq!(souk.found("tea", Value::Null).await, Vec::<String>::new());
    });
}

#[test]
fn a_product_that_was_hidden_since_is_not_shown_and_the_page_is_filled() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Vera").await;
        let mut ids = Vec::new();
        for n in 0..6 {
            ids.push(souk.product(store, &format!("Tea {n}")).await);
        }
        souk.reindexed().await;
        // Hidden without an announcement, so that the index still has them.
        for id in &ids[..2] {
            let hidden = entity::product::ActiveModel { id: Unchanged(*id), listed: Set(false), ..Default::default() };
            hidden.update(souk.app.db.raw()).await.expect("an update");
        }
        for variables in [json!({ "query": "tea", "first": 3 }), json!({ "query": "tea", "last": 3 })] {
            let answer = souk.guest().data(SEARCH, variables).await["productSearch"].clone();
            let found = names(&answer);
            assert_eq!(found.len(), 3, "{answer}");
            assert!(!found.contains(&"Tea 0".to_owned()) && !found.contains(&"Tea 1".to_owned()), "{found:?}");
        }
        souk.reindexed().await;
    });
}

#[test]
fn pages_continue_and_cursors_belong_to_one_search() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Vera").await;
        for n in 0..7 {
            make::product(souk, store, Make { name: "Tea", price: 500 + n / 2 * 100, ..Make::default() }).await;
        }
        souk.reindexed().await;
        let guest = souk.guest();
        for sort in ["RELEVANCE", "PRICE_LOW_TO_HIGH", "PRICE_HIGH_TO_LOW", "NEWEST", "RATING", "BEST_SELLING"] {
            let all = guest.data(SEARCH, json!({ "query": "tea", "sortBy": sort, "first": 100 })).await["productSearch"].clone();
            let ids = |answer: &Value| -> Vec<Value> {
                answer["edges"].as_array().expect("edges").iter().map(|edge| edge["node"]["id"].clone()).collect()
            };
            let (mut seen, mut after) = (Vec::new(), Value::Null);
            loop {
                let variables = json!({ "query": "tea", "sortBy": sort, "first": 3, "after": after });
                let page = guest.data(SEARCH, variables).await["productSearch"].clone();
                seen.extend(ids(&page));
                after = page["pageInfo"]["endCursor"].clone();
                if page["pageInfo"]["hasNextPage"] == false {
                    break;
                }
            }
            assert_eq!(seen, ids(&all), "{sort}");
            let variables = json!({ "query": "tea", "sortBy": sort, "last": 3, "before": after });
            let before = guest.data(SEARCH, variables).await["productSearch"].clone();
            assert_eq!(ids(&before), seen[3..6], "{sort}");
        }
        let first = guest.data(SEARCH, json!({ "query": "tea", "first": 1 })).await["productSearch"].clone();
        let after = &first["pageInfo"]["endCursor"];
        for other in [
            json!({ "query": "te", "first": 1, "after": after }),
            json!({ "query": "tea", "sortBy": "NEWEST", "first": 1, "after": after }),
            json!({ "query": "tea", "filter": { "isInStock": true }, "first": 1, "after": after }),
        ] {
            let error = guest.error(SEARCH, other).await;
            assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{error}");
        }
    });
}

#[test]
fn filters_hold_for_one_variant_and_facets_leave_out_their_own() {
    each(async |souk| {
        let (_, vera) = shop(souk, "Vera").await;
        let (_, eve) = shop(souk, "Eve").await;
        let parent = make::category(souk, "Drinks", None).await;
        let child = make::category(souk, "Teas", Some(parent)).await;
        let item = |name, price, stock, category| Make { name, price, stock, category, ..Make::default() };
        make::product(souk, vera, item("Green Tea", 500, 3, Some(child))).await;
        make::product(souk, vera, item("Black Tea", 1500, 0, Some(child))).await;
        make::product(souk, eve, item("Tea Pot", 4000, 5, Some(parent))).await;
        souk.reindexed().await;
        let facets = async |filter: Value| {
            let variables = json!({ "query": "tea", "filter": filter });
            souk.guest().data(FACETS, variables).await["productSearch"].clone()
        };
        let of = |answer: &Value, slug: &str| {
            let all = answer["facets"].as_array().expect("facets");
            all.iter().find(|facet| facet["slug"] == slug).unwrap_or_else(|| panic!("no facet {slug} in {answer}")).clone()
        };
        let counts = |facet: &Value| -> Vec<(String, i64)> {
            let values = facet["values"].as_array().expect("values").iter();
            values
                .map(|value| (value["name"].as_str().expect("a name").to_owned(), value["count"].as_i64().expect("a count")))
                .collect()
        };
        let answer = facets(json!({ "storeIds": [vera.to_string()], "isInStock": true })).await;
        assert_eq!(answer["totalCount"], 1);
        // As if no store were chosen, but only those in stock; and so on.
        assert_eq!(counts(&of(&answer, "store")), [("Eve".to_owned(), 1), ("Vera".to_owned(), 1)]);
        assert_eq!(of(&answer, "store")["values"][1]["isSelected"], true);
        assert_eq!(counts(&of(&answer, "in-stock")), [("Yes".to_owned(), 1)]);
        assert_eq!(counts(&of(&answer, "category")), [("Drinks".to_owned(), 1)]);
        let answer = facets(json!({ "categoryId": parent.to_string() })).await;
        assert_eq!(counts(&of(&answer, "category")), [("Teas".to_owned(), 2)]);
        assert_eq!(
            of(&answer, "price"),
            json!({ "slug": "price", "name": "Price", "min": "5.00", "max": "40.00", "bands": [
                { "from": "5.00", "below": "10.00", "count": 1 },
                { "from": "10.00", "below": "20.00", "count": 1 },
                { "from": "20.00", "below": "50.00", "count": 1 },
            ] })
        );
        assert_eq!(souk.found("tea", json!({ "categoryId": child.to_string() })).await.len(), 2);
        assert_eq!(souk.found("tea", json!({ "categorySlug": "nothing" })).await, Vec::<String>::new());
        for (filter, message) in [
            (
                json!({ "price": { "min": "30", "max": "20" } }),
                "price.min must be at most price.max; got 30.00 USD and 20.00 USD.",
            ),
            (json!({ "price": { "min": "1.234" } }), "min must be an amount in USD"),
            (json!({ "minRating": 7 }), "minRating must be between 1 and 5; got 7."),
            (json!({ "categoryId": child.to_string(), "categorySlug": "teas" }), "can't be given together"),
        ] {
            let error = souk.guest().error(FACETS, json!({ "query": "tea", "filter": filter })).await;
            assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{error}");
            assert!(error["message"].as_str().is_some_and(|text| text.contains(message)), "{error}");
        }
        for (arguments, message) in [
            (json!({ "valuesPerFacet": 0 }), "valuesPerFacet must be from 1 to 100; got 0"),
            (json!({ "slugs": vec!["price"; 101] }), "slugs must have at most 100 items; got 101."),
        ] {
            let error = souk.guest().error(FACETS, arguments).await;
            assert!(error["message"].as_str().is_some_and(|text| text.contains(message)), "{error}");
        }
    });
}

#[test]
fn attributes_are_conditions_and_facets() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Vera").await;
        let (product_type, colour, red) = make::product_type(souk).await;
        let shirt = make::product(souk, store, Make { name: "Shirt", ..Make::default() }).await;
        make::product(souk, store, Make { name: "Shirt without a type", ..Make::default() }).await;
        make::typed(souk, &[(shirt, "handwoven".to_owned())], product_type, colour, red).await;
        souk.reindexed().await;
        // Choices and texts are words.
        assert_eq!(souk.found("red shirt", Value::Null).await, ["Shirt"]);
        assert_eq!(souk.found("handwoven", Value::Null).await, ["Shirt"]);
        let by = |values: Value| json!({ "attributes": [{ "slug": "colour", "values": values }] });
        for (values, expected) in
            [(json!(["red"]), vec!["Shirt"]), (json!(["blue", "red"]), vec!["Shirt"]), (json!(["blue"]), vec![])]
        {
            assert_eq!(souk.found("", by(values)).await, expected);
        }
        let variables = json!({ "query": "shirt", "filter": by(json!(["blue"])), "slugs": ["colour"] });
        let answer = souk.guest().data(FACETS, variables).await["productSearch"].clone();
        assert_eq!(
            answer["facets"],
            json!([{ "slug": "colour", "name": "Colour", "values": [
                { "slug": "red", "name": "Red", "count": 1, "isSelected": false, "swatch": null },
                { "slug": "blue", "name": "Blue", "count": 0, "isSelected": true, "swatch": null },
            ], "otherCount": 0 }])
        );
        for (attributes, message) in [
            (json!([{ "slug": "colr", "values": ["red"] }]), "got \"colr\". Filterable are: colour."),
            (json!([{ "slug": "note", "values": ["red"] }]), "got \"note\". Filterable are: colour."),
            (json!([{ "slug": "colour", "min": "1" }]), "colour has choices: give values, and nothing else."),
            (json!([{ "slug": "colour", "values": [] }, { "slug": "colour", "values": [] }]), "colour is given twice."),
        ] {
            let error = souk.guest().error(FACETS, json!({ "filter": { "attributes": attributes } })).await;
            assert!(error["message"].as_str().is_some_and(|text| text.contains(message)), "{error}");
        }
    });
}

#[test]
fn suggestions_are_products_categories_stores_and_queries() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Greenhouse").await;
        let category = make::category(souk, "Green Things", None).await;
        for name in ["Green Tea Sencha", "Green Tea Matcha", "Green Tea Genmaicha", "Black Tea"] {
            make::product(souk, store, Make { name, category: Some(category), ..Make::default() }).await;
        }
        souk.reindexed().await;
        let found = souk.guest().data(SUGGEST, json!({ "prefix": "gree", "limit": 2 })).await["searchSuggest"].clone();
        assert_eq!(found["products"].as_array().map(Vec::len), Some(2));
        assert_eq!(
            (&found["categories"][0]["name"], &found["stores"][0]["name"]),
            (&json!("Green Things"), &json!("Greenhouse"))
        );
        assert_eq!(found["queries"], json!(["green tea"]));
        let none = json!({ "products": [], "categories": [], "stores": [], "queries": [] });
        assert_eq!(souk.guest().data(SUGGEST, json!({ "prefix": " !" })).await["searchSuggest"], none);
        let error = souk.guest().error(SUGGEST, json!({ "prefix": "a", "limit": 21 })).await;
        assert!(error["message"].as_str().is_some_and(|text| text.contains("limit must be from 1 to 20; got 21")), "{error}");
    });
}

#[test]
fn nobody_finds_what_is_hidden() {
    each(async |souk| {
        let (vera, store) = shop(souk, "Vera").await;
        let (eve, suspended) = shop(souk, "Hiddenshop").await;
        let category = make::category(souk, "Hiddencategory", None).await;
        let hidden = |status| Make { name: "Hiddenproduct", status, ..Make::default() };
        for (n, (store, status)) in
            [(store, ProductStatus::Draft), (store, ProductStatus::Archived), (suspended, ProductStatus::Active)]
                .into_iter()
                .enumerate()
        {
            let product = make::product(souk, store, hidden(status)).await;
            code::set(souk, product, &format!("CODE-{n}"), Some(&format!("400638133393{n}"))).await;
        }
        make::product(souk, store, Make { name: "Tea", category: Some(category), ..Make::default() }).await;
        let hide = category::ActiveModel { id: Unchanged(category), active: Set(false), ..Default::default() };
        hide.update(souk.app.db.raw()).await.expect("an update");
        let admin = make::admin(souk).await;
        souk.as_user(&admin).run(STATUS, json!({ "id": suspended.to_string(), "input": { "status": "SUSPENDED" } })).await;
        souk.reindexed().await;
        let member = make::customer(souk, "Mia").await;
        make::member(souk, store, &member, StoreRole::Manager).await;
        let actors = [
            None,
            Some(make::customer(souk, "Bob").await),
            Some(vera),
            Some(eve),
            Some(member),
            Some(make::staff(souk, "Sam", Role::Staff, &[Permission::ManageProducts]).await),
            Some(admin),
            Some(make::owner(souk).await),
        ];
        for actor in &actors {
            let caller = actor.as_ref().map_or_else(|| souk.guest(), |user| souk.as_user(user));
            for query in [
                "",
                "hiddenproduct",
                "hidenproduct",
                "hiddenshop",
                "hiddencategory",
                "hidde",
                "CODE-0",
                "CODE-1",
                "CODE-2",
                "code-2",
                "4006381333930",
                "4006381333932",
            ] {
                let page = caller.data(PAGE, json!({ "query": query })).await;
                let whole = caller.data(SEARCH, json!({ "query": query, "first": 10 })).await;
                let suggested = caller.data(SUGGEST, json!({ "prefix": query })).await;
                let list = caller.data(BY_WORDS, json!({ "filter": { "search": query }, "first": 10 })).await;
                let variables = json!({ "ids": [store.to_string(), suspended.to_string()], "query": query, "first": 10 });
                let in_stores = caller.data(IN_STORE, variables).await;
                let in_stores = in_stores["nodes"].as_array().expect("nodes").iter().map(|node| node["productSearch"].clone());
                let in_stores = Value::from_iter(in_stores);
                let mut text = format!("{page}{suggested}{whole}{list}{in_stores}").to_lowercase();
                // What was typed is repeated.
                text = text.replace(&format!("\"{query}\""), "");
                assert!(!text.contains("hidden"), "{query}: {text}");
                let expected = i32::from(query.is_empty());
                assert_eq!(page["productSearch"]["totalCount"], expected, "{query}");
                assert_eq!(list["products"]["totalCount"], expected, "{query}");
                assert_eq!(in_stores[0]["totalCount"], expected, "{query}");
                assert!(in_stores[1].is_null() || in_stores[1]["totalCount"] == 0, "{in_stores}");
            }
        }
    });
}

#[test]
fn synonyms_are_for_editors_and_the_status_is_for_the_owner() {
    each(async |souk| {
        let (vera, store) = shop(souk, "Vera").await;
        let member = make::customer(souk, "Mia").await;
        make::member(souk, store, &member, StoreRole::Owner).await;
        let edith = make::staff(souk, "Edith", Role::Staff, &[Permission::ManageContent]).await;
        let group = souk.as_user(&edith).run(synonym::CREATE, json!({ "input": { "words": ["couch", "sofa"] } })).await;
        let id = group["searchSynonym"]["id"].clone();
        let actors = [
            (None, false, false),
            (Some(make::customer(souk, "Bob").await), false, false),
            (Some(vera), false, false),
            (Some(member), false, false),
            (Some(make::staff(souk, "Sam", Role::Staff, &[Permission::ManageProducts]).await), false, false),
            (Some(edith), true, false),
            (Some(make::admin(souk).await), true, false),
            (Some(make::owner(souk).await), true, true),
        ];
        for (at, (actor, edits, sees_status)) in actors.iter().enumerate() {
            let caller = actor.as_ref().map_or_else(|| souk.guest(), |user| souk.as_user(user));
            let operations = [
                (operation!("search", "SearchSynonyms"), json!({ "first": 1 }), *edits),
                (synonym::CREATE, json!({ "input": { "words": ["one", "two"] } }), *edits),
                (operation!("search", "SearchSynonymUpdate"), json!({ "id": id, "input": {} }), *edits),
                (operation!("search", "SearchStatus"), json!({}), *sees_status),
                (operation!("search", "SearchLanguagesUpdate"), json!({ "languages": ["EN"] }), *sees_status),
            ];
            for (operation, variables, is_allowed) in operations {
                let answer = caller.answer(operation, variables).await;
                let expected = if is_allowed {
                    Value::Null
                } else if at == 0 {
                    json!("UNAUTHENTICATED")
                } else {
                    json!("FORBIDDEN")
                };
                assert_eq!(answer["errors"][0]["extensions"]["code"], expected, "actor {at}: {operation}");
            }
            let node = caller.data("query($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await["node"].clone();
            assert_eq!(node.is_object(), *edits, "actor {at}");
        }
    });
}

#[test]
fn it_is_unavailable_until_the_index_is_filled() {
    each(async |souk| {
        souk.indexed().await;
        souk.app.search.set_progress(Progress::Filling { done: 430, total: 1000 });
        let error = souk.guest().error(PAGE, json!({ "query": "tea" })).await;
        assert_eq!((&error["extensions"]["code"], &error["extensions"]["retryAfter"]), (&json!("UNAVAILABLE"), &json!(2)));
        let response = souk.get("/readyz").await;
        assert_eq!(response.status(), 503);
        let ready: Value = response.json().await.expect("JSON");
        assert_eq!((&ready["status"], &ready["search"]), (&json!("unavailable"), &json!("430 of 1000")));
        souk.app.search.set_progress(Progress::Ready);
        assert_eq!(souk.get("/readyz").await.status(), 200);
    });
}

/// Most SQL statements of a search with facets whose products have a store and a picture: the products, the stores, the pictures.
const STATEMENTS: u64 = 3;

#[test]
fn a_search_with_facets_takes_three_statements() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Vera").await;
        for n in 0..20 {
            let product = souk.product(store, &format!("Tea {n}")).await;
            make::picture(souk, product, &format!("public/{n}.png")).await;
        }
        souk.reindexed().await;
        let (answer, statements) = souk.statements(&souk.guest(), PAGE, json!({ "query": "tea" })).await;
        assert_eq!(answer["data"]["productSearch"]["nodes"].as_array().map(Vec::len), Some(20), "{answer}");
        assert_eq!(statements, STATEMENTS);
    });
}
