//! The two logs: events and changes, their order, their readers, and that no write goes unannounced.

mod announced;
mod old_events;

use crate::app::{Souk, config, each, each_of};
use crate::live::{messages, order};
use crate::make::{self};
use crate::ws::{LEGACY, TRANSPORT};
use entity::id::ProductId;
use entity::{change, event};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Statement};
use secrecy::ExposeSecret;
use serde_json::json;
use souk_core::app::App;
use souk_core::clock::Clock;
use souk_core::config::SqliteSynchronous;
use souk_core::db::{Db, Subject, Tx};
use souk_core::error::Result;
use souk_core::live::{self, Change, Changes, Consumer, append, change_head, sequence, sequence_changes};
use souk_core::transact;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

const MINE: &str = operation!("live", "MyOrderUpdates");

/// Notes what it is given.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Change>>>);

impl Recorder {
    fn seen(&self) -> Vec<Change> {
        self.0.lock().expect("no panic").clone()
    }
}

impl Consumer for Recorder {
    fn name(&self) -> &'static str {
        "recorder"
    }

    fn start<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<i64>> {
        change_head(&app.db).boxed()
    }

    fn apply<'a>(&'a self, _app: &'a App, changes: &'a [Change]) -> BoxFuture<'a, Result<()>> {
        self.0.lock().expect("no panic").extend_from_slice(changes);
        futures::future::ready(Ok(())).boxed()
    }
}

fn product_id(number: u128) -> ProductId {
    ProductId(uuid::Uuid::from_u128(number + 1))
}

/// Commits; nothing here is tried again.
async fn commit(db: &Db, tx: Tx) {
    match db.end(tx, Ok(()), u32::MAX).await {
        souk_core::db::Attempt::Done(done) => done.expect("a commit"),
        souk_core::db::Attempt::Again => panic!("the commit failed"),
    }
}

/// Announces changes in a transaction of their own.
async fn announce(app: &App, subjects: &[Subject]) {
    let done: Result<()> = async {
        transact!(app.db, tx, {
            subjects.iter().for_each(|subject| tx.changed(*subject));
            Ok(())
        })
    }
    .await;
    done.expect("a commit");
}

/// All changes in the order of their positions.
async fn log(souk: &Souk) -> Vec<change::Model> {
    sequence_changes(&souk.app.db).await.expect("positions");
    change::Entity::find().order_by_asc(change::Column::Position).all(souk.app.db.read()).await.expect("changes")
}

async fn subjects_after(souk: &Souk, position: usize) -> Vec<(String, uuid::Uuid)> {
    log(souk).await.into_iter().skip(position).map(|row| (row.subject_kind, row.subject_id)).collect()
}

