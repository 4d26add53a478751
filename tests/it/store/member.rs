//! Store members: invitations, leaving, and the effect of membership on reviews.

use crate::account::{mail_to, mails_to, token_in};
use crate::app::{Caller, Souk, each, each_with};
use crate::make::order::{Terms, order_on};
use crate::make::{self, Make, User};
use entity::id::StoreId;
use entity::value::{OrderStatus, Role, StoreStatus};
use entity::{former_store_member, store, store_invitation, store_member, user};
use futures::future::join_all;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use souk_core::auth::System;
use std::time::Duration;

pub const INVITE: &str = operation!("store", "StoreMemberInvite");
const ADD: &str = operation!("store", "StoreMemberAdd");
pub const ACCEPT: &str = operation!("store", "StoreInvitationAccept");
const DECLINE: &str = operation!("store", "StoreInvitationDecline");
const REVOKE: &str = operation!("store", "StoreInvitationRevoke");
pub const REMOVE: &str = operation!("store", "StoreMemberRemove");
const LEAVE: &str = operation!("store", "StoreMemberLeave");
const PENDING: &str = operation!("store", "StoreWithInvitationsAndMembers");
const BY_TOKEN: &str = operation!("store", "StoreInvitation");

pub fn invitation(store: StoreId, email: &str, role: &str) -> Value {
    json!({ "input": { "storeId": store.to_string(), "email": email, "role": role } })
}

fn with_token(token: &str) -> Value {
    json!({ "input": { "token": token } })
}

/// Invites an address and answers with the token that was mailed there.
pub async fn invited(souk: &Souk, by: &Caller<'_>, store: StoreId, email: &str, role: &str) -> String {
    by.run(INVITE, invitation(store, email, role)).await;
    souk.work().await;
    token_in(&mail_to(souk, email))
}

/// Makes a person a member, by an invitation.
pub async fn join(souk: &Souk, owner: &User, store: StoreId, person: &User, role: &str) {
    let token = invited(souk, &souk.as_user(owner), store, &person.email, role).await;
    souk.as_user(person).run(ACCEPT, with_token(&token)).await;
}

async fn members(souk: &Souk) -> u64 {
    store_member::Entity::find().count(souk.app.db.read()).await.expect("a count")
}

async fn set_store_status(souk: &Souk, id: StoreId, status: StoreStatus) {
    let update = store::Entity::update_many().col_expr(store::Column::Status, Expr::value(status.as_str()));
    update.filter(store::Column::Id.eq(id)).exec(souk.app.db.raw()).await.expect("a change");
}

/// A vendor's store, and a user to invite.
async fn shop(souk: &Souk) -> (User, StoreId, User) {
    let (vera, mona) = (make::vendor(souk, "vera").await, make::customer(souk, "mona").await);
    let store = make::store(souk, &vera, "Tea House").await;
    (vera, store, mona)
}

