//! Filters of product lists.

use crate::app::{Caller, Souk, each};
use crate::make::{self, Make};
use serde_json::{Value, json};

const CREATE: &str = operation!("product", "ProductCreateReturningVariantIds");

async fn names(souk: &Souk, filter: Value) -> Vec<String> {
    let query = "query($filter: ProductFilter) { products(first: 50, filter: $filter) { totalCount nodes { name } } }";
    let data = souk.guest().data(query, json!({ "filter": filter })).await;
    let nodes = data["products"]["nodes"].as_array().expect("nodes").clone();
    assert_eq!(data["products"]["totalCount"], nodes.len(), "{filter}");
    let mut names: Vec<_> = nodes.iter().map(|node| node["name"].as_str().expect("a name").to_owned()).collect();
    names.sort();
    names
}

async fn product(vera: &Caller<'_>, store: &str, name: &str, more: Value) -> Value {
    let mut input = json!({ "storeId": store, "name": name, "status": "ACTIVE" });
    more.as_object().expect("fields").iter().for_each(|(name, value)| input[name] = value.clone());
    vera.run(CREATE, json!({ "input": input })).await["product"].clone()
}

fn variant(options: &[(&str, &str)]) -> Value {
    let options: Vec<_> = options.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    json!({ "options": options, "price": "5", "stockQuantity": 1 })
}

#[test]
fn tags_are_asked_for_as_any_or_as_all_in_any_case() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let store = make::store(souk, &vendor, "Tea").await.to_string();
        let vera = souk.as_user(&vendor);
        product(&vera, &store, "Green", json!({ "price": "1", "tags": ["Organic", "Loose leaf", "Été"] })).await;
        let black = product(&vera, &store, "Black", json!({ "price": "1", "tags": ["organic"] })).await;
        product(&vera, &store, "Cup", json!({ "price": "1" })).await;
        assert_eq!(names(souk, json!({ "tags": { "any": ["ORGANIC"] } })).await, ["Black", "Green"]);
        assert_eq!(names(souk, json!({ "tags": { "any": ["été", "nothing"] } })).await, ["Green"]);
        assert_eq!(names(souk, json!({ "tags": { "all": ["organic", "loose leaf"] } })).await, ["Green"]);
        assert_eq!(names(souk, json!({ "tags": { "all": ["loose"] } })).await, Vec::<String>::new());
        assert_eq!(names(souk, json!({ "tags": { "any": [] } })).await, Vec::<String>::new());
        assert_eq!(names(souk, json!({ "tags": { "all": [] } })).await.len(), 3);
        let update = operation!("product", "ProductUpdateErrors");
        vera.run(update, json!({ "id": black["id"], "input": { "tags": ["fair"] } })).await;
        assert_eq!(names(souk, json!({ "tags": { "any": ["organic"] } })).await, ["Green"]);
        assert_eq!(names(souk, json!({ "tags": { "any": ["fair"] } })).await, ["Black"]);
        souk.work().await;
    });
}

#[test]
fn options_must_belong_to_one_active_variant() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let store = make::store(souk, &vendor, "Clothes").await.to_string();
        let vera = souk.as_user(&vendor);
        let tee =
            json!({ "variants": [variant(&[("Size", "S"), ("Colour", "Red")]), variant(&[("Size", "M"), ("Colour", "Blue")])] });
        let tee = product(&vera, &store, "Tee", tee).await;
        let coat = json!({ "variants": [variant(&[("Size", "M"), ("Colour", "Red")])] });
        product(&vera, &store, "Coat", coat).await;
        let option = |name: &str, values: &[&str]| json!({ "name": name, "values": values });
        assert_eq!(names(souk, json!({ "options": [option("size", &["m"])] })).await, ["Coat", "Tee"]);
        assert_eq!(names(souk, json!({ "options": [option("Size", &["S", "XL"])] })).await, ["Tee"]);
        // Tee comes in M and in red, but not in both.
        assert_eq!(names(souk, json!({ "options": [option("Size", &["M"]), option("Colour", &["Red"])] })).await, ["Coat"]);
        assert_eq!(names(souk, json!({ "options": [option("Size", &[])] })).await, Vec::<String>::new());
        let update = operation!("variant", "ProductVariantUpdateErrors");
        let (small, medium) = (&tee["variants"][0]["id"], &tee["variants"][1]["id"]);
        vera.run(update, json!({ "id": medium, "input": { "isActive": false } })).await;
        assert_eq!(names(souk, json!({ "options": [option("size", &["m"])] })).await, ["Coat"]);
        vera.run(update, json!({ "id": medium, "input": { "isActive": true } })).await;
        vera.run(update, json!({ "id": small, "input": { "options": [{ "name": "Size", "value": "XS" }] } })).await;
        assert_eq!(names(souk, json!({ "options": [option("size", &["m", "xs"])] })).await, ["Coat", "Tee"]);
        assert_eq!(names(souk, json!({ "options": [option("size", &["s"])] })).await, Vec::<String>::new());
        let delete = "mutation($id: ID!) { productVariantDelete(id: $id) { userErrors { code } } }";
        vera.run(delete, json!({ "id": small })).await;
        assert_eq!(names(souk, json!({ "options": [option("size", &["xs"])] })).await, Vec::<String>::new());
        let create = operation!("variant", "ProductVariantCreateErrors");
        let mut input = variant(&[("Size", "XXL")]);
        input["productId"] = tee["id"].clone();
        vera.run(create, json!({ "input": input })).await;
        assert_eq!(names(souk, json!({ "options": [option("size", &["xxl"])] })).await, ["Tee"]);
        souk.work().await;
    });
}

