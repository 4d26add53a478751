//! Closing an account.

use super::{SIGN_IN, is_signed_in};
use crate::app::Souk;
use crate::app::each;
use crate::make::User;
use crate::make::order::{Terms, order_on};
use crate::make::{self, Make};
use entity::money::Minor;
use entity::value::{
    ActorKind, CheckoutStatus, NoteVisibility, OrderStatus, PostalAddress, RefundReason, RefundStatus, ReviewStatus,
    ShippingChoices, StoreInvitationStatus, StoreRole, StoreStatus, TokenPurpose, UploadPurpose, UserStatus,
};
use entity::{
    address, cart, checkout, email_change, event, former_store_member, known_address, one_time_token, order, order_note,
    recently_viewed, refund, review, staged_upload, store, store_invitation, store_member, user,
};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    Statement,
};
use serde_json::json;
use souk_core::db::Attempt;
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

pub const CLOSE: &str = operation!("account", "AccountClose");

#[test]
fn a_closed_account_leaves_nothing_personal() {
    each(async |souk| {
        let ann = make::customer(souk, "ann").await;
        let caller = souk.as_user(&ann);
        let address =
            json!({ "input": { "firstName": "A", "lastName": "B", "line1": "Street 1", "city": "Patan", "country": "NP" } });
        caller.run(operation!("account", "AddressCreateReturningId"), address).await;
        assert_eq!(
            caller.refused(CLOSE, json!({ "input": { "password": "wrong password" } })).await,
            ["password INVALID_CREDENTIALS"]
        );
        let closed = caller.run(CLOSE, json!({ "input": { "password": make::PASSWORD } })).await["user"].clone();
        assert_eq!(
            (&closed["displayName"], &closed["status"], &closed["phone"]),
            (&json!("Deleted user"), &json!("CLOSED"), &json!(null))
        );
        assert!(!is_signed_in(&caller).await);
        let input = json!({ "input": { "email": ann.email, "password": make::PASSWORD } });
        assert_eq!(souk.guest().refused(SIGN_IN, input).await, [" INVALID_CREDENTIALS"]);
        let db = souk.app.db.read();
        assert_eq!(entity::address::Entity::find().all(db).await.expect("rows").len(), 0);
        assert_eq!(entity::session::Entity::find().all(db).await.expect("rows").len(), 0);
        assert_eq!(entity::known_address::Entity::find().all(db).await.expect("rows").len(), 0);
        assert_eq!(entity::email_change::Entity::find().all(db).await.expect("rows").len(), 0);
        let again = make::customer(souk, "ann").await;
        assert_ne!(again.id, ann.id, "the email is free again");
    });
}

#[test]
fn an_owner_of_a_store_and_the_last_owner_are_refused() {
    each(async |souk| {
        let vera = make::vendor(souk, "vera").await;
        make::store(souk, &vera, "Tea House").await;
        let input = json!({ "input": { "password": make::PASSWORD } });
        assert_eq!(souk.as_user(&vera).refused(CLOSE, input.clone()).await, [" IN_USE"]);
        let owner = make::owner(souk).await;
        assert_eq!(souk.as_user(&owner).refused(CLOSE, input.clone()).await, [" IN_USE"]);
        make::user(souk, "second", entity::value::Role::Owner).await;
        souk.as_user(&owner).run(CLOSE, input).await;
    });
}

