//! Who may follow a stream, and that it ends with the right.

use super::{MINE, Made, ORDER, STORE, messages, order};
use crate::app::{Souk, each};
use crate::make;
use crate::ws::{LEGACY, Subscription, TRANSPORT};
use entity::id::StoreId;
use entity::value::{Permission, Role};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use souk_core::crypto::keys::Capability;

#[test]
fn streams_of_other_users_and_stores_do_not_exist() {
    each(async |souk| {
        let (bea, eve) = (make::customer(souk, "bea").await, make::customer(souk, "eve").await);
        let (vera, otto) = (make::vendor(souk, "vera").await, make::vendor(souk, "otto").await);
        let store = make::store(souk, &vera, "Tea House").await;
        let own = order(souk, Some(&bea), Some(store)).await;
        let other = order(souk, Some(&eve), None).await;
        let by_id = json!({ "orderId": own.id.to_string() });
        let foreign = json!({ "orderToken": souk.app.keys.capability(Capability::Cart, own.id) });
        let mixed = json!({ "orderId": own.id.to_string(), "orderToken": souk.app.keys.capability(Capability::Order, other.id) });
        let of_store = json!({ "storeId": store.to_string() });
        for (token, query, variables, code) in [
            (Some(&eve.token), ORDER, by_id.clone(), "NOT_FOUND"),
            (Some(&vera.token), ORDER, by_id.clone(), "NOT_FOUND"),
            (None, ORDER, by_id.clone(), "NOT_FOUND"),
            (None, ORDER, foreign, "NOT_FOUND"),
            (None, ORDER, mixed, "NOT_FOUND"),
            (None, ORDER, json!({}), "BAD_USER_INPUT"),
            (None, ORDER, json!({ "orderId": store.to_string() }), "BAD_USER_INPUT"),
            (Some(&bea.token), MINE, json!({ "after": "junk" }), "BAD_USER_INPUT"),
            (Some(&bea.token), MINE, json!({ "after": souk_core::live::Cursor(1_000_000).encode() }), "BAD_USER_INPUT"),
            (Some(&otto.token), STORE, of_store.clone(), "NOT_FOUND"),
            (Some(&bea.token), STORE, of_store.clone(), "NOT_FOUND"),
            (None, STORE, of_store, "UNAUTHENTICATED"),
            (Some(&bea.token), "subscription { nothing }", json!({}), "BAD_USER_INPUT"),
        ] {
            for protocol in [TRANSPORT, LEGACY] {
                let mut subscription = souk.subscribe(protocol, token.map(String::as_str), query, variables.clone()).await;
                assert_eq!(subscription.error_code().await, code, "{query} {variables}");
            }
        }
        // Nor do others receive its events.
        let mut mine = souk.follow(TRANSPORT, Some(&eve.token), MINE, json!({})).await;
        own.append(souk, "private").await;
        other.append(souk, "hers").await;
        assert_eq!(messages(&mine.updates(1).await), ["hers"]);
        mine.is_quiet().await;
    });
}

#[test]
fn the_staff_of_a_store_loses_sight_when_it_leaves() {
    each(async |souk| {
        let (vera, otto) = (make::vendor(souk, "vera").await, make::vendor(souk, "otto").await);
        let store = make::store(souk, &vera, "Tea House").await;
        let sold = order(souk, None, Some(store)).await;
        let mut subscription = souk.follow(TRANSPORT, Some(&vera.token), STORE, json!({ "storeId": store.to_string() })).await;
        sold.append(souk, "hers").await;
        let update = subscription.update().await;
        assert_eq!(update["storeOrder"]["id"], sold.part.expect("a part").0.to_string());
        let sell = entity::store::Entity::update_many()
            .col_expr(entity::store::Column::OwnerId, Expr::value(otto.id.0))
            .filter(entity::store::Column::Id.eq(store));
        sell.exec(souk.app.db.raw()).await.expect("sold");
        sold.append(souk, "no longer hers").await;
        has_ended(souk, &mut subscription, &[&sold]).await;
    });
}

