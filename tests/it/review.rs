//! Reviews.

use crate::app::{Caller, Souk, each};
use crate::make::{self, Make};
use entity::id::{ProductId, StoreId, UserId};
use entity::value::{OrderStatus, Permission, Role, StoreRole};
use entity::{order, product, product_variant, store};
use futures::future::join_all;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use souk::fixture;
use souk_domain::setting::{self, ReviewPolicy, Settings};

pub const CREATE: &str = operation!("review", "ReviewCreate");
const UPDATE: &str = operation!("review", "ReviewUpdate");
const DELETE: &str = operation!("review", "ReviewDelete");
const REPLY: &str = operation!("review", "ReviewReply");
const JUDGE: &str = operation!("review", "ReviewStatusUpdate");
const ALL: &str = operation!("review", "Reviews");
const CAN: &str = operation!("product", "ProductWithViewerCanReview");
const OF_ONE: &str = operation!("review", "ReviewsOfOneProduct");

/// A store with one product.
struct Shop {
    owner: make::User,
    store: StoreId,
    product: make::Product,
}

async fn shop(souk: &Souk, name: &str) -> Shop {
    let owner = make::vendor(souk, &format!("owner-of-{name}")).await;
    let store = make::store(souk, &owner, name).await;
    let product = make::product(souk, store, Make::default()).await;
    Shop { owner, store, product }
}

async fn set(souk: &Souk, settings: Settings) {
    let owner = make::user(souk, &format!("boss{}", souk.app.clock.new_uuid().simple()), Role::Owner).await;
    let viewer = viewer(souk, &owner).await;
    setting::save(&souk.app, &viewer.owner().expect("the owner"), settings).await.expect("settings are saved");
}

pub async fn anybody_may_review(souk: &Souk) {
    set(souk, Settings { review_policy: ReviewPolicy::AnyUser, ..Settings::default() }).await;
}

async fn viewer(souk: &Souk, user: &make::User) -> souk_core::auth::Viewer {
    let client = souk_core::auth::Client::default();
    souk_core::auth::resolve::viewer(&souk.app, &user.token, client).await.expect("a signed-in user").viewer
}

/// An order of one product, as it stands in the tables.
async fn order(souk: &Souk, user: UserId, store: StoreId, product: make::Product, status: OrderStatus) {
    let app = &souk.app;
    let row = fixture::order(app.clock.new_id(), app.config.currency, app.clock.now());
    let whole = order::Model { checkout_id: Some(app.clock.new_uuid()), user_id: Some(user), status, ..row };
    let part = fixture::store_order(app.clock.new_id(), &whole, store);
    let of_product = product::Entity::find_by_id(product.id).one(app.db.raw()).await.expect("a query").expect("a product");
    let variant = product_variant::Entity::find_by_id(product.variant).one(app.db.raw()).await;
    let variant = variant.expect("a query").expect("a variant");
    let line = fixture::order_line(app.clock.new_id(), &part, (&of_product, &variant), 1);
    make::insert(souk, [whole]).await;
    make::insert(souk, [part]).await;
    make::insert(souk, [line]).await;
}

fn review(product: ProductId, rating: i32) -> Value {
    json!({ "input": { "productId": product.to_string(), "rating": rating, "title": "Good", "body": "It is.\nReally." } })
}

async fn write(caller: &Caller<'_>, product: ProductId, rating: i32) -> Value {
    caller.run(CREATE, review(product, rating)).await["review"].clone()
}

/// The summary of a product and of its store: sum, count, average, and each star.
async fn summaries(souk: &Souk, shop: &Shop) -> [[i64; 8]; 2] {
    let db = souk.app.db.read();
    let p = product::Entity::find_by_id(shop.product.id).one(db).await.expect("a query").expect("a product");
    let s = store::Entity::find_by_id(shop.store).one(db).await.expect("a query").expect("a store");
    [
        [p.rating_sum, p.rating_count, p.rating_average.into(), p.rating_1, p.rating_2, p.rating_3, p.rating_4, p.rating_5],
        [s.rating_sum, s.rating_count, s.rating_average.into(), s.rating_1, s.rating_2, s.rating_3, s.rating_4, s.rating_5],
    ]
}

