//! Bestsellers and new arrivals: computed at night, pinned by staff.

use super::{names, row};
use crate::app::{Souk, each};
use crate::make::order::{Terms, order_on};
use crate::make::{self, Make, Product, User};
use entity::id::{CategoryId, ProductId, StoreId};
use entity::value::{OrderStatus, Permission, ProductStatus, Role};
use entity::{category, order_line, product};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const PIN: &str = operation!("product_list", "ProductHighlightUpdate");
const COUNTS: &str = operation!("product_list", "ProductCounts");
const BESTSELLERS: &str = operation!("product_list", "Bestsellers");
const NEW: &str = operation!("product_list", "NewArrivals");
const SEARCH: &str = operation!("product_list", "BestsellerSearch");
const UPDATE: &str = operation!("product", "ProductUpdateReturningId");
const DAY: Duration = Duration::from_secs(86_400);

/// Lets the periodic task and its job run.
async fn night(souk: &Souk) {
    souk.worker.tidy().await;
    souk.work().await;
}

async fn bestsellers(souk: &Souk) -> BTreeSet<ProductId> {
    let query = product::Entity::find().filter(product::Column::Bestseller.eq(true));
    query.all(souk.app.db.read()).await.expect("rows").into_iter().map(|row| row.id).collect()
}

async fn sell(souk: &Souk, store: StoreId, product: Product, quantity: i32, status: OrderStatus) -> ProductId {
    let order = order_on(souk, None, &[(store, product, quantity)], Terms { status, ..Terms::default() }).await;
    let part = entity::store_order::ActiveModel { id: Unchanged(order.parts[0].id), status: Set(status), ..Default::default() };
    part.update(souk.app.db.raw()).await.expect("a change");
    product.id
}

/// The obvious answer, from all rows.
async fn expected(
    souk: &Souk,
    roots: &BTreeMap<CategoryId, CategoryId>,
    since: sea_orm::prelude::DateTimeUtc,
) -> BTreeSet<ProductId> {
    let db = souk.app.db.read();
    let products = product::Entity::find().all(db).await.expect("rows");
    let orders = entity::order::Entity::find().all(db).await.expect("rows");
    let parts = entity::store_order::Entity::find().all(db).await.expect("rows");
    let lines = order_line::Entity::find().all(db).await.expect("rows");
    let unsold = [OrderStatus::Pending, OrderStatus::Cancelled, OrderStatus::Refunded, OrderStatus::Failed];
    let units = |id: ProductId| -> i32 {
        let of_product = lines.iter().filter(|line| line.product_id == id.0);
        let counted = of_product.filter(|line| {
            let order = orders.iter().find(|order| order.id == line.order_id).expect("an order");
            let part = parts.iter().find(|part| part.id == line.store_order_id).expect("a store order");
            order.created_at >= since && !unsold.contains(&part.status)
        });
        counted.map(|line| line.quantity - line.cancelled_quantity - line.refunded_quantity).sum()
    };
    let mut best = BTreeSet::new();
    for root in roots.values().collect::<BTreeSet<_>>() {
        let of_root = |row: &&product::Model| row.listed && row.category_id.is_some_and(|id| roots.get(&id) == Some(root));
        let listed: Vec<_> = products.iter().filter(of_root).collect();
        let places = (listed.len() * 2).div_ceil(100);
        let mut sold: Vec<_> = listed.iter().map(|row| (-units(row.id), row.id)).filter(|(units, _)| *units < 0).collect();
        sold.sort();
        best.extend(sold.into_iter().take(places).map(|(_, id)| id));
    }
    best
}