#[test]
fn several_categories_ratings_and_sales_narrow_a_list() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Tea").await;
        let teas = make::category(souk, "Teas", None).await;
        let green = make::category(souk, "Green teas", Some(teas)).await;
        let cups = make::category(souk, "Cups", None).await;
        let books = make::category(souk, "Books", None).await;
        for (name, category) in [("Sencha", green), ("Blend", teas), ("Mug", cups), ("Novel", books)] {
            make::product(souk, store, Make { name, category: Some(category), ..Make::default() }).await;
        }
        let ids = |ids: &[entity::id::CategoryId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(souk, json!({ "categoryIds": ids(&[teas, cups]) })).await, ["Blend", "Mug", "Sencha"]);
        assert_eq!(names(souk, json!({ "categoryIds": ids(&[green, teas]) })).await, ["Blend", "Sencha"]);
        assert_eq!(names(souk, json!({ "categoryId": green.to_string() })).await, ["Sencha"]);
        assert_eq!(names(souk, json!({ "categorySlug": "teas" })).await, ["Blend", "Sencha"]);
        assert_eq!(names(souk, json!({ "categoryIds": [] })).await, Vec::<String>::new());
        rate(souk, "Sencha", 449).await;
        rate(souk, "Mug", 450).await;
        assert_eq!(names(souk, json!({ "minRating": 4.5 })).await, ["Mug"]);
        assert_eq!(names(souk, json!({ "minRating": 4 })).await, ["Mug", "Sencha"]);
        for (filter, says) in [
            (json!({ "minRating": 5.5 }), "minRating must be between 1 and 5; got 5.5."),
            (json!({ "categoryIds": ids(&[teas]), "categoryId": teas.to_string() }), "cannot be given together"),
            (json!({ "categoryIds": ids(&[teas]), "categorySlug": "teas" }), "cannot be given together"),
            (json!({ "categoryIds": vec![teas.to_string(); 21] }), "categoryIds must have at most 20 items; got 21."),
            (
                json!({ "tags": { "any": (0..21).map(|n| n.to_string()).collect::<Vec<_>>() } }),
                "tags.any must have at most 20 items; got 21.",
            ),
            (json!({ "categoryIds": ["x"] }), "categoryIds must be an ID"),
        ] {
            let query = "query($filter: ProductFilter) { products(first: 50, filter: $filter) { nodes { name } } }";
            let answer = souk.guest().answer(query, json!({ "filter": filter })).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer:#}");
            let message = answer["errors"][0]["message"].as_str().expect("a message");
            assert!(message.contains(says), "{message}");
        }
    });
}

async fn rate(souk: &Souk, name: &str, average: i32) {
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    let query = entity::product::Entity::update_many()
        .col_expr(entity::product::Column::RatingAverage, sea_orm::sea_query::Expr::value(average));
    query.filter(entity::product::Column::Name.eq(name)).exec(souk.app.db.raw()).await.expect("a change");
}

#[test]
fn a_filter_in_another_order_has_the_same_cursors() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let store = make::store(souk, &vendor, "Tea").await.to_string();
        let vera = souk.as_user(&vendor);
        for name in ["A", "B"] {
            product(&vera, &store, name, json!({ "price": "1", "tags": ["x", "y"] })).await;
        }
        let query = operation!("product", "ProductsOneByOne");
        let first = souk.guest().data(query, json!({ "filter": { "tags": { "all": ["x", "y"] } } })).await;
        let after = &first["products"]["pageInfo"]["endCursor"];
        let second = souk.guest().data(query, json!({ "after": after, "filter": { "tags": { "all": ["y", "x", "y"] } } })).await;
        assert_ne!(first["products"]["nodes"], second["products"]["nodes"]);
        let other = json!({ "after": after, "filter": { "tags": { "all": ["x"] } } });
        assert_eq!(souk.guest().error_code(query, other).await, "BAD_USER_INPUT");
        souk.work().await;
    });
}

