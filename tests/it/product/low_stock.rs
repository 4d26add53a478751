//! Alerts of stores whose stock becomes low.

use super::ADJUST;
use crate::app::{Souk, each};
use crate::checkout::{COMPLETE, begin_with, input, shop, stock};
use crate::make::{self, Make, Product, User};
use crate::order::CANCEL;
use entity::id::StoreId;
use entity::value::{ActorKind, Permission, ProductKind, Role};
use entity::{event, job, product, product_variant};
use futures::future::join_all;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use tokio::sync::Barrier;

const BUYERS: usize = 32;

async fn set_threshold(souk: &Souk, product: Product, threshold: Option<i32>) {
    let row = product_variant::Entity::find_by_id(product.variant).inner_join(product::Entity);
    let row = row.filter(product::Column::Kind.eq(ProductKind::Physical)).one(souk.app.db.read()).await.expect("a query");
    let is_low = row.is_some_and(|row| threshold.is_some_and(|threshold| row.stock_quantity <= threshold));
    let update = product_variant::Entity::update_many()
        .col_expr(product_variant::Column::LowStockThreshold, Expr::value(threshold))
        .col_expr(product_variant::Column::LowStock, Expr::value(is_low))
        .filter(product_variant::Column::Id.eq(product.variant));
    update.exec(souk.app.db.raw()).await.expect("an update");
}

/// The events of alerts about a variant, oldest first.
async fn events(souk: &Souk, product: Product) -> Vec<event::Model> {
    let query = event::Entity::find().filter(event::Column::SubjectId.eq(product.variant.0));
    query.order_by_asc(event::Column::Sequence).all(souk.app.db.read()).await.expect("events")
}

/// The stock in the mails about low stock that are enqueued or were sent.
async fn mails(souk: &Souk) -> Vec<i64> {
    let jobs = job::Entity::find().order_by_asc(job::Column::Id).all(souk.app.db.read()).await.expect("jobs");
    let mails = jobs.iter().map(|job| &job.payload["mail"]).filter(|mail| mail["type"] == "low_stock");
    mails.map(|mail| mail["left"].as_i64().expect("a number")).collect()
}

async fn buy(souk: &Souk, product: Product, quantity: i32) -> Value {
    let (_, ids) = begin_with(souk, product, quantity).await;
    souk.guest().run(COMPLETE, input(&ids, None, "k")).await
}

async fn adjust(souk: &Souk, user: &User, product: Product, delta: i32, key: Option<&str>) {
    let input = json!({ "variantId": product.variant.to_string(), "delta": delta, "idempotencyKey": key });
    souk.as_user(user).run(ADJUST, json!({ "input": input })).await;
}

async fn teas(souk: &Souk, stock: i32, threshold: Option<i32>) -> (User, StoreId, Product) {
    let (vera, store) = make::shop(souk, "Teas").await;
    make::shipping_method(souk, None, "Post", 500, None).await;
    let tea = make::product(souk, store, Make { stock, ..Make::default() }).await;
    set_threshold(souk, tea, threshold).await;
    (vera, store, tea)
}

