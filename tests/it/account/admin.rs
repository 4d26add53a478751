//! What the staff does with accounts.

use super::{SIGN_IN, is_signed_in};
use crate::app::each;
use crate::make;
use entity::value::{Permission, Role};
use futures::future::join_all;
use serde_json::json;

const BLOCK: &str = "mutation($id: ID!, $input: UserBlockInput!) { userBlock(id: $id, input: $input) { user { id status blockedReason } userErrors { field message code } } }";
const UNBLOCK: &str = "mutation($id: ID!) { userUnblock(id: $id) { user { id status } userErrors { field message code } } }";
const ROLE: &str = "mutation($id: ID!, $input: UserRoleUpdateInput!) { userRoleUpdate(id: $id, input: $input) { user { id role permissions } userErrors { field message code } } }";

#[test]
fn who_is_blocked_is_out_at_once() {
    each(async |souk| {
        let ann = make::customer(souk, "ann").await;
        let staff = make::staff(souk, "sam", Role::Staff, &[Permission::ManageUsers]).await;
        let (admin, sam) = (make::admin(souk).await, souk.as_user(&staff));
        assert!(is_signed_in(&souk.as_user(&ann)).await);
        let block = |id: entity::id::UserId| json!({ "id": id.to_string(), "input": { "reason": "Spam" } });
        assert_eq!(souk.as_user(&ann).error_code(BLOCK, block(staff.id)).await, "FORBIDDEN");
        assert_eq!(sam.refused(BLOCK, block(staff.id)).await, ["id NOT_ALLOWED"]);
        assert_eq!(sam.refused(BLOCK, block(admin.id)).await, ["id NOT_ALLOWED"]);
        let blocked = sam.run(BLOCK, block(ann.id)).await["user"].clone();
        assert_eq!(blocked, json!({ "id": ann.id.to_string(), "status": "BLOCKED", "blockedReason": "Spam" }));
        assert!(!is_signed_in(&souk.as_user(&ann)).await);
        let input = json!({ "input": { "email": ann.email, "password": make::PASSWORD } });
        assert_eq!(souk.guest().refused(SIGN_IN, input.clone()).await, [" NOT_ALLOWED"]);
        sam.run(UNBLOCK, json!({ "id": ann.id.to_string() })).await;
        assert!(!is_signed_in(&souk.as_user(&ann)).await, "old sessions stay ended");
        souk.guest().run(SIGN_IN, input).await;
    });
}

#[test]
fn roles_are_given_by_owners_and_the_last_owner_stays_one() {
    each(async |souk| {
        let ann = make::customer(souk, "ann").await;
        let (one, admin) = (make::owner(souk).await, make::admin(souk).await);
        let (owner, admin) = (souk.as_user(&one), souk.as_user(&admin));
        let role = |id: entity::id::UserId, role: &str| json!({ "id": id.to_string(), "input": { "role": role } });
        assert_eq!(admin.refused(ROLE, role(ann.id, "STAFF")).await, ["role NOT_ALLOWED"]);
        assert_eq!(admin.refused(ROLE, role(one.id, "CUSTOMER")).await, ["id NOT_ALLOWED"]);
        assert_eq!(admin.run(ROLE, role(ann.id, "VENDOR")).await["user"]["role"], "VENDOR");
        make::store(souk, &ann, "Tea House").await;
        assert_eq!(admin.refused(ROLE, role(ann.id, "CUSTOMER")).await, ["role IN_USE"]);
        let bob = make::customer(souk, "bob").await;
        let staff = json!({ "id": bob.id.to_string(), "input": { "role": "STAFF", "permissions": ["MODERATE", "MANAGE_ORDERS", "MODERATE"] } });
        let made = owner.run(ROLE, staff).await["user"].clone();
        assert_eq!(made["permissions"], json!(["MANAGE_ORDERS", "MODERATE"]));
        let vendor = json!({ "id": bob.id.to_string(), "input": { "role": "VENDOR", "permissions": ["MODERATE"] } });
        assert_eq!(owner.refused(ROLE, vendor).await, ["permissions INVALID"]);
        assert_eq!(owner.refused(ROLE, role(one.id, "ADMIN")).await, ["id NOT_ALLOWED"]);
        // Two owners who take each other's role at once: one stays.
        let two = make::user(souk, "second", Role::Owner).await;
        let answers = join_all([
            souk.as_user(&one).answer(ROLE, role(two.id, "ADMIN")),
            souk.as_user(&two).answer(ROLE, role(one.id, "ADMIN")),
        ])
        .await;
        let done = answers.iter().filter(|answer| answer["data"]["userRoleUpdate"]["user"]["role"] == "ADMIN").count();
        assert_eq!(done, 1, "{answers:#?}");
    });
}

#[test]
fn users_are_listed_by_role_status_and_email() {
    each(async |souk| {
        let staff = make::staff(souk, "sam", Role::Staff, &[Permission::ManageUsers]).await;
        for name in ["ann", "ann_b", "annxb", "bob"] {
            make::customer(souk, name).await;
        }
        let sam = souk.as_user(&staff);
        const USERS: &str = "query($filter: UserFilter, $after: String) { users(first: 2, after: $after, filter: $filter) { nodes { email sessions { id } addresses { id } } pageInfo { hasNextPage endCursor } totalCount } }";
        let found = sam.data(USERS, json!({ "filter": { "emailPrefix": "ANN_" } })).await["users"].clone();
        assert_eq!((&found["totalCount"], &found["nodes"][0]["email"]), (&json!(1), &json!("ann_b@example.com")));
        let page = sam.data(USERS, json!({ "filter": { "role": "CUSTOMER", "status": "ACTIVE" } })).await["users"].clone();
        assert_eq!((&page["totalCount"], &page["pageInfo"]["hasNextPage"]), (&json!(4), &json!(true)));
        let rest =
            sam.data(USERS, json!({ "filter": { "role": "CUSTOMER" }, "after": page["pageInfo"]["endCursor"] })).await["users"]
                .clone();
        assert_eq!(rest["nodes"][1]["email"], "ann@example.com");
        assert_eq!(souk.guest().error_code(USERS, json!({})).await, "UNAUTHENTICATED");
        let user = sam.data("query($id: ID!) { user(id: $id) { email } }", json!({ "id": staff.id.to_string() })).await;
        assert_eq!(user["user"]["email"], json!(staff.email));
    });
}
