//! Lists of orders: pages, filters, and the number of SQL statements.

use crate::app::{Souk, each};
use crate::journey_file::operation;
use crate::make::order::{Terms, order, order_on};
use crate::make::{self, Make, User};
use crate::order::{FULFILL, PROCESS, Shop};
use entity::value::{OrderStatus, Permission, Role};
use serde_json::{Value, json};
use std::time::Duration;

const OF_STORE: &str = operation!("node", "NodeWithStoreOrders");
const ALL: &str = operation!("order", "OrdersWithTotalCount");

fn ids(page: &Value) -> Vec<&str> {
    page["nodes"].as_array().expect("nodes").iter().filter_map(|node| node["id"].as_str()).collect()
}

#[test]
fn a_store_pages_through_its_orders_newest_first() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let mut made = Vec::new();
        for _ in 0..7 {
            souk.app.clock.advance(Duration::from_secs(1));
            made.push(order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 1)]).await.parts[0].id.to_string());
        }
        made.reverse();
        let vera = souk.as_user(&shop.vera);
        let page = async |rest: Value| {
            let mut variables = json!({ "id": shop.store.to_string(), "first": null, "after": null, "last": null, "before": null, "status": null });
            variables.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
            vera.data(OF_STORE, variables).await["node"]["orders"].clone()
        };
        let first = page(json!({ "first": 3 })).await;
        assert_eq!((ids(&first), &first["totalCount"]), (made[..3].iter().map(String::as_str).collect(), &json!(7)));
        let second = page(json!({ "first": 3, "after": first["pageInfo"]["endCursor"] })).await;
        assert_eq!(ids(&second), made[3..6]);
        let third = page(json!({ "first": 3, "after": second["pageInfo"]["endCursor"] })).await;
        assert_eq!((ids(&third), &third["pageInfo"]["hasNextPage"]), (vec![made[6].as_str()], &json!(false)));
        let back = page(json!({ "last": 2, "before": third["pageInfo"]["startCursor"] })).await;
        assert_eq!(ids(&back), made[4..6]);
        vera.run(PROCESS, json!({ "id": made[2] })).await;
        let filtered = page(json!({ "first": 10, "status": ["PROCESSING", "SHIPPED"] })).await;
        assert_eq!((ids(&filtered), &filtered["totalCount"]), (vec![made[2].as_str()], &json!(1)));
        let confirmed = page(json!({ "first": 10, "status": ["CONFIRMED", "CONFIRMED"] })).await;
        assert_eq!(ids(&confirmed).len(), 6);
        souk.work().await;
    });
}

#[test]
fn only_those_who_do_a_stores_orders_see_them() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 1)]).await;
        let carl = make::vendor(souk, "carl").await;
        let staff = make::staff(souk, "olga", Role::Staff, &[Permission::ManageOrders]).await;
        let variables = json!({ "id": shop.store.to_string(), "first": 1, "last": null });
        for (caller, code) in [
            (souk.guest(), Some("UNAUTHENTICATED")),
            (souk.as_user(&shop.bob), Some("NOT_FOUND")),
            (souk.as_user(&carl), Some("NOT_FOUND")),
            (souk.as_user(&staff), None),
            (souk.as_user(&shop.vera), None),
        ] {
            let answer = caller.answer(OF_STORE, variables.clone()).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"].as_str(), code, "{answer}");
            assert_eq!(answer["data"]["node"]["orders"].is_null(), code.is_some());
        }
    });
}