#[test]
fn the_store_is_alerted_once_each_time_its_stock_falls_to_the_threshold() {
    each(async |souk| {
        let (vera, store, tea) = teas(souk, 10, Some(5)).await;
        buy(souk, tea, 4).await;
        assert_eq!((events(souk, tea).await.len(), mails(souk).await.len()), (0, 0), "6 are left");
        let order = buy(souk, tea, 2).await["order"].clone();
        let found = events(souk, tea).await;
        assert_eq!((found.len(), mails(souk).await), (1, vec![4]));
        assert_eq!(found[0].kind.as_deref(), Some("LOW_STOCK"));
        assert_eq!((found[0].store_id, found[0].order_id), (Some(store.0), None));
        assert_eq!((found[0].actor_kind, found[0].actor_user_id), (ActorKind::System, None));
        assert!(found[0].message.as_deref().is_some_and(|text| text.ends_with("is low: 4 left.")), "{:?}", found[0].message);
        assert_eq!(found[0].payload, Some(json!({ "threshold": 5, "left": 4 })));
        // It is low already: no further alert, not even for the last unit.
        buy(souk, tea, 1).await;
        adjust(souk, &vera, tea, -1, None).await;
        assert_eq!((events(souk, tea).await.len(), mails(souk).await.len()), (1, 1));
        // To the threshold is not above it.
        adjust(souk, &vera, tea, 3, None).await;
        buy(souk, tea, 1).await;
        assert_eq!((stock(souk, tea).await.0, events(souk, tea).await.len()), (4, 1));
        // A cancelled order puts 2 back: above the threshold, so that the next fall alerts again.
        let token = souk.app.keys.capability(
            souk_core::crypto::keys::Capability::Order,
            order["id"].as_str().expect("an ID").parse::<entity::id::OrderId>().expect("an order's ID"),
        );
        souk.guest().run(CANCEL, json!({ "input": { "orderId": order["id"], "orderToken": token } })).await;
        assert_eq!((stock(souk, tea).await.0, events(souk, tea).await.len()), (6, 1));
        adjust(souk, &vera, tea, -6, Some("key")).await;
        adjust(souk, &vera, tea, -6, Some("key")).await;
        let found = events(souk, tea).await;
        assert_eq!((found.len(), mails(souk).await), (2, vec![4, 0]));
        assert_eq!(
            (found[1].actor_kind, found[1].actor_user_id, found[1].sequence),
            (ActorKind::Store, Some(vera.id.0), Some(2))
        );
        // The last units at once cross a threshold of 0, and empty the product.
        adjust(souk, &vera, tea, 2, None).await;
        set_threshold(souk, tea, Some(0)).await;
        buy(souk, tea, 2).await;
        assert_eq!((events(souk, tea).await.len(), mails(souk).await), (3, vec![4, 0, 0]));
        souk.work().await;
    });
}

#[test]
fn an_order_that_fails_alerts_nobody() {
    each(async |souk| {
        let (_, store, tea) = teas(souk, 10, Some(5)).await;
        let cup = make::product(souk, store, Make { name: "Cup", stock: 1, ..Make::default() }).await;
        let cart = make::guest_cart(souk, &[(tea.variant, 6), (cup.variant, 1)]).await;
        let ids = crate::checkout::begin(&souk.guest(), &cart).await;
        buy(souk, cup, 1).await;
        let answer = souk.guest().data(COMPLETE, input(&ids, None, "k")).await;
        assert_eq!(answer["checkoutComplete"]["order"], Value::Null);
        assert_eq!((stock(souk, tea).await, events(souk, tea).await.len(), mails(souk).await.len()), ((10, 0), 0, 0));
        souk.work().await;
    });
}

#[test]
fn a_digital_product_and_one_without_a_threshold_alert_nobody() {
    each(async |souk| {
        let (_, store, tea) = teas(souk, 3, None).await;
        let book = Make { name: "Book", kind: ProductKind::Digital, stock: 0, ..Make::default() };
        let book = make::product(souk, store, book).await;
        set_threshold(souk, book, Some(5)).await;
        buy(souk, tea, 3).await;
        buy(souk, book, 1).await;
        assert_eq!((events(souk, tea).await.len(), events(souk, book).await.len(), mails(souk).await.len()), (0, 0, 0));
        souk.work().await;
    });
}

#[test]
fn of_many_buyers_at_once_exactly_one_crosses_the_threshold() {
    each(async |souk| {
        let (vera, _, tea) = teas(souk, 100, Some(90)).await;
        let mut all = Vec::new();
        for _ in 0..BUYERS {
            all.push(begin_with(souk, tea, 1).await.1);
        }
        let barrier = Barrier::new(BUYERS + 4);
        let buyers = join_all(all.iter().map(async |ids| {
            barrier.wait().await;
            souk.guest().run(COMPLETE, input(ids, None, "k")).await
        }));
        // The store takes some itself meanwhile.
        let takers = join_all((0..4).map(async |_| {
            barrier.wait().await;
            adjust(souk, &vera, tea, -1, None).await;
        }));
        futures::future::join(buyers, takers).await;
        assert_eq!(stock(souk, tea).await, (64, 32));
        assert_eq!((events(souk, tea).await.len(), mails(souk).await), (1, vec![90]));
        // And again after it has risen.
        adjust(souk, &vera, tea, 36, None).await;
        let barrier = Barrier::new(BUYERS);
        join_all((0..BUYERS).map(async |_| {
            barrier.wait().await;
            adjust(souk, &vera, tea, -1, None).await;
        }))
        .await;
        assert_eq!((stock(souk, tea).await.0, mails(souk).await), (68, vec![90, 90]));
        assert_eq!(events(souk, tea).await.len(), 2);
        souk.work().await;
    });
}