#[test]
fn an_invitation_is_accepted_once_by_the_person_it_was_sent_to() {
    each(async |souk| {
        let (vera, store, mona) = shop(souk).await;
        let eve = make::customer(souk, "eve").await;
        let owner = souk.as_user(&vera);
        let sent = owner.run(INVITE, invitation(store, " Mona@Example.com ", "MANAGER")).await["invitation"].clone();
        assert_eq!(
            (&sent["email"], &sent["role"], &sent["status"], &sent["storeName"]),
            (&json!("mona@example.com"), &json!("MANAGER"), &json!("PENDING"), &json!("Tea House"))
        );
        assert_eq!(members(souk).await, 0, "nobody is a member without consent");
        souk.work().await;
        let mail = mail_to(souk, "mona@example.com");
        assert!(mail.contains("Tea House") && !mail.contains("mona\r\n"), "{mail}");
        let token = token_in(&mail);
        let shown = souk.guest().data(BY_TOKEN, json!({ "token": token })).await["storeInvitation"].clone();
        assert_eq!(
            shown,
            json!({ "storeName": "Tea House", "email": "mona@example.com", "role": "MANAGER", "status": "PENDING", "store": { "name": "Tea House" } })
        );
        assert_eq!(souk.guest().error_code(ACCEPT, with_token(&token)).await, "UNAUTHENTICATED");
        // A token that was passed on is worth nothing to others; neither is an address that nobody verified.
        assert_eq!(souk.as_user(&eve).refused(ACCEPT, with_token(&token)).await, ["token NOT_ALLOWED"]);
        let verify = |at: Option<sea_orm::prelude::DateTimeUtc>| {
            let update = user::Entity::update_many().col_expr(user::Column::EmailVerifiedAt, Expr::value(at));
            update.filter(user::Column::Id.eq(mona.id)).exec(souk.app.db.raw())
        };
        verify(None).await.expect("a change");
        assert_eq!(souk.as_user(&mona).refused(ACCEPT, with_token(&token)).await, ["token INCOMPLETE"]);
        verify(Some(souk.app.clock.now())).await.expect("a change");
        for junk in ["", "junk", &token[1..]] {
            assert_eq!(souk.as_user(&mona).refused(ACCEPT, with_token(junk)).await, ["token INVALID_TOKEN"], "{junk}");
            assert_eq!(souk.guest().data(BY_TOKEN, json!({ "token": junk })).await["storeInvitation"], json!(null));
        }
        // Many at once: one membership.
        let invitee = souk.as_user(&mona);
        let answers = join_all((0..8).map(|_| invitee.data(ACCEPT, with_token(&token)))).await;
        let done = answers.iter().filter(|answer| answer["storeInvitationAccept"]["member"]["role"] == "MANAGER").count();
        assert_eq!((done, members(souk).await), (1, 1), "{answers:#?}");
        for answer in answers.iter().filter(|answer| answer["storeInvitationAccept"]["member"] == json!(null)) {
            assert_eq!(answer["storeInvitationAccept"]["userErrors"][0]["code"], "INVALID_TOKEN", "{answer:#}");
        }
        let seen = owner.data(PENDING, json!({ "id": store.to_string() })).await["store"].clone();
        assert_eq!(seen, json!({ "invitations": [], "members": [{ "role": "MANAGER", "user": { "displayName": "mona" } }] }));
        // Another invitation changes the role of a member.
        join(souk, &vera, store, &mona, "FULFILLER").await;
        assert_eq!(members(souk).await, 1);
        let seen = owner.data(PENDING, json!({ "id": store.to_string() })).await["store"]["members"][0]["role"].clone();
        assert_eq!(seen, "FULFILLER");
    });
}

#[test]
fn an_invitation_answers_the_same_whether_or_not_the_address_has_an_account() {
    each(async |souk| {
        let (vera, store, mona) = shop(souk).await;
        join(souk, &vera, store, &mona, "MANAGER").await;
        make::customer(souk, "known").await;
        let blocked = make::customer(souk, "blocked").await;
        let block = user::Entity::update_many().col_expr(user::Column::Status, Expr::value("BLOCKED"));
        block.filter(user::Column::Id.eq(blocked.id)).exec(souk.app.db.raw()).await.expect("a change");
        let owner = souk.as_user(&vera);
        let mut told = Vec::new();
        for (mutation, name) in [(INVITE, "storeMemberInvite"), (ADD, "storeMemberAdd")] {
            for email in ["known@example.com", "nobody@example.com", "blocked@example.com", "mona@example.com"] {
                let (answer, statements) = souk.statements(&owner, mutation, invitation(store, email, "MANAGER")).await;
                let mut payload = answer["data"][name].clone();
                for field in ["id", "createdAt", "expiresAt"] {
                    if let Some(value) = payload["invitation"].get_mut(field) {
                        *value = json!(null);
                    }
                }
                told.push((payload.to_string().replace(email, "EMAIL"), statements));
            }
            assert!(told.iter().all(|other| *other == told[0]), "{told:#?}");
            assert!(!told[0].0.contains("userErrors\":[{"), "{}", told[0].0);
            told.clear();
        }
        let members = owner.data(ADD, invitation(store, "known@example.com", "OWNER")).await["storeMemberAdd"]["member"].clone();
        assert_eq!(members, json!(null));
        souk.work().await;
        for email in ["known@example.com", "nobody@example.com", "blocked@example.com", "mona@example.com"] {
            // Of several to one address only the last one's mail is sent where the earlier ones were replaced before.
            assert_eq!(mails_to(souk, email).len(), 1, "{email}");
        }
    });
}

