//! Sign-in, token refresh and the end of sessions.

use super::{ME, REFRESH, REVOKE, SIGN_IN, is_signed_in, sign_in, text};
use crate::app::{Souk, each, each_with};
use crate::make;
use base64::Engine;
use futures::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;

fn with(token: &Value) -> Value {
    json!({ "input": { "refreshToken": token } })
}

#[test]
fn a_refresh_token_is_good_once_and_one_used_long_ago_ends_the_session() {
    each(async |souk| {
        let ann = make::customer(souk, "ann").await;
        let first = sign_in(souk, &ann.email, make::PASSWORD).await;
        let second = souk.guest().run(REFRESH, with(&first["refreshToken"])).await["tokens"].clone();
        assert!(is_signed_in(&souk.with_token(text(&second["accessToken"]))).await);
        let other = sign_in(souk, &ann.email, make::PASSWORD).await;
        souk.app.clock.advance(Duration::from_secs(30));
        assert_eq!(souk.guest().refused(REFRESH, with(&first["refreshToken"])).await, ["refreshToken INVALID_TOKEN"]);
        assert!(!is_signed_in(&souk.with_token(text(&second["accessToken"]))).await, "the session ended");
        assert_eq!(souk.guest().refused(REFRESH, with(&second["refreshToken"])).await, ["refreshToken INVALID_TOKEN"]);
        assert!(is_signed_in(&souk.with_token(text(&other["accessToken"]))).await, "another sign-in goes on");
        assert_eq!(souk.guest().refused(REFRESH, with(&json!("nonsense"))).await, ["refreshToken INVALID_TOKEN"]);
        assert_eq!(souk.guest().refused(REFRESH, json!({ "input": {} })).await, ["refreshToken REQUIRED"]);
        souk.app.clock.advance(Duration::from_secs(604_800));
        assert_eq!(souk.guest().refused(REFRESH, with(&other["refreshToken"])).await, ["refreshToken INVALID_TOKEN"]);
    });
}

#[test]
fn revoked_sessions_end_at_once_and_others_are_not_found() {
    each(async |souk| {
        let ann = make::customer(souk, "ann").await;
        let bob = make::customer(souk, "bob").await;
        let phone = sign_in(souk, &ann.email, make::PASSWORD).await;
        let phone = souk.with_token(text(&phone["accessToken"]));
        let laptop = souk.as_user(&ann);
        let sessions = phone.data(ME, json!({})).await["me"]["sessions"].clone();
        assert_eq!(sessions.as_array().map(Vec::len), Some(2));
        let current: Vec<_> =
            sessions.as_array().expect("sessions").iter().filter(|session| session["current"] == true).collect();
        assert_eq!(current.len(), 1);
        let id = json!({ "input": { "sessionId": current[0]["id"] } });
        assert_eq!(souk.as_user(&bob).refused(REVOKE, id.clone()).await, ["sessionId NOT_FOUND"]);
        assert_eq!(
            laptop.refused(REVOKE, json!({ "input": { "sessionId": ann.id.to_string() } })).await,
            ["sessionId INVALID_ID"]
        );
        assert_eq!(laptop.run(REVOKE, id.clone()).await["revokedCount"], 1);
        assert!(!is_signed_in(&phone).await);
        assert_eq!(laptop.run(REVOKE, id).await["revokedCount"], 0);
        sign_in(souk, &ann.email, make::PASSWORD).await;
        assert_eq!(laptop.run(REVOKE, json!({ "input": { "all": true } })).await["revokedCount"], 2);
        assert!(!is_signed_in(&laptop).await);
        assert!(is_signed_in(&souk.as_user(&bob)).await);
        assert_eq!(souk.as_user(&bob).run(REVOKE, json!({ "input": {} })).await["revokedCount"], 1);
        assert!(!is_signed_in(&souk.as_user(&bob)).await);
    });
}

#[test]
fn wrong_passwords_are_limited_and_forgiven_with_time() {
    each(async |souk| {
        let ann = make::customer(souk, "ann").await;
        let input = |email: &str, password: &str| json!({ "input": { "email": email, "password": password } });
        for _ in 0..20 {
            sign_in(souk, &ann.email, make::PASSWORD).await;
        }
        let wrong =
            join_all((0..12).map(|_| async { souk.guest().answer(SIGN_IN, input("ANN@example.com", "wrong password")).await }))
                .await;
        let refused = wrong
            .iter()
            .filter(|answer| answer["data"]["sessionCreate"]["userErrors"][0]["code"] == "INVALID_CREDENTIALS")
            .count();
        let limited = wrong.iter().filter(|answer| answer["errors"][0]["extensions"]["code"] == "RATE_LIMITED").count();
        assert_eq!((refused, limited), (10, 2), "{wrong:#?}");
        // The right one does not pass either: else it would show which it is.
        let answer = souk.guest().answer(SIGN_IN, input(&ann.email, make::PASSWORD)).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "RATE_LIMITED");
        let pause = answer["errors"][0]["extensions"]["retryAfter"].as_u64().expect("seconds");
        souk.app.clock.advance(Duration::from_secs(pause));
        sign_in(souk, &ann.email, make::PASSWORD).await;
        assert_eq!(souk.guest().refused(SIGN_IN, input("nobody@example.com", make::PASSWORD)).await, [" INVALID_CREDENTIALS"]);
    });
}