#[test]
fn a_checkout_that_crosses_no_threshold_takes_no_more_statements() {
    each(async |souk| {
        let tea = shop(souk, 1000, 100).await;
        let mut counts = Vec::new();
        // Without a threshold, above it, and below it; the first checkout also reads what is kept in memory.
        for threshold in [None, None, Some(5), Some(98)] {
            set_threshold(souk, tea, threshold).await;
            let (_, ids) = begin_with(souk, tea, 1).await;
            let (answer, count) = souk.statements(&souk.guest(), COMPLETE, input(&ids, None, "k")).await;
            assert!(answer["data"]["checkoutComplete"]["order"].is_object(), "{answer}");
            counts.push(count);
        }
        assert_eq!(counts[2..], [counts[1], counts[1]]);
        assert_eq!(mails(souk).await.len(), 0);
        souk.work().await;
    });
}

#[test]
fn those_who_work_for_the_store_find_what_is_low() {
    const LOW: &str = operation!("store", "StoreWithLowStock");
    each(async |souk| {
        let (vera, store, _) = teas(souk, 3, Some(5)).await;
        let cup = make::product(souk, store, Make { name: "Cup", stock: 9, ..Make::default() }).await;
        set_threshold(souk, cup, Some(5)).await;
        make::product(souk, store, Make { name: "Pot", stock: 0, ..Make::default() }).await;
        let book = Make { name: "Book", kind: ProductKind::Digital, stock: 0, ..Make::default() };
        set_threshold(souk, make::product(souk, store, book).await, Some(5)).await;
        let clerk = make::staff(souk, "clerk", Role::Staff, &[Permission::ManageProducts]).await;
        let mallory = make::vendor(souk, "mallory").await;
        let found = async |caller: crate::app::Caller<'_>, low: Option<bool>| {
            let data = caller.data(LOW, json!({ "id": store.to_string(), "isLowStock": low })).await;
            let nodes = data["store"]["products"]["nodes"].as_array().expect("nodes").clone();
            assert_eq!(data["store"]["products"]["totalCount"], nodes.len());
            let mut found: Vec<_> =
                nodes.iter().map(|node| format!("{} {}", node["name"], node["variants"][0]["isLowStock"])).collect();
            found.sort();
            found
        };
        for user in [&vera, &clerk] {
            assert_eq!(found(souk.as_user(user), Some(true)).await, ["\"Tea\" true"]);
            let rest = ["\"Book\" false", "\"Cup\" false", "\"Pot\" false"];
            assert_eq!(found(souk.as_user(user), Some(false)).await, rest);
            assert_eq!(found(souk.as_user(user), None).await.len(), 4);
        }
        for caller in [souk.guest(), souk.as_user(&mallory)] {
            for low in [true, false] {
                assert_eq!(found(caller.clone(), Some(low)).await, Vec::<String>::new(), "stock is not public");
            }
            let all = found(caller, None).await;
            assert_eq!(all, ["\"Book\" null", "\"Cup\" null", "\"Pot\" null", "\"Tea\" null"]);
        }
    });
}

/// Whether the rows say the same as their stock and threshold.
async fn is_low(souk: &Souk, product: Product) -> bool {
    let row = product_variant::Entity::find_by_id(product.variant).one(souk.app.db.read()).await.expect("a query");
    let row = row.expect("a variant");
    let expected = row.low_stock_threshold.is_some_and(|threshold| row.stock_quantity <= threshold);
    assert_eq!(row.low_stock, expected, "on {}: {row:?}", souk.database);
    row.low_stock
}

