//! Wrong passwords do not lock out the owner of an account: they are counted by account and IP address together.

use super::{SIGN_IN, from_address, mails_to, token_in};
use crate::app::{Souk, each_with};
use crate::make;
use futures::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;

const BEHIND_A_PROXY: &[(&str, &str)] = &[("SOUK_TRUSTED_PROXIES", "1")];
const REQUEST: &str = operation!("account", "PasswordResetRequest");
const RESET: &str = operation!("account", "PasswordResetReturningId");

async fn sign_in(souk: &Souk, address: &str, email: &str, password: &str) -> String {
    let input = json!({ "input": { "email": email, "password": password } });
    let answer = from_address(souk, address, SIGN_IN, input).await;
    let payload = &answer["data"]["sessionCreate"];
    let told = [&answer["errors"][0]["extensions"]["code"], &payload["userErrors"][0]["code"]];
    match told.into_iter().find_map(Value::as_str) {
        Some(code) => code.to_owned(),
        None => {
            assert!(payload["session"]["id"].is_string(), "{answer:#}");
            "OK".to_owned()
        }
    }
}

async fn wrong(souk: &Souk, address: &str, email: &str, times: usize) -> Vec<String> {
    join_all((0..times).map(|_| sign_in(souk, address, email, "wrong password"))).await
}

/// The newest link for a password reset that was sent to an address.
async fn reset_token(souk: &Souk, email: &str) -> String {
    souk.work().await;
    mails_to(souk, email).iter().map(|mail| token_in(mail)).next_back().expect("a mail")
}

#[test]
fn wrong_passwords_from_one_address_do_not_keep_the_owner_out_at_another() {
    each_with(BEHIND_A_PROXY, async |souk| {
        let ann = make::customer(souk, "ann").await;
        let codes = wrong(souk, "198.51.100.1", &ann.email, 12).await;
        assert_eq!(codes.iter().filter(|code| *code == "RATE_LIMITED").count(), 2, "{codes:?}");
        assert_eq!(sign_in(souk, "198.51.100.1", &ann.email, make::PASSWORD).await, "RATE_LIMITED");
        assert_eq!(sign_in(souk, "192.0.2.1", &ann.email, make::PASSWORD).await, "OK");
        // One network of IPv6 is one address.
        wrong(souk, "2001:db8::1", &ann.email, 10).await;
        assert_eq!(sign_in(souk, "2001:db8::2", &ann.email, make::PASSWORD).await, "RATE_LIMITED");
        assert_eq!(sign_in(souk, "2001:db8:0:1::1", &ann.email, make::PASSWORD).await, "OK");
    });
}

#[test]
fn one_wrong_password_a_minute_does_not_keep_the_owner_out() {
    each_with(BEHIND_A_PROXY, async |souk| {
        let ann = make::customer(souk, "ann").await;
        wrong(souk, "198.51.100.1", &ann.email, 10).await;
        for _ in 0..20 {
            wrong(souk, "198.51.100.1", &ann.email, 1).await;
            souk.app.clock.advance(Duration::from_secs(60));
        }
        assert_eq!(sign_in(souk, "192.0.2.1", &ann.email, make::PASSWORD).await, "OK");
    });
}

#[test]
fn an_address_that_signed_in_before_has_a_bucket_of_its_own() {
    each_with(BEHIND_A_PROXY, async |souk| {
        let (ann, bob) = (make::customer(souk, "ann").await, make::customer(souk, "bob").await);
        assert_eq!(sign_in(souk, "192.0.2.1", &ann.email, make::PASSWORD).await, "OK");
        // Another user at the same IP address tries other accounts until the address reaches its limit.
        for number in 0..5 {
            wrong(souk, "192.0.2.1", &format!("nobody{number}@example.com"), 10).await;
        }
        assert_eq!(sign_in(souk, "192.0.2.1", &bob.email, make::PASSWORD).await, "RATE_LIMITED");
        assert_eq!(sign_in(souk, "192.0.2.1", &ann.email, make::PASSWORD).await, "OK");
        // It is bounded all the same.
        let codes = wrong(souk, "192.0.2.1", &ann.email, 12).await;
        assert_eq!(codes.iter().filter(|code| *code == "INVALID_CREDENTIALS").count(), 10, "{codes:?}");
        // And not for ever.
        souk.app.clock.advance(Duration::from_secs(181 * 86_400));
        for number in 0..5 {
            wrong(souk, "192.0.2.1", &format!("nobody{number}@example.com"), 10).await;
        }
        assert_eq!(sign_in(souk, "192.0.2.1", &ann.email, make::PASSWORD).await, "RATE_LIMITED");
    });
}