/// What the summary of these stars must be, computed another way.
fn expected(stars: &[i64]) -> [i64; 8] {
    let count = i64::try_from(stars.len()).expect("a small number");
    let sum: i64 = stars.iter().sum();
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "small numbers")]
    let average = if count == 0 { 0 } else { (sum as f64 * 100.0 / count as f64 + 0.5).floor() as i64 };
    let of = |star: i64| i64::try_from(stars.iter().filter(|s| **s == star).count()).expect("a small number");
    [sum, count, average, of(1), of(2), of(3), of(4), of(5)]
}

#[test]
fn a_buyer_who_received_it_reviews_and_the_store_answers() {
    each(async |souk| {
        let shop = shop(souk, "Tea House").await;
        let bob = make::customer(souk, "bob").await;
        order(souk, bob.id, shop.store, shop.product, OrderStatus::Delivered).await;
        let written = write(&souk.as_user(&bob), shop.product.id, 4).await;
        assert_eq!(written["verifiedPurchase"], true);
        assert_eq!(written["author"]["displayName"], "bob");
        assert_eq!((&written["status"], &written["reply"]), (&json!("PUBLISHED"), &json!(null)));
        assert_eq!(written["body"], "It is.\nReally.");
        assert_eq!(summaries(souk, &shop).await, [expected(&[4]), expected(&[4])]);
        let vendor = souk.as_user(&shop.owner);
        let answer = |body: Value| json!({ "input": { "reviewId": written["id"], "body": body } });
        let replied = vendor.run(REPLY, answer(json!("Thank you!"))).await;
        assert_eq!(replied["review"]["reply"]["body"], "Thank you!");
        let again = vendor.run(REPLY, answer(json!("Thanks."))).await;
        assert_eq!(again["review"]["reply"]["body"], "Thanks.");
        let gone = vendor.run(REPLY, answer(json!(null))).await;
        assert_eq!(gone["review"]["reply"], json!(null));
        let changed = json!({ "id": written["id"], "input": { "rating": 5, "body": "" } });
        let changed = souk.as_user(&bob).run(UPDATE, changed).await["review"].clone();
        assert_eq!((&changed["rating"], &changed["title"], &changed["body"]), (&json!(5), &json!("Good"), &json!("")));
        assert_eq!(summaries(souk, &shop).await, [expected(&[5]), expected(&[5])]);
        let deleted = souk.as_user(&bob).run(DELETE, json!({ "id": written["id"] })).await;
        assert_eq!(deleted["deletedId"], written["id"]);
        assert_eq!(summaries(souk, &shop).await, [expected(&[]), expected(&[])]);
    });
}

#[test]
fn fifty_people_review_one_product_at_once_and_the_summaries_are_exact() {
    each(async |souk| {
        let shop = shop(souk, "Tea House").await;
        anybody_may_review(souk).await;
        let mut people = Vec::new();
        for number in 0..50 {
            people.push(make::customer(souk, &format!("reader{number}")).await);
        }
        let stars: Vec<i32> = (0..50).map(|number| [5, 4, 4, 1, 3, 2, 5][number % 7]).collect();
        let written = join_all(
            people
                .iter()
                .zip(&stars)
                .map(async |(person, stars)| write(&souk.as_user(person), shop.product.id, *stars).await["id"].clone()),
        )
        .await;
        let all: Vec<i64> = stars.iter().map(|star| i64::from(*star)).collect();
        assert_eq!(summaries(souk, &shop).await, [expected(&all), expected(&all)]);
        // Then some change their mind, some take it back, and others of the same store's customers write of another product.
        let other = make::product(souk, shop.store, Make { name: "Cup", ..Make::default() }).await;
        join_all(people.iter().zip(&written).enumerate().map(async |(number, (person, id))| {
            let caller = souk.as_user(person);
            match number % 3 {
                0 => drop(caller.run(DELETE, json!({ "id": id })).await),
                1 => drop(caller.run(UPDATE, json!({ "id": id, "input": { "rating": 1 } })).await),
                _ => drop(write(&caller, other.id, 2).await),
            }
        }))
        .await;
        let left: Vec<i64> =
            all.iter().enumerate().filter(|(n, _)| n % 3 != 0).map(|(n, star)| if n % 3 == 1 { 1 } else { *star }).collect();
        let of_store: Vec<i64> = left.iter().copied().chain((0..50).filter(|n| n % 3 == 2).map(|_| 2)).collect();
        assert_eq!(summaries(souk, &shop).await, [expected(&left), expected(&of_store)]);
    });
}