#[test]
fn the_staff_lists_all_orders_by_status_and_time() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let parts = [(shop.store, shop.tea, 1)];
        let old = order(souk, Some(&shop.bob), &parts).await;
        souk.app.clock.advance(Duration::from_secs(60));
        let between = souk.app.clock.now();
        let delivered = Terms { status: OrderStatus::Delivered, ..Terms::default() };
        let new = order_on(souk, None, &parts, delivered).await;
        let staff = make::staff(souk, "olga", Role::Staff, &[Permission::ManageOrders]).await;
        let staff = souk.as_user(&staff);
        let numbers = async |filter: Value| {
            let found = staff.data(ALL, json!({ "filter": filter })).await["orders"].clone();
            let nodes = found["nodes"].as_array().expect("nodes").clone();
            assert_eq!((&found["totalCount"], &found["totalCountIsExact"]), (&json!(nodes.len()), &json!(true)));
            nodes.iter().filter_map(|node| node["number"].as_str().map(str::to_owned)).collect::<Vec<_>>()
        };
        assert_eq!(numbers(json!(null)).await, [new.number.clone(), old.number.clone()]);
        assert_eq!(numbers(json!({ "status": ["CONFIRMED"] })).await, std::slice::from_ref(&old.number));
        assert_eq!(numbers(json!({ "createdAt": { "from": between.to_rfc3339() } })).await, std::slice::from_ref(&new.number));
        assert_eq!(numbers(json!({ "createdAt": { "before": between.to_rfc3339() } })).await, std::slice::from_ref(&old.number));
        assert_eq!(numbers(json!({ "status": ["FAILED"] })).await, Vec::<String>::new());
        assert_eq!(souk.guest().error_code(ALL, json!({})).await, "UNAUTHENTICATED");
        assert_eq!(souk.as_user(&shop.vera).error_code(ALL, json!({})).await, "FORBIDDEN");
    });
}

/// A store with orders of one buyer for three different products, half of them shipped.
async fn busy_store(souk: &Souk, name: &str, count: usize) -> (User, entity::id::StoreId, User) {
    let vendor = make::vendor(souk, &format!("vendor-{name}")).await;
    let store = make::store(souk, &vendor, name).await;
    let buyer = make::customer(souk, &format!("buyer-{name}")).await;
    let mut products = Vec::new();
    for n in 0..3 {
        products.push(make::product(souk, store, Make { name: &format!("{name} {n}"), stock: 1000, ..Make::default() }).await);
    }
    for n in 0..count {
        let parts: Vec<_> = products.iter().map(|product| (store, *product, 2)).collect();
        let order = order(souk, Some(&buyer), &parts).await;
        if n % 2 == 0 {
            let line = json!([{ "lineId": order.parts[0].lines[0].to_string(), "quantity": 1 }]);
            let parcel = json!({ "input": { "storeOrderId": order.parts[0].id.to_string(), "lines": line } });
            souk.as_user(&vendor).run(FULFILL, parcel).await;
        }
    }
    (vendor, store, buyer)
}

#[test]
fn lists_take_as_many_statements_for_fifty_orders_as_for_five() {
    const EVERYTHING: &str = operation!("node", "NodeWithStoreOrderDetails");
    const MINE: &str = operation!("order", "Orders");
    each(async |souk| {
        let staff = make::staff(souk, "olga", Role::Staff, &[Permission::ManageOrders]).await;
        let mut counts = Vec::new();
        for count in [5, 50] {
            let (vendor, store, buyer) = busy_store(souk, &format!("Store{count}"), count).await;
            let vendor = souk.as_user(&vendor);
            let page = operation("StoreOrders").replace("first: 20", &format!("first: {count}"));
            let (answer, journey) = souk.statements(&vendor, &page, json!({ "storeId": store.to_string() })).await;
            assert_eq!(answer["data"]["store"]["orders"]["nodes"].as_array().map(Vec::len), Some(count));
            let (answer, everything) = souk.statements(&vendor, EVERYTHING, json!({ "id": store.to_string() })).await;
            let nodes = &answer["data"]["node"]["orders"]["nodes"];
            assert_eq!(nodes.as_array().map(Vec::len), Some(count), "{answer:#}");
            assert_eq!(nodes[0]["lines"].as_array().map(Vec::len), Some(3));
            let (answer, mine) = souk.statements(&souk.as_user(&staff), MINE, json!({})).await;
            assert!(answer["data"]["orders"]["nodes"].as_array().is_some_and(|nodes| nodes.len() >= count), "{answer:#}");
            let me = operation!("account", "MeWithOrders");
            let (answer, own) = souk.statements(&souk.as_user(&buyer), me, json!({})).await;
            assert_eq!(answer["data"]["me"]["orders"]["nodes"].as_array().map(Vec::len), Some(count), "{answer:#}");
            assert_eq!(answer["data"]["me"]["orders"]["totalCount"], count);
            counts.push((journey, everything, mine, own));
        }
        eprintln!("SQL statements (StoreOrders, all of a store's orders, all orders, own orders) for 5 and 50: {counts:?}");
        assert_eq!(counts[0], counts[1]);
        souk.work().await;
    });
}