#[test]
fn what_commits_in_any_order_on_two_instances_arrives_in_one_order_without_a_gap() {
    each(async |souk| {
        const WRITERS: usize = 16;
        const ROUNDS: usize = 12;
        let buyer = make::customer(souk, "bea").await;
        let other = souk.another().await;
        let (here, there) = (Recorder::default(), Recorder::default());
        let (mut at_here, mut at_there) = (souk.changes().add(here.clone()), other.changes().add(there.clone()));
        at_here.reached(0).await;
        at_there.reached(0).await;
        let mut events_here = souk.follow(TRANSPORT, Some(&buyer.token), MINE, json!({})).await;
        let mut events_there = other.follow(LEGACY, Some(&buyer.token), MINE, json!({})).await;
        let mut orders = Vec::new();
        for _ in 0..WRITERS {
            orders.push(order(souk, Some(&buyer), None).await);
        }
        // Where several can write at once: one that is open from before the first commit until after the last.
        let slow = order(souk, Some(&buyer), None).await;
        let open = match souk.database {
            "sqlite" => None,
            _ => Some(souk.app.db.begin().await.expect("a transaction")),
        };
        if let Some(tx) = &open {
            append(tx, &souk.app.clock, vec![slow.event("slow")]).await.expect("an event");
            tx.changed(Subject::Settings);
        }
        join_all(orders.iter().enumerate().map(|(writer, order)| {
            let app = if writer % 2 == 0 { &souk.app } else { &other.app };
            async move {
                for round in 0..ROUNDS {
                    let (clock, number) = (&app.clock, writer * ROUNDS + round);
                    let done: Result<()> = async {
                        transact!(app.db, tx, {
                            append(tx, clock, vec![order.event(&number.to_string())]).await?;
                            tx.changed(Subject::Product(product_id(number as u128)));
                            // Others go first, in an order that differs each time.
                            for _ in 0..(number * 7) % 5 {
                                tokio::task::yield_now().await;
                                tx.query_one_raw(Statement::from_string(tx.get_database_backend(), "SELECT 1")).await?;
                            }
                            Ok(())
                        })
                    }
                    .await;
                    done.expect("a commit");
                }
            }
        }))
        .await;
        let mut total = WRITERS * ROUNDS;
        if let Some(tx) = open {
            commit(&souk.app.db, tx).await;
            total += 1;
        }
        at_here.reached(total as i64).await;
        at_there.reached(total as i64).await;
        let seen = here.seen();
        assert_eq!(seen, there.seen());
        let positions: Vec<_> = seen.iter().map(|change| change.position).collect();
        assert_eq!(positions, (1..=total as i64).collect::<Vec<_>>());
        let subjects: BTreeSet<_> = seen.iter().filter_map(|change| change.subject).collect();
        assert_eq!(subjects.len(), total, "each subject once");
        assert_eq!(subjects.contains(&Subject::Settings), souk.database != "sqlite");

        let events = events_here.updates(total).await;
        assert_eq!(events, events_there.updates(total).await);
        let found: BTreeSet<_> = messages(&events).into_iter().collect();
        assert_eq!(found.len(), total, "each event once");
        let rows = event::Entity::find().order_by_asc(event::Column::Position).all(souk.app.db.read()).await.expect("events");
        let positions: Vec<_> = rows.iter().map(|row| row.position).collect();
        assert_eq!(positions, (1..=total as i64).map(Some).collect::<Vec<_>>());
        for order in &orders {
            let own: Vec<_> = rows.iter().filter(|row| row.subject_id == Some(order.id.0)).map(|row| row.sequence).collect();
            assert_eq!(own, (1..=ROUNDS as i32).map(Some).collect::<Vec<_>>());
        }
        drop((events_here, events_there));
        other.finish().await;
    });
}

/// What survives when a process is killed: a position, and what was made of the changes up to it.
#[derive(Default)]
struct Kept {
    position: i64,
    subjects: BTreeSet<Subject>,
}

/// A consumer that stops for good at its n-th step, as if its process were killed there.
struct Mortal {
    kept: Arc<Mutex<Kept>>,
    steps: AtomicUsize,
    dies_at: usize,
    died: Arc<Notify>,
}

impl Mortal {
    async fn step(&self) {
        if self.steps.fetch_add(1, Ordering::Relaxed) == self.dies_at {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

impl Consumer for Mortal {
    fn name(&self) -> &'static str {
        "mortal"
    }

    fn start<'a>(&'a self, _app: &'a App) -> BoxFuture<'a, Result<i64>> {
        async {
            self.step().await;
            let position = self.kept.lock().expect("no panic").position;
            self.step().await;
            Ok(position)
        }
        .boxed()
    }

    fn apply<'a>(&'a self, _app: &'a App, changes: &'a [Change]) -> BoxFuture<'a, Result<()>> {
        async move {
            for change in changes {
                self.step().await;
                self.kept.lock().expect("no panic").subjects.extend(change.subject);
                self.step().await;
                self.kept.lock().expect("no panic").position = change.position;
            }
            self.step().await;
            Ok(())
        }
        .boxed()
    }
}

#[test]
fn a_consumer_that_is_killed_at_any_point_resumes_without_loss() {
    each(async |souk| {
        let app = &souk.app;
        let kept = Arc::new(Mutex::new(Kept::default()));
        let mut written = 0;
        let mut kills = 0;
        for dies_at in 0.. {
            // Three transactions of one to three changes, some before it starts.
            let mut write = async || {
                let subjects: Vec<_> =
                    (0..1 + written % 3).map(|n| Subject::Product(product_id((written + n) as u128))).collect();
                written += subjects.len();
                announce(app, &subjects).await;
            };
            write().await;
            let died = Arc::new(Notify::new());
            let changes = Changes::new();
            let mut progress =
                changes.add(Mortal { kept: Arc::clone(&kept), steps: AtomicUsize::new(0), dies_at, died: Arc::clone(&died) });
            let (reader, read_app) = (Arc::clone(&changes), Arc::clone(app));
            let task = tokio::spawn(async move { reader.run(&read_app, CancellationToken::new()).await });
            write().await;
            write().await;
            let total = written as i64;
            let was_killed = tokio::select! {
                () = died.notified() => true,
                () = progress.reached(total) => false,
            };
            task.abort();
            let _ = task.await;
            if !was_killed {
                break;
            }
            kills += 1;
        }
        assert!(kills > 10, "it was killed at {kills} points");
        let kept = kept.lock().expect("no panic");
        assert_eq!(kept.position, written as i64);
        assert_eq!(kept.subjects, (0..written).map(|n| Subject::Product(product_id(n as u128))).collect());
    });
}