#[test]
fn a_store_lists_its_own_products_by_the_same_filters() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let (tea, other) = (make::store(souk, &vendor, "Tea").await, make::store(souk, &vendor, "Other").await);
        make::product(souk, tea, Make { name: "Green tea", price: 500, ..Make::default() }).await;
        make::product(souk, tea, Make { name: "Black tea", price: 900, ..Make::default() }).await;
        let draft = Make { name: "Draft tea", status: entity::value::ProductStatus::Draft, ..Make::default() };
        make::product(souk, tea, draft).await;
        make::product(souk, other, Make { name: "Green cup", ..Make::default() }).await;
        let query = operation!("store", "StoreWithProductCount");
        let ask = async |caller: &Caller<'_>, filter: Value| {
            let data = caller.data(query, json!({ "id": tea.to_string(), "filter": filter })).await["store"].clone();
            assert_eq!(data["productCount"], 2);
            assert_eq!(data["products"]["totalCount"], data["products"]["nodes"].as_array().expect("nodes").len());
            data["products"]["nodes"].clone()
        };
        souk.reindexed().await;
        let (guest, vera) = (souk.guest(), souk.as_user(&vendor));
        assert_eq!(ask(&guest, json!({ "search": "green" })).await, json!([{ "name": "Green tea" }]));
        assert_eq!(ask(&guest, json!({ "price": { "min": "6" } })).await, json!([{ "name": "Black tea" }]));
        assert_eq!(ask(&guest, json!({ "price": { "min": 8.99, "max": 9.0 } })).await, json!([{ "name": "Black tea" }]));
        assert_eq!(ask(&guest, json!({ "price": { "min": 5, "max": 8.99 } })).await, json!([{ "name": "Green tea" }]));
        let long = json!({ "id": tea.to_string(), "filter": { "price": { "max": 8.123_456_789_012_345 } } });
        assert_eq!(guest.error_code(query, long).await, "BAD_USER_INPUT");
        assert_eq!(ask(&guest, json!({ "search": "draft" })).await, json!([]));
        assert_eq!(ask(&vera, json!({ "search": "draft" })).await, json!([{ "name": "Draft tea" }]));
        assert_eq!(ask(&guest, json!({ "storeId": other.to_string() })).await, json!([]));
    });
}

#[test]
fn products_of_earlier_versions_are_found_after_the_migration() {
    each(async |souk| {
        use migration::MigratorTrait;
        use sea_orm::ConnectionTrait;
        let vendor = make::vendor(souk, "vera").await;
        let store = make::store(souk, &vendor, "Clothes").await.to_string();
        let vera = souk.as_user(&vendor);
        let mut red = variant(&[("Size", "M"), ("Colour", "Red")]);
        red["compareAtPrice"] = json!("9");
        let mut off = variant(&[("Size", "XL")]);
        off["isActive"] = json!(false);
        product(&vera, &store, "Tee", json!({ "tags": ["Organic"], "variants": [red, off] })).await;
        product(&vera, &store, "Cup", json!({ "price": "1" })).await;
        let db = souk.app.db.raw();
        for sql in [
            "DELETE FROM product_tags",
            "DELETE FROM variant_options",
            "UPDATE products SET on_sale = (1 = 0), min_compare_at_price = NULL, max_compare_at_price = NULL",
        ] {
            db.execute_unprepared(sql).await.expect("a change");
        }
        let filters = [
            json!({ "tags": { "any": ["organic"] } }),
            json!({ "options": [{ "name": "colour", "values": ["red"] }, { "name": "size", "values": ["m"] }] }),
            json!({ "isOnSale": true }),
        ];
        for filter in &filters {
            assert_eq!(names(souk, filter.clone()).await, Vec::<String>::new());
        }
        // Twice, as after a run that died half way.
        for _ in 0..2 {
            db.execute_unprepared("DELETE FROM seaql_migrations WHERE version = 'm0017_catalog'").await.expect("a change");
            migration::Migrator::up(souk.app.db.migrating(), None).await.expect("the steps run");
        }
        for filter in &filters {
            assert_eq!(names(souk, filter.clone()).await, ["Tee"], "{filter}");
        }
        assert_eq!(names(souk, json!({ "options": [{ "name": "size", "values": ["xl"] }] })).await, Vec::<String>::new());
        souk.work().await;
    });
}