#[test]
fn the_mark_follows_every_change_of_the_stock_and_the_threshold() {
    const UPDATE: &str = operation!("variant", "ProductVariantUpdateReturningId");
    const VARIANT: &str = operation!("variant", "ProductVariantCreateReturningId");
    each(async |souk| {
        let (vera, store, tea) = teas(souk, 10, Some(5)).await;
        buy(souk, tea, 4).await;
        assert!(!is_low(souk, tea).await, "10 - 4 is above 5, whatever is assigned first");
        let order = buy(souk, tea, 1).await["order"].clone();
        assert!(is_low(souk, tea).await);
        buy(souk, tea, 2).await;
        assert!(is_low(souk, tea).await);
        adjust(souk, &vera, tea, 2, None).await;
        assert!(is_low(souk, tea).await);
        let token = souk.app.keys.capability(
            souk_core::crypto::keys::Capability::Order,
            order["id"].as_str().expect("an ID").parse::<entity::id::OrderId>().expect("an order's ID"),
        );
        souk.guest().run(CANCEL, json!({ "input": { "orderId": order["id"], "orderToken": token } })).await;
        assert!(!is_low(souk, tea).await, "6 are left");
        adjust(souk, &vera, tea, -1, None).await;
        assert!(is_low(souk, tea).await);
        for (threshold, low) in [(json!(4), false), (json!(6), true), (Value::Null, false), (json!(5), true)] {
            let input = json!({ "id": tea.variant.to_string(), "input": { "lowStockThreshold": threshold } });
            souk.as_user(&vera).run(UPDATE, input).await;
            assert_eq!(is_low(souk, tea).await, low, "{threshold}");
        }
        buy(souk, tea, 5).await;
        assert!(is_low(souk, tea).await, "the last unit");
        let new = json!({ "input": { "productId": tea.id.to_string(), "price": "1.00", "stockQuantity": 2, "lowStockThreshold": 3,
            "options": [{ "name": "Size", "value": "L" }] } });
        let variant = souk.as_user(&vera).run(VARIANT, new).await["variant"]["id"].clone();
        let variant = variant.as_str().and_then(|id| id.parse().ok()).expect("an ID");
        assert!(is_low(souk, Product { id: tea.id, variant }).await);
        // A digital product has no stock.
        let book = Make { name: "Book", kind: ProductKind::Digital, stock: 0, ..Make::default() };
        let book = make::product(souk, store, book).await;
        let input = json!({ "id": book.variant.to_string(), "input": { "lowStockThreshold": 5 } });
        souk.as_user(&vera).run(UPDATE, input).await;
        let row = product_variant::Entity::find_by_id(book.variant).one(souk.app.db.read()).await.expect("a query");
        assert!(!row.expect("a variant").low_stock);
        souk.work().await;
    });
}

#[test]
fn the_variants_of_a_store_whose_stock_is_low_are_listed_for_those_who_manage_products() {
    const LOW: &str = operation!("product_list", "LowStockVariants");
    each(async |souk| {
        let (vera, store, tea) = teas(souk, 3, Some(5)).await;
        let vlad = make::vendor(souk, "vlad").await;
        let other_store = make::store(souk, &vlad, "Cups").await;
        let cup = make::product(souk, other_store, Make { name: "Cup", ..Make::default() }).await;
        let pot = make::product(souk, store, Make { name: "Pot", ..Make::default() }).await;
        let old = make::product(souk, store, Make { name: "Old", ..Make::default() }).await;
        for product in [cup, pot, old] {
            make::low_stock(souk, product).await;
        }
        let inactive = product_variant::Entity::update_many().col_expr(product_variant::Column::Active, Expr::value(false));
        inactive.filter(product_variant::Column::Id.eq(old.variant)).exec(souk.app.db.raw()).await.expect("an update");
        let (manager, fulfiller) = (make::customer(souk, "manager").await, make::customer(souk, "fulfiller").await);
        make::member(souk, store, &manager, entity::value::StoreRole::Manager).await;
        make::member(souk, store, &fulfiller, entity::value::StoreRole::Fulfiller).await;
        let clerk = make::staff(souk, "clerk", Role::Staff, &[Permission::ManageProducts]).await;
        let page = async |user: &User, after: Value| {
            let variables = json!({ "id": store.to_string(), "first": 1, "after": after });
            souk.as_user(user).data(LOW, variables).await["store"]["lowStockVariants"].clone()
        };
        for user in [&vera, &manager, &clerk] {
            let first = page(user, Value::Null).await;
            assert_eq!((&first["nodes"][0]["id"], &first["totalCount"]), (&json!(pot.variant.to_string()), &json!(2)));
            let second = page(user, first["pageInfo"]["endCursor"].clone()).await;
            assert_eq!(second["nodes"][0]["id"], json!(tea.variant.to_string()));
            assert_eq!((&second["nodes"][0]["stockQuantity"], &second["pageInfo"]["hasNextPage"]), (&json!(3), &json!(false)));
        }
        for user in [&vlad, &fulfiller, &make::customer(souk, "ann").await] {
            assert_eq!(page(user, Value::Null).await, Value::Null, "stock is not public");
        }
        let guest = souk.guest().data(LOW, json!({ "id": store.to_string(), "first": 1 })).await;
        assert_eq!(guest["store"]["lowStockVariants"], Value::Null);
    });
}