#[test]
fn a_sequencer_that_is_killed_at_any_point_leaves_no_gap() {
    each(async |souk| {
        let own = order(souk, None, None).await;
        let mut written = 0;
        for polls in 0..40 {
            announce(&souk.app, &[Subject::Product(product_id(polls)), Subject::Settings]).await;
            own.append(souk, &polls.to_string()).await;
            written += 1;
            for log in [sequence_changes(&souk.app.db).boxed(), sequence(&souk.app.db).boxed()] {
                let mut log = log;
                for _ in 0..polls {
                    if futures::poll!(&mut log).is_ready() {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
            }
        }
        let positions: Vec<_> = log(souk).await.into_iter().map(|row| row.position).collect();
        assert_eq!(positions, (1..=2 * written).map(Some).collect::<Vec<_>>());
        sequence(&souk.app.db).await.expect("positions");
        let rows = event::Entity::find().order_by_asc(event::Column::Sequence).all(souk.app.db.read()).await.expect("events");
        let positions: Vec<_> = rows.into_iter().map(|row| row.position).collect();
        assert_eq!(positions, (1..=written).map(Some).collect::<Vec<_>>());
    });
}

/// Fails at first, then panics, then works; and starts at the beginning of the log, then at its head.
#[derive(Clone, Default)]
struct Clumsy {
    starts: Arc<AtomicUsize>,
    tries: Arc<AtomicUsize>,
    recorder: Recorder,
}

impl Consumer for Clumsy {
    fn name(&self) -> &'static str {
        "clumsy"
    }

    fn start<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<i64>> {
        async {
            match self.starts.fetch_add(1, Ordering::Relaxed) {
                0 => Ok(0),
                _ => change_head(&app.db).await,
            }
        }
        .boxed()
    }

    fn apply<'a>(&'a self, app: &'a App, changes: &'a [Change]) -> BoxFuture<'a, Result<()>> {
        match self.tries.fetch_add(1, Ordering::Relaxed) {
            0 => async { Err(souk_core::error::Fault::internal("it does not work yet").into()) }.boxed(),
            1 => async { panic!("it was clumsy") }.boxed(),
            _ => self.recorder.apply(app, changes),
        }
    }
}

#[test]
fn a_consumer_that_fails_gets_the_same_again_and_holds_up_no_other() {
    each(async |souk| {
        let (clumsy, quick) = (Clumsy::default(), Recorder::default());
        let mut slow = souk.changes().add(clumsy.clone());
        let mut steady = souk.changes().add(quick.clone());
        slow.reached(0).await;
        steady.reached(0).await;
        announce(&souk.app, &[Subject::Settings]).await;
        steady.reached(1).await;
        slow.reached(1).await;
        assert!(clumsy.tries.load(Ordering::Relaxed) >= 3);
        assert_eq!(clumsy.recorder.seen(), quick.seen());
        assert_eq!(quick.seen().len(), 1);
    });
}

#[test]
fn old_changes_are_pruned_and_a_consumer_that_missed_some_reads_everything_again() {
    each(async |souk| {
        let system = souk_core::auth::System::for_command_line();
        for number in 0..10 {
            announce(&souk.app, &[Subject::Product(product_id(number))]).await;
        }
        log(souk).await;
        assert_eq!(live::prune_changes(&souk.app, &system).await.expect("pruned"), 0);
        let age = |position: i64| {
            let long_ago = souk.app.clock.now() - Duration::from_secs(8 * 86_400);
            change::Entity::update_many()
                .col_expr(change::Column::CreatedAt, Expr::value(long_ago))
                .filter(change::Column::Position.lte(position))
                .exec(souk.app.db.raw())
        };
        age(4).await.expect("older");
        assert_eq!(live::prune_changes(&souk.app, &system).await.expect("pruned"), 4);
        // One that needs them starts again.
        let clumsy = Clumsy { tries: Arc::new(AtomicUsize::new(2)), ..Clumsy::default() };
        let mut progress = souk.changes().add(clumsy.clone());
        progress.reached(10).await;
        assert_eq!(clumsy.starts.load(Ordering::Relaxed), 2);
        // The newest one stays, however old.
        age(10).await.expect("older");
        assert_eq!(live::prune_changes(&souk.app, &system).await.expect("pruned"), 5);
        assert_eq!(log(souk).await.len(), 1);
        announce(&souk.app, &[Subject::Settings]).await;
        progress.reached(11).await;
        assert_eq!(clumsy.recorder.seen().iter().map(|change| change.subject).collect::<Vec<_>>(), [Some(Subject::Settings)]);
    });
}

