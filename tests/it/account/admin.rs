//! Managing accounts as staff.

use super::{SIGN_IN, is_signed_in};
use crate::app::{Souk, each};
use crate::make;
use entity::id::StoreId;
use entity::value::{Permission, Role, StoreStatus};
use futures::future::join_all;
use migration::MigratorTrait;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::json;

pub const BLOCK: &str = operation!("account", "UserBlock");
pub const UNBLOCK: &str = operation!("account", "UserUnblock");
pub const ROLE: &str = operation!("account", "UserRoleUpdate");

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

async fn status_of(souk: &Souk, id: StoreId) -> StoreStatus {
    let row = entity::store::Entity::find_by_id(id).one(souk.app.db.read()).await.expect("a query");
    row.expect("a store").status
}

#[test]
fn blocking_a_vendor_suspends_the_stores_and_unblocking_offers_to_reopen_them() {
    each(async |souk| {
        let (vera, otto) = (make::vendor(souk, "vera").await, make::vendor(souk, "otto").await);
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        let names = ["Open", "Suspended by staff", "Closed", "Waiting"];
        let mut stores = Vec::new();
        for name in names {
            stores.push(make::store(souk, &vera, name).await);
        }
        let other = make::store(souk, &otto, "Other").await;
        let shown = make::product(souk, stores[0], make::Make::default()).await;
        let draft = make::Make { status: entity::value::ProductStatus::Draft, ..make::Make::default() };
        make::product(souk, stores[0], draft).await;
        make::product(souk, other, make::Make::default()).await;
        let to = |id: StoreId, status: &str| json!({ "id": id.to_string(), "input": { "status": status } });
        admin.run(crate::store::STATUS, to(stores[1], "SUSPENDED")).await;
        admin.run(crate::store::STATUS, to(stores[2], "CLOSED")).await;
        let wait = entity::store::Entity::update_many()
            .col_expr(entity::store::Column::Status, Expr::value("PENDING"))
            .filter(entity::store::Column::Id.eq(stores[3]));
        wait.exec(souk.app.db.raw()).await.expect("a change");
        let listed = async || {
            let found = souk.guest().data("{ products(first: 10) { nodes { id store { name } } } }", json!({})).await;
            found["products"]["nodes"].as_array().expect("products").len()
        };
        assert_eq!(listed().await, 2);
        let id = vera.id.to_string();
        let block = json!({ "id": id, "input": { "reason": "Fraud" } });
        let suspended = json!([{ "name": "Waiting", "status": "SUSPENDED" }, { "name": "Open", "status": "SUSPENDED" }]);
        assert_eq!(admin.run(BLOCK, block.clone()).await["suspendedStores"], suspended);
        assert_eq!(listed().await, 1, "the other vendor's alone");
        assert_eq!(
            souk.guest().data("query($id: ID!) { store(id: $id) { id } }", json!({ "id": stores[0].to_string() })).await["store"],
            json!(null)
        );
        assert_eq!(admin.run(BLOCK, block).await["suspendedStores"], suspended, "again, with another reason perhaps");
        // Nobody opens them while the owner is blocked.
        assert_eq!(admin.refused(crate::store::STATUS, to(stores[0], "ACTIVE")).await, ["status INVALID_STATE"]);
        // Without being asked to, unblocking reopens nothing, and says what could be reopened.
        let unblocked = admin.run(UNBLOCK, json!({ "id": id })).await;
        assert_eq!((&unblocked["reopenedStores"], &unblocked["suspendedStores"]), (&json!([]), &suspended));
        assert_eq!(listed().await, 1);
        let unblocked = admin.run(UNBLOCK, json!({ "id": id, "input": { "reopenStores": true } })).await;
        assert_eq!(
            (&unblocked["reopenedStores"], &unblocked["suspendedStores"]),
            (&json!([{ "name": "Open", "status": "ACTIVE" }, { "name": "Waiting", "status": "PENDING" }]), &json!([]))
        );
        let found = souk.guest().data("{ products(first: 10) { nodes { id } } }", json!({})).await["products"]["nodes"].clone();
        assert!(
            found.as_array().is_some_and(|nodes| nodes.len() == 2 && nodes.contains(&json!({ "id": shown.id.to_string() }))),
            "{found:#}"
        );
        let statuses = [StoreStatus::Active, StoreStatus::Suspended, StoreStatus::Closed, StoreStatus::Pending];
        for (store, status) in stores.iter().zip(statuses) {
            assert_eq!(status_of(souk, *store).await, status);
        }
        souk.work().await;
    });
}

#[test]
fn a_store_that_staff_suspended_is_not_reopened_with_its_owner() {
    each(async |souk| {
        let vera = make::vendor(souk, "vera").await;
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        let (before, after, closed) = (
            make::store(souk, &vera, "Before").await,
            make::store(souk, &vera, "After").await,
            make::store(souk, &vera, "Closed later").await,
        );
        let to = |id: StoreId, status: &str| json!({ "id": id.to_string(), "input": { "status": status } });
        admin.run(crate::store::STATUS, to(before, "SUSPENDED")).await;
        admin.run(BLOCK, json!({ "id": vera.id.to_string(), "input": { "reason": "Fraud" } })).await;
        // Suspended with its owner already, and now for a reason of its own.
        admin.run(crate::store::STATUS, to(after, "SUSPENDED")).await;
        admin.run(crate::store::STATUS, to(closed, "CLOSED")).await;
        let unblocked = admin.run(UNBLOCK, json!({ "id": vera.id.to_string(), "input": { "reopenStores": true } })).await;
        assert_eq!((&unblocked["reopenedStores"], &unblocked["suspendedStores"]), (&json!([]), &json!([])));
        assert_eq!(status_of(souk, before).await, StoreStatus::Suspended);
        assert_eq!(status_of(souk, after).await, StoreStatus::Suspended);
        assert_eq!(status_of(souk, closed).await, StoreStatus::Closed);
        // Staff can still open it by itself.
        admin.run(crate::store::STATUS, to(after, "ACTIVE")).await;
        souk.work().await;
    });
}