#[test]
fn the_best_selling_fiftieth_of_each_root_category_is_found() {
    each(async |souk| {
        let mut random = StdRng::seed_from_u64(7);
        let (_, store) = make::shop(souk, "Teas").await;
        let mut roots = BTreeMap::new();
        let mut categories = Vec::new();
        for number in 0..2 {
            let root = make::category(souk, &format!("Root {number}"), None).await;
            let below = make::category(souk, &format!("Below {number}"), Some(root)).await;
            let deep = make::category(souk, &format!("Deep {number}"), Some(below)).await;
            for id in [root, below, deep] {
                roots.insert(id, root);
                categories.push(id);
            }
        }
        let mut products = Vec::new();
        for number in 0..230 {
            let category = (number % 13 > 0).then(|| categories[random.random_range(0..categories.len())]);
            let status = if number % 10 == 0 { ProductStatus::Draft } else { ProductStatus::Active };
            products.push(make::product(souk, store, Make { category, status, ..Make::default() }).await);
        }
        let statuses =
            [OrderStatus::Confirmed, OrderStatus::Completed, OrderStatus::Shipped, OrderStatus::Pending, OrderStatus::Cancelled];
        for round in 0..2 {
            // The first round is too long ago.
            for _ in 0..40 {
                let product = products[random.random_range(0..products.len())];
                let status = statuses[random.random_range(0..statuses.len())];
                sell(souk, store, product, random.random_range(1..6), status).await;
            }
            if round == 0 {
                souk.app.clock.advance(31 * DAY);
            }
        }
        // Some units were cancelled or returned.
        let lines = order_line::Entity::find().all(souk.app.db.read()).await.expect("rows");
        for line in lines.iter().step_by(5) {
            let change =
                order_line::ActiveModel { id: Unchanged(line.id), refunded_quantity: Set(line.quantity), ..Default::default() };
            change.update(souk.app.db.raw()).await.expect("a change");
        }
        souk.reindexed().await;
        let expected = expected(souk, &roots, souk.app.clock.now() - 30 * DAY).await;
        assert!(expected.len() >= 4, "{expected:?}");
        night(souk).await;
        assert_eq!(bestsellers(souk).await, expected, "on {}", souk.database);
        souk.indexed().await;
        // The same in lists and in the search; hidden products are in none.
        let listed = souk.guest().data(BESTSELLERS, json!({ "first": 100 })).await["products"].clone();
        let found = souk.guest().data(SEARCH, json!({ "filter": { "isBestseller": true } })).await["productSearch"].clone();
        for list in [&listed, &found] {
            let ids: BTreeSet<_> = list["nodes"].as_array().expect("nodes").iter().map(|node| node["id"].to_string()).collect();
            assert_eq!(ids, expected.iter().map(|id| json!(id.to_string()).to_string()).collect());
        }
        // Nothing is written twice.
        let head = souk_core::live::change_head(&souk.app.db).await.expect("a head");
        souk.app.clock.advance(DAY);
        night(souk).await;
        souk.indexed().await;
        assert_eq!(souk_core::live::change_head(&souk.app.db).await.expect("a head"), head);
        // When the sales are over, the flags are, too.
        souk.app.clock.advance(31 * DAY);
        night(souk).await;
        assert_eq!(bestsellers(souk).await, BTreeSet::new());
        souk.contradicts("orders were made without their payments");
    });
}

#[test]
fn a_product_is_new_for_thirty_days() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Teas").await;
        let draft = make::product(souk, store, Make { name: "Draft", status: ProductStatus::Draft, ..Make::default() }).await;
        make::product(souk, store, Make { name: "Old", ..Make::default() }).await;
        let new = async |souk: &Souk| {
            souk.indexed().await;
            let listed = names(&souk.guest().data(NEW, json!({ "first": 10 })).await["products"]);
            let found = souk.guest().data(SEARCH, json!({ "filter": { "isNewArrival": true } })).await["productSearch"].clone();
            assert_eq!(names(&found).len(), listed.len());
            listed
        };
        souk.reindexed().await;
        assert_eq!(new(souk).await, Vec::<String>::new());
        // At its publication, without waiting for the night.
        let publish = json!({ "id": draft.id.to_string(), "input": { "status": "ACTIVE" } });
        souk.as_user(&vera).run(UPDATE, publish).await;
        assert_eq!(new(souk).await, ["Draft"]);
        night(souk).await;
        assert_eq!(new(souk).await, ["Old", "Draft"]);
        souk.app.clock.advance(29 * DAY);
        night(souk).await;
        assert_eq!(new(souk).await.len(), 2);
        souk.app.clock.advance(2 * DAY);
        night(souk).await;
        assert_eq!(new(souk).await, Vec::<String>::new());
        souk.leaves_work("the announcement of the product");
    });
}

