//! Cart lines that can no longer be bought.

use super::{ADD, REMOVE, UPDATE, cart_of, input, merge, set_active, tea};
use crate::app::{Souk, each};
use crate::make::{self, Make};
use entity::id::StoreId;
use sea_orm::EntityTrait;
use serde_json::json;

/// Every way in which a store takes something out of sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TakenAway {
    VariantDeleted,
    VariantDeactivated,
    ProductDeleted,
    ProductArchived,
    ProductDrafted,
    StoreSuspended,
    StoreClosed,
    StoreDeleted,
}

impl TakenAway {
    const ALL: [Self; 8] = [
        Self::VariantDeleted,
        Self::VariantDeactivated,
        Self::ProductDeleted,
        Self::ProductArchived,
        Self::ProductDrafted,
        Self::StoreSuspended,
        Self::StoreClosed,
        Self::StoreDeleted,
    ];

    async fn happens(self, souk: &Souk, vendor: &make::User, admin: &make::User, store: StoreId, product: make::Product) {
        let (vendor, admin) = (souk.as_user(vendor), souk.as_user(admin));
        let (product_id, variant_id) = (product.id.to_string(), product.variant.to_string());
        let store_id = store.to_string();
        let status = |status: &str| json!({ "id": product_id, "input": { "status": status, "name": "Secret plans" } });
        const PRODUCT: &str = operation!("product", "ProductUpdateReturningId");
        match self {
            Self::VariantDeleted => {
                let new = json!({ "input": { "productId": product_id, "name": "Other", "price": "1.00" } });
                vendor.run(operation!("variant", "ProductVariantCreateReturningId"), new).await;
                vendor.run(operation!("variant", "ProductVariantDeleteReturningDeletedId"), json!({ "id": variant_id })).await;
            }
            Self::VariantDeactivated => set_active(souk, product, false).await,
            Self::ProductDeleted => {
                vendor.run(operation!("product", "ProductDeleteReturningDeletedId"), json!({ "id": product_id })).await;
            }
            Self::ProductArchived => drop(vendor.run(PRODUCT, status("ARCHIVED")).await),
            Self::ProductDrafted => drop(vendor.run(PRODUCT, status("DRAFT")).await),
            Self::StoreSuspended => {
                admin
                    .run(
                        operation!("store", "StoreStatusUpdateReturningId"),
                        json!({ "id": store_id, "input": { "status": "SUSPENDED" } }),
                    )
                    .await;
            }
            Self::StoreClosed => {
                vendor
                    .run(
                        "mutation($id: ID!) { storeClose(id: $id) { store { id } userErrors { field code message } } }",
                        json!({ "id": store_id }),
                    )
                    .await;
            }
            Self::StoreDeleted => {
                vendor.run(operation!("store", "StoreDeleteReturningDeletedId"), json!({ "id": store_id })).await;
            }
        }
    }
}