fn forged(header: &str, claims: &str, signature: &str) -> String {
    let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{signature}", encode(header), encode(claims))
}

#[test]
fn expired_and_forged_tokens_are_refused() {
    each(async |souk| {
        let ann = make::customer(souk, "ann").await;
        let (claims, signature) = ann.token.split_once('.').and_then(|(_, rest)| rest.split_once('.')).expect("a JWT");
        let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).expect("claims");
        let claims = String::from_utf8(claims).expect("claims");
        let owner = claims.replace("CUSTOMER", "OWNER");
        for token in [
            forged(r#"{"alg":"none","typ":"JWT"}"#, &owner, ""),
            forged(r#"{"alg":"none","typ":"JWT"}"#, &claims, signature),
            forged(r#"{"alg":"HS256","typ":"JWT"}"#, &owner, signature),
            format!("{}x", ann.token),
            String::from("nonsense"),
        ] {
            let answer = souk.with_token(&token).send(json!({ "query": "{ version }" })).await;
            assert_eq!(answer.status(), 401, "{token}");
            let body: Value = answer.json().await.expect("JSON");
            assert_eq!(body["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        }
        assert!(is_signed_in(&souk.as_user(&ann)).await);
        souk.app.clock.advance(Duration::from_secs(900));
        assert!(!is_signed_in(&souk.as_user(&ann)).await);
    });
}

/// Sends with cookies, as a browser does; answers with the body and the cookies that were set.
pub async fn browse(souk: &Souk, query: &str, variables: Value, cookies: &[String], preflight: bool) -> (Value, Vec<String>) {
    let mut request = souk.http.post(format!("{}/graphql", souk.url)).json(&json!({ "query": query, "variables": variables }));
    let sent: Vec<_> = cookies.iter().filter_map(|cookie| cookie.split(';').next()).collect();
    if !sent.is_empty() {
        request = request.header("cookie", sent.join("; "));
    }
    if preflight {
        request = request.header("x-souk-csrf", "1");
    }
    let response = request.send().await.expect("an answer");
    let set = response.headers().get_all("set-cookie").iter().map(|value| value.to_str().expect("text").to_owned()).collect();
    (response.json().await.expect("JSON"), set)
}

#[test]
fn cookies_sign_a_browser_in_and_count_only_with_the_header() {
    each(async |souk| {
        let ann = make::customer(souk, "ann").await;
        let input = json!({ "input": { "email": ann.email, "password": make::PASSWORD, "transport": "COOKIE" } });
        let (answer, cookies) = browse(souk, SIGN_IN, input, &[], false).await;
        assert_eq!(answer["data"]["sessionCreate"]["tokens"], json!(null));
        assert!(answer["data"]["sessionCreate"]["session"]["id"].is_string());
        assert_eq!(cookies.len(), 2, "{cookies:?}");
        for cookie in &cookies {
            assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
            assert!(!cookie.contains("Secure"), "http");
        }
        let me = async |cookies: &[String], preflight| {
            browse(souk, ME, json!({}), cookies, preflight).await.0["data"]["me"]["id"].clone()
        };
        assert_eq!(me(&cookies, true).await, json!(ann.id.to_string()));
        assert_eq!(me(&cookies, false).await, json!(null), "a form of another site");

        let (answer, _) = browse(souk, REFRESH, json!({ "input": {} }), &cookies, false).await;
        assert_eq!(answer["data"]["sessionRefresh"]["userErrors"][0]["code"], "REQUIRED");
        let (answer, renewed) = browse(souk, REFRESH, json!({ "input": {} }), &cookies, true).await;
        assert_eq!(answer["data"]["sessionRefresh"], json!({ "tokens": null, "userErrors": [] }));
        assert_eq!(renewed.len(), 2);
        assert_eq!(me(&renewed, true).await, json!(ann.id.to_string()));

        let (answer, cleared) = browse(souk, REVOKE, json!({ "input": {} }), &renewed, true).await;
        assert_eq!(answer["data"]["sessionRevoke"]["revokedCount"], 1);
        assert!(cleared.len() == 2 && cleared.iter().all(|cookie| cookie.contains("Max-Age=0")), "{cleared:?}");
        assert_eq!(me(&renewed, true).await, json!(null));
    });
}

#[test]
fn cookies_are_for_https_alone_where_the_marketplace_is() {
    each_with(&[("SOUK_PUBLIC_URL", "https://souk.example")], async |souk| {
        let ann = make::customer(souk, "ann").await;
        let input = json!({ "input": { "email": ann.email, "password": make::PASSWORD, "transport": "COOKIE" } });
        let (_, cookies) = browse(souk, SIGN_IN, input, &[], false).await;
        assert!(cookies.len() == 2 && cookies.iter().all(|cookie| cookie.contains("; Secure")), "{cookies:?}");
    });
}

#[test]
fn key_files_sign_and_old_ones_still_verify() {
    use entity::id::{SessionId, UserId};
    use secrecy::SecretString;
    use souk_core::config::Signing;
    use souk_core::crypto::{keys::Keys, token::AccessTokens};
    let tokens = |files: &[&str]| {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let signing = Signing {
            secret: SecretString::from("a secret for tests alone, of enough characters"),
            previous: vec![],
            key_files: files.iter().map(|file| folder.join(file)).collect(),
            access_token: Duration::from_secs(900),
            refresh_token: Duration::from_secs(3600),
        };
        AccessTokens::new(&signing, &Keys::new(&signing)).expect("good keys")
    };
    let now = souk_core::clock::Clock::system().now();
    let (user, session) = (UserId(uuid::Uuid::from_u128(1)), SessionId(uuid::Uuid::from_u128(2)));
    let issue = |by: &AccessTokens| by.issue(user, entity::value::Role::Customer, session, now).expect("a token").0;
    for (one, two, algorithm) in [("ed25519-1.pem", "ed25519-2.pem", "EdDSA"), ("p256-1.pem", "p256-2.pem", "ES256")] {
        let (first, second, both) = (tokens(&[one]), tokens(&[two]), tokens(&[two, one]));
        let token = issue(&first);
        let header =
            base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token.split('.').next().expect("a header")).expect("base64");
        let header: Value = serde_json::from_slice(&header).expect("JSON");
        assert_eq!(header["alg"], algorithm);
        assert!(first.check(&token, now).is_some());
        assert!(second.check(&token, now).is_none(), "another key has another kid");
        assert!(both.check(&token, now).is_some(), "an old key still verifies");
        assert!(first.check(&issue(&both), now).is_none(), "the first key signs");
        assert!(both.check(&issue(&tokens(&[])), now).is_some(), "the secret still verifies");
    }
}

/// The status of a mutation that is sent with a bad token, its code if it was refused, and its answer.
async fn with_bad_token(souk: &Souk, authorization: &str, query: &str, variables: Value) -> (u16, Value) {
    let body = json!({ "query": query, "variables": variables });
    let request = souk.http.post(format!("{}/graphql", souk.url)).header("authorization", authorization).json(&body);
    let response = request.send().await.expect("an answer");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

#[test]
fn a_bad_token_stops_nobody_who_signs_in_and_everything_else() {
    each(async |souk| {
        let sdl = crate::sdl::Sdl::read();
        let ann = make::customer(souk, "ann").await;
        let tokens = sign_in(souk, &ann.email, make::PASSWORD).await;
        souk.app.clock.advance(souk.app.config.signing.access_token + Duration::from_secs(1));
        let stale = format!("Bearer {}", tokens["accessToken"].as_str().expect("a token"));
        for authorization in [stale.as_str(), "Bearer nonsense", "Basic YTpi", ""] {
            let create = json!({ "input": { "email": ann.email, "password": make::PASSWORD } });
            let query = "mutation($input: SessionCreateInput!) { ...S } fragment S on Mutation { sessionCreate(input: $input) { user { id } userErrors { code } } }";
            let (status, answer) = with_bad_token(souk, authorization, query, create).await;
            assert_eq!(status, 200, "{authorization}: {answer:#}");
            assert_eq!(answer["data"]["sessionCreate"]["user"]["id"], ann.id.to_string());
            for root in sdl.root_fields().iter().filter(|root| root.operation == "mutation") {
                let (query, variables) = sdl.call(root, &crate::access::unknown_id);
                let (status, answer) = with_bad_token(souk, authorization, &query, variables).await;
                let taken = souk_api::access::SIGN_IN_FIELDS.contains(&root.name());
                assert_eq!(status, if taken { 200 } else { 401 }, "{}: {answer:#}", root.name());
                assert!(taken || answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED", "{answer:#}");
            }
            // Nothing else runs beside it.
            let both = operation!("account", "PasswordResetRequestAndCartLinesRemove");
            assert_eq!(with_bad_token(souk, authorization, both, json!({})).await.0, 401);
            assert_eq!(with_bad_token(souk, authorization, "{ version }", json!({})).await.0, 401);
        }
        let names: Vec<_> = sdl.root_fields().iter().map(|root| root.name().to_owned()).collect();
        assert!(souk_api::access::SIGN_IN_FIELDS.iter().all(|name| names.iter().any(|found| found == name)));
        souk.leaves_work("registrations send mails");
    });
}