#[test]
fn staff_pins_and_the_night_leaves_it() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Teas").await;
        let root = make::category(souk, "Root", None).await;
        let tea = make::product(souk, store, Make { name: "Tea", category: Some(root), ..Make::default() }).await;
        let cup = make::product(souk, store, Make { name: "Cup", category: Some(root), ..Make::default() }).await;
        sell(souk, store, tea, 3, OrderStatus::Confirmed).await;
        souk.reindexed().await;
        let clerk = make::staff(souk, "clerk", Role::Staff, &[Permission::ManageProducts]).await;
        let moderator = make::staff(souk, "moderator", Role::Staff, &[Permission::Moderate]).await;
        let pin = |product: Product, input: Value| json!({ "id": product.id.to_string(), "input": input });
        for user in [&vera, &moderator] {
            assert_eq!(souk.as_user(user).error_code(PIN, pin(cup, json!({ "isBestseller": true }))).await, "FORBIDDEN");
        }
        assert_eq!(souk.guest().error_code(PIN, pin(cup, json!({ "isBestseller": true }))).await, "UNAUTHENTICATED");
        let unknown = json!({ "id": souk.app.clock.new_id::<ProductId>().to_string(), "input": { "isBestseller": true } });
        assert_eq!(souk.as_user(&clerk).refused(PIN, unknown).await, ["id NOT_FOUND"]);
        let pinned = souk.as_user(&clerk).run(PIN, pin(cup, json!({ "isBestseller": true, "isNewArrival": false }))).await;
        let expected = json!({ "id": cup.id.to_string(), "isBestseller": true, "isNewArrival": false, "pinnedBestseller": true,
            "pinnedNewArrival": false });
        assert_eq!(pinned["product"], expected);
        souk.as_user(&clerk).run(PIN, pin(tea, json!({ "isBestseller": false }))).await;
        night(souk).await;
        assert_eq!(bestsellers(souk).await, [cup.id].into());
        assert!(!row(souk, cup.id).await.new_arrival && row(souk, tea.id).await.new_arrival);
        souk.indexed().await;
        let found = souk.guest().data(SEARCH, json!({ "filter": { "isBestseller": true } })).await["productSearch"].clone();
        assert_eq!(names(&found), ["Cup"]);
        // What staff decided is for staff.
        for (caller, seen) in [(souk.as_user(&clerk), json!(true)), (souk.as_user(&vera), Value::Null)] {
            let counts = caller.data(COUNTS, json!({ "id": cup.id.to_string() })).await["product"].clone();
            assert_eq!((&counts["pinnedBestseller"], &counts["isBestseller"]), (&seen, &json!(true)));
        }
        // Computed again.
        for product in [tea, cup] {
            let clear = json!({ "isBestseller": null, "isNewArrival": null });
            souk.as_user(&clerk).run(PIN, pin(product, clear)).await;
        }
        souk.app.clock.advance(DAY);
        night(souk).await;
        assert_eq!(bestsellers(souk).await, [tea.id].into());
        assert!(row(souk, cup.id).await.new_arrival);
        souk.contradicts("orders were made without their payments");
    });
}