#[test]
fn what_is_taken_away_stays_in_the_cart_as_unavailable_until_the_buyer_removes_it() {
    const CHECKOUT: &str = operation!("checkout", "Checkout");
    each(async |souk| {
        let admin = make::admin(souk).await;
        let other = tea(souk, 500, 10).await;
        make::shipping_method(souk, None, "Post", 0, None).await;
        for cause in TakenAway::ALL {
            let vendor = make::vendor(souk, &format!("vendor-{cause:?}")).await;
            let store = make::store(souk, &vendor, &format!("Store {cause:?}")).await;
            let gone = make::product(souk, store, Make { name: "Green tea", price: 1000, ..Make::default() }).await;
            let guest = souk.guest();
            let lines = [(gone.variant.to_string(), 2), (other.variant.to_string(), 1)];
            let token = guest.run(ADD, input(&json!(null), &lines)).await["cart"]["token"].clone();
            let ids = crate::checkout::begin(&guest, token.as_str().expect("a token")).await;
            cause.happens(souk, &vendor, &admin, store, gone).await;

            let cart = cart_of(&guest, &token).await;
            assert_eq!((cart["lines"].as_array().map(Vec::len), &cart["totalQuantity"]), (Some(2), &json!(3)), "{cause:?}");
            let line = &cart["lines"][0];
            assert_eq!((&line["status"], &line["available"]), (&json!("UNAVAILABLE"), &json!(false)), "{cause:?}");
            assert_eq!((&line["productName"], &line["variantName"]), (&json!("Green tea"), &json!("Default")), "{cause:?}");
            assert_eq!((&line["unitPrice"]["amount"], &line["priceChanged"]), (&json!("10.00"), &json!(false)), "{cause:?}");
            assert_eq!((&cart["subtotal"]["amount"], &cart["subtotalOfAllLines"]["amount"]), (&json!("5.00"), &json!("25.00")));
            assert_eq!(cart["warnings"].as_array().map(Vec::len), Some(1), "{cause:?}");
            assert_eq!((&cart["warnings"][0]["code"], &cart["warnings"][0]["lineId"]), (&json!("UNAVAILABLE"), &line["id"]));
            assert!(cart["warnings"][0]["message"].as_str().is_some_and(|text| text.contains("Green tea")), "{cause:?}");

            let checkout = guest.data(CHECKOUT, json!({ "id": ids.0, "token": ids.1 })).await["checkout"].clone();
            assert_eq!(
                (&checkout["totals"]["items"]["amount"], &checkout["totals"]["total"]["amount"]),
                (&cart["subtotal"]["amount"], &cart["subtotal"]["amount"]),
                "{cause:?}"
            );
            assert_eq!(checkout["stores"], json!([{ "lines": [{ "productName": "Tea", "status": "AVAILABLE" }] }]), "{cause:?}");
            let unavailable = &checkout["unavailableLines"];
            assert_eq!(
                (&unavailable[0]["productName"], &unavailable[0]["quantity"]),
                (&json!("Green tea"), &json!(2)),
                "{cause:?}"
            );
            assert_eq!(
                (&checkout["problems"][0]["field"], &checkout["problems"][0]["code"]),
                (&json!(["lines", "0"]), &json!("UNAVAILABLE"))
            );

            let key = format!("{cause:?}");
            let complete = crate::checkout::input(&ids, None, &key);
            assert_eq!(guest.refused(crate::checkout::COMPLETE, complete.clone()).await, ["lines.0 UNAVAILABLE"], "{cause:?}");
            let more = json!([{ "lineId": line["id"], "quantity": 3 }]);
            let refused = guest.refused(UPDATE, json!({ "input": { "cartToken": token, "lines": more } })).await;
            assert_eq!(refused, ["lines.0 UNAVAILABLE"], "{cause:?}");
            guest.run(REMOVE, json!({ "input": { "cartToken": token, "lineIds": [line["id"]] } })).await;
            let order = guest.run(crate::checkout::COMPLETE, complete).await["order"].clone();
            assert!(order["id"].is_string(), "{cause:?}");
        }
        souk.work().await;
    });
}

#[test]
fn signing_in_keeps_what_is_no_longer_available_and_adds_it_once() {
    each(async |souk| {
        let gone = tea(souk, 1000, 10).await;
        let bob = make::customer(souk, "bob").await;
        let lines = [(gone.variant.to_string(), 2)];
        let token = souk.guest().run(ADD, input(&json!(null), &lines)).await["cart"]["token"].clone();
        entity::product::Entity::delete_by_id(gone.id).exec(souk.app.db.raw()).await.expect("a deletion");
        merge(souk, &bob, token.as_str().expect("a token")).await;
        let cart = cart_of(&souk.as_user(&bob), &json!(null)).await;
        assert_eq!((&cart["lines"][0]["status"], &cart["lines"][0]["quantity"]), (&json!("UNAVAILABLE"), &json!(2)));
        assert_eq!(cart["lines"][0]["productName"], "Tea");
    });
}