#[test]
fn an_invitation_can_be_declined_revoked_replaced_and_expires() {
    each(async |souk| {
        let (vera, store, mona) = shop(souk).await;
        let (owner, invitee) = (souk.as_user(&vera), souk.as_user(&mona));
        let status =
            async |token: &str| souk.guest().data(BY_TOKEN, json!({ "token": token })).await["storeInvitation"]["status"].clone();
        // Declined, by a guest who holds the token.
        let token = invited(souk, &owner, store, "mona@example.com", "MANAGER").await;
        let declined = souk.guest().run(DECLINE, with_token(&token)).await["invitation"]["status"].clone();
        assert_eq!(declined, "DECLINED");
        assert_eq!(invitee.refused(ACCEPT, with_token(&token)).await, ["token INVALID_TOKEN"]);
        assert_eq!(souk.guest().refused(DECLINE, with_token(&token)).await, ["token INVALID_TOKEN"]);
        // Replaced by a newer one, then revoked.
        let old = invited(souk, &owner, store, "mona@example.com", "OWNER").await;
        let token = invited(souk, &owner, store, "mona@example.com", "FULFILLER").await;
        assert_eq!(invitee.refused(ACCEPT, with_token(&old)).await, ["token INVALID_TOKEN"]);
        let pending = owner.data(PENDING, json!({ "id": store.to_string() })).await["store"]["invitations"].clone();
        assert_eq!(pending.as_array().map(Vec::len), Some(1), "{pending:#}");
        let id = json!({ "id": pending[0]["id"] });
        for stranger in [&invitee, &souk.as_user(&make::vendor(souk, "otto").await)] {
            assert_eq!(stranger.refused(REVOKE, id.clone()).await, ["id NOT_FOUND"]);
        }
        assert_eq!(owner.run(REVOKE, id.clone()).await["invitation"]["status"], "REVOKED");
        assert_eq!(owner.refused(REVOKE, id).await, ["id INVALID_STATE"]);
        assert_eq!((status(&old).await, status(&token).await), (json!("REVOKED"), json!("REVOKED")));
        assert_eq!(invitee.refused(ACCEPT, with_token(&token)).await, ["token INVALID_TOKEN"]);
        assert_eq!(members(souk).await, 0);
    });
    each_with(&[("SOUK_INVITATION_SECONDS", "3600"), ("SOUK_ACCESS_TOKEN_SECONDS", "86400")], async |souk| {
        let (vera, store, mona) = shop(souk).await;
        let owner = souk.as_user(&vera);
        let token = invited(souk, &owner, store, "mona@example.com", "MANAGER").await;
        souk.app.clock.advance(Duration::from_secs(3601));
        assert_eq!(souk.as_user(&mona).refused(ACCEPT, with_token(&token)).await, ["token INVALID_TOKEN"]);
        assert_eq!(souk.guest().refused(DECLINE, with_token(&token)).await, ["token INVALID_TOKEN"]);
        let shown = souk.guest().data(BY_TOKEN, json!({ "token": token })).await["storeInvitation"]["status"].clone();
        assert_eq!(shown, "EXPIRED");
        let pending = owner.data(PENDING, json!({ "id": store.to_string() })).await["store"]["invitations"].clone();
        assert_eq!(pending, json!([]));
        // It is forgotten later.
        let forget = async || {
            souk_domain::store::invitation::delete_expired(&souk.app, &System::for_command_line()).await.expect("a count")
        };
        assert_eq!(forget().await, 0);
        souk.app.clock.advance(Duration::from_secs(31 * 86_400));
        assert_eq!(forget().await, 1);
        assert_eq!(store_invitation::Entity::find().count(souk.app.db.read()).await.expect("a count"), 0);
    });
}