#[test]
fn delivered_orders_stay_without_a_name_and_those_under_way_keep_the_account_open() {
    each(async |souk| {
        let ann = make::customer(souk, "ann").await;
        let (_, store) = make::shop(souk, "Tea House").await;
        let tea = make::product(souk, store, Make::default()).await;
        let done = Terms { status: OrderStatus::Completed, ..Terms::default() };
        let old = order_on(souk, Some(&ann), &[(store, tea, 1)], done).await;
        let open = order_on(souk, Some(&ann), &[(store, tea, 1)], Terms::default()).await;
        let input = json!({ "input": { "password": make::PASSWORD } });
        assert_eq!(souk.as_user(&ann).refused(CLOSE, input.clone()).await, [" IN_USE"]);
        let cancel = json!({ "input": { "orderId": open.id.to_string() } });
        souk.as_user(&ann).run(crate::order::CANCEL, cancel).await;
        souk.as_user(&ann).run(CLOSE, input).await;
        for id in [old.id, open.id] {
            let row = order::Entity::find_by_id(id).one(souk.app.db.read()).await.expect("a query").expect("the order stays");
            assert_eq!((row.user_id, row.email.as_str(), row.phone.as_deref(), row.note.as_str()), (None, "", None, ""));
            let address = row.shipping_address.expect("the country stays");
            assert_eq!((address.country.as_str(), address.first_name.as_str(), address.line1.as_str()), ("NP", "", ""));
        }
        let admin = make::admin(souk).await;
        const ORDER: &str = operation!("order", "Order");
        for id in [old.id, open.id] {
            let order = souk.as_user(&admin).data(ORDER, json!({ "id": id.to_string() })).await["order"].clone();
            for field in ["email", "phone", "note", "customer"] {
                assert_eq!(order[field], json!(null), "{field}");
            }
            assert_eq!(order["storeOrders"], json!([{ "customerName": null, "note": null }]));
            let country = json!({ "country": "NP", "company": null, "line2": null, "postalCode": null, "phone": null });
            assert_eq!(order["shippingAddress"], country);
        }
        souk.leaves_work("letters about the order that was cancelled");
    });
}

