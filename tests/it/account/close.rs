//! Closing an account.

use super::{SIGN_IN, is_signed_in};
use crate::app::each;
use crate::make;
use sea_orm::EntityTrait;
use serde_json::json;

const CLOSE: &str = "mutation($input: AccountCloseInput!) { accountClose(input: $input) { user { id displayName status email phone } userErrors { field message code } } }";

#[test]
fn a_closed_account_leaves_nothing_personal() {
    each(async |souk| {
        let ann = make::customer(souk, "ann").await;
        let caller = souk.as_user(&ann);
        let address =
            json!({ "input": { "firstName": "A", "lastName": "B", "line1": "Street 1", "city": "Patan", "country": "NP" } });
        caller.run("mutation($input: AddressCreateInput!) { addressCreate(input: $input) { address { id } userErrors { field message code } } }", address).await;
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
