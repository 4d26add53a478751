//! The job queue.

use crate::app::{Souk, each};
use crate::make;
use entity::job;
use entity::value::JobStatus;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::json;
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::error::Result;
use souk_core::job::{Enqueue, Job, JobError, Registry, Worker, enqueue, withdraw};
use souk_core::transact;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// What a probe does.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Task {
    Succeed,
    /// Asks for a retry the given number of times.
    FailFirst(usize),
    /// As that, and says when to come again, in seconds.
    Wait(u64),
    Never,
    Panic,
    /// Runs until the gate of the test is opened.
    Hang,
}

/// A job that notes what it did.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Probe {
    test: String,
    number: usize,
    task: Task,
}

#[derive(Default)]
struct Log {
    runs: Mutex<HashMap<usize, usize>>,
    given_up: Mutex<Vec<(usize, String)>>,
    gate: Notify,
    hanging: AtomicUsize,
    give_up_fails: AtomicUsize,
}

/// The logs of the tests of this process.
static LOGS: Mutex<Option<HashMap<String, Arc<Log>>>> = Mutex::new(None);

fn log(test: &str) -> Arc<Log> {
    Arc::clone(LOGS.lock().expect("a lock").get_or_insert_default().entry(test.to_owned()).or_default())
}

impl Log {
    fn runs(&self) -> HashMap<usize, usize> {
        self.runs.lock().expect("a lock").clone()
    }

    fn given_up(&self) -> Vec<(usize, String)> {
        self.given_up.lock().expect("a lock").clone()
    }