#[test]
fn pending_invitations_are_shown_to_those_who_change_the_settings_alone() {
    each(async |souk| {
        let (vera, store, mona) = shop(souk).await;
        let (co_owner, eve) = (make::customer(souk, "coco").await, make::customer(souk, "eve").await);
        join(souk, &vera, store, &mona, "MANAGER").await;
        join(souk, &vera, store, &co_owner, "OWNER").await;
        let sent = souk.as_user(&co_owner).run(INVITE, invitation(store, "new@example.com", "FULFILLER")).await;
        assert_eq!(souk.as_user(&mona).error_code(INVITE, invitation(store, "x@example.com", "OWNER")).await, "FORBIDDEN");
        assert_eq!(souk.as_user(&eve).refused(INVITE, invitation(store, "x@example.com", "OWNER")).await, ["storeId NOT_FOUND"]);
        let admin = make::admin(souk).await;
        let id = json!({ "id": store.to_string() });
        let node = json!({ "id": sent["invitation"]["id"] });
        const NODE: &str = operation!("node", "NodeWithInvitationEmail");
        for (caller, sees) in [
            (souk.as_user(&vera), true),
            (souk.as_user(&co_owner), true),
            (souk.as_user(&admin), true),
            (souk.as_user(&mona), false),
            (souk.as_user(&eve), false),
            (souk.guest(), false),
        ] {
            let found = caller.data(PENDING, id.clone()).await["store"]["invitations"].clone();
            assert_eq!(found.as_array().map(Vec::len), sees.then_some(1), "{found:#}");
            assert_eq!(caller.data(NODE, node.clone()).await["node"]["email"].is_string(), sees);
        }
        assert_eq!(souk.as_user(&vera).refused(INVITE, invitation(store, "vera@example.com", "OWNER")).await, ["email INVALID"]);
        assert_eq!(souk.as_user(&vera).refused(INVITE, invitation(store, "no address", "OWNER")).await, ["email INVALID"]);
        // The owner of a store cannot become a member of it.
        let token = invited(souk, &souk.as_user(&admin), store, "vera@example.com", "FULFILLER").await;
        assert_eq!(souk.as_user(&vera).refused(ACCEPT, with_token(&token)).await, ["token NOT_ALLOWED"]);
    });
}

#[test]
fn invitations_are_limited_by_user_by_store_by_address_and_in_number() {
    each_with(&[("SOUK_ACCESS_TOKEN_SECONDS", "86400")], async |souk| {
        let (vera, store, _) = shop(souk).await;
        let second = make::store(souk, &vera, "Coffee House").await;
        let owner = souk.as_user(&vera);
        // By user: twenty at once, in whatever store.
        for number in 0..20 {
            let of = if number % 2 == 0 { store } else { second };
            owner.run(INVITE, invitation(of, &format!("guess{number}@example.com"), "MANAGER")).await;
        }
        assert_eq!(owner.error_code(INVITE, invitation(store, "guess20@example.com", "MANAGER")).await, "RATE_LIMITED");
        assert_eq!(owner.error_code(ADD, invitation(store, "guess20@example.com", "MANAGER")).await, "RATE_LIMITED");
        // By store, for all inviting users together.
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        for number in 0..10 {
            admin.run(INVITE, invitation(store, &format!("more{number}@example.com"), "MANAGER")).await;
        }
        assert_eq!(admin.error_code(INVITE, invitation(store, "one.more@example.com", "MANAGER")).await, "RATE_LIMITED");
        // By address: whichever stores ask, and the same address in other letters.
        for number in 0..6 {
            let vendor = make::vendor(souk, &format!("vendor{number}")).await;
            let of = make::store(souk, &vendor, &format!("Store {number}")).await;
            let email = if number % 2 == 0 { "victim@example.com" } else { "VICTIM@Example.COM" };
            let answer = souk.as_user(&vendor).answer(INVITE, invitation(of, email, "MANAGER")).await;
            let code = &answer["errors"][0]["extensions"]["code"];
            assert_eq!(code == "RATE_LIMITED", number == 5, "{answer:#}");
        }
        // In number: a store has fifty pending ones at most.
        for batch in 0..3 {
            souk.app.clock.advance(Duration::from_secs(3600));
            for number in 0..20 {
                let input = invitation(second, &format!("p{batch}.{number}@example.com"), "MANAGER");
                let answer = owner.data(INVITE, input).await["storeMemberInvite"].clone();
                let full = batch * 20 + number >= 40;
                assert_eq!(answer["userErrors"][0]["code"] == "LIMIT_REACHED", full, "{batch} {number}: {answer:#}");
            }
        }
        souk.leaves_work("many mails");
    });
}