#[test]
fn no_order_is_placed_in_the_name_of_an_account_that_is_being_closed() {
    each(async |souk| {
        let tea = crate::checkout::shop(souk, 1000, 100).await;
        let ann = make::customer(souk, "ann").await;
        let caller = souk.as_user(&ann);
        let checkout = crate::checkout::begin(&caller, &make::guest_cart(souk, &[(tea.variant, 1)]).await).await;
        let db = &souk.app.db;
        let tx = db.begin().await.expect("a transaction");
        user::Entity::update_many()
            .col_expr(user::Column::Status, Expr::value(UserStatus::Closed.as_str()))
            .filter(user::Column::Id.eq(ann.id))
            .exec(&tx)
            .await
            .expect("a change");
        let order = crate::checkout::input(&checkout, Some("tok_success"), "k");
        let mut request = std::pin::pin!(caller.answer(crate::checkout::COMPLETE, order));
        // The caller was signed in when the request was sent; the order waits until the account is closed or not.
        if let Ok(answer) = tokio::time::timeout(Duration::from_millis(500), &mut request).await {
            panic!("it was placed while the account was being closed: {answer:#}");
        }
        assert!(matches!(db.end(tx, Ok(()), 1).await, Attempt::Done(Ok(()))));
        assert_eq!(request.await["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        assert_eq!(order::Entity::find().count(db.read()).await.expect("a count"), 0);
    });
}

/// Columns that may refer to the user after their account was closed, and why.
const KEPT: [(&str, &str, &str); 7] = [
    ("events", "actor_user_id", "the timeline of an order names the anonymous user who caused a change"),
    ("exports", "user_id", "an export belongs to its store, and is deleted a month later"),
    ("imports", "user_id", "an import belongs to its store, and is deleted a month later"),
    ("reviews", "user_id", "reviews stay with the name of deleted users, as the rating of the product counts them"),
    ("reviews", "reply_user_id", "a reply speaks for its store, which stays"),
    ("store_invitations", "invited_by_id", "an invitation of a former member is revoked, and deleted a month after it expires"),
    ("stores", "owner_id", "a closed store stays for its orders"),
];

/// Every column of the database that refers to a user: by a foreign key, or by its name.
async fn columns_of_users(souk: &Souk) -> BTreeSet<(String, String)> {
    let by_name = "= 'owner_id' OR {column} LIKE '%user_id' OR {column} LIKE '%by_id'";
    let (named, referring) = match souk.app.db.backend() {
        DbBackend::Sqlite => (
            "SELECT m.name AS t, c.name AS c FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND (c.name {names})",
            "SELECT m.name AS t, f.\"from\" AS c FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND f.\"table\" = 'users'",
        ),
        DbBackend::Postgres => (
            "SELECT table_name AS t, column_name AS c FROM information_schema.columns WHERE table_schema = current_schema() AND (column_name {names})",
            "SELECT k.table_name AS t, k.column_name AS c FROM information_schema.key_column_usage k JOIN information_schema.constraint_column_usage u ON u.constraint_name = k.constraint_name AND u.constraint_schema = k.constraint_schema JOIN information_schema.table_constraints r ON r.constraint_name = k.constraint_name AND r.constraint_schema = k.constraint_schema WHERE r.constraint_type = 'FOREIGN KEY' AND u.table_name = 'users' AND k.table_schema = current_schema()",
        ),
        _ => (
            "SELECT table_name AS t, column_name AS c FROM information_schema.columns WHERE table_schema = DATABASE() AND (column_name {names})",
            "SELECT table_name AS t, column_name AS c FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND referenced_table_name = 'users'",
        ),
    };
    let column = if souk.app.db.backend() == DbBackend::Sqlite { "c.name" } else { "column_name" };
    let named = named.replace("{names}", &by_name.replace("{column}", column));
    let db = souk.app.db.raw();
    let mut found = BTreeSet::new();
    for sql in [named.as_str(), referring] {
        for row in db.query_all_raw(Statement::from_string(souk.app.db.backend(), sql)).await.expect("columns") {
            found.insert((row.try_get("", "t").expect("a table"), row.try_get("", "c").expect("a column")));
        }
    }
    found
}

/// Number of rows of a table that refer to a user by a column.
async fn references(souk: &Souk, table: &str, column: &str, id: Uuid) -> i64 {
    let backend = souk.app.db.backend();
    let (quote, parameter) = match backend {
        DbBackend::Postgres => ('"', "$1"),
        DbBackend::Sqlite => ('"', "?"),
        _ => ('`', "?"),
    };
    let sql = format!("SELECT COUNT(*) AS n FROM {quote}{table}{quote} WHERE {quote}{column}{quote} = {parameter}");
    let query = Statement::from_sql_and_values(backend, sql, [id.into()]);
    let row = souk.app.db.raw().query_one_raw(query).await.expect("a count").expect("a row");
    row.try_get("", "n").expect("a number")
}

/// Writes a row for a user into every table that can refer to one and has none yet.
async fn leave_traces(souk: &Souk, ann: &User, vera: &User) {
    let (app, now, soon) = (&souk.app, souk.app.clock.now(), souk.app.clock.now() + Duration::from_secs(60));
    let db = app.db.raw();
    let closed = make::store(souk, vera, "Closed House").await;
    let owned = store::ActiveModel {
        id: sea_orm::ActiveValue::Unchanged(closed),
        owner_id: sea_orm::ActiveValue::Set(ann.id),
        status: sea_orm::ActiveValue::Set(StoreStatus::Closed),
        ..Default::default()
    };
    store::Entity::update(owned).exec(db).await.expect("a closed store");
    let other = make::store(souk, vera, "Tea House").await;
    let tea = make::product(souk, other, Make::default()).await;
    let done = Terms { status: OrderStatus::Completed, ..Terms::default() };
    let bought = order_on(souk, Some(ann), &[(other, tea, 1)], done).await;
    macro_rules! insert {
        ($($table:ident { $($field:ident: $value:expr),* $(,)? }),* $(,)?) => {$(
            let row = $table::Model { $($field: $value),* };
            $table::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await.expect(stringify!($table));
        )*};
    }
    let (cart_id, text) = (app.clock.new_id(), String::new);
    insert!(
        address {
            id: app.clock.new_id(),
            user_id: ann.id,
            postal: PostalAddress::default(),
            is_default_shipping: true,
            is_default_billing: true,
            created_at: now,
            updated_at: now
        },
        cart { id: cart_id, user_id: Some(ann.id), version: 1, created_at: now, updated_at: now },
        checkout {
            id: app.clock.new_id(),
            cart_id: Some(cart_id),
            user_id: Some(ann.id),
            email: Some(ann.email.clone()),
            phone: None,
            shipping_address: None,
            billing_address: None,
            shipping_choices: ShippingChoices::default(),
            note: text(),
            status: CheckoutStatus::Open,
            version: 1,
            created_at: now,
            updated_at: now
        },
        email_change {
            id: app.clock.new_id(),
            user_id: ann.id,
            old_email: ann.email.clone(),
            new_email: "new@example.com".into(),
            requested_at: now,
            confirmed_at: None
        },
        recently_viewed { user_id: ann.id, product_id: tea.id, viewed_at: now },
        known_address { user_id: ann.id, network: "192.0.2.1".into(), last_used_at: now },
        one_time_token {
            id: app.clock.new_id(),
            user_id: ann.id,
            purpose: TokenPurpose::VerifyEmail,
            email: ann.email.clone(),
            requested_from: None,
            created_at: now,
            expires_at: soon,
            used_at: None
        },
        review {
            id: app.clock.new_id(),
            product_id: tea.id,
            store_id: other,
            user_id: ann.id,
            rating: 5,
            title: text(),
            body: text(),
            verified_purchase: true,
            status: ReviewStatus::Published,
            reply_body: Some(text()),
            reply_user_id: Some(ann.id),
            replied_at: Some(now),
            version: 1,
            created_at: now,
            updated_at: now
        },
        staged_upload {
            id: app.clock.new_id(),
            user_id: ann.id,
            storage_key: "uploads/x".into(),
            filename: "x.png".into(),
            content_type: "image/png".into(),
            byte_size: 1,
            created_at: now,
            expires_at: soon,
            used_at: Some(now),
            purpose: UploadPurpose::Image
        },
        store_invitation {
            id: app.clock.new_id(),
            store_id: other,
            email: "guest@example.com".into(),
            role: StoreRole::Manager,
            invited_by_id: ann.id,
            status: StoreInvitationStatus::Pending,
            created_at: now,
            expires_at: soon
        },
        store_member { id: app.clock.new_id(), store_id: other, user_id: ann.id, role: StoreRole::Manager, created_at: now },
        former_store_member { id: app.clock.new_id(), store_id: closed, user_id: ann.id, joined_at: now, left_at: now },
        event {
            id: app.clock.new_id(),
            position: None,
            kind: Some("ORDER_PLACED".into()),
            subject_type: Some(event::ORDER.into()),
            subject_id: Some(bought.id.0),
            sequence: Some(1),
            order_id: Some(bought.id),
            store_order_id: None,
            store_id: None,
            user_id: Some(ann.id.0),
            message: Some(text()),
            actor_user_id: Some(ann.id.0),
            actor_kind: ActorKind::Customer,
            payload: None,
            created_at: now,
            order_sequence: None,
            event_type: None,
            order_status: None,
            store_order_status: None
        },
    );
    let refund = refund::Model {
        id: app.clock.new_id(),
        payment_id: bought.payment,
        order_id: bought.id,
        store_order_id: None,
        reason: RefundReason::Goodwill,
        status: RefundStatus::Failed,
        amount: Minor(1),
        shipping_amount: Minor::ZERO,
        currency: app.config.currency,
        restocked: false,
        requested_by_id: Some(ann.id),
        retry_of_id: None,
        note: None,
        provider_reference: None,
        failure_reason: None,
        unknown_calls: 0,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    make::insert(souk, [refund]).await;
    let note = order_note::Model {
        id: app.clock.new_id(),
        order_id: bought.id,
        store_order_id: None,
        created_by_id: Some(ann.id),
        author_kind: ActorKind::Staff,
        visibility: NoteVisibility::Internal,
        text: text(),
        created_at: now,
    };
    make::insert(souk, [note]).await;
    make::order::download_grant(souk, &bought, ann, tea).await;
    make::transfers(souk, other, ann).await;
}

#[test]
fn every_table_that_refers_to_users_forgets_a_closed_account_or_says_why_not() {
    each(async |souk| {
        let ann = make::vendor(souk, "ann").await;
        let vera = make::vendor(souk, "vera").await;
        leave_traces(souk, &ann, &vera).await;
        let columns = columns_of_users(souk).await;
        assert!(columns.len() >= 16, "the columns were found: {columns:?}");
        for (table, column) in &columns {
            let count = references(souk, table, column, ann.id.0).await;
            assert!(count > 0, "{table}.{column} refers to users, so `leave_traces` must write a row that refers to this one");
        }
        souk.as_user(&ann).run(CLOSE, json!({ "input": { "password": make::PASSWORD } })).await;
        for (table, column) in &columns {
            let kept = KEPT.iter().any(|(kept, by, _)| table == kept && column == by);
            let count = references(souk, table, column, ann.id.0).await;
            if kept {
                assert!(count > 0, "{table}.{column} does not refer to the user any more: the exception is not needed");
            } else {
                assert_eq!(
                    count, 0,
                    "{table}.{column} still refers to the user: erase it (`souk_domain::closing`), or say why it stays"
                );
            }
        }
        let invitations = store_invitation::Entity::find().all(souk.app.db.read()).await.expect("rows");
        assert!(invitations.iter().all(|row| row.status == StoreInvitationStatus::Revoked));
        for (table, _, why) in KEPT {
            assert!(columns.iter().any(|(found, _)| found == table) && !why.is_empty(), "{table} is a table");
        }
    });
}