/// One error `NOT_FOUND` comes, then the end, and nothing more whatever happens.
async fn has_ended(souk: &Souk, subscription: &mut Subscription, orders: &[&Made]) {
    let message = subscription.socket.message().await.expect("not closed");
    let errors = if message["type"] == "error" { &message["payload"] } else { &message["payload"]["errors"] };
    let error = if errors.is_array() { &errors[0] } else { errors };
    assert_eq!(error["extensions"]["code"], "NOT_FOUND", "{message:#}");
    assert_eq!(message["payload"]["data"], Value::Null);
    if message["type"] != "error" {
        let end = subscription.socket.message().await.expect("not closed");
        assert_eq!((&end["type"], &end["id"]), (&json!("complete"), &message["id"]), "{end:#}");
    }
    for order in orders {
        order.append(souk, "nobody listens").await;
        order.append(souk, "nobody listens").await;
    }
    souk_core::live::sequence(&souk.app.db).await.expect("positions");
    subscription.is_quiet().await;
}

#[test]
fn a_stream_ends_with_the_membership_also_while_nothing_happens() {
    each(async |souk| {
        let (vera, mona, fred) =
            (make::vendor(souk, "vera").await, make::customer(souk, "mona").await, make::customer(souk, "fred").await);
        let store = make::store(souk, &vera, "Tea House").await;
        let sold = order(souk, None, Some(store)).await;
        for person in [&mona, &fred] {
            crate::store::member::join(souk, &vera, store, person, "FULFILLER").await;
        }
        let of_store = json!({ "storeId": store.to_string() });
        for protocol in [TRANSPORT, LEGACY] {
            // One that has shown something already, and one that has not.
            let mut removed = souk.follow(protocol, Some(&mona.token), STORE, of_store.clone()).await;
            let mut stays = souk.follow(protocol, Some(&fred.token), STORE, of_store.clone()).await;
            let mut owns = souk.follow(protocol, Some(&vera.token), STORE, of_store.clone()).await;
            sold.append(souk, "seen by all").await;
            for subscription in [&mut removed, &mut stays, &mut owns] {
                assert_eq!(messages(&subscription.updates(1).await), ["seen by all"]);
            }
            let mut quiet = souk.follow(protocol, Some(&mona.token), STORE, of_store.clone()).await;
            let remove = json!({ "input": { "storeId": store.to_string(), "userId": mona.id.to_string() } });
            souk.as_user(&vera).run(crate::store::member::REMOVE, remove).await;
            has_ended(souk, &mut quiet, &[]).await;
            has_ended(souk, &mut removed, &[&sold]).await;
            for subscription in [&mut stays, &mut owns] {
                assert_eq!(messages(&subscription.updates(2).await), ["nobody listens", "nobody listens"]);
            }
            let mut refused = souk.subscribe(protocol, Some(&mona.token), STORE, of_store.clone()).await;
            assert_eq!(refused.error_code().await, "NOT_FOUND");
            // Who comes back sees it again.
            crate::store::member::join(souk, &vera, store, &mona, "FULFILLER").await;
            let mut back = souk.follow(protocol, Some(&mona.token), STORE, of_store.clone()).await;
            sold.append(souk, "back").await;
            assert_eq!(messages(&back.updates(1).await), ["back"]);
            assert_eq!(messages(&stays.updates(1).await), ["back"]);
        }
    });
}

