//! The status of the index, its comparison with the database, and `souk doctor`.

use super::shop;
use crate::app::{Souk, each};
use crate::cli;
use crate::make::{self, Make, User};
use entity::product;
use entity::value::StoreStatus;
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{ActiveModelTrait, EntityTrait};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use souk_core::db::Subject;
use souk_core::error::Error;
use souk_core::transact;

const STATUS: &str = operation!("search", "SearchStatus");

async fn metric(souk: &Souk, name: &str) -> i64 {
    let text = souk.get("/metrics").await.text().await.expect("a text");
    let line = text.lines().find(|line| line.split(' ').next() == Some(name)).unwrap_or_else(|| panic!("no {name} in {text}"));
    line.rsplit(' ').next().and_then(|value| value.parse().ok()).expect("a number")
}

async fn status(souk: &Souk, owner: &User) -> Value {
    souk.as_user(owner).data(STATUS, json!({})).await["searchStatus"].clone()
}

/// Changes a product in the database, and announces it or not.
async fn write(souk: &Souk, id: entity::id::ProductId, min_price: i64, announce: bool) {
    let row = product::ActiveModel { id: Unchanged(id), min_price: Set(entity::money::Minor(min_price)), ..Default::default() };
    if !announce {
        row.update(souk.app.db.raw()).await.expect("an update");
        return;
    }
    let written: Result<(), Error> = async {
        transact!(souk.app.db, tx, {
            tx.changed(Subject::Product(id));
            product::Entity::update(row.clone()).exec(tx).await?;
            Ok(())
        })
    }
    .await;
    written.expect("a commit");
}

#[test]
fn the_owner_sees_how_far_the_index_is() {
    each(async |souk| {
        let (_, store) = shop(souk, "Vera").await;
        let (_, closed) = shop(souk, "Eve").await;
        for (store, name) in [(store, "Green Tea"), (store, "Tea Pot"), (closed, "Cup")] {
            make::product(souk, store, Make { name, ..Make::default() }).await;
        }
        let suspended =
            entity::store::ActiveModel { id: Unchanged(closed), status: Set(StoreStatus::Suspended), ..Default::default() };
        suspended.update(souk.app.db.raw()).await.expect("an update");
        let hidden = sea_orm::sea_query::Query::update()
            .table(product::Entity)
            .value(product::Column::Listed, false)
            .and_where(sea_orm::ColumnTrait::eq(&product::Column::StoreId, closed))
            .to_owned();
        sea_orm::ConnectionTrait::execute(souk.app.db.raw(), &hidden).await.expect("an update");
        souk.reindexed().await;
        let owner = make::owner(souk).await;
        let before = metric(souk, "souk_search_queries_total").await;
        souk.found("tea", Value::Null).await;
        let found = status(souk, &owner).await;
        assert_eq!(
            (&found["state"], &found["products"], &found["searchableProducts"], &found["languages"], &found["agreement"]),
            (&json!("READY"), &json!(3), &json!(2), &json!(["EN"]), &Value::Null)
        );
        assert_eq!((&found["position"], &found["filledProducts"]), (&found["logPosition"], &Value::Null));
        assert_ne!(found["position"], "0");
        let agreement = souk.search_feed().check(&souk.app).await.expect("a comparison").expect("it is filled");
        assert!(agreement.is_equal(), "{agreement:?}");
        assert_eq!((agreement.index.products, agreement.index.min_price, agreement.index.in_stock), (2, 2000, 2));
        let found = status(souk, &owner).await["agreement"].clone();
        assert_eq!((&found["isEqual"], &found["index"]), (&json!(true), &found["database"]));
        assert_eq!(metric(souk, "souk_search_queries_total").await, before + 1);
        for (name, value) in [
            ("souk_search_ready", 1),
            ("souk_search_products", 3),
            ("souk_search_shown_products", 2),
            ("souk_search_disagreements_total", 0),
            ("souk_search_lag", 0),
        ] {
            assert_eq!(metric(souk, name).await, value, "{name}");
        }
        souk.app.search.set_progress(souk_core::provider::search::Progress::Filling { done: 1, total: 3 });
        let found = status(souk, &owner).await;
        assert_eq!(
            (&found["state"], &found["filledProducts"], &found["totalProducts"]),
            (&json!("FILLING"), &json!(1), &json!(3))
        );
        assert_eq!(souk.search_feed().check(&souk.app).await.expect("no failure"), None);
        souk.app.search.set_progress(souk_core::provider::search::Progress::Ready);
    });
}

