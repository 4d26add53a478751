//! Accounts: registration, sign-in, token refresh and sign-out.

pub mod admin;
pub mod close;
mod flood;
mod lockout;
mod me;
mod open_token;
mod password;
pub mod race;
mod refresh;
mod session;
mod signed_in;
mod smtp;

use crate::app::{Caller, Souk, each};
use crate::make;
use futures::future::join_all;
use serde_json::{Value, json};

pub const REGISTER: &str = operation!("account", "UserRegister");
pub const VERIFY: &str = operation!("account", "UserVerifyEmail");
pub const SIGN_IN: &str = operation!("account", "SessionCreate");
pub const REFRESH: &str = operation!("account", "SessionRefresh");
pub const REVOKE: &str = operation!("account", "SessionRevoke");
pub const ME: &str = operation!("account", "Me");

/// The only email to an address since the last call; the emails are removed. Decodes what Souk's emails use.
pub fn mail_to(souk: &Souk, address: &str) -> String {
    let mut mails = mails_to(souk, address);
    assert_eq!(mails.len(), 1, "mails to {address}: {mails:#?}");
    mails.remove(0)
}

/// All emails to an address; they are removed.
pub fn mails_to(souk: &Souk, address: &str) -> Vec<String> {
    let folder = souk.folder.path().join("mail");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder of mails") {
        let path = entry.expect("a mail").path();
        if path.extension().is_none_or(|ending| ending != "eml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a mail");
        if text.contains(&format!("To: {address}\r\n")) {
            std::fs::remove_file(&path).expect("a mail can be removed");
            found.push(text.replace("=\r\n", "").replace("=3D", "="));
        }
    }
    found
}

/// The token in a mail.
pub fn token_in(mail: &str) -> String {
    let (_, rest) = mail.split_once("#token=").expect("a link with a token");
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_').collect()
}

pub async fn register(souk: &Souk, name: &str) -> Value {
    let input = json!({ "email": format!("{name}@example.com"), "password": make::PASSWORD, "displayName": name, "accountType": "CUSTOMER" });
    let user = souk.guest().run(REGISTER, json!({ "input": input })).await["user"].clone();
    souk.work().await;
    user
}

/// Signs in; answers with the tokens.
pub async fn sign_in(souk: &Souk, email: &str, password: &str) -> Value {
    let input = json!({ "input": { "email": email, "password": password } });
    souk.guest().run(SIGN_IN, input).await["tokens"].clone()
}