    async fn until_hanging(&self, count: usize) {
        while self.hanging.load(Ordering::SeqCst) < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Job for Probe {
    const KIND: &'static str = "test.probe";
    const ATTEMPTS: i32 = 3;
    const LEASE: Duration = Duration::from_secs(60);

    async fn run(&self, _app: &App, _system: &System, _attempt: i32) -> Result<(), JobError> {
        let log = log(&self.test);
        let run = {
            let mut runs = log.runs.lock().expect("a lock");
            let count = runs.entry(self.number).or_default();
            *count += 1;
            *count
        };
        match self.task {
            Task::Succeed => Ok(()),
            Task::FailFirst(times) if run > times => Ok(()),
            Task::FailFirst(_) => Err(JobError::later("not yet")),
            Task::Wait(seconds) if run == 1 => {
                Err(JobError::Later { reason: "asked to wait".into(), after: Some(Duration::from_secs(seconds)) })
            }
            Task::Wait(_) => Ok(()),
            Task::Never => Err(JobError::never("impossible")),
            Task::Panic => panic!("broken"),
            Task::Hang => {
                log.hanging.fetch_add(1, Ordering::SeqCst);
                log.gate.notified().await;
                Ok(())
            }
        }
    }

    async fn on_failure(&self, _app: &App, _system: &System, reason: &str) -> Result<(), JobError> {
        let log = log(&self.test);
        if log.give_up_fails.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            return Err(JobError::later("the database is away"));
        }
        log.given_up.lock().expect("a lock").push((self.number, reason.to_owned()));
        Ok(())
    }
}

/// A name of its own for each test on each database.
fn name(souk: &Souk, test: &str) -> String {
    format!("{test} on {} {}", souk.database, souk.url)
}

fn worker(souk: &Souk) -> Worker {
    Worker::new(Arc::clone(&souk.app), Registry::default().with::<Probe>())
}

async fn put(souk: &Souk, probe: &Probe, how: Enqueue) {
    let done: Result<()> = async { transact!(souk.app.db, tx, { enqueue(tx, &souk.app.clock, probe, how.clone()).await }) }.await;
    done.expect("a job");
}

async fn put_all(souk: &Souk, test: &str, tasks: &[Task]) {
    for (number, task) in tasks.iter().enumerate() {
        put(souk, &Probe { test: test.to_owned(), number, task: task.clone() }, Enqueue::default()).await;
    }
}

async fn rows(souk: &Souk) -> Vec<job::Model> {
    job::Entity::find().all(souk.app.db.read()).await.expect("jobs")
}

async fn statuses(souk: &Souk) -> Vec<JobStatus> {
    rows(souk).await.iter().map(|row| row.status).collect()
}

#[test]
fn four_workers_do_two_hundred_jobs_once_each() {
    each(async |souk| {
        let test = name(souk, "many");
        put_all(souk, &test, &vec![Task::Succeed; 200]).await;
        let workers = [worker(souk), worker(souk), worker(souk), worker(souk)];
        let counts = futures::future::join_all(workers.iter().map(|worker| worker.run_due())).await;
        let total: usize = counts.into_iter().map(|count| count.expect("jobs can be taken")).sum();
        // A worker that found all rows taken by others stops; what it left is done by the next look.
        let total = total + workers[0].run_due().await.expect("jobs can be taken");
        assert_eq!(total, 200);
        let runs = log(&test).runs();
        assert_eq!(runs.len(), 200);
        assert!(runs.values().all(|count| *count == 1), "{runs:?}");
        assert!(statuses(souk).await.iter().all(|status| *status == JobStatus::Done));
    });
}

#[test]
fn a_slow_job_holds_up_no_other_and_a_stop_waits_for_it() {
    each(async |souk| {
        let test = name(souk, "slow");
        put_all(souk, &test, &[Task::Hang]).await;
        let (stop, worker) = (CancellationToken::new(), worker(souk));
        let (told, running) = (stop.clone(), worker.clone());
        let task = tokio::spawn(async move { running.run(told).await });
        let log = log(&test);
        log.until_hanging(1).await;
        for number in 1..=40 {
            put(souk, &Probe { test: test.clone(), number, task: Task::Succeed }, Enqueue::default()).await;
        }
        while log.runs().len() < 41 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.cancel();
        assert!(!task.is_finished());
        log.gate.notify_waiters();
        task.await.expect("the worker ends");
        assert!(statuses(souk).await.iter().all(|status| *status == JobStatus::Done));
    });
}

#[test]
fn the_job_of_a_worker_that_died_is_done_by_another_after_the_lease() {
    each(async |souk| {
        let test = name(souk, "died");
        put_all(souk, &test, &[Task::Hang]).await;
        let log = log(&test);
        let dying = worker(souk);
        let task = tokio::spawn(async move { dying.run_due().await });
        log.until_hanging(1).await;
        task.abort();
        let next = worker(souk);
        souk.app.clock.advance(Duration::from_secs(59));
        assert_eq!(next.run_due().await.expect("jobs can be taken"), 0, "within the lease it is nobody else's");
        souk.app.clock.advance(Duration::from_secs(17));
        let second = next.clone();
        let task = tokio::spawn(async move { second.run_due().await });
        log.until_hanging(2).await;
        log.gate.notify_waiters();
        assert_eq!(task.await.expect("it ends").expect("jobs can be taken"), 1);
        assert_eq!(statuses(souk).await, [JobStatus::Done]);
        assert_eq!(rows(souk).await[0].attempts, 2);
    });
}

#[test]
fn a_worker_that_comes_too_late_changes_nothing_for_the_next() {
    each(async |souk| {
        let test = name(souk, "late");
        put_all(souk, &test, &[Task::Hang]).await;
        let log = log(&test);
        let (late, next) = (worker(souk), worker(souk));
        let late = tokio::spawn(async move { late.run_due().await });
        log.until_hanging(1).await;
        souk.app.clock.advance(Duration::from_secs(80));
        let claimed = tokio::spawn(async move { next.run_due().await });
        log.until_hanging(2).await;
        // Both wait at the gate; the late one is let through first.
        log.gate.notify_one();
        late.await.expect("it ends").expect("jobs can be taken");
        assert_eq!(statuses(souk).await, [JobStatus::Queued], "the next one has it");
        log.gate.notify_one();
        claimed.await.expect("it ends").expect("jobs can be taken");
        assert_eq!(statuses(souk).await, [JobStatus::Done]);
    });
}

#[test]
fn a_job_whose_process_dies_each_time_is_given_up() {
    each(async |souk| {
        let test = name(souk, "deadly");
        put_all(souk, &test, &[Task::Hang]).await;
        let log = log(&test);
        for count in 1..=3 {
            let dying = worker(souk);
            let task = tokio::spawn(async move { dying.run_due().await });
            log.until_hanging(count).await;
            task.abort();
            souk.app.clock.advance(Duration::from_secs(80));
        }
        worker(souk).run_due().await.expect("jobs can be taken");
        assert_eq!(log.runs()[&0], 3);
        assert_eq!(log.given_up(), [(0, "the process ended each time it was tried".to_owned())]);
        assert_eq!(statuses(souk).await, [JobStatus::Failed]);
    });
}

#[test]
fn a_job_that_fails_is_tried_again_with_longer_pauses() {
    each(async |souk| {
        let test = name(souk, "retry");
        put_all(souk, &test, &[Task::FailFirst(2), Task::Wait(600)]).await;
        let (worker, log) = (worker(souk), log(&test));
        assert_eq!(worker.run_due().await.expect("jobs can be taken"), 2);
        assert_eq!(worker.run_due().await.expect("jobs can be taken"), 0, "not at once");
        souk.app.clock.advance(Duration::from_secs(2));
        assert_eq!(worker.run_due().await.expect("jobs can be taken"), 1);
        souk.app.clock.advance(Duration::from_secs(1));
        assert_eq!(worker.run_due().await.expect("jobs can be taken"), 0, "the second pause is longer");
        souk.app.clock.advance(Duration::from_secs(3));
        assert_eq!(worker.run_due().await.expect("jobs can be taken"), 1);
        souk.app.clock.advance(Duration::from_secs(590));
        assert_eq!(worker.run_due().await.expect("jobs can be taken"), 0, "what the other side asked for");
        souk.app.clock.advance(Duration::from_secs(11));
        assert_eq!(worker.run_due().await.expect("jobs can be taken"), 1);
        assert_eq!(log.runs(), HashMap::from([(0, 3), (1, 2)]));
        assert!(statuses(souk).await.iter().all(|status| *status == JobStatus::Done));
    });
}

#[test]
fn a_job_that_panics_or_can_never_work_is_given_up_with_its_reason_and_noted_once() {
    each(async |souk| {
        let test = name(souk, "hopeless");
        put_all(souk, &test, &[Task::Never, Task::Panic, Task::FailFirst(9), Task::Succeed]).await;
        let (worker, log) = (worker(souk), log(&test));
        for _ in 0..4 {
            worker.run_due().await.expect("jobs can be taken");
            souk.app.clock.advance(Duration::from_secs(60));
        }
        assert_eq!(log.runs(), HashMap::from([(0, 1), (1, 3), (2, 3), (3, 1)]));
        let mut given_up = log.given_up();
        given_up.sort();
        let expected = [(0, "impossible"), (1, "it panicked: broken"), (2, "not yet")];
        assert_eq!(given_up, expected.map(|(number, reason)| (number, reason.to_owned())));
    });
}

#[test]
fn giving_up_is_noted_later_when_it_can_not_be_noted_at_once() {
    each(async |souk| {
        let test = name(souk, "unnoted");
        put_all(souk, &test, &[Task::Never]).await;
        let (worker, log) = (worker(souk), log(&test));
        log.give_up_fails.store(2, Ordering::SeqCst);
        for _ in 0..4 {
            worker.run_due().await.expect("jobs can be taken");
            souk.app.clock.advance(Duration::from_secs(60));
        }
        assert_eq!(log.runs(), HashMap::from([(0, 1)]), "it was not tried again");
        assert_eq!(log.given_up(), [(0, "impossible".to_owned())]);
        assert_eq!(statuses(souk).await, [JobStatus::Failed]);
    });
}

#[test]
fn jobs_with_one_key_are_done_as_one_and_what_comes_meanwhile_is_done_again() {
    each(async |souk| {
        let test = name(souk, "dedup");
        let (worker, log) = (worker(souk), log(&test));
        let keyed = || Enqueue { dedup_key: Some("one".into()), ..Enqueue::default() };
        let probe = |number| Probe { test: test.clone(), number, task: Task::Hang };
        // More than a worker takes at once.
        futures::future::join_all((0..40).map(|_| put(souk, Box::leak(Box::new(probe(1))), keyed()))).await;
        let first = worker.clone();
        let task = tokio::spawn(async move { first.run_due().await });
        log.until_hanging(1).await;
        put(souk, &probe(1), keyed()).await;
        put(souk, &probe(1), keyed()).await;
        let second = worker.clone();
        let again = tokio::spawn(async move { second.run_due().await });
        log.until_hanging(2).await;
        log.gate.notify_waiters();
        assert_eq!(task.await.expect("it ends").expect("jobs can be taken"), 1);
        assert_eq!(again.await.expect("it ends").expect("jobs can be taken"), 1);
        assert_eq!(log.runs(), HashMap::from([(1, 2)]));
        // One that is not due yet is not merged, and can be taken back.
        let later = Some(souk.app.clock.now() + Duration::from_secs(3600));
        put(souk, &probe(2), Enqueue { run_at: later, ..keyed() }).await;
        let done: Result<()> = async { transact!(souk.app.db, tx, { withdraw::<Probe>(tx, "one").await }) }.await;
        done.expect("taken back");
        souk.app.clock.advance(Duration::from_secs(3601));
        assert_eq!(worker.run_due().await.expect("jobs can be taken"), 0);
        assert_eq!(statuses(souk).await.len(), 2, "what was done is kept");
    });
}

/// A change must be seen by the job it wrote down, whatever waited or ran while the change was not committed yet.
#[test]
fn a_job_is_never_left_out_for_one_that_began_before_the_change_was_committed() {
    crate::app::each_of(&["postgres", "mysql"], async |souk| {
        let test = name(souk, "left out");
        let (worker, log) = (worker(souk), log(&test));
        let probe = Probe { test: test.clone(), number: 0, task: Task::Succeed };
        let keyed = || Enqueue { dedup_key: Some("one".into()), ..Enqueue::default() };
        put(souk, &probe, keyed()).await;
        let open = souk.app.db.begin().await.expect("a transaction");
        enqueue(&open, &souk.app.clock, &probe, keyed()).await.expect("a job");
        assert_eq!(worker.run_due().await.expect("jobs can be taken"), 1);
        assert!(matches!(souk.app.db.end(open, Ok(()), u32::MAX).await, souk_core::db::Attempt::Done(Ok(()))));
        assert_eq!(worker.run_due().await.expect("jobs can be taken"), 1);
        assert_eq!(log.runs(), HashMap::from([(0, 2)]));
    });
}

#[test]
fn what_was_done_long_ago_is_removed_and_what_failed_is_kept() {
    each(async |souk| {
        let test = name(souk, "prune");
        put_all(souk, &test, &[Task::Succeed, Task::Never]).await;
        let worker = worker(souk);
        worker.run_due().await.expect("jobs can be taken");
        souk.app.clock.advance(Duration::from_secs(7 * 86_400 - 60));
        worker.prune().await;
        assert_eq!(statuses(souk).await.len(), 2);
        souk.app.clock.advance(Duration::from_secs(120));
        worker.prune().await;
        assert_eq!(statuses(souk).await, [JobStatus::Failed]);
    });
}

#[test]
fn the_owner_sees_what_failed_and_runs_it_again() {
    const JOBS: &str = operation!("job", "Jobs");
    const RETRY: &str = operation!("job", "JobRetry");
    each(async |souk| {
        let test = name(souk, "owner");
        put_all(souk, &test, &[Task::Never, Task::Succeed]).await;
        worker(souk).run_due().await.expect("jobs can be taken");
        let owner = make::owner(souk).await;
        let owner = souk.as_user(&owner);
        let failed = owner.data(JOBS, json!({})).await["jobs"].clone();
        assert_eq!(failed["totalCount"], 1);
        let job = &failed["nodes"][0];
        assert_eq!((&job["kind"], &job["lastError"]), (&json!("test.probe"), &json!("impossible")));
        let payload = owner.run(RETRY, json!({ "id": job["id"] })).await;
        assert_eq!((&payload["job"]["status"], &payload["job"]["attempts"]), (&json!("QUEUED"), &json!(0)));
        worker(souk).run_due().await.expect("jobs can be taken");
        assert_eq!(log(&test).runs()[&0], 2);
        let done = owner.data(JOBS, json!({ "status": "DONE" })).await["jobs"]["nodes"][0]["id"].clone();
        assert_eq!(owner.refused(RETRY, json!({ "id": done })).await, ["id INVALID_STATE"]);
        assert_eq!(owner.refused(RETRY, json!({ "id": "junk" })).await, ["id INVALID_ID"]);
        let admin = make::admin(souk).await;
        assert_eq!(souk.as_user(&admin).error_code(JOBS, json!({})).await, "FORBIDDEN");
        assert_eq!(souk.as_user(&admin).error_code(RETRY, json!({ "id": done })).await, "FORBIDDEN");
    });
}

#[test]
fn a_job_of_a_newer_version_waits_for_it() {
    each(async |souk| {
        let test = name(souk, "unknown");
        put_all(souk, &test, &[Task::Succeed]).await;
        // The marketplace's own worker does not know it.
        for _ in 0..20 {
            souk.work().await;
            souk.app.clock.advance(Duration::from_secs(4000));
        }
        assert_eq!(statuses(souk).await, [JobStatus::Queued]);
        // As often as it was looked at: none of that was a try.
        worker(souk).run_due().await.expect("jobs can be taken");
        assert_eq!(log(&test).runs(), HashMap::from([(0, 1)]));
        let left = job::Entity::find().filter(job::Column::Status.eq(JobStatus::Queued)).all(souk.app.db.read()).await;
        assert!(left.expect("jobs").is_empty());
    });
}
