//! Limits on unpaid orders, and their expiry.

use crate::app::{Souk, each};
use crate::checkout::{COMPLETE, PROBLEMS, address, begin, input, order_row, set_settings, shop, stock};
use crate::make;
use crate::order::PROCESS;
use crate::process::mails;
use entity::{buyer_lock, order, store_order};
use futures::future::join_all;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use souk_core::auth::System;
use souk_core::crypto::keys::Capability;
use souk_domain::setting::Settings;
use souk_domain::{cancellation, checkout};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// A checkout of a guest with an email address of their own.
async fn begin_as(souk: &Souk, tea: make::Product, email: &str, quantity: i32) -> (Value, Value) {
    let cart = make::guest_cart(souk, &[(tea.variant, quantity)]).await;
    let input = json!({ "cartToken": cart, "email": email, "shippingAddress": address("NP") });
    let text = operation!("checkout", "CheckoutCreateReturningToken");
    let checkout = souk.guest().run(text, json!({ "input": input })).await["checkout"].clone();
    (checkout["id"].clone(), checkout["token"].clone())
}

async fn order_manually(souk: &Souk, tea: make::Product, email: &str, quantity: i32) -> Value {
    let ids = begin_as(souk, tea, email, quantity).await;
    souk.guest().data(COMPLETE, input(&ids, None, "k")).await["checkoutComplete"].clone()
}

fn code(payload: &Value) -> &str {
    payload["userErrors"][0]["code"].as_str().unwrap_or("none")
}

fn none() -> Settings {
    Settings {
        unpaid_orders_per_guest: 0,
        unpaid_pieces_per_guest: 0,
        unpaid_orders_per_network: 0,
        unpaid_pieces_per_network: 0,
        ..Settings::default()
    }
}

#[test]
fn one_guest_has_so_many_unpaid_orders_and_pieces_and_no_more() {
    each(async |souk| {
        let tea = shop(souk, 1000, 1000).await;
        set_settings(souk, Settings { unpaid_orders_per_guest: 2, unpaid_pieces_per_guest: 7, ..none() }).await;
        let first = order_manually(souk, tea, "a@example.com", 4).await;
        assert_eq!(code(&first), "none");
        let much = order_manually(souk, tea, "A@Example.com", 4).await;
        assert_eq!(code(&much), "LIMIT_REACHED");
        let message = much["userErrors"][0]["message"].as_str().expect("a message");
        assert!(
            message.starts_with("With this order 8 items would be unpaid for this email address, and at most 7"),
            "{message}"
        );
        assert_eq!(stock(souk, tea).await, (996, 4), "nothing was taken");
        // The checkout says so before it is completed.
        let ids = begin_as(souk, tea, "a@example.com", 4).await;
        let shown = souk.guest().data(PROBLEMS, json!({ "id": ids.0, "token": ids.1 })).await["checkout"]["problems"].clone();
        assert_eq!(shown, json!([{ "field": ["checkoutId"], "code": "LIMIT_REACHED" }]));
        let ids = begin_as(souk, tea, "b@example.com", 4).await;
        let shown = souk.guest().data(PROBLEMS, json!({ "id": ids.0, "token": ids.1 })).await["checkout"]["problems"].clone();
        assert_eq!(shown, json!([]));
        assert_eq!(code(&order_manually(souk, tea, "a@example.com", 3).await), "none");
        assert_eq!(code(&order_manually(souk, tea, "a@example.com", 1).await), "LIMIT_REACHED");
        assert_eq!(code(&order_manually(souk, tea, "b@example.com", 7).await), "none", "another buyer");
        // By a provider, too; and what is cancelled, paid or begun counts no longer.
        let ids = begin_as(souk, tea, "a@example.com", 1).await;
        let by_card = souk.guest().data(COMPLETE, input(&ids, Some("tok_success"), "k")).await["checkoutComplete"].clone();
        assert_eq!(code(&by_card), "LIMIT_REACHED");
        let order = order_row(souk, &first["order"]["id"]).await;
        let token = souk.app.keys.capability(Capability::Order, order.id);
        let named = json!({ "input": { "orderId": order.id.to_string(), "orderToken": token } });
        souk.guest().run(crate::order::CANCEL, named).await;
        let by_card = souk.guest().data(COMPLETE, input(&ids, Some("tok_success"), "k")).await["checkoutComplete"].clone();
        assert_eq!(code(&by_card), "none", "a request that was refused used its key not up");
        let paid = order_row(souk, &by_card["order"]["id"]).await;
        assert_eq!(paid.client_network, None, "the network is kept only as long as it counts");
        assert_eq!(code(&order_manually(souk, tea, "a@example.com", 4).await), "none");
        souk.work().await;
    });
}

