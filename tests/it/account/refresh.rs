//! Refreshing tokens: concurrent tabs, lost responses and stolen tokens.

use super::{REFRESH, is_signed_in, sign_in, text};
use crate::app::{Souk, each, each_with};
use crate::make;
use entity::refresh_token;
use futures::future::join_all;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use souk_core::crypto::keys::hash_token;
use std::time::Duration;

fn with(token: &Value) -> Value {
    json!({ "input": { "refreshToken": token } })
}

async fn refresh(souk: &Souk, token: &Value) -> Value {
    souk.guest().run(REFRESH, with(token)).await["tokens"].clone()
}

async fn is_refused(souk: &Souk, token: &Value) {
    assert_eq!(souk.guest().refused(REFRESH, with(token)).await, ["refreshToken INVALID_TOKEN"]);
}

async fn is_good(souk: &Souk, tokens: &Value) -> bool {
    is_signed_in(&souk.with_token(text(&tokens["accessToken"]))).await
}

#[test]
fn tabs_that_refresh_at_once_get_the_same_successor_and_stay_signed_in() {
    each(async |souk| {
        for name in ["ann", "bob", "cara"] {
            let user = make::customer(souk, name).await;
            let first = sign_in(souk, &user.email, make::PASSWORD).await;
            let answers = join_all((0..20).map(|_| refresh(souk, &first["refreshToken"]))).await;
            for answer in &answers {
                assert_eq!(answer["refreshToken"], answers[0]["refreshToken"]);
                assert_eq!(answer["refreshTokenExpiresAt"], answers[0]["refreshTokenExpiresAt"]);
                assert!(is_good(souk, answer).await);
            }
            assert_ne!(answers[0]["refreshToken"], first["refreshToken"]);
            let next = refresh(souk, &answers[0]["refreshToken"]).await;
            assert!(is_good(souk, &next).await, "the family goes on");
        }
    });
}

#[test]
fn a_lost_answer_is_given_again_for_thirty_seconds_and_then_it_is_theft() {
    each(async |souk| {
        souk.app.clock.freeze(souk.app.clock.now());
        let ann = make::customer(souk, "ann").await;
        let first = sign_in(souk, &ann.email, make::PASSWORD).await;
        let second = refresh(souk, &first["refreshToken"]).await;
        souk.app.clock.advance(Duration::from_secs(29));
        let again = refresh(souk, &first["refreshToken"]).await;
        assert_eq!(again["refreshToken"], second["refreshToken"]);
        let other = sign_in(souk, &ann.email, make::PASSWORD).await;
        souk.app.clock.advance(Duration::from_secs(1));
        is_refused(souk, &first["refreshToken"]).await;
        assert!(!is_good(souk, &again).await, "the session ended");
        is_refused(souk, &second["refreshToken"]).await;
        assert!(is_good(souk, &other).await, "another sign-in goes on");
    });
}

#[test]
fn an_older_tab_gets_the_newest_of_the_family() {
    each(async |souk| {
        souk.app.clock.freeze(souk.app.clock.now());
        let ann = make::customer(souk, "ann").await;
        let first = sign_in(souk, &ann.email, make::PASSWORD).await;
        let mut tokens = vec![first["refreshToken"].clone()];
        for _ in 0..5 {
            let next = refresh(souk, tokens.last().expect("a token")).await;
            tokens.push(next["refreshToken"].clone());
        }
        for older in &tokens[..5] {
            assert_eq!(refresh(souk, older).await["refreshToken"], tokens[5]);
        }
        // Whatever a tab was given last is good after a quarter of an hour, too.
        souk.app.clock.advance(Duration::from_secs(900));
        let next = refresh(souk, &tokens[5]).await;
        assert!(is_good(souk, &next).await);
        is_refused(souk, &tokens[2]).await;
        assert!(!is_good(souk, &next).await);
    });
}