#[test]
fn postgresql_is_told_the_isolation_level_whatever_its_default() {
    each_of(&["postgres"], async |souk| {
        let sql = format!(
            "ALTER DATABASE \"{}\" SET default_transaction_isolation TO 'serializable'",
            souk.app.config.database_url.expose_secret().rsplit('/').next().expect("a name")
        );
        souk.app.db.raw().execute_unprepared(&sql).await.expect("another default");
        let db =
            Db::connect(souk.app.config.database_url.expose_secret(), 2, SqliteSynchronous::Normal).await.expect("the database");
        let tx = db.begin().await.expect("a transaction");
        let show = Statement::from_string(tx.get_database_backend(), "SHOW transaction_isolation");
        let row = tx.query_one_raw(show).await.expect("a level").expect("a row");
        assert_eq!(row.try_get::<String>("", "transaction_isolation").expect("a text"), "read committed");
        commit(&db, tx).await;
        db.raw().close().await.expect("closing");
    });
}

#[test]
fn on_postgresql_instances_wake_each_other_also_after_a_cut_connection() {
    each_of(&["postgres"], async |souk| {
        // It follows no log by itself, so what wakes it comes from the other.
        let folder = tempfile::tempdir().expect("a folder");
        let config = config(souk.app.config.database_url.expose_secret(), folder.path(), "http://127.0.0.1:1", &[]);
        let app = App::start(config, Clock::system()).await.expect("Souk starts");
        let stop = CancellationToken::new();
        let (listening, until) = (Arc::clone(&app), stop.clone());
        let task = tokio::spawn(async move { live::listen(&listening, until).await });
        let listeners = "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'";
        let count = async || {
            let sql = format!("SELECT COUNT(*) AS n {listeners}");
            let row = app.db.read().query_one_raw(Statement::from_string(app.db.backend(), sql)).await.expect("a count");
            row.and_then(|row| row.try_get::<i64>("", "n").ok()).unwrap_or_default()
        };
        let both_listen = async || {
            while count().await < 2 {
                tokio::task::yield_now().await;
            }
        };
        let limit = Duration::from_secs(20);
        tokio::time::timeout(limit, both_listen()).await.expect("both listen");
        for round in 0..2 {
            let woken = app.db.wakeups().changes.notified();
            tokio::pin!(woken);
            woken.as_mut().enable();
            announce(&souk.app, &[Subject::Settings]).await;
            tokio::time::timeout(limit, woken).await.expect("a wake-up by the other instance");
            let woken = app.db.wakeups().events.notified();
            tokio::pin!(woken);
            woken.as_mut().enable();
            order(souk, None, None).await.append(souk, "done").await;
            tokio::time::timeout(limit, woken).await.expect("a wake-up by the other instance");
            if round == 0 {
                let woken = app.db.wakeups().changes.notified();
                tokio::pin!(woken);
                woken.as_mut().enable();
                let sql = format!("SELECT pg_terminate_backend(pid) {listeners}");
                app.db.read().query_all_raw(Statement::from_string(app.db.backend(), sql)).await.expect("cut");
                tokio::time::timeout(limit, woken).await.expect("a wake-up for what was missed meanwhile");
                tokio::time::timeout(limit, both_listen()).await.expect("both listen again");
            }
        }
        stop.cancel();
        task.await.expect("it ends");
        app.db.raw().close().await.expect("closing");
    });
}

#[test]
fn many_rows_are_read_page_by_page() {
    each(async |souk| {
        let subjects: Vec<_> = (0..2_500).map(|number| Subject::Product(product_id(number))).collect();
        announce(&souk.app, &subjects).await;
        let clumsy = Clumsy { tries: Arc::new(AtomicUsize::new(2)), ..Clumsy::default() };
        let mut progress = souk.changes().add(clumsy.clone());
        progress.reached(2_500).await;
        assert_eq!(clumsy.recorder.seen().len(), 2_500);
        let count = change::Entity::find().filter(change::Column::Tags.is_not_null()).count(souk.app.db.read()).await;
        assert_eq!(count.expect("a count"), 1, "the first of a transaction has its tags");
    });
}
