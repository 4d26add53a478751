//! Imports that are cut off at random moments go on where they were, without a double; and one of a hundred thousand lines on request.

use super::{UPSERT, begin, completed, counts, read, told};
use crate::app::{each, each_with};
use crate::kill::seed;
use crate::make;
use entity::value::JobStatus;
use entity::{job, product, product_variant};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use std::time::{Duration, Instant};

/// Products with one or two variants.
fn file(products: usize) -> String {
    let mut text = "handle,name,tags,sku,price,stock,option:Size\n".to_owned();
    for n in 0..products {
        text.push_str(&format!("tea-{n},Tea {n},green,T{n}-A,5,3,A\n"));
        if n % 3 == 0 {
            text.push_str(&format!("tea-{n},,,T{n}-B,6,4,B\n"));
        }
    }
    text
}

#[test]
fn an_import_that_is_cut_off_at_any_moment_goes_on_without_a_double() {
    each(async |souk| {
        let seed = seed();
        eprintln!("SOUK_TEST_SEED={seed}");
        let random = &mut StdRng::seed_from_u64(seed);
        let (vera, store) = make::shop(souk, "Teas").await;
        let vera = souk.as_user(&vera);
        let products = 450;
        let id = begin(souk, &vera, store, file(products).as_bytes(), UPSERT).await;
        let mut cuts = 0;
        for round in 0..500 {
            // Longer and longer, so that it ends on a machine that is slow.
            let moment = Duration::from_millis(random.random_range(1..250 + 50 * round));
            // What is dropped here is what a killed process does not do any more: its transaction is rolled back.
            match tokio::time::timeout(moment, souk.worker.run_due()).await {
                Ok(ran) => {
                    if ran.expect("jobs can be taken") == 0 {
                        break;
                    }
                }
                Err(_) => cuts += 1,
            }
            // The lease of the job that was cut off ends, and it was not the last attempt.
            let free = Expr::value(Option::<sea_orm::prelude::DateTimeUtc>::None);
            let update = job::Entity::update_many().col_expr(job::Column::ClaimedUntil, free);
            let update = update.col_expr(job::Column::Attempts, Expr::value(0));
            let queued = update.filter(job::Column::Status.eq(JobStatus::Queued));
            queued.exec(souk.app.db.raw()).await.expect("a change");
        }
        let done = read(&vera, &id).await;
        assert_eq!(told(&done), [""; 0]);
        assert_eq!(counts(&done), completed([450, 0, 0, 0]), "after {cuts} cuts");
        assert_eq!(done["doneLines"], 600);
        assert!(cuts > 0, "nothing was cut off");
        let read = souk.app.db.read();
        assert_eq!(product::Entity::find().count(read).await.expect("a number"), 450);
        assert_eq!(product_variant::Entity::find().count(read).await.expect("a number"), 600);
    });
}

#[test]
fn two_workers_do_each_line_once() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Teas").await;
        let vera = souk.as_user(&vera);
        let id = begin(souk, &vera, store, file(300).as_bytes(), UPSERT).await;
        // The same job twice, as after a lease that ended too early.
        let job = entity::job::Entity::find().all(souk.app.db.read()).await.expect("jobs");
        let job = job.into_iter().find(|job| job.kind == "product_import.run").expect("the job");
        make::insert(souk, [entity::job::Model { id: souk.app.clock.new_id(), ..job }]).await;
        souk.work().await;
        assert_eq!(counts(&read(&vera, &id).await), completed([300, 0, 0, 0]));
        assert_eq!(product_variant::Entity::find().count(souk.app.db.read()).await.expect("a number"), 400);
        souk.work().await;
    });
}

/// Goal: under three minutes in a release build on PostgreSQL. `SOUK_TEST_IMPORT_LINES=100000` selects it.
#[test]
fn an_import_of_many_lines_is_measured() {
    let lines: usize = std::env::var("SOUK_TEST_IMPORT_LINES").ok().and_then(|lines| lines.parse().ok()).unwrap_or(400);
    each_with(&[("SOUK_LOG", "warn")], async |souk| {
        let (vera, store) = make::shop(souk, "Teas").await;
        let vera = souk.as_user(&vera);
        // Four lines for three products.
        let products = lines * 3 / 4;
        let id = begin(souk, &vera, store, file(products).as_bytes(), UPSERT).await;
        let begun = (Instant::now(), souk.app.db.statements());
        while read(&vera, &id).await["status"] != "COMPLETED" {
            souk.work().await;
        }
        let (seconds, statements) = (begun.0.elapsed().as_secs_f64(), souk.app.db.statements() - begun.1);
        let done = read(&vera, &id).await;
        eprintln!(
            "{}: {} lines in {seconds:.1} s, {:.0} a second, {:.1} statements a product",
            souk.database,
            done["doneLines"],
            done["doneLines"].as_f64().unwrap_or_default() / seconds,
            statements as f64 / products as f64
        );
        assert_eq!(counts(&done), completed([i64::try_from(products).expect("a number"), 0, 0, 0]));
    });
}
