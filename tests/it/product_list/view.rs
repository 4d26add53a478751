//! Views: counted once, written exactly, and kept for the viewer.

use super::{names, other_store, row, signed_in, write_views};
use crate::app::{Caller, Souk, each, each_with};
use crate::at_once::at_once;
use crate::make::{self, Make, Product, User};
use entity::id::{ProductId, StoreId};
use entity::value::{Permission, ProductKind, ProductStatus, Role};
use entity::{change, product, recently_viewed};
use futures::FutureExt;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use std::time::Duration;

const RECORD: &str = operation!("product_list", "ProductViewRecord");
const RECENT: &str = operation!("product_list", "RecentlyViewed");
const RECENT_OF: &str = operation!("product_list", "RecentlyViewedOfUser");
const MOST_VIEWED: &str = operation!("product_list", "MostViewed");
const SEARCH: &str = operation!("product_list", "MostViewedSearch");
const COUNTS: &str = operation!("product_list", "ProductCounts");
const CLOSE: &str = crate::account::close::CLOSE;
const HOUR: Duration = Duration::from_secs(3600);

fn input(id: ProductId) -> Value {
    json!({ "input": { "productId": id.to_string() } })
}

async fn view(caller: &Caller<'_>, product: Product) {
    caller.run(RECORD, input(product.id)).await;
}

async fn recent(souk: &Souk, user: &User) -> Value {
    souk.as_user(user).data(RECENT, json!({ "first": 100 })).await["me"]["recentlyViewed"].clone()
}

async fn rows_of(souk: &Souk, user: &User) -> u64 {
    let query = recently_viewed::Entity::find().filter(recently_viewed::Column::UserId.eq(user.id));
    query.count(souk.app.db.read()).await.expect("a number")
}

async fn set_views(souk: &Souk, id: ProductId, views: i64) {
    let update = product::Entity::update_many()
        .col_expr(product::Column::ViewCount, Expr::value(views))
        .col_expr(product::Column::IndexedViewCount, Expr::value(views));
    update.filter(product::Column::Id.eq(id)).exec(souk.app.db.raw()).await.expect("an update");
}

#[test]
fn a_view_counts_once_for_each_viewer_and_hour() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Teas").await;
        let tea = make::product(souk, store, Make::default()).await;
        let cup = make::product(souk, store, Make { name: "Cup", ..Make::default() }).await;
        // On the hour, so that all of them are in the same one.
        let second = u64::try_from(souk.app.clock.now().timestamp() % 3600).expect("a number");
        souk.app.clock.advance(HOUR - Duration::from_secs(second));
        let (ann, bob) = (make::customer(souk, "ann").await, make::customer(souk, "bob").await);
        let before = row(souk, tea.id).await;
        for caller in [souk.guest(), souk.as_user(&ann), souk.as_user(&bob)] {
            for _ in 0..3 {
                let seen = caller.run(RECORD, input(tea.id)).await;
                assert_eq!(seen["product"], json!({ "id": tea.id.to_string(), "viewCount": null }));
            }
            view(&caller, cup).await;
        }
        write_views(souk).await;
        assert_eq!((row(souk, tea.id).await.view_count, row(souk, cup.id).await.view_count), (3, 3));
        souk.app.clock.advance(HOUR);
        let (ann, bob, vera) = (signed_in(souk, &ann).await, signed_in(souk, &bob).await, signed_in(souk, &vera).await);
        view(&souk.as_user(&ann), tea).await;
        write_views(souk).await;
        let after = row(souk, tea.id).await;
        assert_eq!(after.view_count, 4);
        assert_eq!((after.version, after.updated_at), (before.version, before.updated_at), "it is no change by a user");
        // The store reads the number.
        for (caller, seen) in [(souk.as_user(&vera), json!(4)), (souk.as_user(&bob), Value::Null), (souk.guest(), Value::Null)] {
            let counts = caller.data(COUNTS, json!({ "id": tea.id.to_string() })).await["product"].clone();
            assert_eq!(counts["viewCount"], seen);
        }
    });
}