#[test]
fn one_person_who_writes_deletes_and_changes_at_once_leaves_one_review_at_most() {
    each(async |souk| {
        let shop = shop(souk, "Tea House").await;
        anybody_may_review(souk).await;
        let bob = make::customer(souk, "bob").await;
        for round in 0..4 {
            let answers = join_all((0..6).map(async |number| {
                let caller = souk.as_user(&bob);
                let answer = caller.data(CREATE, review(shop.product.id, 1 + (number + round) % 5)).await["reviewCreate"].clone();
                if answer["review"] != json!(null) && number % 2 == 0 {
                    caller.run(DELETE, json!({ "id": answer["review"]["id"] })).await;
                }
                answer
            }))
            .await;
            assert!(answers.iter().any(|answer| answer["review"] != json!(null)) || round > 0);
            for answer in answers.iter().filter(|answer| answer["review"] == json!(null)) {
                assert_eq!(answer["userErrors"][0]["code"], "TAKEN", "{answer:#}");
                assert_eq!(answer["userErrors"][0]["field"], json!(["productId"]));
            }
            let rows = entity::review::Entity::find().all(souk.app.db.read()).await.expect("reviews");
            assert!(rows.len() <= 1);
            let stars: Vec<i64> = rows.iter().map(|row| row.rating.into()).collect();
            assert_eq!(summaries(souk, &shop).await, [expected(&stars), expected(&stars)]);
        }
    });
}

#[test]
fn the_policy_decides_who_may_review_and_nobody_of_the_store_ever_may() {
    each(async |souk| {
        let mine = shop(souk, "Tea House").await;
        let buyer = make::customer(souk, "buyer").await;
        order(souk, buyer.id, mine.store, mine.product, OrderStatus::Completed).await;
        let waiting = make::customer(souk, "waiting").await;
        order(souk, waiting.id, mine.store, mine.product, OrderStatus::Shipped).await;
        let member = make::vendor(souk, "member").await;
        make::member(souk, mine.store, &member, StoreRole::Fulfiller).await;
        let (vendor, staff) = (make::vendor(souk, "vera").await, make::user(souk, "sam", Role::Staff).await);
        let admin = make::admin(souk).await;
        let everybody = [&buyer, &waiting, &vendor, &staff, &admin, &mine.owner, &member];
        let matrix = [
            (ReviewPolicy::VerifiedBuyers, [true, false, false, false, true, false, false]),
            (ReviewPolicy::AnyUser, [true, true, true, true, true, false, false]),
            (ReviewPolicy::Vendors, [false, false, true, false, true, false, false]),
        ];
        for (policy, allowed) in matrix {
            set(souk, Settings { review_policy: policy, ..Settings::default() }).await;
            for (person, allowed) in everybody.iter().zip(allowed) {
                let caller = souk.as_user(person);
                let can = async || {
                    caller.data(CAN, json!({ "id": mine.product.id.to_string() })).await["product"]["viewerCanReview"].clone()
                };
                assert_eq!(can().await, allowed, "{policy:?} {}", person.email);
                let answer = caller.data(CREATE, review(mine.product.id, 3)).await["reviewCreate"].clone();
                assert_eq!(can().await, false, "{policy:?} {}: reviewed already, or not allowed", person.email);
                let id = &answer["review"]["id"];
                assert_eq!(*id != json!(null), allowed, "{policy:?} {}: {answer:#}", person.email);
                if allowed {
                    assert_eq!(answer["review"]["verifiedPurchase"], person.id == buyer.id);
                    caller.run(DELETE, json!({ "id": id })).await;
                } else {
                    assert_eq!(answer["userErrors"][0]["code"], "NOT_ALLOWED", "{policy:?} {}", person.email);
                }
            }
        }
        assert_eq!(souk.guest().error_code(CREATE, review(mine.product.id, 3)).await, "UNAUTHENTICATED");
        let can = souk.guest().data(CAN, json!({ "id": mine.product.id.to_string() })).await;
        assert_eq!(can["product"]["viewerCanReview"], false);
        assert_eq!(summaries(souk, &mine).await, [expected(&[]), expected(&[])]);
    });
}