/// Sends as a guest from an address, with `SOUK_TRUSTED_PROXIES` set to 1; answers with the whole answer.
pub async fn from_address(souk: &Souk, address: &str, query: &str, variables: Value) -> Value {
    let body = json!({ "query": query, "variables": variables });
    let request = souk.http.post(format!("{}/graphql", souk.url)).header("x-forwarded-for", address).json(&body);
    request.send().await.expect("an answer").json().await.expect("JSON")
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

/// Whether an access token is good.
pub async fn is_signed_in(caller: &Caller<'_>) -> bool {
    let answer = caller.answer("{ me { id } }", json!({})).await;
    let good = answer["data"]["me"]["id"].is_string();
    assert!(good || answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED", "{answer:#}");
    good
}

#[test]
fn a_person_registers_verifies_the_email_and_signs_in() {
    each(async |souk| {
        let input = json!({ "email": " Ann@Example.com ", "password": "nine quiet lanterns", "displayName": "Ann", "accountType": "CUSTOMER" });
        let user = souk.guest().run(REGISTER, json!({ "input": input })).await["user"].clone();
        assert_eq!(
            (&user["email"], &user["role"], &user["emailVerified"]),
            (&json!("ann@example.com"), &json!("CUSTOMER"), &json!(false))
        );
        assert_eq!(souk.work().await, 1);
        let token = token_in(&mail_to(souk, "ann@example.com"));
        let verified = souk.guest().run(VERIFY, json!({ "input": { "token": token } })).await;
        assert_eq!(verified["user"], json!({ "id": user["id"], "emailVerified": true }));
        assert_eq!(souk.guest().refused(VERIFY, json!({ "input": { "token": token } })).await, ["token INVALID_TOKEN"]);
        let tokens = sign_in(souk, "ANN@example.com", "nine quiet lanterns").await;
        let ann = souk.with_token(text(&tokens["accessToken"]));
        let me = ann.data(ME, json!({})).await["me"].clone();
        assert_eq!((&me["id"], &me["emailVerified"]), (&user["id"], &json!(true)));
        assert_eq!(me["sessions"].as_array().map(Vec::len), Some(1));
        assert_eq!(me["sessions"][0]["current"], true);
    });
}

#[test]
fn what_is_wrong_with_a_registration_is_told_all_at_once() {
    each(async |souk| {
        let refused = async |email: &str, password: &str, name: &str| {
            let input =
                json!({ "input": { "email": email, "password": password, "displayName": name, "accountType": "CUSTOMER" } });
            souk.guest().refused(REGISTER, input).await
        };
        assert_eq!(refused("ann", "short", " ").await, ["email INVALID", "password WEAK_PASSWORD", "displayName REQUIRED"]);
        assert_eq!(refused("a@b.example", "Password1234", "Ann").await, ["password WEAK_PASSWORD"]);
        assert_eq!(refused("someone@example.com", "Someone@Example.com", "Ann").await, ["password WEAK_PASSWORD"]);
        assert_eq!(refused("a@b.example", &"é".repeat(201), "Ann").await, ["password TOO_LONG"]);
        assert_eq!(refused("a@b.example", "nine quiet lanterns", "A\u{7}nn").await, ["displayName INVALID"]);
        assert_eq!(refused("a@b.example", "nine quiet lanterns", &"x".repeat(10_000)).await, ["displayName TOO_LONG"]);
        assert_eq!(souk.work().await, 0, "nothing was written");
    });
}

#[test]
fn of_many_who_register_one_email_at_once_one_gets_it() {
    each(async |souk| {
        let tries = (0..20).map(|number| async move {
            let email = if number % 2 == 0 { "ann@example.com" } else { "ANN@example.com" };
            let input = json!({ "email": email, "password": make::PASSWORD, "displayName": "Ann", "accountType": "CUSTOMER" });
            souk.guest().data(REGISTER, json!({ "input": input })).await["userRegister"].clone()
        });
        let answers = join_all(tries).await;
        let won: Vec<_> = answers.iter().filter(|answer| answer["user"].is_object()).collect();
        assert_eq!(won.len(), 1);
        for lost in answers.iter().filter(|answer| answer["user"].is_null()) {
            assert_eq!(lost["userErrors"][0]["code"], "TAKEN");
            assert_eq!(lost["userErrors"][0]["field"], json!(["email"]));
        }
        assert_eq!(souk.work().await, 1, "one mail for one account");
        // The twenty-first within the hour is one too many, whatever came of the others.
        let input = json!({ "input": { "email": "bob@example.com", "password": make::PASSWORD, "displayName": "Bob" } });
        let answer = souk.guest().answer(REGISTER, input.clone()).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "RATE_LIMITED");
        let pause = answer["errors"][0]["extensions"]["retryAfter"].as_u64().expect("seconds");
        souk.app.clock.advance(std::time::Duration::from_secs(pause));
        souk.guest().run(REGISTER, input).await;
        souk.work().await;
    });
}

#[test]
fn a_vendor_is_one_at_once_or_waits_for_approval() {
    each(async |souk| {
        const SETTINGS: &str = operation!("setting", "SettingsUpdateReturningVendorApproval");
        const APPLY: &str = operation!("account", "VendorApply");
        let vendor = |email: &str| json!({ "input": { "email": email, "password": make::PASSWORD, "displayName": "V", "accountType": "VENDOR" } });
        let approved = souk.guest().run(REGISTER, vendor("v1@example.com")).await["user"].clone();
        assert_eq!(approved["role"], "VENDOR");
        let carl = make::customer(souk, "carl").await;
        assert_eq!(souk.as_user(&carl).run(APPLY, json!({ "input": {} })).await["user"]["role"], "VENDOR");

        let owner = make::owner(souk).await;
        let changed = souk.as_user(&owner).run(SETTINGS, json!({ "input": { "vendorApproval": "MANUAL" } })).await;
        assert_eq!(changed["settings"], json!({ "vendorApproval": "MANUAL", "guestCheckout": true }));
        let waits = souk.guest().run(REGISTER, vendor("v2@example.com")).await["user"].clone();
        assert_eq!(waits["role"], "CUSTOMER");
        assert!(waits["vendorAppliedAt"].is_string());
        let dora = make::customer(souk, "dora").await;
        let dora = souk.as_user(&dora);
        let applied = dora.run(APPLY, json!({ "input": { "phone": "+977 1 4123456" } })).await["user"].clone();
        assert_eq!((&applied["role"], &applied["phone"]), (&json!("CUSTOMER"), &json!("+977 1 4123456")));
        assert_eq!(dora.refused(APPLY, json!({ "input": { "phone": "call me" } })).await, ["phone INVALID"]);

        const APPROVE: &str = operation!("account", "VendorApprove");
        const REJECT: &str = operation!("account", "VendorReject");
        let staff = make::staff(souk, "sam", entity::value::Role::Staff, &[entity::value::Permission::ManageUsers]).await;
        let staff = souk.as_user(&staff);
        let waiting =
            staff.data("{ users(first: 10, filter: { vendorApplied: true }) { nodes { id } totalCount } }", json!({})).await;
        assert_eq!(waiting["users"]["totalCount"], 2);
        let id = json!({ "id": applied["id"] });
        assert_eq!(dora.error_code(APPROVE, id.clone()).await, "FORBIDDEN");
        assert_eq!(
            staff.run(APPROVE, id.clone()).await["user"],
            json!({ "id": applied["id"], "role": "VENDOR", "vendorAppliedAt": null })
        );
        assert_eq!(staff.refused(APPROVE, id).await, ["id INVALID_STATE"]);
        let rejected = staff.run(REJECT, json!({ "id": waits["id"] })).await["user"].clone();
        assert_eq!((&rejected["role"], &rejected["vendorAppliedAt"]), (&json!("CUSTOMER"), &json!(null)));
        souk.work().await;
    });
}

#[test]
fn settings_are_read_by_all_and_changed_by_the_owner() {
    each(async |souk| {
        const UPDATE: &str = operation!("setting", "SettingsUpdateReturningReviewPolicy");
        let all = souk.guest().data(operation!("setting", "Settings"), json!({})).await;
        assert_eq!(
            all["settings"],
            json!({ "marketplaceName": "Souk", "currency": "USD", "guestCheckout": true, "reviewPolicy": "VERIFIED_BUYERS",
                "reviewModeration": false, "vendorApproval": "AUTO", "storeApproval": "AUTO", "pricesIncludeTax": false })
        );
        let admin = make::admin(souk).await;
        assert_eq!(souk.as_user(&admin).error_code(UPDATE, json!({ "input": { "guestCheckout": false } })).await, "FORBIDDEN");
        let owner = make::owner(souk).await;
        let owner = souk.as_user(&owner);
        // Two who change different settings at once both succeed.
        join_all([json!({ "guestCheckout": false }), json!({ "reviewPolicy": "ANY_USER" })].map(|input| {
            let owner = owner.clone();
            async move { owner.run(UPDATE, json!({ "input": input })).await }
        }))
        .await;
        let now = owner.run(UPDATE, json!({ "input": {} })).await;
        assert_eq!(now["settings"], json!({ "guestCheckout": false, "reviewPolicy": "ANY_USER", "pricesIncludeTax": false }));
    });
}