#[test]
fn views_at_the_same_time_are_counted_exactly() {
    each_with(&[("SOUK_USER_BUDGET", "0"), ("SOUK_GUEST_BUDGET", "0")], async |souk| {
        let (_, store) = make::shop(souk, "Teas").await;
        let mut products = Vec::new();
        for _ in 0..4 {
            products.push(make::product(souk, store, Make::default()).await);
        }
        let mut users = Vec::new();
        for number in 0..12 {
            users.push(make::customer(souk, &format!("user{number}")).await);
        }
        // Every user views every product twice at once; after each view is written what was counted so far.
        let mut tasks = Vec::new();
        for user in &users {
            for product in products.iter().chain(&products) {
                let caller = souk.as_user(user);
                tasks.push(
                    async move {
                        view(&caller, *product).await;
                        write_views(souk).await;
                    }
                    .boxed_local(),
                );
            }
        }
        at_once(tasks).await;
        write_views(souk).await;
        for product in &products {
            assert_eq!(row(souk, product.id).await.view_count, 12, "on {}", souk.database);
        }
        assert_eq!(souk.app.db.deadlocks(), 0);
        for user in &users {
            assert_eq!(rows_of(souk, user).await, 4);
        }
    });
}

#[test]
fn views_that_could_not_be_written_are_not_lost_and_a_stop_writes_the_rest() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Teas").await;
        let tea = make::product(souk, store, Make::default()).await;
        let gone = make::product(souk, store, Make { name: "Gone", ..Make::default() }).await;
        for product in [tea, gone] {
            view(&souk.guest(), product).await;
        }
        product::Entity::delete_by_id(gone.id).exec(souk.app.db.raw()).await.expect("a deletion");
        write_views(souk).await;
        assert_eq!(row(souk, tea.id).await.view_count, 1, "a deleted product stops no other");
        let other = souk.another().await;
        let body = json!({ "query": RECORD, "variables": input(tea.id) });
        let sent = souk.http.post(format!("{}/graphql", other.url)).json(&body).send().await.expect("an answer");
        assert!(sent.status().is_success());
        other.finish().await;
        assert_eq!(row(souk, tea.id).await.view_count, 2);
    });
}

#[test]
fn what_is_not_for_sale_is_not_viewed() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Teas").await;
        let draft = make::product(souk, store, Make { status: ProductStatus::Draft, ..Make::default() }).await;
        let ann = make::customer(souk, "ann").await;
        for caller in [souk.guest(), souk.as_user(&ann)] {
            assert_eq!(caller.refused(RECORD, input(draft.id)).await, ["productId NOT_FOUND"]);
            assert_eq!(caller.refused(RECORD, input(souk.app.clock.new_id())).await, ["productId NOT_FOUND"]);
            let malformed = json!({ "input": { "productId": "x" } });
            assert_eq!(caller.refused(RECORD, malformed).await, ["productId INVALID_ID"]);
        }
        // A vendor who looks at an own draft is not refused, and counts for nothing.
        view(&souk.as_user(&vera), draft).await;
        write_views(souk).await;
        assert_eq!((row(souk, draft.id).await.view_count, rows_of(souk, &vera).await), (0, 0));
    });
}

#[test]
fn views_are_limited() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Teas").await;
        let tea = make::product(souk, store, Make::default()).await;
        let ann = make::customer(souk, "ann").await;
        souk.app.clock.freeze(souk.app.clock.now());
        for _ in 0..1_200 {
            souk.app.limits.count(souk_core::limit::Attempt::ProductView, &ann.id.to_string()).expect("below the limit");
        }
        assert_eq!(souk.as_user(&ann).error_code(RECORD, input(tea.id)).await, "RATE_LIMITED");
        view(&souk.guest(), tea).await;
    });
}

#[test]
fn a_view_of_a_guest_takes_one_statement_and_of_a_user_a_fixed_number() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Teas").await;
        let ann = make::customer(souk, "ann").await;
        let mut counts = Vec::new();
        for _ in 0..3 {
            let tea = make::product(souk, store, Make::default()).await;
            let (_, by_guest) = souk.statements(&souk.guest(), RECORD, input(tea.id)).await;
            let (_, by_user) = souk.statements(&souk.as_user(&ann), RECORD, input(tea.id)).await;
            counts.push((by_guest, by_user));
        }
        // The user: the product, the user's lock, the product's lock, the row, what is beyond the limit, and whether the user
        // may see the number of views.
        assert_eq!(counts[1..], [(1, 6), (1, 6)]);
    });
}