#[test]
fn the_night_tells_the_index_of_the_views_that_it_does_not_know() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Teas").await;
        let tea = make::product(souk, store, Make::default()).await;
        souk.app.views.record("ann", tea.id);
        super::write_views(souk).await;
        assert_eq!((row(souk, tea.id).await.view_count, row(souk, tea.id).await.indexed_view_count), (1, 0));
        night(souk).await;
        assert_eq!(row(souk, tea.id).await.indexed_view_count, 1);
        // Once a night, however often the task runs.
        let jobs = async || {
            let query = entity::job::Entity::find().filter(entity::job::Column::Kind.eq("product.refresh_highlights"));
            query.all(souk.app.db.read()).await.expect("jobs").len()
        };
        assert_eq!(jobs().await, 1);
        night(souk).await;
        assert_eq!(jobs().await, 1);
        souk.app.clock.advance(DAY);
        night(souk).await;
        assert_eq!(jobs().await, 2);
    });
}

#[test]
fn a_moved_category_moves_its_bestsellers() {
    each(async |souk| {
        let (_, store): (User, StoreId) = make::shop(souk, "Teas").await;
        let one = make::category(souk, "One", None).await;
        let other = make::category(souk, "Other", None).await;
        let tea = make::product(souk, store, Make { name: "Tea", category: Some(one), ..Make::default() }).await;
        let cup = make::product(souk, store, Make { name: "Cup", category: Some(other), ..Make::default() }).await;
        sell(souk, store, tea, 1, OrderStatus::Confirmed).await;
        sell(souk, store, cup, 2, OrderStatus::Confirmed).await;
        night(souk).await;
        assert_eq!(bestsellers(souk).await, [tea.id, cup.id].into());
        let below = category::Entity::update_many().col_expr(category::Column::ParentId, Expr::value(one));
        below.filter(category::Column::Id.eq(other)).exec(souk.app.db.raw()).await.expect("an update");
        souk.app.clock.advance(DAY);
        night(souk).await;
        assert_eq!(bestsellers(souk).await, [cup.id].into(), "two products have one place");
        souk.contradicts("orders were made without their payments");
    });
}

#[test]
fn products_that_waited_for_their_store_are_new_in_the_search_when_it_opens() {
    const STATUS: &str = operation!("store", "StoreStatusUpdateReturningId");
    each(async |souk| {
        let (_, store) = make::shop(souk, "Teas").await;
        let tea = make::product(souk, store, Make { name: "Tea", ..Make::default() }).await;
        let pinned = make::product(souk, store, Make { name: "Pinned", ..Make::default() }).await;
        let waiting = product::Entity::update_many()
            .col_expr(product::Column::PublishedAt, Expr::value(Option::<sea_orm::prelude::DateTimeUtc>::None))
            .col_expr(product::Column::Listed, Expr::value(false));
        waiting.filter(product::Column::StoreId.eq(store)).exec(souk.app.db.raw()).await.expect("an update");
        let pin = product::ActiveModel { id: Unchanged(pinned.id), pinned_new_arrival: Set(Some(false)), ..Default::default() };
        pin.update(souk.app.db.raw()).await.expect("a change");
        let closed = entity::store::ActiveModel {
            id: Unchanged(store),
            status: Set(entity::value::StoreStatus::Suspended),
            ..Default::default()
        };
        closed.update(souk.app.db.raw()).await.expect("a change");
        souk.reindexed().await;
        let clerk = make::staff(souk, "clerk", Role::Staff, &[Permission::ManageProducts]).await;
        souk.as_user(&clerk).run(STATUS, json!({ "id": store.to_string(), "input": { "status": "ACTIVE" } })).await;
        souk.indexed().await;
        assert!(row(souk, tea.id).await.new_arrival && !row(souk, pinned.id).await.new_arrival);
        let found = souk.guest().data(SEARCH, json!({ "filter": { "isNewArrival": true } })).await["productSearch"].clone();
        assert_eq!(names(&found), ["Tea"]);
        souk.leaves_work("the announcement of the products");
    });
}
