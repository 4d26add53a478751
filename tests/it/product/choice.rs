//! Choosing a variant on a product page: options, sales, quantities.

use crate::app::{Caller, each};
use crate::make::{self, Make};
use serde_json::{Value, json};

const CREATE: &str = operation!("product", "ProductCreateReturningSlugAndVariantIds");
const UPDATE: &str = operation!("variant", "ProductVariantUpdateReturningId");

fn variant(size: &str, colour: &str, price: &str, more: Value) -> Value {
    let options = json!([{ "name": "Size", "value": size }, { "name": "Colour", "value": colour }]);
    let mut variant = json!({ "options": options, "price": price, "stockQuantity": 3 });
    more.as_object().expect("fields").iter().for_each(|(name, value)| variant[name] = value.clone());
    variant
}

async fn tee(vera: &Caller<'_>, store: &str) -> Value {
    let variants = json!([
        variant("S", "Red", "10", json!({})),
        variant("M", "Red", "12", json!({ "compareAtPrice": "15" })),
        variant("M", "Blue", "14", json!({ "compareAtPrice": "20", "stockQuantity": 500 })),
        variant("L", "Blue", "14", json!({ "stockQuantity": 0 })),
        variant("XL", "Green", "1", json!({ "isActive": false, "compareAtPrice": "99" })),
    ]);
    let input = json!({ "input": { "storeId": store, "name": "Tee", "status": "ACTIVE", "variants": variants } });
    vera.run(CREATE, input).await["product"].clone()
}

#[test]
fn a_product_tells_its_options_and_finds_the_variant_that_was_chosen() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let store = make::store(souk, &vendor, "Clothes").await.to_string();
        let vera = souk.as_user(&vendor);
        let tee = tee(&vera, &store).await;
        let options = "query($id: ID!) { product(id: $id) { options { name values } } }";
        let seen = souk.guest().data(options, json!({ "id": tee["id"] })).await;
        let expected = json!([{ "name": "Size", "values": ["S", "M", "L"] }, { "name": "Colour", "values": ["Red", "Blue"] }]);
        assert_eq!(seen["product"]["options"], expected);
        // Members of the store also see the inactive variant.
        let seen = vera.data(options, json!({ "id": tee["id"] })).await;
        assert_eq!(seen["product"]["options"][0]["values"], json!(["S", "M", "L", "XL"]));
        let chosen = async |options: Value| {
            let query = operation!("product", "ProductWithProductOfVariant");
            let data = souk.guest().data(query, json!({ "id": tee["id"], "options": options })).await;
            assert!(data["product"]["variant"].is_null() || data["product"]["variant"]["product"]["id"] == tee["id"]);
            data["product"]["variant"]["id"].clone()
        };
        let option = |name: &str, value: &str| json!({ "name": name, "value": value });
        assert_eq!(chosen(json!([option("Size", "M"), option("Colour", "Blue")])).await, tee["variants"][2]["id"]);
        assert_eq!(chosen(json!([option("colour", "BLUE"), option("size", "m")])).await, tee["variants"][2]["id"]);
        assert_eq!(chosen(json!([option("Size", "M")])).await, tee["variants"][1]["id"]);
        assert_eq!(chosen(json!([])).await, tee["variants"][0]["id"]);
        for none in
            [json!([option("Size", "S"), option("Colour", "Blue")]), json!([option("Fit", "M")]), json!([option("Size", "XL")])]
        {
            assert_eq!(chosen(none.clone()).await, Value::Null, "{none}");
        }
        let many = vec![option("Size", "M"); 6];
        let query = operation!("product", "ProductWithVariantByOptions");
        assert_eq!(souk.guest().error_code(query, json!({ "id": tee["id"], "options": many })).await, "BAD_USER_INPUT");
        let plain = make::product(souk, store.parse().expect("an ID"), Make::default()).await;
        let seen = souk.guest().data(options, json!({ "id": plain.id.to_string() })).await;
        assert_eq!(seen["product"]["options"], json!([]));
        souk.work().await;
    });
}

#[test]
fn a_sale_shows_at_the_product_and_follows_its_variants() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let store = make::store(souk, &vendor, "Clothes").await.to_string();
        let vera = souk.as_user(&vendor);
        let tee = tee(&vera, &store).await;
        let sale = async || {
            let query = operation!("product", "ProductAndProductsOnSale");
            souk.guest().data(query, json!({ "id": tee["id"] })).await
        };
        let at_first = sale().await;
        assert_eq!(at_first["product"]["isOnSale"], true);
        let range = json!({ "min": { "amount": "15.00" }, "max": { "amount": "20.00" } });
        assert_eq!(at_first["product"]["compareAtPriceRange"], range);
        let of_variants = json!([{ "isOnSale": false }, { "isOnSale": true }, { "isOnSale": true }, { "isOnSale": false }]);
        assert_eq!(at_first["product"]["variants"], of_variants);
        assert_eq!(at_first["products"]["nodes"], json!([{ "id": tee["id"] }]));
        for (at, input) in [(1, json!({ "compareAtPrice": null })), (2, json!({ "isActive": false }))] {
            vera.run(UPDATE, json!({ "id": tee["variants"][at]["id"], "input": input })).await;
        }
        let later = sale().await;
        assert_eq!((&later["product"]["isOnSale"], &later["product"]["compareAtPriceRange"]), (&json!(false), &Value::Null));
        assert_eq!(later["products"]["nodes"], json!([]));
        souk.work().await;
    });
}

#[test]
fn the_quantity_that_can_be_bought_is_told_without_telling_a_large_stock() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let store = make::store(souk, &vendor, "Clothes").await.to_string();
        let vera = souk.as_user(&vendor);
        let tee = tee(&vera, &store).await;
        let query = "query($id: ID!) { product(id: $id) { variants { maxQuantity isAvailable available } } }";
        let seen = souk.guest().data(query, json!({ "id": tee["id"] })).await;
        let quantities: Vec<_> =
            seen["product"]["variants"].as_array().expect("variants").iter().map(|v| v["maxQuantity"].clone()).collect();
        assert_eq!(quantities, [3, 3, 100, 0]);
        for variant in seen["product"]["variants"].as_array().expect("variants") {
            assert_eq!(variant["isAvailable"], json!(variant["maxQuantity"] != 0));
            assert_eq!(variant["isAvailable"], variant["available"]);
        }
        let digital = Make { kind: entity::value::ProductKind::Digital, stock: 0, ..Make::default() };
        let file = make::product(souk, store.parse().expect("an ID"), digital).await;
        let seen = souk.guest().data(query, json!({ "id": file.id.to_string() })).await;
        assert_eq!(seen["product"]["variants"][0]["maxQuantity"], 100);
        // As many as it says go into a cart.
        let add = operation!("cart", "CartLinesAddReturningQuantityAndWarnings");
        let lines = json!([{ "variantId": tee["variants"][0]["id"], "quantity": 3 }, { "variantId": tee["variants"][2]["id"], "quantity": 100 }]);
        let added = souk.guest().run(add, json!({ "input": { "lines": lines } })).await;
        assert_eq!((&added["cart"]["totalQuantity"], &added["warnings"]), (&json!(103), &json!([])));
        souk.work().await;
    });
}
