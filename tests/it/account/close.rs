//! Closing an account.

use super::{SIGN_IN, is_signed_in};
use crate::app::each;
use crate::make::order::{Terms, order_on};
use crate::make::{self, Make};
use entity::value::{OrderStatus, UserStatus};
use entity::{order, user};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use souk_core::db::Attempt;
use std::time::Duration;

pub const CLOSE: &str = operation!("account", "AccountClose");

#[test]
fn a_closed_account_leaves_nothing_personal() {
    each(async |souk| {
        let ann = make::customer(souk, "ann").await;
        let caller = souk.as_user(&ann);
        let address =
            json!({ "input": { "firstName": "A", "lastName": "B", "line1": "Street 1", "city": "Patan", "country": "NP" } });
        caller.run(operation!("account", "AddressCreateReturningId"), address).await;
        assert_eq!(
            caller.refused(CLOSE, json!({ "input": { "password": "wrong password" } })).await,
            ["password INVALID_CREDENTIALS"]
        );
        let closed = caller.run(CLOSE, json!({ "input": { "password": make::PASSWORD } })).await["user"].clone();
        assert_eq!(
            (&closed["displayName"], &closed["status"], &closed["phone"]),
            (&json!("Deleted user"), &json!("CLOSED"), &json!(null))
        );
        assert!(!is_signed_in(&caller).await);
        let input = json!({ "input": { "email": ann.email, "password": make::PASSWORD } });
        assert_eq!(souk.guest().refused(SIGN_IN, input).await, [" INVALID_CREDENTIALS"]);
        let db = souk.app.db.read();
        assert_eq!(entity::address::Entity::find().all(db).await.expect("rows").len(), 0);
        assert_eq!(entity::session::Entity::find().all(db).await.expect("rows").len(), 0);
        assert_eq!(entity::known_address::Entity::find().all(db).await.expect("rows").len(), 0);
        assert_eq!(entity::email_change::Entity::find().all(db).await.expect("rows").len(), 0);
        let again = make::customer(souk, "ann").await;
        assert_ne!(again.id, ann.id, "the email is free again");
    });
}

#[test]
fn an_owner_of_a_store_and_the_last_owner_are_refused() {
    each(async |souk| {
        let vera = make::vendor(souk, "vera").await;
        make::store(souk, &vera, "Tea House").await;
        let input = json!({ "input": { "password": make::PASSWORD } });
        assert_eq!(souk.as_user(&vera).refused(CLOSE, input.clone()).await, [" IN_USE"]);
        let owner = make::owner(souk).await;
        assert_eq!(souk.as_user(&owner).refused(CLOSE, input.clone()).await, [" IN_USE"]);
        make::user(souk, "second", entity::value::Role::Owner).await;
        souk.as_user(&owner).run(CLOSE, input).await;
    });
}

#[test]
fn delivered_orders_stay_without_a_name_and_those_under_way_keep_the_account_open() {
    each(async |souk| {
        let ann = make::customer(souk, "ann").await;
        let (_, store) = make::shop(souk, "Tea House").await;
        let tea = make::product(souk, store, Make::default()).await;
        let done = Terms { status: OrderStatus::Completed, ..Terms::default() };
        let old = order_on(souk, Some(&ann), &[(store, tea, 1)], done).await;
        let open = order_on(souk, Some(&ann), &[(store, tea, 1)], Terms::default()).await;
        let input = json!({ "input": { "password": make::PASSWORD } });
        assert_eq!(souk.as_user(&ann).refused(CLOSE, input.clone()).await, [" IN_USE"]);
        let cancel = json!({ "input": { "orderId": open.id.to_string() } });
        souk.as_user(&ann).run(crate::order::CANCEL, cancel).await;
        souk.as_user(&ann).run(CLOSE, input).await;
        for id in [old.id, open.id] {
            let row = order::Entity::find_by_id(id).one(souk.app.db.read()).await.expect("a query").expect("the order stays");
            assert_eq!((row.user_id, row.email.as_str(), row.phone.as_deref(), row.note.as_str()), (None, "", None, ""));
            let address = row.shipping_address.expect("the country stays");
            assert_eq!((address.country.as_str(), address.first_name.as_str(), address.line1.as_str()), ("NP", "", ""));
        }
        let admin = make::admin(souk).await;
        const ORDER: &str = operation!("order", "Order");
        for id in [old.id, open.id] {
            let order = souk.as_user(&admin).data(ORDER, json!({ "id": id.to_string() })).await["order"].clone();
            for field in ["email", "phone", "note", "customer"] {
                assert_eq!(order[field], json!(null), "{field}");
            }
            assert_eq!(order["storeOrders"], json!([{ "customerName": null, "note": null }]));
            let country = json!({ "country": "NP", "company": null, "line2": null, "postalCode": null, "phone": null });
            assert_eq!(order["shippingAddress"], country);
        }
        souk.leaves_work("letters about the order that was cancelled");
    });
}

#[test]
fn no_order_is_placed_in_the_name_of_an_account_that_is_being_closed() {
    each(async |souk| {
        let tea = crate::checkout::shop(souk, 1000, 100).await;
        let ann = make::customer(souk, "ann").await;
        let caller = souk.as_user(&ann);
        let checkout = crate::checkout::begin(&caller, &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
        let db = &souk.app.db;
        let tx = db.begin().await.expect("a transaction");
        user::Entity::update_many()
            .col_expr(user::Column::Status, Expr::value(UserStatus::Closed.as_str()))
            .filter(user::Column::Id.eq(ann.id))
            .exec(&tx)
            .await
            .expect("a change");
        let order = crate::checkout::input(&checkout, Some("tok_success"), "k");
        let mut request = std::pin::pin!(caller.answer(crate::checkout::COMPLETE, order));
        // The caller was signed in when the request was sent; the order waits until the account is closed or not.
        if let Ok(answer) = tokio::time::timeout(Duration::from_millis(500), &mut request).await {
            panic!("it was placed while the account was being closed: {answer:#}");
        }
        assert!(matches!(db.end(tx, Ok(()), 1).await, Attempt::Done(Ok(()))));
        assert_eq!(request.await["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        assert_eq!(order::Entity::find().count(db.read()).await.expect("a count"), 0);
    });
}
