//! References of payments are unique for each provider, also those from before that was required.

use crate::app::each;
use crate::checkout::shop;
use crate::make;
use crate::make::order::order;
use entity::payment;
use entity::product;
use migration::{Migrator, MigratorTrait};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, Database, DbBackend, EntityTrait, PaginatorTrait, QueryFilter};
use secrecy::ExposeSecret;

#[test]
fn a_migration_stops_at_references_that_several_payments_have() {
    each(async |souk| {
        let tea = shop(souk, 1000, 9).await;
        let store =
            product::Entity::find_by_id(tea.id).one(souk.app.db.read()).await.expect("a query").expect("a product").store_id;
        for _ in 0..3 {
            order(souk, None, &[(store, make::Product { ..tea }, 1)]).await;
        }
        let db = souk.app.db.raw();
        let set = async |reference: &str| {
            let update = payment::Entity::update_many().col_expr(payment::Column::ProviderReference, Expr::value(reference));
            update.exec(db).await
        };
        assert!(set("same").await.is_err(), "the index refuses it");
        let drop = match souk.app.db.backend() {
            DbBackend::MySql => "ALTER TABLE payments DROP INDEX payments_reference",
            _ => "DROP INDEX payments_reference",
        };
        db.execute_unprepared(drop).await.expect("an index is dropped");
        set("same").await.expect("an update");
        db.execute_unprepared("DELETE FROM seaql_migrations WHERE version = 'm0023_provider_events'")
            .await
            .expect("a migration is undone");
        let migrating = Database::connect(souk.app.config.database_url.expose_secret()).await.expect("a connection");
        let error = Migrator::up(&migrating, None).await.expect_err("it stops").to_string();
        assert!(error.contains("MANUAL same"), "{error}");
        set("").await.expect("an update");
        Migrator::up(&migrating, None).await.expect("it goes on");
        let empty = payment::Entity::find().filter(payment::Column::ProviderReference.is_null()).count(db).await;
        assert_eq!(empty.expect("a count"), 3);
        assert!(set("same").await.is_err(), "the index is there again");
        migrating.close().await.expect("closing");
    });
}