#[test]
fn an_index_that_disagrees_is_reported_counted_and_filled_again() {
    each(async |souk| {
        let (_, store) = shop(souk, "Vera").await;
        let tea = make::product(souk, store, Make::default()).await;
        souk.reindexed().await;
        let owner = make::owner(souk).await;
        // Nobody said that it changed.
        write(souk, tea.id, 777, false).await;
        let agreement = souk.search_feed().check(&souk.app).await.expect("a comparison").expect("it is filled");
        assert_eq!((agreement.index.min_price, agreement.database.min_price), (1000, 777));
        assert!(!agreement.is_equal());
        assert_eq!(status(souk, &owner).await["agreement"]["isEqual"], false);
        assert_eq!(metric(souk, "souk_search_disagreements_total").await, 1);
        // It was filled again.
        assert_eq!(souk.app.search.engine().totals(), agreement.database);
        let again = souk.search_feed().check(&souk.app).await.expect("a comparison").expect("it is filled");
        assert!(again.is_equal(), "{again:?}");
    });
}

#[test]
fn what_changes_during_the_comparison_is_no_difference() {
    each(async |souk| {
        let (_, store) = shop(souk, "Vera").await;
        let mut teas = Vec::new();
        for _ in 0..5 {
            teas.push(make::product(souk, store, Make::default()).await.id);
        }
        souk.reindexed().await;
        let changes = async {
            for n in 0..40 {
                write(souk, teas[n % 5], 1000 + n as i64, true).await;
            }
        };
        let checks = async {
            for _ in 0..20 {
                let agreement = souk.search_feed().check(&souk.app).await.expect("a comparison").expect("it is filled");
                assert!(agreement.is_equal(), "{agreement:?}");
            }
        };
        tokio::join!(changes, checks);
        souk.indexed().await;
        let agreement = souk.search_feed().check(&souk.app).await.expect("a comparison").expect("it is filled");
        assert_eq!((agreement.is_equal(), agreement.index.products), (true, 5), "{agreement:?}");
    });
}

#[test]
fn the_doctor_says_what_is_well_and_what_is_not() {
    each(async |souk| {
        let (_, store) = shop(souk, "Vera").await;
        make::product(souk, store, Make { name: "Green Tea", ..Make::default() }).await;
        souk.reindexed().await;
        let url = souk.app.config.database_url.expose_secret().to_owned();
        let run = || {
            let output = cli::run(souk.folder.path(), &["doctor"], &[("SOUK_DATABASE_URL", &url), ("SOUK_LOG", "off")]);
            (output.status.code(), cli::text(&output.stdout), cli::text(&output.stderr))
        };
        let (code, printed, complaints) = run();
        assert_eq!((code, complaints.as_str()), (Some(0), ""), "{printed}");
        for line in [
            "ok      Database: reachable",
            "ok      Migrations: all were applied.",
            "ok      Jobs: ",
            "ok      Failed jobs: none.",
            "ok      Event log: at position ",
            "ok      Change log: at position ",
            "ok      Search: an index that was filled now has 1 products and ",
        ] {
            assert!(printed.contains(line), "{line}: {printed}");
        }
        // A product that is listed, of a store that is not open: the index does not show it.
        let closed =
            entity::store::ActiveModel { id: Unchanged(store), status: Set(StoreStatus::Suspended), ..Default::default() };
        closed.update(souk.app.db.raw()).await.expect("an update");
        let job = entity::job::Model {
            id: souk.app.clock.new_id(),
            kind: "mail.send".into(),
            payload: json!({}),
            dedup_key: None,
            status: entity::value::JobStatus::Failed,
            attempts: 9,
            run_at: souk.app.clock.now(),
            claimed_until: None,
            claimed_by: None,
            last_error: None,
            created_at: souk.app.clock.now(),
            finished_at: None,
        };
        make::insert(souk, [job]).await;
        let (code, printed, complaints) = run();
        assert_eq!((code, complaints.trim()), (Some(1), "souk: 2 findings need attention."), "{printed}");
        assert!(printed.contains("PROBLEM Failed jobs: 1."), "{printed}");
        assert!(printed.contains("PROBLEM Search: an index that was filled now has 0 products"), "{printed}");
        assert!(printed.contains("disagrees with the database: 0 products, 0 in stock"), "{printed}");
        souk.reindexed().await;
    });
}