#[test]
fn what_can_be_reviewed_of_many_products_takes_as_many_statements_as_of_one() {
    const LIST: &str = operation!("product", "ProductsWithViewerCanReview");
    each(async |souk| {
        let mine = shop(souk, "Tea House").await;
        let buyer = make::customer(souk, "buyer").await;
        for n in 0..9 {
            let product = make::product(souk, mine.store, Make { name: &format!("Tea {n}"), ..Make::default() }).await;
            if n % 3 == 0 {
                order(souk, buyer.id, mine.store, product, OrderStatus::Completed).await;
            }
        }
        order(souk, buyer.id, mine.store, mine.product, OrderStatus::Completed).await;
        let caller = souk.as_user(&buyer);
        let (_, one) = souk.statements(&caller, LIST, json!({ "first": 1 })).await;
        let (answer, many) = souk.statements(&caller, LIST, json!({ "first": 10 })).await;
        let nodes = answer["data"]["products"]["nodes"].as_array().expect("nodes").clone();
        assert_eq!(nodes.iter().filter(|node| node["viewerCanReview"] == true).count(), 4);
        assert!(many <= one + 2, "{one} for one, {many} for ten");
    });
}

#[test]
fn what_is_wrong_with_a_review_is_told_all_at_once() {
    each(async |souk| {
        let shop = shop(souk, "Tea House").await;
        anybody_may_review(souk).await;
        let bob = make::customer(souk, "bob").await;
        let bob = souk.as_user(&bob);
        let bad = |rating: i64, title: &str, body: &str| json!({ "input": { "productId": shop.product.id.to_string(), "rating": rating, "title": title, "body": body } });
        assert_eq!(
            bob.refused(CREATE, bad(6, " ", &"x".repeat(5001))).await,
            ["rating OUT_OF_RANGE", "title REQUIRED", "body TOO_LONG"]
        );
        assert_eq!(
            bob.refused(CREATE, bad(0, &"x".repeat(151), "a\u{0}b")).await,
            ["rating OUT_OF_RANGE", "title TOO_LONG", "body INVALID"]
        );
        assert_eq!(bob.error_code(CREATE, bad(1 << 31, "x", "")).await, "BAD_USER_INPUT");
        let of_store = json!({ "input": { "productId": shop.store.to_string(), "rating": 3, "title": "x" } });
        assert_eq!(bob.refused(CREATE, of_store).await, ["productId INVALID_ID"]);
        assert_eq!(bob.refused(CREATE, review(souk.app.clock.new_id(), 3)).await, ["productId NOT_FOUND"]);
        let update = product::Entity::update_many().col_expr(product::Column::Listed, Expr::value(false));
        update.filter(product::Column::Id.eq(shop.product.id)).exec(souk.app.db.raw()).await.expect("an update");
        assert_eq!(bob.refused(CREATE, review(shop.product.id, 3)).await, ["productId NOT_FOUND"]);
        assert_eq!(entity::review::Entity::find().count(souk.app.db.read()).await.expect("a count"), 0);
    });
}

#[test]
fn another_persons_review_is_not_found_and_only_its_own_store_answers() {
    each(async |souk| {
        let (mine, other) = (shop(souk, "Tea House").await, shop(souk, "Cup House").await);
        anybody_may_review(souk).await;
        let (ann, bob) = (make::customer(souk, "ann").await, make::customer(souk, "bob").await);
        let id = write(&souk.as_user(&ann), mine.product.id, 5).await["id"].clone();
        let change = json!({ "id": id, "input": { "rating": 1 } });
        let answer = json!({ "input": { "reviewId": id, "body": "No." } });
        for person in [&bob, &mine.owner, &other.owner] {
            assert_eq!(souk.as_user(person).refused(UPDATE, change.clone()).await, ["id NOT_FOUND"]);
            assert_eq!(souk.as_user(person).refused(DELETE, json!({ "id": id })).await, ["id NOT_FOUND"]);
        }
        for person in [&ann, &bob, &other.owner] {
            assert_eq!(souk.as_user(person).refused(REPLY, answer.clone()).await, ["reviewId NOT_FOUND"]);
        }
        let staff = make::staff(souk, "sam", Role::Staff, &[Permission::Moderate]).await;
        assert_eq!(souk.as_user(&staff).error_code(REPLY, answer.clone()).await, "FORBIDDEN");
        let admin = make::admin(souk).await;
        assert_eq!(souk.as_user(&admin).run(REPLY, answer).await["review"]["reply"]["body"], "No.");
        assert_eq!(summaries(souk, &mine).await, [expected(&[5]), expected(&[5])]);
        souk.as_user(&staff).run(DELETE, json!({ "id": id })).await;
        assert_eq!(summaries(souk, &mine).await, [expected(&[]), expected(&[])]);
    });
}

