//! Tokens in emails are invalidated when the credentials of the account change.

use super::{REGISTER, VERIFY, is_signed_in, mail_to, mails_to, sign_in, text, token_in};
use crate::app::{Caller, Souk, each};
use crate::make;
use entity::one_time_token;
use entity::value::{Permission, Role};
use futures::future::join_all;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use std::time::Duration;

const REQUEST: &str = operation!("account", "PasswordResetRequest");
const RESET: &str = operation!("account", "PasswordReset");
const CHANGE: &str = operation!("account", "PasswordChange");
const EMAIL: &str = operation!("account", "EmailChangeRequest");
const CONFIRM: &str = operation!("account", "EmailChangeConfirm");
const AGAIN: &str = operation!("account", "EmailVerificationRequest");
const CLOSE: &str = operation!("account", "AccountCloseReturningId");
const BLOCK: &str = operation!("account", "UserBlockReturningId");
const UNBLOCK: &str = operation!("account", "UserUnblockReturningId");

fn with_token(token: &str) -> serde_json::Value {
    json!({ "input": { "token": token } })
}

/// Asks for another email; answers with the token that was sent there.
async fn ask_for(souk: &Souk, caller: &Caller<'_>, email: &str) -> String {
    caller.run(EMAIL, json!({ "input": { "newEmail": email, "password": make::PASSWORD } })).await;
    souk.work().await;
    token_in(&mail_to(souk, email))
}

async fn reset_token(souk: &Souk, email: &str) -> String {
    mails_to(souk, email);
    souk.guest().run(REQUEST, json!({ "input": { "email": email } })).await;
    souk.work().await;
    token_in(&mail_to(souk, email))
}

async fn open_tokens(souk: &Souk, user: entity::id::UserId) -> u64 {
    let of_user = one_time_token::Entity::find().filter(one_time_token::Column::UserId.eq(user));
    of_user.filter(one_time_token::Column::UsedAt.is_null()).count(souk.app.db.read()).await.expect("a count")
}

#[test]
fn an_account_made_with_somebody_elses_address_is_theirs_after_they_reset_the_password() {
    each(async |souk| {
        // The attacker registers with the address of the victim, and asks for a change to their own.
        let input = json!({ "input": { "email": "victim@example.com", "password": make::PASSWORD, "displayName": "V" } });
        souk.guest().run(REGISTER, input).await;
        let attacker = sign_in(souk, "victim@example.com", make::PASSWORD).await;
        let attacker = souk.with_token(text(&attacker["accessToken"]));
        let token = ask_for(souk, &attacker, "attacker@example.com").await;
        let told = mails_to(souk, "victim@example.com");
        assert!(told.iter().any(|mail| mail.contains("attacker@example.com")), "the old address is told: {told:#?}");
        let reset =
            json!({ "input": { "token": reset_token(souk, "victim@example.com").await, "password": "seven tall giraffes" } });
        souk.guest().run(RESET, reset).await;
        assert!(!is_signed_in(&attacker).await);
        assert_eq!(souk.guest().refused(CONFIRM, with_token(&token)).await, ["token INVALID_TOKEN"]);
        let victim = sign_in(souk, "victim@example.com", "seven tall giraffes").await;
        assert!(is_signed_in(&souk.with_token(text(&victim["accessToken"]))).await);
    });
}

#[test]
fn a_confirmed_email_ends_sessions_and_tokens_and_the_old_address_is_told() {
    each(async |souk| {
        let ann = make::customer(souk, "ann").await;
        let here = souk.as_user(&ann);
        let other = sign_in(souk, &ann.email, make::PASSWORD).await;
        let reset = reset_token(souk, &ann.email).await;
        let token = ask_for(souk, &here, "new@example.com").await;
        let requested = mail_to(souk, &ann.email);
        assert!(requested.contains("new@example.com") && requested.contains("/forgot-password"), "{requested}");
        assert!(!requested.contains("token="), "the old address can't confirm: {requested}");
        let changed = here.run(CONFIRM, with_token(&token)).await;
        assert_eq!(changed["user"]["email"], "new@example.com");
        assert!(!is_signed_in(&here).await, "also the session that confirmed");
        assert!(!is_signed_in(&souk.with_token(text(&other["accessToken"]))).await);
        assert_eq!(souk.guest().refused(CONFIRM, with_token(&token)).await, ["token INVALID_TOKEN"]);
        let input = json!({ "input": { "token": reset, "password": "seven tall giraffes" } });
        assert_eq!(souk.guest().refused(RESET, input).await, ["token INVALID_TOKEN"]);
        souk.work().await;
        let told = mail_to(souk, &ann.email);
        assert!(told.contains("Subject: Your email address for Souk has changed") && told.contains("new@example.com"), "{told}");
        assert_eq!(mails_to(souk, "new@example.com"), Vec::<String>::new());
        sign_in(souk, "new@example.com", make::PASSWORD).await;
        let old = json!({ "input": { "email": ann.email, "password": make::PASSWORD } });
        assert_eq!(souk.guest().refused(super::SIGN_IN, old).await, [" INVALID_CREDENTIALS"]);
    });
}

