//! Passwords, email changes, and the profile.

use super::{VERIFY, is_signed_in, mail_to, mails_to, register, sign_in, text, token_in};
use crate::app::each;
use crate::make;
use futures::future::join_all;
use serde_json::json;
use std::time::Duration;

const REQUEST: &str = operation!("account", "PasswordResetRequest");
const RESET: &str = operation!("account", "PasswordResetReturningId");
const CHANGE: &str = operation!("account", "PasswordChange");
const EMAIL: &str = operation!("account", "EmailChangeRequest");
const CONFIRM: &str = operation!("account", "EmailChangeConfirm");
const PROFILE: &str = operation!("account", "ProfileUpdateReturningPhone");
const ADDRESS: &str = operation!("account", "AddressCreate");
const ADDRESS_UPDATE: &str = operation!("account", "AddressUpdate");
const ADDRESS_DELETE: &str = operation!("account", "AddressDelete");

#[test]
fn a_forgotten_password_is_set_anew_and_ends_every_session() {
    each(async |souk| {
        let ann = make::customer(souk, "ann").await;
        for email in ["ann@example.com", "nobody@example.com"] {
            souk.guest().run(REQUEST, json!({ "input": { "email": email } })).await;
        }
        souk.work().await;
        assert_eq!(mails_to(souk, "nobody@example.com"), Vec::<String>::new());
        let older = token_in(&mail_to(souk, &ann.email));
        souk.guest().run(REQUEST, json!({ "input": { "email": ann.email } })).await;
        souk.work().await;
        let token = token_in(&mail_to(souk, &ann.email));
        let jobs = {
            use sea_orm::EntityTrait;
            entity::job::Entity::find().all(souk.app.db.read()).await.expect("jobs")
        };
        assert!(jobs.iter().all(|job| !job.payload.to_string().contains(&token)), "no job holds a token");
        let input = |token: &str, password: &str| json!({ "input": { "token": token, "password": password } });
        assert_eq!(souk.guest().refused(RESET, input(&older, "seven tall giraffes")).await, ["token INVALID_TOKEN"]);
        assert_eq!(souk.guest().refused(RESET, input("forged", "seven tall giraffes")).await, ["token INVALID_TOKEN"]);
        assert_eq!(souk.guest().refused(VERIFY, json!({ "input": { "token": token } })).await, ["token INVALID_TOKEN"]);
        assert_eq!(souk.guest().refused(RESET, input(&token, "1234567890")).await, ["password WEAK_PASSWORD"]);
        let tries = (0..5)
            .map(|_| async { souk.guest().data(RESET, input(&token, "seven tall giraffes")).await["passwordReset"].clone() });
        let answers = join_all(tries).await;
        assert_eq!(answers.iter().filter(|answer| answer["user"].is_object()).count(), 1, "a token is used once");
        assert!(!is_signed_in(&souk.as_user(&ann)).await);
        let tokens = sign_in(souk, &ann.email, "seven tall giraffes").await;
        assert!(is_signed_in(&souk.with_token(text(&tokens["accessToken"]))).await);
        souk.guest().run(REQUEST, json!({ "input": { "email": ann.email } })).await;
        souk.work().await;
        let late = token_in(&mail_to(souk, &ann.email));
        souk.app.clock.advance(Duration::from_secs(3600));
        assert_eq!(souk.guest().refused(RESET, input(&late, "seven tall giraffes")).await, ["token INVALID_TOKEN"]);
    });
}

#[test]
fn a_changed_password_ends_the_other_sessions() {
    each(async |souk| {
        let ann = make::customer(souk, "ann").await;
        let other = sign_in(souk, &ann.email, make::PASSWORD).await;
        let here = souk.as_user(&ann);
        let input = |current: &str| json!({ "input": { "currentPassword": current, "newPassword": "seven tall giraffes" } });
        assert_eq!(here.refused(CHANGE, input("wrong password")).await, ["currentPassword INVALID_CREDENTIALS"]);
        here.run(CHANGE, input(make::PASSWORD)).await;
        assert!(is_signed_in(&here).await);
        assert!(!is_signed_in(&souk.with_token(text(&other["accessToken"]))).await);
        assert!(sign_in(souk, &ann.email, "seven tall giraffes").await["accessToken"].is_string());
    });
}

#[test]
fn another_email_is_confirmed_from_there_and_one_of_two_gets_it() {
    each(async |souk| {
        let (ann, bob) = (make::customer(souk, "ann").await, make::customer(souk, "bob").await);
        let input = json!({ "input": { "newEmail": "New@example.com", "password": make::PASSWORD } });
        let mut tokens = Vec::new();
        for person in [&ann, &bob] {
            let still = souk.as_user(person).run(EMAIL, input.clone()).await;
            assert_eq!(still["user"]["email"], json!(person.email));
            souk.work().await;
            tokens.push(token_in(&mail_to(souk, "new@example.com")));
        }
        let changed = souk.guest().run(CONFIRM, json!({ "input": { "token": tokens[0] } })).await;
        assert_eq!(changed["user"], json!({ "id": ann.id.to_string(), "email": "new@example.com" }));
        assert_eq!(souk.guest().refused(CONFIRM, json!({ "input": { "token": tokens[1] } })).await, ["email TAKEN"]);
        assert!(sign_in(souk, "new@example.com", make::PASSWORD).await["accessToken"].is_string());
        let wrong = json!({ "input": { "newEmail": "x@example.com", "password": "wrong password" } });
        assert_eq!(souk.as_user(&bob).refused(EMAIL, wrong).await, ["password INVALID_CREDENTIALS"]);
        souk.work().await;
    });
}

