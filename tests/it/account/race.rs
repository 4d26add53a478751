//! Writes on behalf of a user while the account is being closed or blocked, or loses its role.

use crate::account::admin::{BLOCK, ROLE};
use crate::account::close::CLOSE;
use crate::app::{Souk, each};
use crate::make::{self, Make, User};
use crate::store::member::{ACCEPT, INVITE, REMOVE, invitation, invited};
use entity::id::{StoreId, UserId};
use entity::value::{Role, StoreStatus, UserStatus};
use entity::{address, cart, checkout, review, staged_upload, store, store_invitation, store_member, user};
use futures::future::join_all;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use souk_core::db::Attempt;
use std::time::Duration;

const STORE: &str = operation!("store", "StoreCreateReturningId");
const ADDRESS: &str = operation!("account", "AddressCreateReturningId");
const CART: &str = operation!("cart", "CartLinesAddReturningId");
const CHECKOUT: &str = operation!("checkout", "CheckoutCreateReturningId");
const UPLOAD: &str = operation!("upload", "StagedUploadCreateReturningToken");
const APPLY: &str = operation!("account", "VendorApplyReturningRole");

/// How many rows of each kind belong to a person.
async fn owned(souk: &Souk, id: UserId) -> Vec<(&'static str, u64)> {
    let db = souk.app.db.read();
    let mut counts = Vec::new();
    macro_rules! count {
        ($($name:ident by $column:ident),*) => {$(
            let query = $name::Entity::find().filter($name::Column::$column.eq(id));
            counts.push((stringify!($name), query.count(db).await.expect("a count")));
        )*};
    }
    count!(
        address by UserId,
        cart by UserId,
        checkout by UserId,
        review by UserId,
        staged_upload by UserId,
        store by OwnerId,
        store_invitation by InvitedById,
        store_member by UserId
    );
    counts
}

/// What a person could send just before the account is closed.
async fn requests(
    souk: &Souk,
    person: &User,
    number: usize,
    host: (&User, StoreId, make::Product),
) -> Vec<(&'static str, Value)> {
    let (owner, store, tea) = host;
    let own = make::store(souk, person, &format!("Own {number}")).await;
    let guest = make::guest_cart(souk, &[(tea.variant, 1)]).await;
    let token = invited(souk, &souk.as_user(owner), store, &person.email, "OWNER").await;
    let place = json!({ "firstName": "A", "lastName": "B", "line1": "Street 1", "city": "Patan", "country": "NP" });
    vec![
        (STORE, json!({ "input": { "name": "New" } })),
        (ADDRESS, json!({ "input": place })),
        (CART, json!({ "input": { "lines": [{ "variantId": tea.variant.to_string(), "quantity": 1 }] } })),
        (CHECKOUT, json!({ "input": { "cartToken": guest } })),
        (UPLOAD, json!({ "input": { "filename": "a.png", "contentType": "image/png", "size": 100 } })),
        (APPLY, json!({ "input": { "phone": "+977 1 4123456" } })),
        (crate::review::CREATE, json!({ "input": { "productId": tea.id.to_string(), "rating": 5, "title": "Good" } })),
        (ACCEPT, json!({ "input": { "token": token } })),
        (INVITE, invitation(own, "new@example.com", "OWNER")),
    ]
}