#[test]
fn a_thief_and_the_owner_can_not_both_go_on() {
    each(async |souk| {
        souk.app.clock.freeze(souk.app.clock.now());
        let ann = make::customer(souk, "ann").await;
        let stolen = sign_in(souk, &ann.email, make::PASSWORD).await["refreshToken"].clone();
        // Within the thirty seconds both have the same successor; the first to use it goes on, the other ends the session.
        let (thief, owner) = (refresh(souk, &stolen).await, refresh(souk, &stolen).await);
        souk.app.clock.advance(Duration::from_secs(600));
        let goes_on = refresh(souk, &thief["refreshToken"]).await;
        assert!(is_good(souk, &goes_on).await);
        souk.app.clock.advance(Duration::from_secs(600));
        is_refused(souk, &owner["refreshToken"]).await;
        assert!(!is_good(souk, &goes_on).await);
        is_refused(souk, &goes_on["refreshToken"]).await;
    });
}

#[test]
fn without_the_grace_a_used_token_ends_the_session_at_once() {
    each_with(&[("SOUK_REFRESH_REUSE_SECONDS", "0")], async |souk| {
        let ann = make::customer(souk, "ann").await;
        let first = sign_in(souk, &ann.email, make::PASSWORD).await;
        let second = refresh(souk, &first["refreshToken"]).await;
        is_refused(souk, &first["refreshToken"]).await;
        is_refused(souk, &second["refreshToken"]).await;
    });
}

#[test]
fn a_revoked_session_answers_no_used_token_and_nothing_stored_makes_one() {
    each(async |souk| {
        let ann = make::customer(souk, "ann").await;
        let first = sign_in(souk, &ann.email, make::PASSWORD).await;
        let second = refresh(souk, &first["refreshToken"]).await;
        let rows = refresh_token::Entity::find().all(souk.app.db.read()).await.expect("rows");
        let stored: Vec<_> = rows.iter().map(|row| row.token_hash.clone()).collect();
        for token in [&first, &second].map(|tokens| text(&tokens["refreshToken"])) {
            assert!(stored.contains(&hash_token(token)) && !stored.iter().any(|hash| hash.contains(token)));
        }
        for hash in stored {
            assert_eq!(souk.guest().refused(REFRESH, with(&json!(hash))).await, ["refreshToken INVALID_TOKEN"]);
        }
        souk.with_token(text(&second["accessToken"])).run(super::REVOKE, json!({ "input": {} })).await;
        is_refused(souk, &first["refreshToken"]).await;
        is_refused(souk, &second["refreshToken"]).await;
    });
}

#[test]
fn a_session_that_is_revoked_while_tabs_refresh_stays_revoked() {
    each(async |souk| {
        for round in 0..5 {
            let ann = make::customer(souk, &format!("ann{round}")).await;
            let first = sign_in(souk, &ann.email, make::PASSWORD).await;
            let here = souk.with_token(text(&first["accessToken"]));
            let tabs = join_all((0..8).map(|_| async { souk.guest().data(REFRESH, with(&first["refreshToken"])).await }));
            let (answers, _) = futures::join!(tabs, here.run(super::REVOKE, json!({ "input": {} })));
            for answer in answers.iter().filter(|answer| answer["sessionRefresh"]["tokens"].is_object()) {
                let tokens = &answer["sessionRefresh"]["tokens"];
                assert!(!is_good(souk, tokens).await);
                is_refused(souk, &tokens["refreshToken"]).await;
            }
        }
    });
}

#[test]
fn a_session_renews_its_tokens_so_often_and_no_more() {
    each(async |souk| {
        let ann = make::customer(souk, "ann").await;
        let first = sign_in(souk, &ann.email, make::PASSWORD).await;
        let other = sign_in(souk, &ann.email, make::PASSWORD).await;
        let answers = join_all((0..130).map(|_| async {
            let answer = souk.guest().answer(REFRESH, with(&first["refreshToken"])).await;
            answer["errors"][0]["extensions"]["code"].as_str().map(str::to_owned)
        }))
        .await;
        let limited = answers.iter().flatten().filter(|code| *code == "RATE_LIMITED").count();
        assert!((8..=10).contains(&limited), "{limited} of 130");
        assert_eq!(refresh_token::Entity::find().count(souk.app.db.read()).await.expect("a count"), 3);
        refresh(souk, &other["refreshToken"]).await;
    });
}