#[test]
fn one_network_with_many_invented_addresses_is_limited_for_all_processes_together() {
    each(async |souk| {
        let tea = shop(souk, 1000, 1000).await;
        set_settings(souk, Settings { unpaid_orders_per_network: 5, ..none() }).await;
        let other = souk.another().await;
        let mut all = Vec::new();
        for at in 0..24 {
            all.push(begin_as(souk, tea, &format!("guest{at}@example.com"), 1).await);
        }
        let calls = all.iter().enumerate().map(async |(at, ids)| {
            let process = if at % 2 == 0 { souk } else { &other };
            process.guest().data(COMPLETE, input(ids, None, "k")).await["checkoutComplete"].clone()
        });
        let answers = join_all(calls).await;
        let placed = answers.iter().filter(|payload| code(payload) == "none").count();
        assert!(answers.iter().all(|payload| ["none", "LIMIT_REACHED"].contains(&code(payload))), "{answers:#?}");
        assert_eq!((placed, stock(souk, tea).await), (5, (995, 5)));
        // An account whose email is verified is not limited; one that is not verified is.
        let maya = make::customer(souk, "maya").await;
        for (verified, expected) in [(true, "none"), (false, "LIMIT_REACHED")] {
            use sea_orm::sea_query::Expr;
            let at = verified.then(|| souk.app.clock.now());
            let update = entity::user::Entity::update_many().col_expr(entity::user::Column::EmailVerifiedAt, Expr::value(at));
            update.filter(entity::user::Column::Id.eq(maya.id)).exec(souk.app.db.raw()).await.expect("an update");
            let add = json!({ "input": { "lines": [{ "variantId": tea.variant.to_string(), "quantity": 1 }] } });
            let text = operation!("cart", "CartLinesAddReturningId");
            let caller = souk.as_user(&maya);
            caller.run(text, add).await;
            let text = operation!("checkout", "CheckoutCreateReturningId");
            let made = caller.run(text, json!({ "input": { "shippingAddress": address("NP") } })).await["checkout"]["id"].clone();
            let payload = caller.data(COMPLETE, input(&(made, Value::Null), None, expected)).await["checkoutComplete"].clone();
            assert_eq!(code(&payload), expected);
        }
        assert!(buyer_lock::Entity::find().count(souk.app.db.read()).await.expect("a count") > 0);
        souk.app.clock.advance(DAY * 2);
        checkout::delete_old_buyer_locks(&souk.app, &System::for_command_line()).await.expect("done");
        assert_eq!(buyer_lock::Entity::find().count(souk.app.db.read()).await.expect("a count"), 0);
        souk.work().await;
        other.finish().await;
    });
}