#[test]
fn moderated_reviews_count_when_they_are_published_and_wait_again_when_they_change() {
    each(async |souk| {
        let shop = shop(souk, "Tea House").await;
        let settings = Settings { review_policy: ReviewPolicy::AnyUser, review_moderation: true, ..Settings::default() };
        set(souk, settings).await;
        let bob = make::customer(souk, "bob").await;
        let bob = souk.as_user(&bob);
        let staff = make::staff(souk, "sam", Role::Staff, &[Permission::Moderate]).await;
        let staff = souk.as_user(&staff);
        let id = write(&bob, shop.product.id, 5).await["id"].clone();
        let none = [expected(&[]), expected(&[])];
        assert_eq!(summaries(souk, &shop).await, none);
        let query = "{ reviews(first: 5, status: PENDING) { nodes { id author { displayName } } totalCount } }";
        let waiting = staff.data(query, json!({})).await["reviews"].clone();
        assert_eq!((&waiting["totalCount"], &waiting["nodes"][0]["id"]), (&json!(1), &id));
        let judge = |status: &str| json!({ "id": id, "input": { "status": status } });
        assert_eq!(bob.error_code(JUDGE, judge("PUBLISHED")).await, "FORBIDDEN");
        staff.run(JUDGE, judge("PUBLISHED")).await;
        staff.run(JUDGE, judge("PUBLISHED")).await;
        assert_eq!(summaries(souk, &shop).await, [expected(&[5]), expected(&[5])]);
        let stale = json!({ "id": id, "input": { "status": "REJECTED", "expectedVersion": 1 } });
        assert_eq!(staff.refused(JUDGE, stale).await, ["expectedVersion STALE"]);
        let changed = bob.run(UPDATE, json!({ "id": id, "input": { "rating": 1 } })).await["review"].clone();
        assert_eq!(changed["status"], "PENDING");
        assert_eq!(summaries(souk, &shop).await, none);
        staff.run(JUDGE, judge("REJECTED")).await;
        assert_eq!(summaries(souk, &shop).await, none);
        bob.run(DELETE, json!({ "id": id })).await;
        assert_eq!(summaries(souk, &shop).await, none);
    });
}

#[test]
fn products_list_their_published_reviews_by_as_many_statements_for_one_as_for_fifty() {
    each(async |souk| {
        let shop = shop(souk, "Tea House").await;
        anybody_may_review(souk).await;
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        let (ann, bob) = (make::customer(souk, "ann").await, make::customer(souk, "bob").await);
        for number in 0..25 {
            let product = make::product(souk, shop.store, Make { name: &format!("Cup {number}"), ..Make::default() }).await;
            for person in [&ann, &bob] {
                write(&souk.as_user(person), product.id, 1 + number % 5).await;
            }
        }
        let (_, of_two) = souk.statements(&admin, ALL, json!({ "first": 2 })).await;
        let (answer, of_fifty) = souk.statements(&admin, ALL, json!({ "first": 50 })).await;
        let nodes = answer["data"]["reviews"]["nodes"].as_array().cloned().unwrap_or_default();
        assert_eq!(nodes.len(), 50, "{answer:#}");
        for node in &nodes {
            let reviews = &node["product"]["reviews"];
            assert_eq!(reviews["nodes"].as_array().map(Vec::len), Some(2));
            assert_eq!((&reviews["totalCount"], &reviews["pageInfo"]["hasNextPage"]), (&json!(2), &json!(false)));
        }
        assert_eq!(of_two, of_fifty, "session, reviews, products, two pages, authors, products");
    });
}