#[test]
fn nothing_is_written_for_an_account_that_is_being_closed_or_blocked() {
    each(async |souk| {
        crate::review::anybody_may_review(souk).await;
        let owner = make::vendor(souk, "host").await;
        let store = make::store(souk, &owner, "Host").await;
        let tea = make::product(souk, store, Make::default()).await;
        for (number, status) in [UserStatus::Closed, UserStatus::Blocked].into_iter().enumerate() {
            let person = make::vendor(souk, &format!("person{number}")).await;
            let caller = souk.as_user(&person);
            let requests = requests(souk, &person, number, (&owner, store, tea)).await;
            let before = owned(souk, person.id).await;
            // The transaction that closes or blocks the account holds its row; every request was authenticated before.
            let tx = souk.app.db.begin().await.expect("a transaction");
            user::Entity::update_many()
                .col_expr(user::Column::Status, Expr::value(status.as_str()))
                .filter(user::Column::Id.eq(person.id))
                .exec(&tx)
                .await
                .expect("a change");
            let mut answers =
                std::pin::pin!(join_all(requests.iter().map(|(query, variables)| caller.answer(query, variables.clone()))));
            let waited = tokio::time::timeout(Duration::from_millis(700), &mut answers).await;
            assert!(waited.is_err(), "all were answered: {waited:#?}");
            assert!(matches!(souk.app.db.end(tx, Ok(()), 1).await, Attempt::Done(Ok(()))));
            for ((query, _), answer) in requests.iter().zip(answers.await) {
                assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{query}: {answer:#}");
            }
            assert_eq!(owned(souk, person.id).await, before, "{status}");
        }
        souk.leaves_work("invitations");
    });
}

#[test]
fn who_has_become_a_customer_opens_no_store() {
    each(async |souk| {
        let vera = make::vendor(souk, "vera").await;
        let caller = souk.as_user(&vera);
        let tx = souk.app.db.begin().await.expect("a transaction");
        user::Entity::update_many()
            .col_expr(user::Column::Role, Expr::value(Role::Customer.as_str()))
            .filter(user::Column::Id.eq(vera.id))
            .exec(&tx)
            .await
            .expect("a change");
        let mut answer = std::pin::pin!(caller.answer(STORE, json!({ "input": { "name": "Late" } })));
        let waited = tokio::time::timeout(Duration::from_millis(500), &mut answer).await;
        assert!(waited.is_err(), "{waited:#?}");
        assert!(matches!(souk.app.db.end(tx, Ok(()), 1).await, Attempt::Done(Ok(()))));
        assert_eq!(answer.await["errors"][0]["extensions"]["code"], "FORBIDDEN");
        assert_eq!(store::Entity::find().count(souk.app.db.read()).await.expect("a count"), 0);
    });
}

/// Every open store has an owner who is active and may own stores; a blocked owner's are suspended.
async fn check_owners(souk: &Souk) {
    let db = souk.app.db.read();
    for row in store::Entity::find().filter(store::Column::Status.ne(StoreStatus::Closed)).all(db).await.expect("stores") {
        let owner = user::Entity::find_by_id(row.owner_id).one(db).await.expect("a query").expect("an owner");
        let may = matches!(owner.role, Role::Vendor | Role::Admin | Role::Owner);
        let good = match owner.status {
            UserStatus::Active => may,
            UserStatus::Blocked => may && row.status == StoreStatus::Suspended,
            UserStatus::Closed => false,
        };
        assert!(good, "{} is {} and {} owns a store that is {}", owner.display_name, owner.status, owner.role, row.status);
    }
    for member in store_member::Entity::find().all(db).await.expect("members") {
        let person = user::Entity::find_by_id(member.user_id).one(db).await.expect("a query").expect("a person");
        assert_ne!(person.status, UserStatus::Closed, "a closed account works for a store");
    }
}

#[test]
fn stores_opened_while_their_owner_goes_are_never_left_open() {
    each(async |souk| {
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        for round in 0..3 {
            let mut people = Vec::new();
            for number in 0..9 {
                people.push(make::vendor(souk, &format!("vendor{round}-{number}")).await);
            }
            let outcomes = join_all(people.iter().enumerate().map(|(number, person)| {
                let (caller, admin, id) = (souk.as_user(person), admin.clone(), person.id.to_string());
                async move {
                    let open = (0..3).map(|n| caller.answer(STORE, json!({ "input": { "name": format!("S{n}") } })));
                    let go = async {
                        match number % 3 {
                            0 => caller.answer(CLOSE, json!({ "input": { "password": make::PASSWORD } })).await,
                            1 => admin.answer(ROLE, json!({ "id": id, "input": { "role": "CUSTOMER" } })).await,
                            _ => admin.answer(BLOCK, json!({ "id": id, "input": { "reason": "Fraud" } })).await,
                        }
                    };
                    futures::future::join(join_all(open), go).await
                }
            }))
            .await;
            for (opened, gone) in &outcomes {
                for answer in opened.iter().chain([gone]) {
                    assert_ne!(answer["errors"][0]["extensions"]["code"], "INTERNAL", "{answer:#}");
                }
            }
            check_owners(souk).await;
        }
        souk.work().await;
    });
}

#[test]
fn memberships_accepted_while_the_person_goes_are_never_left_behind() {
    each(async |souk| {
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        for round in 0..2 {
            // Each store invites no more than it may.
            let owner = make::vendor(souk, &format!("owner{round}")).await;
            let store = make::store(souk, &owner, &format!("Store {round}")).await;
            let owner = souk.as_user(&owner);
            let mut people = Vec::new();
            for number in 0..9 {
                let person = make::customer(souk, &format!("member{round}-{number}")).await;
                let token = invited(souk, &owner, store, &person.email, "FULFILLER").await;
                people.push((person, token));
            }
            let answers = join_all(people.iter().enumerate().map(|(number, (person, token))| {
                let (caller, admin, owner) = (souk.as_user(person), admin.clone(), owner.clone());
                async move {
                    let accept = join_all((0..3).map(|_| caller.answer(ACCEPT, json!({ "input": { "token": token } }))));
                    let go = async {
                        match number % 3 {
                            0 => caller.answer(CLOSE, json!({ "input": { "password": make::PASSWORD } })).await,
                            1 => {
                                admin.answer(BLOCK, json!({ "id": person.id.to_string(), "input": { "reason": "Fraud" } })).await
                            }
                            _ => {
                                let input = json!({ "storeId": store.to_string(), "userId": person.id.to_string() });
                                owner.answer(REMOVE, json!({ "input": input })).await
                            }
                        }
                    };
                    let (mut all, gone) = futures::future::join(accept, go).await;
                    all.push(gone);
                    all
                }
            }))
            .await;
            for answer in answers.iter().flatten() {
                assert_ne!(answer["errors"][0]["extensions"]["code"], "INTERNAL", "{answer:#}");
            }
            check_owners(souk).await;
            for (person, _) in &people {
                let query = store_member::Entity::find().filter(store_member::Column::UserId.eq(person.id));
                assert!(query.count(souk.app.db.read()).await.expect("a count") <= 1, "{}", person.email);
            }
        }
        souk.work().await;
    });
}

#[test]
fn a_store_is_not_opened_by_staff_while_its_owner_is_being_blocked() {
    each(async |souk| {
        let admin = make::admin(souk).await;
        let admin = souk.as_user(&admin);
        let mut stores = Vec::new();
        for number in 0..8 {
            let vendor = make::vendor(souk, &format!("vendor{number}")).await;
            let store = make::store(souk, &vendor, &format!("Store {number}")).await;
            let suspend = json!({ "id": store.to_string(), "input": { "status": "SUSPENDED" } });
            admin.run(crate::store::STATUS, suspend).await;
            stores.push((vendor, store));
        }
        join_all(stores.iter().map(|(vendor, store)| {
            let admin = admin.clone();
            async move {
                let open = json!({ "id": store.to_string(), "input": { "status": "ACTIVE" } });
                let block = json!({ "id": vendor.id.to_string(), "input": { "reason": "Fraud" } });
                let (opened, blocked) =
                    futures::future::join(admin.answer(crate::store::STATUS, open), admin.answer(BLOCK, block)).await;
                for answer in [opened, blocked] {
                    assert_eq!(answer["errors"], json!(null), "{answer:#}");
                }
            }
        }))
        .await;
        check_owners(souk).await;
        souk.work().await;
    });
}
