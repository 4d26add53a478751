//! Values that are drawn at random and must be unique: one that is taken is drawn again.

use crate::app::each;
use crate::checkout::{COMPLETE, begin, input, shop};
use crate::make;
use sea_orm::EntityTrait;
use serde_json::json;
use std::collections::HashSet;

#[test]
fn an_order_number_that_is_taken_is_drawn_again() {
    each(async |souk| {
        let tea = shop(souk, 1000, 10).await;
        let guest = souk.guest();
        for key in ["first", "second"] {
            let cart = make::guest_cart(souk, &[(tea.variant, 1)]).await;
            let ids = begin(&guest, &cart).await;
            // Both orders draw the same first number.
            souk.app.random.repeat(7);
            guest.run(COMPLETE, input(&ids, None, key)).await;
        }
        let orders = entity::order::Entity::find().all(souk.app.db.read()).await.expect("orders");
        let numbers: HashSet<_> = orders.iter().map(|order| order.number.as_str()).collect();
        assert_eq!(numbers.len(), 2, "{numbers:?}");
        souk.work().await;
    });
}

#[test]
fn a_slug_that_is_taken_gets_a_random_suffix_until_it_is_free() {
    each(async |souk| {
        let vendor = make::vendor(souk, "vera").await;
        let vera = souk.as_user(&vendor);
        let create =
            "mutation($input: StoreCreateInput!) { storeCreate(input: $input) { store { slug } userErrors { field code } } }";
        let mut slugs = Vec::new();
        for _ in 0..3 {
            // The second and the third store draw the same first suffix.
            souk.app.random.repeat(7);
            let made = vera.run(create, json!({ "input": { "name": "Tea House" } })).await;
            slugs.push(made["store"]["slug"].as_str().expect("a slug").to_owned());
        }
        assert_eq!(slugs[0], "tea-house");
        assert!(slugs[1..].iter().all(|slug| slug.starts_with("tea-house-")), "{slugs:?}");
        assert_ne!(slugs[1], slugs[2]);
        souk.work().await;
    });
}