#[test]
fn changing_the_password_blocking_and_closing_end_every_open_token() {
    each(async |souk| {
        let staff = make::staff(souk, "sam", Role::Staff, &[Permission::ManageUsers]).await;
        for how in ["change", "block", "close", "verify"] {
            let user = make::customer(souk, how).await;
            let caller = souk.as_user(&user);
            let reset = reset_token(souk, &user.email).await;
            let token = ask_for(souk, &caller, &format!("{how}2@example.com")).await;
            assert_eq!(open_tokens(souk, user.id).await, 2);
            let id = json!({ "id": user.id.to_string() });
            match how {
                "change" => {
                    let input = json!({ "input": { "currentPassword": make::PASSWORD, "newPassword": "seven tall giraffes" } });
                    caller.run(CHANGE, input).await;
                }
                "block" => {
                    let mut block = id.clone();
                    block["input"] = json!({ "reason": "Spam" });
                    souk.as_user(&staff).run(BLOCK, block).await;
                    souk.as_user(&staff).run(UNBLOCK, id).await;
                }
                "close" => {
                    caller.run(CLOSE, json!({ "input": { "password": make::PASSWORD } })).await;
                }
                _ => {
                    unverify(souk, user.id).await;
                    caller.run(AGAIN, json!({})).await;
                    souk.work().await;
                    let mails = mails_to(souk, &user.email);
                    let verify = mails.iter().find(|mail| mail.contains("/verify-email")).expect("a mail");
                    souk.guest().run(VERIFY, with_token(&token_in(verify))).await;
                }
            }
            // Who verifies the address may have asked for a new password before; a change to another address ends.
            assert_eq!(open_tokens(souk, user.id).await, u64::from(how == "verify"), "{how}");
            assert_eq!(souk.guest().refused(CONFIRM, with_token(&token)).await, ["token INVALID_TOKEN"], "{how}");
            if how != "verify" {
                let input = json!({ "input": { "token": reset, "password": "eight tall giraffes" } });
                assert_eq!(souk.guest().refused(RESET, input).await, ["token INVALID_TOKEN"], "{how}");
            }
        }
        souk.work().await;
    });
}

async fn unverify(souk: &Souk, id: entity::id::UserId) {
    use sea_orm::sea_query::Expr;
    let none = Expr::value(Option::<sea_orm::prelude::DateTimeUtc>::None);
    let update = entity::user::Entity::update_many().col_expr(entity::user::Column::EmailVerifiedAt, none);
    update.filter(entity::user::Column::Id.eq(id)).exec(souk.app.db.raw()).await.expect("a change");
}

#[test]
fn what_is_asked_for_while_the_password_is_reset_does_not_outlive_it() {
    each(async |souk| {
        for round in 0..5 {
            let ann = make::customer(souk, &format!("ann{round}")).await;
            let caller = souk.as_user(&ann);
            let token = reset_token(souk, &ann.email).await;
            let reset = json!({ "input": { "token": token, "password": "seven tall giraffes" } });
            let asks = (0..4).map(|number| {
                let input =
                    json!({ "input": { "newEmail": format!("x{round}{number}@example.com"), "password": make::PASSWORD } });
                caller.answer(EMAIL, input)
            });
            let guest = souk.guest();
            let (done, _) = futures::join!(guest.run(RESET, reset), join_all(asks));
            assert_eq!(done["user"]["email"], json!(ann.email));
            assert_eq!(open_tokens(souk, ann.id).await, 0, "whichever came first");
            souk.work().await;
            // The maximum number of emails per hour.
            souk.app.clock.advance(Duration::from_secs(3600));
        }
    });
}

#[test]
fn of_a_reset_and_a_confirmation_at_once_one_ends_the_other() {
    each(async |souk| {
        for round in 0..5 {
            let ann = make::customer(souk, &format!("ann{round}")).await;
            let new = format!("new{round}@example.com");
            let confirm = ask_for(souk, &souk.as_user(&ann), &new).await;
            let reset = json!({ "input": { "token": reset_token(souk, &ann.email).await, "password": "seven tall giraffes" } });
            let (guest, other) = (souk.guest(), souk.guest());
            let (one, two) = futures::join!(guest.data(RESET, reset), other.data(CONFIRM, with_token(&confirm)));
            let done = [&one["passwordReset"]["user"]["id"], &two["emailChangeConfirm"]["user"]["id"]];
            assert_eq!(done.iter().filter(|id| id.is_string()).count(), 1, "{one:#} {two:#}");
            assert_eq!(open_tokens(souk, ann.id).await, 0);
            souk.work().await;
        }
    });
}