#[test]
fn a_stream_ends_when_the_store_is_deleted_the_role_is_taken_or_the_member_is_blocked() {
    each(async |souk| {
        let (vera, mona) = (make::vendor(souk, "vera").await, make::customer(souk, "mona").await);
        let clerk = make::staff(souk, "clerk", Role::Staff, &[Permission::ManageOrders]).await;
        let helper = make::staff(souk, "helper", Role::Staff, &[Permission::ManageOrders]).await;
        let admin = make::admin(souk).await;
        let boss = make::owner(souk).await;
        let (kept, gone) = (make::store(souk, &vera, "Kept").await, make::store(souk, &vera, "Gone").await);
        crate::store::member::join(souk, &vera, kept, &mona, "FULFILLER").await;
        let of = |store: StoreId| json!({ "storeId": store.to_string() });
        let mut of_owner = souk.follow(TRANSPORT, Some(&vera.token), STORE, of(gone)).await;
        let mut of_staff = souk.follow(LEGACY, Some(&clerk.token), STORE, of(gone)).await;
        let mut of_helper = souk.follow(TRANSPORT, Some(&helper.token), STORE, of(kept)).await;
        let mut of_member = souk.follow(TRANSPORT, Some(&mona.token), STORE, of(kept)).await;
        let delete = operation!("store", "StoreDeleteReturningDeletedId");
        souk.as_user(&vera).run(delete, json!({ "id": gone.to_string() })).await;
        has_ended(souk, &mut of_owner, &[]).await;
        has_ended(souk, &mut of_staff, &[]).await;
        let role = json!({ "id": helper.id.to_string(), "input": { "role": "STAFF", "permissions": ["MODERATE"] } });
        souk.as_user(&boss).run(crate::account::admin::ROLE, role).await;
        assert_eq!(of_helper.socket.close_code().await, 4403);
        // The session is still valid: who connects again has the rights of the new role.
        let mut again = souk.connected(TRANSPORT, Some(&helper.token)).await;
        again.start("1", "{ version }", json!({})).await;
        assert_eq!(again.message().await.expect("not closed")["type"], "next");
        let block = json!({ "id": mona.id.to_string(), "input": { "reason": "Fraud" } });
        souk.as_user(&admin).run(crate::account::admin::BLOCK, block).await;
        assert_eq!(of_member.socket.close_code().await, 4403);
    });
}

#[test]
fn one_order_is_followed_by_its_buyer_by_staff_who_manage_orders_and_by_token() {
    each(async |souk| {
        let (buyer, vera) = (make::customer(souk, "bea").await, make::vendor(souk, "vera").await);
        let store = make::store(souk, &vera, "Tea House").await;
        let own = order(souk, Some(&buyer), Some(store)).await;
        let token = souk.app.keys.capability(Capability::Order, own.id);
        let clerk = make::staff(souk, "clerk", Role::Staff, &[Permission::ManageOrders]).await;
        let other = make::staff(souk, "other", Role::Staff, &[Permission::ManageProducts, Permission::ManageUsers]).await;
        let admin = make::admin(souk).await;
        let by_id = json!({ "orderId": own.id.to_string() });
        let by_token = json!({ "orderToken": token });
        let mut streams = Vec::new();
        for (person, variables) in
            [(Some(&buyer), &by_id), (Some(&clerk), &by_id), (Some(&admin), &by_id), (None, &by_token), (Some(&other), &by_token)]
        {
            let token = person.map(|person: &make::User| person.token.as_str());
            streams.push(souk.follow(TRANSPORT, token, ORDER, variables.clone()).await);
        }
        own.append(souk, "begun").await;
        for stream in &mut streams {
            assert_eq!(stream.update().await["order"]["id"], own.id.to_string());
        }
        for person in [Some(&other), Some(&vera), None] {
            let token = person.map(|person: &make::User| person.token.as_str());
            let mut refused = souk.subscribe(TRANSPORT, token, ORDER, by_id.clone()).await;
            assert_eq!(refused.error_code().await, "NOT_FOUND");
        }
        // And the schema says so.
        let sdl = souk_api::sdl();
        let (before, _) = sdl.split_once("orderUpdates(").expect("the field");
        let told = before.rsplit("\"\"\"").nth(1).expect("a description");
        for word in ["buyer", "MANAGE_ORDERS", "orderToken"] {
            assert!(told.contains(word), "{told}");
        }
    });
}