#[test]
fn members_leave_and_what_they_sent_is_void() {
    each(async |souk| {
        let (vera, store, mona) = shop(souk).await;
        let (co_owner, eve) = (make::customer(souk, "coco").await, make::customer(souk, "eve").await);
        join(souk, &vera, store, &mona, "FULFILLER").await;
        join(souk, &vera, store, &co_owner, "OWNER").await;
        let token = invited(souk, &souk.as_user(&co_owner), store, "eve@example.com", "OWNER").await;
        let remove = |who: &User| json!({ "input": { "storeId": store.to_string(), "userId": who.id.to_string() } });
        let leave = json!({ "input": { "storeId": store.to_string() } });
        // One by leaving, one by being removed by themselves: no role is needed for that.
        assert_eq!(souk.as_user(&mona).error_code(REMOVE, remove(&co_owner)).await, "FORBIDDEN");
        assert_eq!(souk.as_user(&mona).run(REMOVE, remove(&mona)).await["removedUserId"], mona.id.to_string());
        assert_eq!(souk.as_user(&mona).refused(REMOVE, remove(&mona)).await, ["storeId NOT_FOUND"]);
        assert_eq!(souk.as_user(&co_owner).run(LEAVE, leave.clone()).await["leftStoreId"], store.to_string());
        assert_eq!(souk.as_user(&co_owner).refused(LEAVE, leave.clone()).await, ["storeId NOT_FOUND"]);
        assert_eq!(souk.as_user(&eve).refused(LEAVE, leave.clone()).await, ["storeId NOT_FOUND"]);
        assert_eq!(souk.as_user(&vera).refused(LEAVE, leave).await, ["storeId NOT_ALLOWED"]);
        assert_eq!(souk.as_user(&vera).refused(REMOVE, remove(&vera)).await, ["storeId NOT_ALLOWED"]);
        assert_eq!(souk.as_user(&vera).refused(REMOVE, remove(&eve)).await, ["userId NOT_FOUND"]);
        assert_eq!(souk.as_user(&eve).refused(ACCEPT, with_token(&token)).await, ["token INVALID_TOKEN"]);
        assert_eq!(members(souk).await, 0);
        assert_eq!(former_store_member::Entity::find().count(souk.app.db.read()).await.expect("a count"), 2);
    });
}

#[test]
fn the_invitations_of_a_store_that_is_closed_or_suspended_can_not_be_accepted() {
    each(async |souk| {
        let (vera, store, mona) = shop(souk).await;
        let owner = souk.as_user(&vera);
        let token = invited(souk, &owner, store, "mona@example.com", "MANAGER").await;
        set_store_status(souk, store, StoreStatus::Suspended).await;
        assert_eq!(souk.as_user(&mona).refused(ACCEPT, with_token(&token)).await, ["token INVALID_STATE"]);
        assert_eq!(owner.refused(INVITE, invitation(store, "x@example.com", "OWNER")).await, ["storeId INVALID_STATE"]);
        set_store_status(souk, store, StoreStatus::Active).await;
        owner
            .run("mutation($id: ID!) { storeClose(id: $id) { userErrors { message } } }", json!({ "id": store.to_string() }))
            .await;
        assert_eq!(souk.as_user(&mona).refused(ACCEPT, with_token(&token)).await, ["token INVALID_TOKEN"]);
        assert_eq!(owner.refused(INVITE, invitation(store, "x@example.com", "OWNER")).await, ["storeId INVALID_STATE"]);
        assert_eq!(members(souk).await, 0);
    });
}

