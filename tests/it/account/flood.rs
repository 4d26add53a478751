//! Floods of sign-ins: the queue for password hashing is bounded, with places reserved for known IP addresses.

use super::{REGISTER, SIGN_IN, from_address, is_signed_in, sign_in, text};
use crate::app::each_with;
use crate::make;
use futures::future::join_all;
use serde_json::{Value, json};

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

#[test]
fn a_flood_of_sign_ins_is_refused_early_and_who_is_known_still_gets_in() {
    each_with(&[("SOUK_PASSWORD_QUEUE", "4"), ("SOUK_TRUSTED_PROXIES", "1")], async |souk| {
        let ann = make::customer(souk, "ann").await;
        let input = |password: &str| json!({ "input": { "email": ann.email, "password": password } });
        let right = from_address(souk, "192.0.2.1", SIGN_IN, input(make::PASSWORD)).await;
        assert!(right["data"]["sessionCreate"]["session"]["id"].is_string(), "{right:#}");
        let attack = (0..150).map(|number| {
            let wrong = json!({ "input": { "email": format!("u{number}@example.com"), "password": "wrong password" } });
            async move { from_address(souk, &format!("198.51.100.{number}"), SIGN_IN, wrong).await }
        });
        let ours = async {
            let mut done = Vec::new();
            for _ in 0..3 {
                done.push(from_address(souk, "192.0.2.1", SIGN_IN, input(make::PASSWORD)).await);
            }
            done
        };
        let (answers, done) = futures::join!(join_all(attack), ours);
        let refused: Vec<_> = answers.iter().filter(|answer| code(answer) == "UNAVAILABLE").collect();
        let wrong = |answer: &&Value| answer["data"]["sessionCreate"]["userErrors"][0]["code"] == "INVALID_CREDENTIALS";
        assert!(!refused.is_empty(), "the queue was never full");
        assert_eq!(refused.len() + answers.iter().filter(wrong).count(), answers.len(), "{answers:#?}");
        assert!(refused.iter().all(|answer| answer["errors"][0]["extensions"]["retryAfter"] == 2), "{refused:#?}");
        for answer in done {
            assert!(answer["data"]["sessionCreate"]["session"]["id"].is_string(), "{answer:#}");
        }
        // What was refused because the queue was full does not count as a wrong password.
        for _ in 0..20 {
            sign_in(souk, &ann.email, make::PASSWORD).await;
        }
    });
}

#[test]
fn a_flood_of_registrations_does_not_keep_signed_in_users_from_their_passwords() {
    const CHANGE: &str = operation!("account", "PasswordChange");
    each_with(&[("SOUK_PASSWORD_QUEUE", "4"), ("SOUK_TRUSTED_PROXIES", "1")], async |souk| {
        let ann = make::customer(souk, "ann").await;
        let attack = (0..60).map(|number| {
            let input =
                json!({ "input": { "email": format!("u{number}@example.com"), "password": make::PASSWORD, "displayName": "U" } });
            async move { from_address(souk, &format!("198.51.100.{number}"), REGISTER, input).await }
        });
        let input = json!({ "input": { "currentPassword": make::PASSWORD, "newPassword": "seven tall giraffes" } });
        let caller = souk.as_user(&ann);
        let (answers, changed) = futures::join!(join_all(attack), caller.run(CHANGE, input));
        assert!(changed["user"]["id"].is_string());
        let made = answers.iter().filter(|answer| answer["data"]["userRegister"]["user"].is_object()).count();
        let refused = answers.iter().filter(|answer| code(answer) == "UNAVAILABLE").count();
        assert!(made > 0 && refused > 0, "{made} registered, {refused} were refused");
        assert_eq!(made + refused, answers.len(), "{answers:#?}");
        let tokens = sign_in(souk, &ann.email, "seven tall giraffes").await;
        assert!(is_signed_in(&souk.with_token(text(&tokens["accessToken"]))).await);
        souk.work().await;
    });
}