#[test]
fn pages_of_reviews_follow_each_other_in_every_order_and_hide_what_is_not_published() {
    each(async |souk| {
        let shop = shop(souk, "Tea House").await;
        anybody_may_review(souk).await;
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        for (number, stars) in [3, 5, 1, 4, 2, 5].into_iter().enumerate() {
            let person = make::customer(souk, &format!("reader{number}")).await;
            let id = write(&souk.as_user(&person), shop.product.id, stars).await["id"].clone();
            if number == 3 {
                admin.run(JUDGE, json!({ "id": id, "input": { "status": "REJECTED" } })).await;
            }
        }
        for (sort, expected) in
            [("NEWEST", [5, 2, 1, 5, 3]), ("HIGHEST_RATING", [5, 5, 3, 2, 1]), ("LOWEST_RATING", [1, 2, 3, 5, 5])]
        {
            let (mut found, mut after) = (Vec::new(), json!(null));
            loop {
                let answer = admin.data(OF_ONE, json!({ "after": after, "sort": sort })).await;
                let page = answer["reviews"]["nodes"][0]["product"]["reviews"].clone();
                assert_eq!(page["totalCount"], 5);
                found.extend(page["nodes"].as_array().expect("nodes").iter().map(|node| node["rating"].as_i64().unwrap_or(0)));
                if page["pageInfo"]["hasNextPage"] == json!(false) {
                    break;
                }
                after = page["pageInfo"]["endCursor"].clone();
            }
            assert_eq!(found, expected, "{sort}");
        }
    });
}

const DELETE_PRODUCT: &str = operation!("product", "ProductDeleteReturningDeletedId");

#[test]
fn the_stars_of_a_deleted_product_leave_its_store() {
    each(async |souk| {
        let shop = shop(souk, "Tea House").await;
        anybody_may_review(souk).await;
        let cup = make::product(souk, shop.store, Make { name: "Cup", ..Make::default() }).await;
        let mut people = Vec::new();
        for number in 0..6 {
            people.push(make::customer(souk, &format!("reader{number}")).await);
        }
        for (person, stars) in people.iter().zip([5, 4, 2]) {
            write(&souk.as_user(person), shop.product.id, stars).await;
            write(&souk.as_user(person), cup.id, 1).await;
        }
        assert_eq!(summaries(souk, &shop).await, [expected(&[5, 4, 2]), expected(&[5, 4, 2, 1, 1, 1])]);
        let owner = souk.as_user(&shop.owner);
        owner.run(DELETE_PRODUCT, json!({ "id": cup.id.to_string() })).await;
        assert_eq!(summaries(souk, &shop).await, [expected(&[5, 4, 2]), expected(&[5, 4, 2])]);
        // Reviews that are written while their product goes count neither before nor after.
        for round in 0..4 {
            let pot = make::product(souk, shop.store, Make { name: "Pot", ..Make::default() }).await;
            write(&souk.as_user(&people[0]), pot.id, 1 + round).await;
            let reviews = people[1..].iter().map(async |person| {
                souk.as_user(person).answer(CREATE, review(pot.id, 3)).await;
            });
            tokio::join!(join_all(reviews), async {
                owner.run(DELETE_PRODUCT, json!({ "id": pot.id.to_string() })).await;
            });
            assert_eq!(summaries(souk, &shop).await, [expected(&[5, 4, 2]), expected(&[5, 4, 2])]);
        }
        souk.work().await;
    });
}

#[test]
fn the_migration_counts_the_ratings_of_stores_again() {
    use migration::MigratorTrait;
    use sea_orm::ConnectionTrait;
    each(async |souk| {
        let (shop, empty) = (shop(souk, "Tea House").await, shop(souk, "Empty").await);
        anybody_may_review(souk).await;
        for (number, stars) in [5, 4, 2].into_iter().enumerate() {
            let person = make::customer(souk, &format!("reader{number}")).await;
            write(&souk.as_user(&person), shop.product.id, stars).await;
        }
        let db = souk.app.db.raw();
        let wrong = "UPDATE stores SET rating_sum = 99, rating_count = 42, rating_average = 235, rating_1 = 7, rating_5 = 9";
        db.execute_unprepared(wrong).await.expect("an update");
        db.execute_unprepared("DELETE FROM seaql_migrations WHERE version = 'm0016_locks'").await.expect("a deletion");
        migration::Migrator::up(souk.app.db.migrating(), None).await.expect("the step runs again");
        assert_eq!(summaries(souk, &shop).await, [expected(&[5, 4, 2]), expected(&[5, 4, 2])]);
        assert_eq!(summaries(souk, &empty).await, [expected(&[]), expected(&[])]);
    });
}