#[test]
fn the_staff_finds_orders_by_number_email_store_and_payment() {
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let carl = make::vendor(souk, "carl").await;
        let pots = make::store(souk, &carl, "Pots").await;
        let pot = make::product(souk, pots, Make { name: "Pot", ..Make::default() }).await;
        let both = order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 1), (pots, pot, 1)]).await;
        souk.app.clock.advance(Duration::from_secs(1));
        let paid = Terms { payment: entity::value::PaymentStatus::Captured, ..Terms::default() };
        let guests = order_on(souk, None, &[(shop.store, shop.tea, 1)], paid).await;
        let staff = make::staff(souk, "olga", Role::Staff, &[Permission::ManageOrders]).await;
        let staff = souk.as_user(&staff);
        let found = async |filter: Value| {
            let page = staff.data(ALL, json!({ "filter": filter })).await["orders"].clone();
            let nodes = page["nodes"].as_array().expect("nodes").clone();
            assert_eq!(page["totalCount"], nodes.len());
            nodes.iter().filter_map(|node| node["number"].as_str().map(str::to_owned)).collect::<Vec<_>>()
        };
        let (first, second) = (both.number.clone(), guests.number.clone());
        for typed in [first.clone(), first.to_lowercase(), first.replace('-', ""), format!(" {} ", first.replace('-', " "))] {
            assert_eq!(found(json!({ "number": typed })).await, std::slice::from_ref(&first), "{typed:?}");
        }
        assert_eq!(found(json!({ "number": "SK-0000-0000" })).await, Vec::<String>::new());
        assert_eq!(found(json!({ "email": "GUEST@example.com " })).await, std::slice::from_ref(&second));
        assert_eq!(found(json!({ "email": shop.bob.email })).await, std::slice::from_ref(&first));
        assert_eq!(found(json!({ "storeId": pots.to_string() })).await, std::slice::from_ref(&first));
        assert_eq!(found(json!({ "storeId": shop.store.to_string() })).await, [second.clone(), first.clone()]);
        assert_eq!(found(json!({ "isPaid": true })).await, std::slice::from_ref(&second));
        assert_eq!(found(json!({ "isPaid": false })).await, std::slice::from_ref(&first));
        let all = json!({ "number": first, "email": shop.bob.email, "storeId": pots.to_string(), "isPaid": false, "status": ["CONFIRMED"] });
        assert_eq!(found(all).await, std::slice::from_ref(&first));
        assert_eq!(found(json!({ "email": shop.bob.email, "isPaid": true })).await, Vec::<String>::new());
        for wrong in
            [json!({ "number": " " }), json!({ "email": "" }), json!({ "email": "x".repeat(255) }), json!({ "storeId": "junk" })]
        {
            assert_eq!(staff.error_code(ALL, json!({ "filter": wrong })).await, "BAD_USER_INPUT", "{wrong}");
        }
    });
}

#[test]
fn a_store_finds_its_orders_by_number_and_time() {
    const FIND: &str = operation!("store", "StoreWithOrders");
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let carl = make::vendor(souk, "carl").await;
        let pots = make::store(souk, &carl, "Pots").await;
        let pot = make::product(souk, pots, Make { name: "Pot", ..Make::default() }).await;
        let old = order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 1)]).await;
        let foreign = order(souk, Some(&shop.bob), &[(pots, pot, 1)]).await;
        souk.app.clock.advance(Duration::from_secs(60));
        let between = souk.app.clock.now().to_rfc3339();
        let new = order(souk, None, &[(shop.store, shop.tea, 1)]).await;
        let vera = souk.as_user(&shop.vera);
        let found = async |filter: Value| {
            let page =
                vera.data(FIND, json!({ "id": shop.store.to_string(), "filter": filter })).await["store"]["orders"].clone();
            assert_eq!(page["totalCount"], ids(&page).len());
            ids(&page).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        let (first, second) = (old.parts[0].id.to_string(), new.parts[0].id.to_string());
        assert_eq!(found(json!({})).await, [second.clone(), first.clone()]);
        assert_eq!(found(json!({ "number": old.number.to_lowercase().replace('-', "") })).await, std::slice::from_ref(&first));
        assert_eq!(found(json!({ "number": foreign.number })).await, Vec::<String>::new());
        assert_eq!(found(json!({ "createdAt": { "from": between } })).await, std::slice::from_ref(&second));
        assert_eq!(
            found(json!({ "createdAt": { "before": between }, "status": ["CONFIRMED"] })).await,
            std::slice::from_ref(&first)
        );
    });
}