#[test]
fn the_limits_and_the_expiry_are_settings_of_the_owner() {
    each(async |souk| {
        let owner = make::owner(souk).await;
        let text = operation!("setting", "SettingsUpdate");
        let done = souk.as_user(&owner).run(text, json!({ "input": { "unpaidOrdersPerGuest": 3 } })).await["settings"].clone();
        let expected = json!({ "unpaidOrdersPerGuest": 3, "unpaidPiecesPerGuest": 500, "unpaidOrdersPerNetwork": 100, "unpaidPiecesPerNetwork": 1000, "unpaidOrderExpiryDays": 14 });
        assert_eq!(done, expected);
        let wrong = json!({ "input": { "unpaidOrdersPerGuest": -1, "unpaidOrderExpiryDays": 3651 } });
        let refused = souk.as_user(&owner).refused(text, wrong).await;
        assert_eq!(refused, ["unpaidOrdersPerGuest OUT_OF_RANGE", "unpaidOrderExpiryDays OUT_OF_RANGE"]);
    });
}

#[test]
fn manual_orders_that_are_not_paid_are_cancelled_in_time() {
    each(async |souk| {
        let tea = shop(souk, 1000, 100).await;
        set_settings(souk, Settings { unpaid_order_expiry_days: 3, ..none() }).await;
        let system = System::for_command_line();
        let forgotten = order_manually(souk, tea, "late@example.com", 2).await;
        let begun = order_manually(souk, tea, "b@example.com", 3).await;
        let ids = begin(&souk.guest(), &make::guest_cart(souk, &[(tea.variant, 4)]).await).await;
        souk.guest().run(COMPLETE, input(&ids, Some("tok_success"), "k")).await;
        let part =
            store_order::Entity::find().filter(store_order::Column::OrderId.eq(order_row(souk, &begun["order"]["id"]).await.id));
        let part = part.one(souk.app.db.read()).await.expect("a query").expect("a part");
        let admin = make::admin(souk).await;
        souk.as_user(&admin).run(PROCESS, json!({ "id": part.id.to_string() })).await;
        souk.app.clock.advance(DAY * 3 - Duration::from_secs(60));
        assert_eq!(cancellation::cancel_unpaid(&souk.app, &system).await.expect("done"), 0);
        souk.app.clock.advance(Duration::from_secs(120));
        let (one, two) =
            tokio::join!(cancellation::cancel_unpaid(&souk.app, &system), cancellation::cancel_unpaid(&souk.app, &system),);
        assert_eq!(one.expect("done") + two.expect("done"), 1);
        assert_eq!(cancellation::cancel_unpaid(&souk.app, &system).await.expect("done"), 0);
        let statuses: Vec<_> =
            order::Entity::find().all(souk.app.db.read()).await.expect("orders").iter().map(|row| row.status.as_str()).collect();
        assert_eq!(statuses.iter().filter(|status| **status == "CANCELLED").count(), 1, "{statuses:?}");
        assert_eq!(order_row(souk, &forgotten["order"]["id"]).await.status.as_str(), "CANCELLED");
        assert_eq!(stock(souk, tea).await, (93, 7));
        souk.work().await;
        let all = mails(&souk.folder.path().join("mail"));
        let told = |address: &str| {
            all.iter().filter(|mail| mail.contains(&format!("To: {address}")) && mail.contains("was cancelled")).count()
        };
        assert_eq!((told("late@example.com"), told("tea-house-vendor@example.com")), (1, 1));
        set_days(souk, 0).await;
        let last = order_manually(souk, tea, "late@example.com", 2).await;
        souk.app.clock.advance(DAY * 4000);
        assert_eq!(cancellation::cancel_unpaid(&souk.app, &system).await.expect("done"), 0, "never");
        assert_eq!(order_row(souk, &last["order"]["id"]).await.status.as_str(), "CONFIRMED");
        souk.work().await;
    });
}

async fn set_days(souk: &Souk, days: i32) {
    use sea_orm::sea_query::Expr;
    let update = entity::setting::Entity::update_many().col_expr(entity::setting::Column::Value, Expr::value(json!(days)));
    let done = update.filter(entity::setting::Column::Name.eq("unpaid_order_expiry_days")).exec(souk.app.db.raw()).await;
    done.expect("an update");
}