#[test]
fn a_user_sees_what_was_viewed_and_is_still_for_sale() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Teas").await;
        let (ann, admin) = (make::customer(souk, "ann").await, make::admin(souk).await);
        let mut products = Vec::new();
        for name in ["One", "Two", "Three"] {
            let product = make::product(souk, store, Make { name, ..Make::default() }).await;
            view(&souk.as_user(&ann), product).await;
            souk.app.clock.advance(Duration::from_secs(1));
            products.push(product);
        }
        assert_eq!(names(&recent(souk, &ann).await), ["Three", "Two", "One"]);
        // Again, within the same hour: it is the first of the list.
        view(&souk.as_user(&ann), products[0]).await;
        assert_eq!(names(&recent(souk, &ann).await), ["One", "Three", "Two"]);
        // Pages.
        let first = souk.as_user(&ann).data(RECENT, json!({ "first": 2 })).await["me"]["recentlyViewed"].clone();
        assert_eq!((names(&first), &first["totalCount"]), (vec!["One".into(), "Three".into()], &json!(3)));
        let after = json!({ "first": 2, "after": first["pageInfo"]["endCursor"] });
        let second = souk.as_user(&ann).data(RECENT, after).await["me"]["recentlyViewed"].clone();
        assert_eq!((names(&second), &second["pageInfo"]["hasNextPage"]), (vec!["Two".into()], &json!(false)));
        // Hidden products leave the list, for their store, too.
        let hidden = product::Entity::update_many().col_expr(product::Column::Listed, Expr::value(false));
        hidden.filter(product::Column::Id.eq(products[2].id)).exec(souk.app.db.raw()).await.expect("an update");
        let seen = recent(souk, &ann).await;
        assert_eq!((names(&seen), &seen["totalCount"]), (vec!["One".into(), "Two".into()], &json!(2)));
        // Nobody else reads the list.
        for (user, seen) in [(&ann, Value::Null), (&admin, json!({ "nodes": [] }))] {
            let found = souk.as_user(&admin).data(RECENT_OF, json!({ "id": user.id.to_string() })).await;
            assert_eq!(found["user"]["recentlyViewed"], seen);
        }
        souk.as_user(&ann).run(CLOSE, json!({ "input": { "password": make::PASSWORD } })).await;
        assert_eq!(rows_of(souk, &ann).await, 0);
    });
}

#[test]
fn the_list_never_has_more_than_fifty() {
    each_with(&[("SOUK_USER_BUDGET", "0")], async |souk| {
        let (_, store) = make::shop(souk, "Teas").await;
        let ann = make::customer(souk, "ann").await;
        let mut products = Vec::new();
        for _ in 0..70 {
            products.push(make::product(souk, store, Make::default()).await);
        }
        let tasks = products.iter().map(|product| {
            let (caller, ann) = (souk.as_user(&ann), &ann);
            async move {
                view(&caller, *product).await;
                rows_of(souk, ann).await
            }
            .boxed_local()
        });
        let seen = at_once(tasks.collect()).await;
        assert!(seen.iter().all(|count| *count <= 50), "on {}: {seen:?}", souk.database);
        assert_eq!(rows_of(souk, &ann).await, 50);
        let newest = make::product(souk, store, Make { name: "Newest", ..Make::default() }).await;
        souk.app.clock.advance(Duration::from_secs(1));
        view(&souk.as_user(&ann), newest).await;
        assert_eq!(names(&recent(souk, &ann).await)[0], "Newest");
        assert_eq!(rows_of(souk, &ann).await, 50);
        // A deletion takes the rows with it.
        product::Entity::delete_by_id(newest.id).exec(souk.app.db.raw()).await.expect("a deletion");
        assert_eq!(rows_of(souk, &ann).await, 49);
    });
}

#[test]
fn products_are_listed_by_views_and_pages_fit_together() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Teas").await;
        for (name, views) in [("Two", 2), ("Seven", 7), ("None", 0), ("Five", 5), ("Draft", 99)] {
            let status = if name == "Draft" { ProductStatus::Draft } else { ProductStatus::Active };
            let product = make::product(souk, store, Make { name, status, ..Make::default() }).await;
            set_views(souk, product.id, views).await;
        }
        souk.reindexed().await;
        let expected = ["Seven", "Five", "Two", "None"];
        for (query, field) in [(MOST_VIEWED, "products"), (SEARCH, "productSearch")] {
            let (mut found, mut after) = (Vec::new(), Value::Null);
            for _ in 0..2 {
                let page = souk.guest().data(query, json!({ "first": 2, "after": after })).await[field].clone();
                found.extend(names(&page));
                after = page["pageInfo"]["endCursor"].clone();
            }
            assert_eq!(found, expected, "{field}");
        }
        let last = souk.guest().data(MOST_VIEWED, json!({ "last": 3 })).await["products"].clone();
        assert_eq!(names(&last), expected[1..]);
    });
}

