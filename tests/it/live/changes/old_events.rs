//! Events that an older version wrote.

use crate::app::{Souk, each};
use crate::live::{Made, messages, order};
use crate::make::{self};
use crate::ws::TRANSPORT;
use entity::event;
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder, Statement};
use secrecy::ExposeSecret;
use serde_json::json;
use souk_core::live::{self, sequence};

/// An event as the version before migration 0019 writes it.
async fn old_event(souk: &Souk, order: &Made, sequence: i32, message: &str) {
    let db = souk.app.db.raw();
    let backend = db.get_database_backend();
    let sql = "INSERT INTO events (id, order_id, order_sequence, event_type, message, actor_kind, order_status, created_at) \
               VALUES (?, ?, ?, 'STORE_ORDER_PROCESSING', ?, 'SYSTEM', 'PROCESSING', ?)";
    let sql = if souk.database == "postgres" {
        (1..=5).fold(sql.to_owned(), |sql, n| sql.replacen('?', &format!("${n}"), 1))
    } else {
        sql.to_owned()
    };
    let values: [sea_orm::Value; 5] =
        [souk.app.clock.new_uuid().into(), order.id.0.into(), sequence.into(), message.into(), souk.app.clock.now().into()];
    db.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await.expect("an event");
}

#[test]
fn events_of_the_version_before_stand_in_the_timeline_in_their_order() {
    each(async |souk| {
        let buyer = make::customer(souk, "bea").await;
        let own = order(souk, Some(&buyer), None).await;
        own.append(souk, "first").await;
        old_event(souk, &own, 2, "second").await;
        own.append(souk, "third").await;
        old_event(souk, &own, 4, "fourth").await;
        let token = souk.app.keys.capability(souk_core::crypto::keys::Capability::Order, own.id);
        let query = operation!("order", "OrderWithEvents");
        let seen = souk.guest().data(query, json!({ "id": own.id.to_string(), "token": token })).await;
        let expected = ["first", "second", "third", "fourth"];
        let events: Vec<_> = expected
            .iter()
            .map(|message| json!({ "type": "STORE_ORDER_PROCESSING", "message": message, "orderStatus": "PROCESSING" }))
            .collect();
        assert_eq!(seen["order"]["events"], json!(events));
        let followed = operation!("live", "OrderUpdatesByToken");
        let start = live::Cursor(0).encode();
        let mut updates = souk.follow(TRANSPORT, None, followed, json!({ "orderToken": token, "after": start })).await;
        assert_eq!(messages(&updates.updates(4).await), expected);
    });
}

#[test]
fn rows_that_were_there_before_get_their_subject() {
    each(async |souk| {
        let buyer = make::customer(souk, "bea").await;
        let own = order(souk, Some(&buyer), None).await;
        for message in ["first", "second"] {
            own.append(souk, message).await;
        }
        sequence(&souk.app.db).await.expect("positions");
        let all = async || {
            let rows = event::Entity::find().order_by_asc(event::Column::Position).all(souk.app.db.read()).await;
            rows.expect("events")
        };
        let before = all().await;
        // As if it had not been migrated.
        let db = souk.app.db.raw();
        let table = if souk.database == "mysql" { " ON events" } else { "" };
        db.execute_unprepared(&format!("DROP INDEX events_subject{table}")).await.expect("no index");
        for column in ["kind", "subject_type", "subject_id", "sequence", "payload"] {
            db.execute_unprepared(&format!("ALTER TABLE events DROP COLUMN {column}")).await.expect("no column");
        }
        db.execute_unprepared("DELETE FROM seaql_migrations WHERE version LIKE 'm0019%'").await.expect("not migrated");
        crate::database::migrate(souk.app.config.database_url.expose_secret()).await;
        assert_eq!(all().await, before);
        own.append(souk, "third").await;
        assert_eq!(before.iter().map(|row| row.sequence).collect::<Vec<_>>(), [Some(1), Some(2)]);
    });
}
