//! Parts of a transaction that are undone alone.

use crate::app::{Souk, each};
use entity::idempotency_key::{ActiveModel, Entity};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use serde_json::json;
use souk_core::db::{Subject, Tx};
use souk_core::error::{Code, Error, Fault, Refusal, Result, refuse};
use souk_core::transact;

async fn write(tx: &Tx, souk: &Souk, key: &str) -> Result<()> {
    let row = ActiveModel {
        scope: Set("savepoint".to_owned()),
        idempotency_key: Set(key.to_owned()),
        request_hash: Set(String::new()),
        result_id: Set(souk.app.clock.new_uuid()),
        created_at: Set(souk.app.clock.now()),
    };
    Entity::insert(row).exec_without_returning(tx).await?;
    tx.changed(Subject::Settings);
    let (now, id) = (souk.app.clock.now(), souk.app.clock.new_id());
    let job = entity::job::Model {
        id,
        kind: "mail.send".into(),
        payload: json!({}),
        dedup_key: Some(key.to_owned()),
        status: entity::value::JobStatus::Done,
        attempts: 0,
        run_at: now,
        claimed_until: None,
        claimed_by: None,
        last_error: None,
        created_at: now,
        finished_at: None,
    };
    tx.add_job(job.into());
    Ok(())
}

/// Keys that were written, and those of jobs.
async fn written(souk: &Souk) -> [Vec<String>; 2] {
    let db = souk.app.db.read();
    let rows = Entity::find().all(db).await.expect("rows").into_iter();
    let mut keys: Vec<_> = rows.filter(|row| row.scope == "savepoint").map(|row| row.idempotency_key).collect();
    let jobs = entity::job::Entity::find().all(db).await.expect("jobs");
    let mut jobs: Vec<_> = jobs.into_iter().filter_map(|job| job.dedup_key).collect();
    keys.sort();
    jobs.sort();
    [keys, jobs]
}

#[test]
fn a_refused_part_is_undone_alone_with_its_jobs_and_the_parts_within_it() {
    each(async |souk| {
        let done: Result<()> = transact!(souk.app.db, tx, {
            write(tx, souk, "before").await?;
            tx.part(write(tx, souk, "kept")).await?;
            let refused: Result<()> = tx
                .part(async {
                    write(tx, souk, "outer").await?;
                    tx.part(write(tx, souk, "inner")).await?;
                    let within: Result<()> = tx
                        .part(async {
                            write(tx, souk, "innermost").await?;
                            refuse("", Code::Invalid, "innermost")
                        })
                        .await;
                    assert!(matches!(within, Err(Error::Refused(Refusal(ref problems))) if problems[0].message == "innermost"));
                    refuse("", Code::Invalid, "outer")
                })
                .await;
            assert!(matches!(refused, Err(Error::Refused(Refusal(ref problems))) if problems[0].message == "outer"));
            // What the database refuses can be tried again in another part.
            for key in ["kept", "after"] {
                let result = tx
                    .part(async {
                        write(tx, souk, key)
                            .await
                            .map_err(|_| Error::from(souk_core::error::Problem::new("", Code::Taken, "taken")))
                    })
                    .await;
                assert_eq!(result.is_ok(), key == "after");
            }
            Ok(())
        });
        done.expect("a commit");
        let expected = ["after", "before", "kept"].map(str::to_owned).to_vec();
        assert_eq!(written(souk).await, [expected.clone(), expected.clone()]);
        // A fault ends the whole transaction.
        let failed: Result<()> = transact!(souk.app.db, tx, {
            write(tx, souk, "lost").await?;
            tx.part(async { Err(Fault::NotFound.into()) }).await
        });
        assert!(matches!(failed, Err(Error::Fault(Fault::NotFound))));
        assert_eq!(written(souk).await, [expected.clone(), expected]);
    });
}
