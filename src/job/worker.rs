//! Doing the jobs: any number of workers, in any number of processes.

use crate::app::App;
use crate::auth::System;
use crate::error::Result;
use crate::job::{Job, JobError};
use crate::text::truncate;
use crate::transact;
use entity::job;
use entity::value::JobStatus;
use futures::future::BoxFuture;
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A waiting worker looks this often, even if nothing rang: jobs come due, and other instances write them.
const INTERVAL: Duration = Duration::from_millis(500);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// Jobs taken at once.
const BATCH: u64 = 16;

type Run = for<'a> fn(&'a App, &'a job::Model) -> BoxFuture<'a, Result<(), JobError>>;
type GaveUp = for<'a> fn(&'a App, &'a job::Model, &'a str) -> BoxFuture<'a, Result<(), JobError>>;

struct Handler {
    run: Run,
    gave_up: GaveUp,
    attempts: i32,
    lease: Duration,
}

/// The types of job this program knows.
#[derive(Default)]
pub struct Registry(HashMap<&'static str, Handler>);

impl Registry {
    /// Adds a type.
    pub fn with<J: Job>(mut self) -> Self {
        fn read<J: Job>(row: &job::Model) -> Result<J, JobError> {
            serde_json::from_value(row.payload.clone())
                .map_err(|error| JobError::never(format!("the payload can't be read: {error}")))
        }
        let handler = Handler {
            run: |app, row| Box::pin(async move { read::<J>(row)?.run(app, &System::new(), row.attempts).await }),
            gave_up: |app, row, reason| Box::pin(async move { read::<J>(row)?.gave_up(app, &System::new(), reason).await }),
            attempts: J::ATTEMPTS,
            lease: J::LEASE,
        };
        self.0.insert(J::KIND, handler);
        self
    }

    fn longest_lease(&self) -> Duration {
        self.0.values().map(|handler| handler.lease).max().unwrap_or(Duration::from_secs(60))
    }
}

/// Takes jobs and does them.
#[derive(Clone)]
pub struct Worker {
    app: Arc<App>,
    registry: Arc<Registry>,
}

impl Worker {
    /// A worker for the jobs of the registry.
    pub fn new(app: Arc<App>, registry: Registry) -> Self {
        Self { app, registry: Arc::new(registry) }
    }

    /// Works until it is told to stop; then finishes what it has begun.
    pub async fn run(&self, stop: CancellationToken) {
        loop {
            let rung = self.app.db.bells().jobs.notified();
            tokio::pin!(rung);
            rung.as_mut().enable();
            let done = match self.run_batch().await {
                Ok(done) => done,
                Err(error) => {
                    tracing::error!(?error, "jobs can't be taken");
                    0
                }
            };
            if stop.is_cancelled() {
                return;
            }
            if done > 0 {
                continue;
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = rung => {}
                () = tokio::time::sleep(INTERVAL) => {}
            }
        }
    }

    /// Does everything that is due now, and what that brings about; says how many jobs ran.
    pub async fn run_due(&self) -> Result<usize> {
        let mut total = 0;
        loop {
            match self.run_batch().await? {
                0 => return Ok(total),
                done => total += done,
            }
        }
    }

    async fn run_batch(&self) -> Result<usize> {
        let jobs = self.claim().await?;
        let count = jobs.len();
        futures::future::join_all(jobs.iter().map(|row| self.work(row))).await;
        Ok(count)
    }

    /// Takes what is due and nobody's, for as long as the longest lease.
    async fn claim(&self) -> Result<Vec<job::Model>> {
        let now = self.app.clock.now();
        let due = job::Entity::find()
            .filter(job::Column::Status.eq(JobStatus::Queued))
            .filter(job::Column::RunAt.lte(now))
            .filter(job::Column::ClaimedUntil.is_null().or(job::Column::ClaimedUntil.lte(now)))
            .order_by_asc(job::Column::RunAt)
            .order_by_asc(job::Column::Id)
            .limit(BATCH);
        // Cheap where there is nothing to do, and on SQLite without the one write connection.
        if due.clone().one(self.app.db.read()).await?.is_none() {
            return Ok(Vec::new());
        }
        let claim = self.app.clock.new_uuid();
        let until = now + self.registry.longest_lease();
        transact!(self.app.db, tx, {
            let mut rows = due.clone().lock_with_behavior(LockType::Update, LockBehavior::SkipLocked).all(tx).await?;
            if rows.is_empty() {
                return Ok(rows);
            }
            let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
            job::Entity::update_many()
                .col_expr(job::Column::ClaimedUntil, Expr::value(until))
                .col_expr(job::Column::ClaimedBy, Expr::value(claim))
                .col_expr(job::Column::Attempts, Expr::col(job::Column::Attempts).add(1))
                .col_expr(job::Column::DedupKey, Expr::value(Option::<String>::None))
                .filter(job::Column::Id.is_in(ids))
                .exec(tx)
                .await?;
            for row in &mut rows {
                row.claimed_by = Some(claim);
                row.attempts += 1;
            }
            Ok(rows)
        })
    }

    async fn work(&self, row: &job::Model) {
        let Some(handler) = self.registry.0.get(row.kind.as_str()) else {
            let reason = format!("{} is not a kind of job this program knows", row.kind);
            self.note(row, JobError::later(reason), i32::MAX).await;
            return;
        };
        let outcome = match tokio::time::timeout(handler.lease, (handler.run)(&self.app, row)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(JobError::later(format!("took longer than {} s", handler.lease.as_secs()))),
        };
        match outcome {
            Ok(()) => self.finish(row, JobStatus::Done, None).await,
            Err(error) => self.note(row, error, handler.attempts).await,
        }
    }

    async fn note(&self, row: &job::Model, error: JobError, attempts: i32) {
        let (reason, after, last) = match error {
            JobError::Later { reason, after } => (reason, after, row.attempts >= attempts),
            JobError::Never { reason } => (reason, None, true),
        };
        if !last {
            tracing::warn!(job = %row.id, kind = row.kind, attempt = row.attempts, reason, "a job will be tried again");
            self.postpone(row, &reason, after).await;
            return;
        }
        tracing::error!(job = %row.id, kind = row.kind, attempt = row.attempts, reason, "a job was given up");
        if let Some(handler) = self.registry.0.get(row.kind.as_str())
            && let Err(error) = (handler.gave_up)(&self.app, row, &reason).await
        {
            tracing::error!(job = %row.id, ?error, "giving up a job could not be noted");
        }
        self.finish(row, JobStatus::Failed, Some(&reason)).await;
    }

    /// A second, two, four ... an hour; or what the other side asked for. The ID spreads jobs that failed together.
    async fn postpone(&self, row: &job::Model, reason: &str, after: Option<Duration>) {
        let exponent = u32::try_from(row.attempts.clamp(1, 20) - 1).unwrap_or(0);
        let pause = Duration::from_secs(1 << exponent).min(LONGEST_PAUSE);
        let spread = Duration::from_millis(u64::from(row.id.0.as_bytes()[15]) * 2);
        let run_at = self.app.clock.now() + after.unwrap_or(pause).max(pause) + spread;
        let update = job::Entity::update_many()
            .col_expr(job::Column::RunAt, Expr::value(run_at))
            .col_expr(job::Column::ClaimedUntil, Expr::value(Option::<sea_orm::prelude::DateTimeUtc>::None))
            .col_expr(job::Column::LastError, Expr::value(truncate(reason, 1000)))
            .filter(job::Column::Id.eq(row.id))
            .filter(job::Column::ClaimedBy.eq(row.claimed_by));
        self.update(row, update).await;
    }

    async fn finish(&self, row: &job::Model, status: JobStatus, reason: Option<&str>) {
        let update = job::Entity::update_many()
            .col_expr(job::Column::Status, Expr::value(status.as_str()))
            .col_expr(job::Column::FinishedAt, Expr::value(self.app.clock.now()))
            .col_expr(job::Column::ClaimedUntil, Expr::value(Option::<sea_orm::prelude::DateTimeUtc>::None))
            .col_expr(job::Column::LastError, Expr::value(reason.map(|text| truncate(text, 1000).to_owned())))
            .filter(job::Column::Id.eq(row.id))
            .filter(job::Column::ClaimedBy.eq(row.claimed_by));
        self.update(row, update).await;
    }

    /// If it fails the lease runs out, and the job runs again: that is what "at least once" means.
    async fn update(&self, row: &job::Model, update: sea_orm::UpdateMany<job::Entity>) {
        let result: Result<()> = async {
            transact!(self.app.db, tx, {
                update.clone().exec(tx).await?;
                Ok(())
            })
        }
        .await;
        if let Err(error) = result {
            tracing::error!(job = %row.id, ?error, "the outcome of a job could not be noted");
        }
    }
}