#[test]
fn a_profile_is_changed_by_patches() {
    each(async |souk| {
        let ann = make::customer(souk, "ann").await;
        let ann = souk.as_user(&ann);
        let one =
            ann.run(PROFILE, json!({ "input": { "displayName": "Ann A.", "phone": "+977 1 4123456" } })).await["user"].clone();
        assert_eq!(one, json!({ "displayName": "Ann A.", "phone": "+977 1 4123456", "version": 2 }));
        let two = ann.run(PROFILE, json!({ "input": { "phone": null, "expectedVersion": 2 } })).await["user"].clone();
        assert_eq!(two, json!({ "displayName": "Ann A.", "phone": null, "version": 3 }));
        assert_eq!(
            ann.refused(PROFILE, json!({ "input": { "displayName": "B", "expectedVersion": 2 } })).await,
            ["expectedVersion STALE"]
        );
        assert_eq!(
            ann.refused(PROFILE, json!({ "input": { "displayName": " ", "phone": "x" } })).await,
            ["displayName REQUIRED", "phone INVALID"]
        );
    });
}

#[test]
fn an_address_book_is_ones_own_and_has_one_default() {
    each(async |souk| {
        let (ann, bob) = (make::customer(souk, "ann").await, make::customer(souk, "bob").await);
        let (ann, bob) = (souk.as_user(&ann), souk.as_user(&bob));
        let input = |city: &str, default: Option<bool>| json!({ "input": { "firstName": "A", "lastName": "B", "line1": "Street 1", "city": city, "country": "np", "isDefaultShipping": default } });
        let first = ann.run(ADDRESS, input("Kathmandu", None)).await["address"].clone();
        assert_eq!((&first["country"], &first["isDefaultShipping"]), (&json!("NP"), &json!(true)));
        // All at once want to be the default.
        join_all((0..8).map(|_| ann.run(ADDRESS, input("Patan", Some(true))))).await;
        let all =
            ann.data("{ me { addresses { id city isDefaultShipping isDefaultBilling } } }", json!({})).await["me"]["addresses"]
                .clone();
        let all = all.as_array().expect("addresses");
        assert_eq!(all.len(), 9);
        assert_eq!(all.iter().filter(|address| address["isDefaultShipping"] == true).count(), 1);
        assert_eq!(all.iter().filter(|address| address["isDefaultBilling"] == true).count(), 1);
        let patch = json!({ "id": first["id"], "input": { "company": "Souk", "isDefaultShipping": true } });
        assert_eq!(bob.refused(ADDRESS_UPDATE, patch.clone()).await, ["id NOT_FOUND"]);
        let changed = ann.run(ADDRESS_UPDATE, patch).await["address"].clone();
        assert_eq!(
            changed,
            json!({ "id": first["id"], "city": "Kathmandu", "company": "Souk", "isDefaultShipping": true, "isDefaultBilling": true })
        );
        assert_eq!(bob.refused(ADDRESS_DELETE, json!({ "id": first["id"] })).await, ["id NOT_FOUND"]);
        ann.run(ADDRESS_DELETE, json!({ "id": first["id"] })).await;
        assert_eq!(ann.refused(ADDRESS_DELETE, json!({ "id": first["id"] })).await, ["id NOT_FOUND"]);
        let bad = json!({ "input": { "firstName": "", "lastName": "B", "line1": "x", "city": "y", "country": "XX" } });
        assert_eq!(ann.refused(ADDRESS, bad).await, ["firstName REQUIRED", "country INVALID"]);
    });
}

#[test]
fn a_verification_mail_is_sent_again_and_runs_out() {
    each(async |souk| {
        const AGAIN: &str = operation!("account", "EmailVerificationRequest");
        register(souk, "ann").await;
        let first = token_in(&mail_to(souk, "ann@example.com"));
        let tokens = sign_in(souk, "ann@example.com", make::PASSWORD).await;
        let ann = souk.with_token(text(&tokens["accessToken"]));
        ann.run(AGAIN, json!({})).await;
        souk.work().await;
        let second = token_in(&mail_to(souk, "ann@example.com"));
        assert_eq!(souk.guest().refused(VERIFY, json!({ "input": { "token": first } })).await, ["token INVALID_TOKEN"]);
        for _ in 0..4 {
            ann.run(AGAIN, json!({})).await;
        }
        assert_eq!(ann.error_code(AGAIN, json!({})).await, "RATE_LIMITED");
        souk.work().await;
        assert_eq!(mails_to(souk, "ann@example.com").len(), 1, "replaced tokens are not sent");
        assert_eq!(souk.guest().refused(VERIFY, json!({ "input": { "token": second } })).await, ["token INVALID_TOKEN"]);
    });
}