#[test]
fn what_lies_in_carts_and_checkouts_of_a_blocked_vendors_store_can_not_be_ordered() {
    each(async |souk| {
        let tea = crate::checkout::shop(souk, 1000, 100).await;
        let store = entity::store::Entity::find().one(souk.app.db.read()).await.expect("a query").expect("a store");
        let buyer = make::customer(souk, "bea").await;
        let caller = souk.as_user(&buyer);
        let checkout = crate::checkout::begin(&caller, &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
        let admin = make::admin(souk).await;
        let block = json!({ "id": store.owner_id.to_string(), "input": { "reason": "Fraud" } });
        souk.as_user(&admin).run(BLOCK, block).await;
        let order = crate::checkout::input(&checkout, Some("tok_success"), "k");
        assert_eq!(caller.refused(crate::checkout::COMPLETE, order.clone()).await, ["lines.0 UNAVAILABLE"]);
        const ADD: &str = operation!("cart", "CartLinesAddReturningId");
        let add = json!({ "input": { "lines": [{ "variantId": tea.variant.to_string(), "quantity": 1 }] } });
        assert_eq!(caller.refused(ADD, add).await, ["lines.0 UNAVAILABLE"]);
        let unblock = json!({ "id": store.owner_id.to_string(), "input": { "reopenStores": true } });
        souk.as_user(&admin).run(UNBLOCK, unblock).await;
        caller.run(crate::checkout::COMPLETE, order).await;
        souk.work().await;
    });
}

#[test]
fn an_upgrade_suspends_the_stores_of_vendors_who_are_blocked_already() {
    each(async |souk| {
        let (vera, otto) = (make::vendor(souk, "vera").await, make::vendor(souk, "otto").await);
        let (hers, his) = (make::store(souk, &vera, "Hers").await, make::store(souk, &otto, "His").await);
        for store in [hers, his] {
            make::product(souk, store, make::Make::default()).await;
        }
        let db = souk.app.db.raw();
        let block = entity::user::Entity::update_many()
            .col_expr(entity::user::Column::Status, Expr::value("BLOCKED"))
            .filter(entity::user::Column::Id.eq(vera.id));
        block.exec(db).await.expect("a change");
        // Twice, as after a run that died half way.
        for _ in 0..2 {
            db.execute_unprepared("DELETE FROM seaql_migrations WHERE version = 'm0013_store_members'").await.expect("a change");
            migration::Migrator::up(souk.app.db.migrating(), None).await.expect("the steps run");
        }
        assert_eq!((status_of(souk, hers).await, status_of(souk, his).await), (StoreStatus::Suspended, StoreStatus::Active));
        let listed = souk.guest().data("{ products(first: 10) { nodes { store { name } } } }", json!({})).await;
        assert_eq!(listed["products"]["nodes"], json!([{ "store": { "name": "His" } }]));
        let admin = make::admin(souk).await;
        let unblock = json!({ "id": vera.id.to_string(), "input": { "reopenStores": true } });
        let reopened = souk.as_user(&admin).run(UNBLOCK, unblock).await["reopenedStores"].clone();
        assert_eq!(reopened, json!([{ "name": "Hers", "status": "ACTIVE" }]));
    });
}

#[test]
fn a_blocked_customer_does_not_become_a_vendor() {
    each(async |souk| {
        let owner = make::owner(souk).await;
        let manual = "mutation { settingsUpdate(input: { vendorApproval: MANUAL }) { userErrors { field code } } }";
        souk.as_user(&owner).run(manual, json!({})).await;
        let ann = make::customer(souk, "ann").await;
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        const APPLY: &str = operation!("account", "VendorApplyReturningId");
        const APPROVE: &str = operation!("account", "VendorApproveReturningRole");
        const REJECT: &str = operation!("account", "VendorRejectReturningRole");
        souk.as_user(&ann).run(APPLY, json!({ "input": {} })).await;
        let id = json!({ "id": ann.id.to_string() });
        admin.run(BLOCK, json!({ "id": ann.id.to_string(), "input": { "reason": "Spam" } })).await;
        assert_eq!(admin.refused(APPROVE, id.clone()).await, ["id INVALID_STATE"]);
        assert_eq!(admin.run(REJECT, id).await["user"]["role"], "CUSTOMER");
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
        const USERS: &str = operation!("account", "Users");
        let found = sam.data(USERS, json!({ "filter": { "emailPrefix": "ANN_" } })).await["users"].clone();
        assert_eq!((&found["totalCount"], &found["nodes"][0]["email"]), (&json!(1), &json!("ann_b@example.com")));
        let page = sam.data(USERS, json!({ "filter": { "role": "CUSTOMER", "status": "ACTIVE" } })).await["users"].clone();
        assert_eq!((&page["totalCount"], &page["pageInfo"]["hasNextPage"]), (&json!(4), &json!(true)));
        let rest = sam
            .data(USERS, json!({ "filter": { "role": "CUSTOMER", "status": "ACTIVE" }, "after": page["pageInfo"]["endCursor"] }))
            .await["users"]
            .clone();
        assert_eq!(rest["nodes"][1]["email"], "ann@example.com");
        assert_eq!(souk.guest().error_code(USERS, json!({})).await, "UNAUTHENTICATED");
        let user = sam.data("query($id: ID!) { user(id: $id) { email } }", json!({ "id": staff.id.to_string() })).await;
        assert_eq!(user["user"]["email"], json!(staff.email));
    });
}