#[test]
fn a_flood_from_many_addresses_is_bounded_and_a_reset_lets_the_owner_in_where_they_are() {
    each_with(&[("SOUK_TRUSTED_PROXIES", "1"), ("SOUK_GUESSES_PER_HOUR", "30")], async |souk| {
        let ann = make::customer(souk, "ann").await;
        assert_eq!(sign_in(souk, "192.0.2.1", &ann.email, make::PASSWORD).await, "OK");
        for address in 0..3 {
            let codes = wrong(souk, &format!("198.51.100.{address}"), &ann.email, 10).await;
            assert!(codes.iter().all(|code| code == "INVALID_CREDENTIALS"), "{codes:?}");
        }
        let codes = wrong(souk, "198.51.100.200", &ann.email, 3).await;
        assert!(codes.contains(&"RATE_LIMITED".to_owned()), "thirty guesses are all that strangers have: {codes:?}");
        assert_eq!(sign_in(souk, "192.0.2.1", &ann.email, make::PASSWORD).await, "OK", "an address that is known");
        assert_eq!(sign_in(souk, "203.0.113.1", &ann.email, make::PASSWORD).await, "RATE_LIMITED", "one that is not");
        let asked = from_address(souk, "203.0.113.1", REQUEST, json!({ "input": { "email": ann.email } })).await;
        assert_eq!(asked["data"]["passwordResetRequest"]["userErrors"], json!([]), "{asked:#}");
        let input = json!({ "input": { "token": reset_token(souk, &ann.email).await, "password": "seven tall giraffes" } });
        from_address(souk, "203.0.113.1", RESET, input).await;
        assert_eq!(sign_in(souk, "203.0.113.2", &ann.email, "seven tall giraffes").await, "OK", "all buckets are full again");
        // The next flood does not lock out where the password was set.
        for address in 0..4 {
            wrong(souk, &format!("198.51.100.{address}"), &ann.email, 10).await;
        }
        assert_eq!(sign_in(souk, "203.0.113.3", &ann.email, "seven tall giraffes").await, "RATE_LIMITED");
        assert_eq!(sign_in(souk, "203.0.113.1", &ann.email, "seven tall giraffes").await, "OK");
    });
}

#[test]
fn a_reset_refills_what_wrong_passwords_used_up() {
    each_with(BEHIND_A_PROXY, async |souk| {
        let ann = make::customer(souk, "ann").await;
        for address in ["192.0.2.1", "192.0.2.2"] {
            wrong(souk, address, &ann.email, 10).await;
            assert_eq!(sign_in(souk, address, &ann.email, make::PASSWORD).await, "RATE_LIMITED");
        }
        from_address(souk, "192.0.2.1", REQUEST, json!({ "input": { "email": ann.email } })).await;
        let input = json!({ "input": { "token": reset_token(souk, &ann.email).await, "password": "seven tall giraffes" } });
        from_address(souk, "192.0.2.1", RESET, input).await;
        for address in ["192.0.2.1", "192.0.2.2"] {
            assert_eq!(sign_in(souk, address, &ann.email, "seven tall giraffes").await, "OK");
        }
    });
}

#[test]
fn strangers_who_ask_for_new_passwords_neither_use_up_the_owners_mails_nor_end_their_links() {
    each_with(BEHIND_A_PROXY, async |souk| {
        let ann = make::customer(souk, "ann").await;
        let ask = async |address: &str| {
            let answer = from_address(souk, address, REQUEST, json!({ "input": { "email": ann.email } })).await;
            answer["errors"][0]["extensions"]["code"].as_str().map(str::to_owned)
        };
        assert_eq!(sign_in(souk, "192.0.2.1", &ann.email, make::PASSWORD).await, "OK");
        assert_eq!(ask("192.0.2.1").await, None);
        let own = reset_token(souk, &ann.email).await;
        let mut refused = 0;
        for address in 0..8 {
            for _ in 0..5 {
                refused += usize::from(ask(&format!("198.51.100.{address}")).await.is_some());
            }
        }
        assert_eq!(refused, 20, "twenty mails in an hour are all that strangers can have sent");
        let theirs = reset_token(souk, &ann.email).await;
        assert_eq!(ask("192.0.2.1").await, None, "the owner has mails of their own");
        let newer = reset_token(souk, &ann.email).await;
        let reset = async |token: &str| {
            let input = json!({ "input": { "token": token, "password": "seven tall giraffes" } });
            let answer = from_address(souk, "192.0.2.1", RESET, input).await;
            answer["data"]["passwordReset"]["userErrors"][0]["code"].as_str().map(str::to_owned)
        };
        assert_eq!(reset(&own).await.as_deref(), Some("INVALID_TOKEN"), "replaced from the same address");
        assert_eq!(reset(&newer).await, None, "still good, whatever strangers asked for");
        assert_eq!(reset(&theirs).await.as_deref(), Some("INVALID_TOKEN"), "a reset ends all other links");
    });
}
