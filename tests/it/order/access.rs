//! Access to orders.

use crate::app::each;
use crate::journey_file::operation;
use crate::make::order::order;
use crate::make::{self, Make};
use crate::order::{CALL_OFF, CANCEL, FULFILL, PROCESS, Shop};
use entity::value::{Permission, Role};
use serde_json::json;

const ORDER: &str = operation!("order", "OrderWithToken");
const PART: &str = operation!("store_order", "StoreOrder");
const TRACK: &str = operation!("order", "OrderTrack");

#[test]
fn an_order_is_there_for_its_buyer_its_token_and_the_staff() {
    each(async |souk| {
        let (shop, order) = Shop::with_order(souk, 1).await;
        let foreign = crate::make::order::order(souk, None, &[(shop.store, shop.tea, 1)]).await;
        let find = |token: Option<&str>| json!({ "id": order.id.to_string(), "token": token });
        let own = souk.as_user(&shop.bob).data(ORDER, find(None)).await["order"].clone();
        assert_eq!(own, json!({ "number": order.number, "token": order.token, "email": "bob@example.com" }));
        let staff = make::staff(souk, "olga", Role::Staff, &[Permission::ManageOrders]).await;
        let eve = make::customer(souk, "eve").await;
        let clerk = make::staff(souk, "sam", Role::Staff, &[Permission::ManageProducts]).await;
        for (caller, token, seen) in [
            (souk.as_user(&staff), None, true),
            (souk.guest(), Some(order.token.as_str()), true),
            (souk.as_user(&eve), Some(order.token.as_str()), true),
            (souk.guest(), None, false),
            (souk.guest(), Some("nonsense"), false),
            (souk.guest(), Some(foreign.token.as_str()), false),
            (souk.as_user(&eve), None, false),
            (souk.as_user(&clerk), None, false),
            // A vendor sees its part, not the order.
            (souk.as_user(&shop.vera), None, false),
        ] {
            let found = caller.data(ORDER, find(token)).await["order"].clone();
            assert_eq!(!found.is_null(), seen, "{token:?}: {found}");
        }
        let code = souk.guest().error_code(ORDER, json!({ "id": "order_x", "token": null })).await;
        assert_eq!(code, "BAD_USER_INPUT");
        for caller in [souk.guest(), souk.as_user(&eve), souk.as_user(&shop.vera)] {
            let input = json!({ "input": { "orderId": order.id.to_string() } });
            assert_eq!(caller.refused(CANCEL, input).await, ["orderId NOT_FOUND"]);
        }
        let input = json!({ "input": { "orderId": foreign.id.to_string(), "orderToken": foreign.token } });
        souk.guest().run(CANCEL, input).await;
        souk.work().await;
    });
}

#[test]
fn a_store_sees_its_own_part_and_nothing_else() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let carl = make::vendor(souk, "carl").await;
        let other = make::store(souk, &carl, "Cups").await;
        let cup = make::product(souk, other, Make { name: "Cup", price: 500, ..Make::default() }).await;
        let order = order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 3), (other, cup, 1)]).await;
        let [teas, cups] = [0, 1].map(|n| json!({ "id": order.parts[n].id.to_string() }));
        let (vera, carl) = (souk.as_user(&shop.vera), souk.as_user(&carl));
        carl.run(PROCESS, cups.clone()).await;
        let own = vera.data(PART, teas.clone()).await["storeOrder"].clone();
        assert_eq!(
            own,
            json!({
                "id": order.parts[0].id.to_string(), "number": order.number, "note": "Ring twice", "customerName": "Asha Rai",
                "lines": [{ "productName": "Tea" }], "events": [], "total": { "amount": "30.00" },
                "shippingAddress": { "line1": "Durbar Marg 1" }, "allowedStatuses": ["PROCESSING", "SHIPPED", "CANCELLED"]
            })
        );
        let eve = make::customer(souk, "eve").await;
        for caller in [vera, souk.as_user(&eve)] {
            assert_eq!(caller.data(PART, cups.clone()).await["storeOrder"], json!(null));
            assert_eq!(caller.refused(PROCESS, cups.clone()).await, ["id NOT_FOUND"]);
            assert_eq!(caller.refused(CALL_OFF, cups.clone()).await, ["id NOT_FOUND"]);
            let parcel = json!({ "input": { "storeOrderId": order.parts[1].id.to_string() } });
            assert_eq!(caller.refused(FULFILL, parcel).await, ["storeOrderId NOT_FOUND"]);
        }
        let buyer = souk.as_user(&shop.bob);
        assert_eq!(buyer.data(PART, cups.clone()).await["storeOrder"]["events"][0]["type"], "STORE_ORDER_PROCESSING");
        assert_eq!(buyer.refused(PROCESS, teas.clone()).await, ["id NOT_FOUND"]);
        assert_eq!(souk.guest().error_code(PART, teas.clone()).await, "UNAUTHENTICATED");
        assert_eq!(souk.guest().error_code(PROCESS, teas).await, "UNAUTHENTICATED");
        let staff = make::staff(souk, "olga", Role::Staff, &[Permission::ManageOrders]).await;
        let parcel = json!({ "input": { "storeOrderId": order.parts[1].id.to_string() } });
        souk.as_user(&staff).run(FULFILL, parcel).await;
        souk.work().await;
    });
}