#[test]
fn the_index_is_told_of_many_views_and_every_instance_has_the_same_order() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Teas").await;
        let tea = make::product(souk, store, Make { name: "Tea", ..Make::default() }).await;
        let cup = make::product(souk, store, Make { name: "Cup", ..Make::default() }).await;
        set_views(souk, cup.id, 1_000).await;
        set_views(souk, tea.id, 990).await;
        souk.reindexed().await;
        let other = souk.another().await;
        other.indexed().await;
        let changes = async || change::Entity::find().count(souk.app.db.read()).await.expect("a number");
        let before = changes().await;
        let views = |count| {
            for number in 0..count {
                souk.app.views.record(&format!("{count}-{number}"), tea.id);
            }
        };
        // Fewer than a twentieth: counted, and not announced.
        views(30);
        write_views(souk).await;
        let found = row(souk, tea.id).await;
        assert_eq!((found.view_count, found.indexed_view_count, changes().await), (1_020, 990, before));
        let order = async |souk: &Souk| names(&souk.guest().data(SEARCH, json!({ "first": 5 })).await["productSearch"]);
        souk.indexed().await;
        assert_eq!(order(souk).await, ["Cup", "Tea"]);
        let listed = souk.guest().data(MOST_VIEWED, json!({ "first": 5 })).await["products"].clone();
        assert_eq!(names(&listed), ["Tea", "Cup"], "the rows are ahead");
        views(40);
        write_views(souk).await;
        let found = row(souk, tea.id).await;
        assert_eq!((found.view_count, found.indexed_view_count, changes().await), (1_060, 1_060, before + 1));
        for instance in [souk, &other] {
            instance.indexed().await;
            assert_eq!(order(instance).await, ["Tea", "Cup"]);
        }
        // A cursor of one is the same place on the other.
        let first = souk.guest().data(SEARCH, json!({ "first": 1 })).await["productSearch"].clone();
        let after = json!({ "first": 1, "after": first["pageInfo"]["endCursor"] });
        assert_eq!(names(&other.guest().data(SEARCH, after).await["productSearch"]), ["Cup"]);
        other.finish().await;
    });
}

#[test]
fn downloads_are_counted_with_their_links() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Books").await;
        let book = Make { name: "Book", stock: 0, kind: ProductKind::Digital, ..Make::default() };
        let book = make::product(souk, store, book).await;
        make::digital_file(souk, book.id).await;
        let bob = make::customer(souk, "bob").await;
        let order = make::order::order(souk, Some(&bob), &[(store, book, 1)]).await;
        make::order::download_grant(souk, &order, &bob, book).await;
        let db = souk.app.db.read();
        let grant = entity::download_grant::Entity::find().one(db).await.expect("a query").expect("a grant").id;
        let file = entity::digital_file::Entity::find().one(db).await.expect("a query").expect("a file").id;
        let link = json!({ "input": { "grantId": grant.to_string(), "fileId": file.to_string() } });
        // The grant gives five.
        let tasks = (0..8).map(|_| {
            let (caller, link) = (souk.as_user(&bob), link.clone());
            async move { caller.answer(operation!("download", "DownloadLinkCreate"), link).await }.boxed_local()
        });
        at_once(tasks.collect()).await;
        assert_eq!(row(souk, book.id).await.download_count, 5, "on {}", souk.database);
        let clerk = make::staff(souk, "clerk", Role::Staff, &[Permission::ManageProducts]).await;
        for (user, seen) in [(&vera, json!(5)), (&clerk, json!(5)), (&bob, Value::Null)] {
            let counts = souk.as_user(user).data(COUNTS, json!({ "id": book.id.to_string() })).await["product"].clone();
            assert_eq!(counts["downloadCount"], seen);
        }
    });
}

/// Another tenant's views do not appear in the lists of a store.
#[test]
fn lists_of_a_store_show_its_own_products_by_views() {
    each(async |souk| {
        let (_, teas): (User, StoreId) = make::shop(souk, "Teas").await;
        let cups = other_store(souk, "Cups").await;
        for (store, name, views) in [(teas, "Green", 3), (teas, "Black", 9), (cups, "Cup", 50)] {
            let product = make::product(souk, store, Make { name, ..Make::default() }).await;
            set_views(souk, product.id, views).await;
        }
        let query = "query($id: ID!) { store(id: $id) { products(first: 5, sortBy: MOST_VIEWED) { nodes { name } } } }";
        let found = souk.guest().data(query, json!({ "id": teas.to_string() })).await["store"]["products"].clone();
        assert_eq!(names(&found), ["Black", "Green"]);
    });
}
