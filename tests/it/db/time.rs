//! Distant times: filters over all years, and operation after 2038.

use crate::app::{Souk, each};
use crate::checkout::{COMPLETE, begin, input, shop, stock};
use crate::make::order::order;
use crate::make::{self, Make};
use entity::value::{Permission, Role};
use sea_orm::prelude::DateTimeUtc;
use serde_json::{Value, json};
use std::time::Duration;

const ORDERS: &str = operation!("order", "OrdersWithCreationTimes");

fn time(text: &str) -> DateTimeUtc {
    text.parse().expect("a time")
}

/// The numbers of all orders of a filter, page by page.
async fn numbers(caller: &crate::app::Caller<'_>, filter: Value) -> Vec<String> {
    let mut all = Vec::new();
    let mut after = Value::Null;
    loop {
        let page = caller.data(ORDERS, json!({ "filter": filter, "after": after })).await["orders"].clone();
        let nodes = page["nodes"].as_array().expect("nodes");
        all.extend(nodes.iter().map(|node| node["number"].as_str().expect("a number").to_owned()));
        if page["pageInfo"]["hasNextPage"] == false {
            assert_eq!(page["totalCount"], json!(all.len()));
            return all;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

async fn staff(souk: &Souk) -> make::User {
    make::staff(souk, "olga", Role::Staff, &[Permission::ManageOrders]).await
}

#[test]
fn orders_are_filtered_by_all_times_of_the_years_1_to_9999() {
    each(async |souk| {
        let (_, store) = make::shop(souk, "Tea").await;
        let product = make::product(souk, store, Make { stock: 100, ..Make::default() }).await;
        let times = [
            "0001-01-01T00:00:00Z",
            "0999-12-31T23:59:59.5Z",
            "1969-12-31T23:59:59.999999Z",
            "2026-11-26T04:00:00Z",
            "2038-01-19T03:14:07Z",
            "2038-01-19T03:14:08Z",
            "2106-02-07T06:28:16.000001Z",
            "9999-12-31T23:59:59.999999Z",
        ];
        let mut made = Vec::new();
        for at in times {
            souk.app.clock.freeze(time(at));
            made.push(order(souk, None, &[(store, product, 1)]).await.number);
        }
        souk.app.clock.freeze(time("2026-11-26T05:00:00Z"));
        let olga = staff(souk).await;
        let olga = souk.as_user(&olga);
        let newest_first = |from: usize, before: usize| made[from..before].iter().rev().cloned().collect::<Vec<_>>();
        assert_eq!(numbers(&olga, json!({})).await, newest_first(0, 8));
        for (from, at) in times.iter().enumerate() {
            assert_eq!(numbers(&olga, json!({ "createdAt": { "from": at } })).await, newest_first(from, 8), "from {at}");
            assert_eq!(numbers(&olga, json!({ "createdAt": { "before": at } })).await, newest_first(0, from), "before {at}");
            for (before, end) in times.iter().enumerate().skip(from) {
                let span = json!({ "createdAt": { "from": at, "before": end } });
                assert_eq!(numbers(&olga, span).await, newest_first(from, before), "{at} to {end}");
            }
        }
        souk.leaves_work("the orders were written straight into the tables");
    });
}

#[test]
fn times_outside_the_years_1_to_9999_are_refused() {
    each(async |souk| {
        let olga = staff(souk).await;
        let olga = souk.as_user(&olga);
        for at in [
            "+10000-01-01T00:00:00Z",
            "+262000-01-01T00:00:00Z",
            "9999-12-31T23:30:00-01:00",
            "0000-12-31T23:59:59Z",
            "0001-01-01T00:30:00+01:00",
            "-0001-01-01T00:00:00Z",
            "yesterday",
            "",
        ] {
            for field in ["from", "before"] {
                let filter = json!({ "createdAt": { field: at } });
                assert_eq!(olga.error_code(ORDERS, json!({ "filter": filter })).await, "BAD_USER_INPUT", "{at}");
                let literal =
                    format!("{{ orders(first: 1, filter: {{ createdAt: {{ {field}: \"{at}\" }} }}) {{ totalCount }} }}");
                assert_eq!(olga.error_code(&literal, json!({})).await, "BAD_USER_INPUT", "{at}");
            }
        }
    });
}

/// `DateTimeInput` checks the year; chrono's own type does not. A new field of an input belongs into this list with it.
#[test]
fn every_time_in_an_input_is_one_that_the_year_is_checked_of() {
    let sdl = souk_api::sdl();
    let mut found = Vec::new();
    let mut input = None;
    for line in sdl.lines() {
        match line.split_whitespace().next() {
            Some("input") => input = line.split_whitespace().nth(1),
            Some("}") => input = None,
            _ => {}
        }
        if line.contains("DateTime") && (input.is_some() || line.contains('(')) && !line.trim_start().starts_with("input ") {
            found.push(format!("{} {}", input.unwrap_or("argument"), line.trim()));
        }
    }
    found.retain(|line| line.contains(": DateTime") && !line.contains(": DateTimeRange"));
    assert_eq!(found, ["DateTimeRange from: DateTime", "DateTimeRange before: DateTime"]);
}

#[test]
fn a_marketplace_runs_after_2038() {
    each(async |souk| {
        let ahead = time("2041-05-01T12:00:00Z") - souk.app.clock.now();
        souk.app.clock.advance(ahead.to_std().expect("a future time"));
        let tea = shop(souk, 1250, 5).await;
        // Sessions: registration, sign-in, refresh.
        let register = operation!("account", "UserRegisterErrors");
        let account = json!({ "email": "maya@example.com", "password": "correct horse battery", "displayName": "Maya" });
        souk.guest().run(register, json!({ "input": account })).await;
        let sign_in = operation!("account", "SessionCreateReturningRefreshToken");
        let credentials = json!({ "email": "maya@example.com", "password": "correct horse battery" });
        let signed_in = souk.guest().run(sign_in, json!({ "input": credentials })).await;
        let refresh = operation!("account", "SessionRefreshReturningAccessToken");
        let token = json!({ "refreshToken": signed_in["tokens"]["refreshToken"] });
        let refreshed = souk.guest().run(refresh, json!({ "input": token })).await;
        let maya = souk.with_token(refreshed["tokens"]["accessToken"].as_str().expect("a token"));
        let me = maya.data("{ me { createdAt sessions { createdAt expiresAt } } }", json!({})).await;
        let year = |value: &Value| value.as_str().expect("a time")[..4].to_owned();
        assert_eq!(year(&me["me"]["createdAt"]), "2041");
        assert_eq!(year(&me["me"]["sessions"][0]["expiresAt"]), "2041");
        souk.work().await;
        // Holds: an order that is not paid in time gives its stock back.
        let cart = make::guest_cart(souk, &[(tea.variant, 2)]).await;
        let guest = souk.guest();
        let checkout = begin(&guest, &cart).await;
        let placed = guest.run(COMPLETE, input(&checkout, Some("tok_requires_action"), "key-of-2041-a")).await;
        assert_eq!(placed["payment"]["status"], "REQUIRES_ACTION");
        assert_eq!(stock(souk, tea).await.0, 3);
        souk.work().await;
        souk.app.clock.advance(Duration::from_secs(2 * 3600));
        for _ in 0..20 {
            souk.work().await;
            souk.app.clock.advance(Duration::from_secs(600));
        }
        assert_eq!(stock(souk, tea).await.0, 5);
        // Orders and events.
        let cart = make::guest_cart(souk, &[(tea.variant, 1)]).await;
        let checkout = begin(&guest, &cart).await;
        let placed = guest.run(COMPLETE, input(&checkout, Some("tok_success"), "key-of-2041-b")).await;
        assert_eq!(placed["payment"]["status"], "CAPTURED");
        souk.work().await;
        let olga = staff(souk).await;
        let olga = souk.as_user(&olga);
        assert_eq!(numbers(&olga, json!({ "createdAt": { "from": "2041-01-01T00:00:00Z" } })).await.len(), 2);
        assert_eq!(numbers(&olga, json!({ "createdAt": { "before": "2041-01-01T00:00:00Z" } })).await.len(), 0);
        souk_core::live::sequence(&souk.app.db).await.expect("events get their positions");
        use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
        let waiting = entity::event::Entity::find().filter(entity::event::Column::Position.is_null());
        assert_eq!(waiting.count(souk.app.db.read()).await.expect("a count"), 0);
    });
}