#[test]
fn a_guest_follows_an_order_by_its_number_and_the_email_or_phone_on_it() {
    each(async |souk| {
        let (_, order) = Shop::with_order(souk, 1).await;
        let guest = souk.guest();
        let by =
            |number: &str, email: Option<&str>, phone: Option<&str>| json!({ "number": number, "email": email, "phone": phone });
        let number = order.number.as_str();
        for (number, email, phone, seen) in [
            (number, Some("bob@example.com"), None, true),
            (number, Some(" Bob@Example.com "), None, true),
            (number.to_lowercase().as_str(), None, Some("00977-1-4123456"), true),
            (number, None, Some("+9779800000000"), true),
            (number, Some("bob@example.com"), Some("+977 1 4123456"), true),
            (number, Some("bob@example.com"), Some("1"), false),
            (number, Some("eve@example.com"), None, false),
            (number, Some(""), None, false),
            (number, None, Some("n/a"), false),
            ("SK-0000-0000", Some("bob@example.com"), None, false),
            ("", Some("bob@example.com"), None, false),
        ] {
            let found = guest.data(&operation("OrderTrack"), by(number, email, phone)).await["orderTrack"].clone();
            assert_eq!(!found.is_null(), seen, "{number} {email:?} {phone:?}");
        }
        let found = guest.data(TRACK, by(number, Some("bob@example.com"), None)).await["orderTrack"].clone();
        assert_eq!((&found["number"], &found["status"]), (&json!(number), &json!("CONFIRMED")));
        assert_eq!(found["storeOrders"][0]["lines"], json!([{ "productName": "Tea" }]));
        // What is personal, and what opens the order, can't even be asked for; nor is there an ID under which a cache would keep it.
        for field in
            ["id", "token", "email", "phone", "note", "shippingAddress { city }", "billingAddress { city }", "payments { id }"]
        {
            let query = format!("{{ orderTrack(number: \"{number}\", email: \"bob@example.com\") {{ {field} }} }}");
            assert_eq!(guest.error_code(&query, json!({})).await, "BAD_USER_INPUT", "{field}");
        }
        for field in
            ["id", "customerName", "note", "shippingAddress { city }", "events { id }", "events { actor { displayName } }"]
        {
            let query =
                format!("{{ orderTrack(number: \"{number}\", email: \"bob@example.com\") {{ storeOrders {{ {field} }} }} }}");
            assert_eq!(guest.error_code(&query, json!({})).await, "BAD_USER_INPUT", "{field}");
        }
        assert_eq!(guest.error_code(TRACK, by(number, None, None)).await, "BAD_USER_INPUT");
        let mut codes = Vec::new();
        for _ in 0..30 {
            let answer = guest.answer(TRACK, by(number, Some("bob@example.com"), None)).await;
            codes.extend(answer["errors"][0]["extensions"]["code"].as_str().map(str::to_owned));
        }
        assert_eq!(codes.first().map(String::as_str), Some("RATE_LIMITED"));
    });
}

#[test]
fn an_order_and_its_parts_are_found_by_their_ids_alone() {
    each(async |souk| {
        let (shop, order) = Shop::with_order(souk, 1).await;
        let whole = json!({ "id": order.id.to_string() });
        let part = json!({ "id": order.parts[0].id.to_string() });
        let query = "query($id: ID!) { node(id: $id) { id ... on StoreOrder { number } ... on Order { number } } }";
        let (vera, bob) = (souk.as_user(&shop.vera), souk.as_user(&shop.bob));
        assert_eq!(bob.data(&operation("Refetch"), whole.clone()).await["node"]["number"], json!(order.number));
        assert_eq!(bob.data(query, part.clone()).await["node"]["number"], json!(order.number));
        assert_eq!(vera.data(query, part.clone()).await["node"]["number"], json!(order.number));
        assert_eq!(vera.data(query, whole.clone()).await["node"], json!(null));
        assert_eq!(souk.guest().data(query, whole).await["node"], json!(null));
        assert_eq!(souk.guest().data(query, part).await["node"], json!(null));
    });
}