#[test]
fn a_closed_account_leaves_no_invitation_to_its_address_and_none_that_it_sent() {
    each(async |souk| {
        let (vera, store, mona) = shop(souk).await;
        let (co_owner, eve) = (make::customer(souk, "coco").await, make::customer(souk, "eve").await);
        join(souk, &vera, store, &co_owner, "OWNER").await;
        let to_mona = invited(souk, &souk.as_user(&vera), store, "mona@example.com", "MANAGER").await;
        let to_eve = invited(souk, &souk.as_user(&co_owner), store, "eve@example.com", "MANAGER").await;
        let close = json!({ "input": { "password": make::PASSWORD } });
        for person in [&mona, &co_owner] {
            souk.as_user(person).run(crate::account::close::CLOSE, close.clone()).await;
        }
        assert_eq!(souk.as_user(&eve).refused(ACCEPT, with_token(&to_eve)).await, ["token INVALID_TOKEN"]);
        let again = make::customer(souk, "mona").await;
        assert_eq!(souk.as_user(&again).refused(ACCEPT, with_token(&to_mona)).await, ["token INVALID_TOKEN"]);
        let left = store_invitation::Entity::find().filter(store_invitation::Column::Email.eq("mona@example.com"));
        assert_eq!(left.count(souk.app.db.read()).await.expect("a count"), 0);
        assert_eq!(members(souk).await, 0);
    });
}

#[test]
fn a_review_asks_who_was_a_member_when_the_product_was_bought() {
    each(async |souk| {
        let (vera, store, mona) = shop(souk).await;
        let (fred, gina) = (make::customer(souk, "fred").await, make::customer(souk, "gina").await);
        let tea = make::product(souk, store, Make::default()).await;
        let done = Terms { status: OrderStatus::Completed, ..Terms::default() };
        let buy = async |who: &User| {
            souk.app.clock.advance(Duration::from_secs(1));
            order_on(souk, Some(who), &[(store, tea, 1)], done).await;
            souk.app.clock.advance(Duration::from_secs(1));
        };
        let review = json!({ "input": { "productId": tea.id.to_string(), "rating": 1, "title": "Dust" } });
        let refused = async |who: &User| {
            assert_eq!(
                souk.as_user(who).refused(crate::review::CREATE, review.clone()).await,
                ["productId NOT_ALLOWED"],
                "{}",
                who.email
            );
        };
        let leave = json!({ "input": { "storeId": store.to_string() } });
        // A buyer who is made a member later still says what they think, also while they are a member.
        buy(&mona).await;
        join(souk, &vera, store, &mona, "FULFILLER").await;
        let written = souk.as_user(&mona).run(crate::review::CREATE, review.clone()).await["review"].clone();
        assert_eq!(written["verifiedPurchase"], true);
        // A member who buys does not, and leaving does not help.
        join(souk, &vera, store, &fred, "FULFILLER").await;
        buy(&fred).await;
        refused(&fred).await;
        souk.as_user(&fred).run(LEAVE, leave.clone()).await;
        refused(&fred).await;
        crate::review::anybody_may_review(souk).await;
        refused(&fred).await;
        // What they buy afterwards is theirs; and coming back changes nothing.
        buy(&fred).await;
        join(souk, &vera, store, &fred, "FULFILLER").await;
        let written = souk.as_user(&fred).run(crate::review::CREATE, review.clone()).await["review"].clone();
        assert_eq!(written["verifiedPurchase"], true);
        // If any user may review, a user who bought nothing may too, unless the user is a member of the store.
        join(souk, &vera, store, &gina, "MANAGER").await;
        refused(&gina).await;
        souk.as_user(&gina).run(LEAVE, leave).await;
        let written = souk.as_user(&gina).run(crate::review::CREATE, review.clone()).await["review"].clone();
        assert_eq!(written["verifiedPurchase"], false);
        // The owner never does.
        buy(&vera).await;
        refused(&vera).await;
        let staff = make::user(souk, "sam", Role::Staff).await;
        souk.as_user(&staff).run(crate::review::CREATE, review).await;
    });
}
