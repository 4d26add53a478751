//! Running jobs: any number of workers, in any number of processes.

use crate::app::App;
use crate::db::InPadded;
use crate::error::Result;
use crate::job::claim::claim;
use crate::job::{JobError, Registry};
use crate::text::truncate;
use crate::transact;
use entity::id::JobId;
use entity::job::{self, Column};
use entity::value::JobStatus;
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, UpdateMany};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How often a waiting worker looks without a wake-up: jobs become due, and other instances enqueue some.
const INTERVAL: Duration = Duration::from_millis(500);
/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// The longest pause that a provider can ask for.
const LONGEST_WISH: Duration = Duration::from_secs(86_400);
/// Pause before a job of an unknown kind is claimed again.
const UNKNOWN_PAUSE: Duration = Duration::from_secs(60);
/// Jobs that one worker runs at once.
const AT_ONCE: usize = 16;
/// How much longer a lease is than an attempt may take: time to write the outcome.
const MARGIN: Duration = Duration::from_secs(15);
/// How long finished jobs are kept.
const KEEP_DONE: Duration = Duration::from_secs(7 * 86_400);
/// How often older ones are removed.
const PRUNE_INTERVAL: Duration = Duration::from_secs(600);
/// Rows that one statement removes.
const PRUNE_BATCH: u64 = 1000;

/// Claims jobs and runs them.
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

    /// Runs jobs until it is told to stop; then finishes those that run. A slow job delays no other.
    pub async fn run(&self, stop: CancellationToken) {
        let mut running = JoinSet::new();
        let mut prune = tokio::time::interval(PRUNE_INTERVAL);
        while !stop.is_cancelled() {
            let woken = self.app.db.wakeups().jobs.notified();
            tokio::pin!(woken);
            woken.as_mut().enable();
            while running.try_join_next().is_some() {}
            let free = AT_ONCE.saturating_sub(running.len());
            let taken = self.claim(free).await.unwrap_or_else(|error| {
                tracing::error!(?error, "jobs can't be taken; trying again");
                Vec::new()
            });
            // As many as asked for: there may be more.
            let busy = taken.len() == free;
            for row in taken {
                let worker = self.clone();
                running.spawn(async move { worker.work(&row).await });
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = woken, if !busy => {}
                _ = running.join_next(), if busy => {}
                _ = prune.tick() => self.tidy().await,
                () = tokio::time::sleep(INTERVAL) => {}
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// Runs all due jobs, and those that they enqueue; returns how many ran.
    pub async fn run_due(&self) -> Result<usize> {
        let mut total = 0;
        loop {
            let rows = self.claim(AT_ONCE).await?;
            if rows.is_empty() {
                return Ok(total);
            }
            total += rows.len();
            futures::future::join_all(rows.iter().map(|row| self.work(row))).await;
        }
    }

    async fn claim(&self, most: usize) -> Result<Vec<job::Model>> {
        if most == 0 {
            return Ok(Vec::new());
        }
        claim(&self.app, most as u64, self.registry.longest_lease() + MARGIN).await
    }

    async fn work(&self, row: &job::Model) {
        let Some(handler) = self.registry.handler(&row.kind) else {
            // Enqueued by a newer version, which will run it; this was no attempt.
            let reason = format!("{} is not a kind of job this program knows", row.kind);
            let update = mine(row).col_expr(Column::Attempts, Expr::value(row.attempts - 1));
            self.put_back(row, update, &reason, Some(UNKNOWN_PAUSE)).await;
            return;
        };
        // All attempts were begun: the last worker died with it, or could not write that it failed.
        if row.attempts > handler.attempts {
            let reason = row.last_error.clone().unwrap_or_else(|| "the process ended each time it was tried".into());
            self.fail(row, &reason).await;
            return;
        }
        match handler.run(&self.app, row).await {
            Ok(()) => self.finish(row, JobStatus::Done, None).await,
            Err(JobError::Never { reason }) => self.fail(row, &reason).await,
            Err(JobError::Later { reason, .. }) if row.attempts >= handler.attempts => self.fail(row, &reason).await,
            Err(JobError::Later { reason, after }) => {
                tracing::warn!(job = %row.id, kind = row.kind, attempt = row.attempts, reason, "a job will be tried again");
                self.put_back(row, mine(row), &reason, after).await;
            }
        }
    }

    async fn fail(&self, row: &job::Model, reason: &str) {
        tracing::error!(job = %row.id, kind = row.kind, attempt = row.attempts, reason, "a job was given up");
        if let Some(handler) = self.registry.handler(&row.kind)
            && let Err(error) = handler.on_failure(&self.app, row, reason).await
        {
            tracing::error!(job = %row.id, ?error, "giving up a job could not be noted");
            // Users would see it wait forever: the failure is written later, without another attempt.
            if matches!(error, JobError::Later { .. }) && self.exhaust(row, reason).await {
                return;
            }
        }
        self.finish(row, JobStatus::Failed, Some(reason)).await;
    }

    /// Leaves only the failure to be written; `false` if that was tried often enough.
    async fn exhaust(&self, row: &job::Model, reason: &str) -> bool {
        let attempts = self.registry.handler(&row.kind).map_or(0, |handler| handler.attempts);
        if row.attempts > attempts.saturating_mul(2) {
            return false;
        }
        let update = mine(row).col_expr(Column::Attempts, Expr::value(row.attempts.max(attempts)));
        self.put_back(row, update, reason, None).await;
        true
    }

    /// Pause of 1, 2, 4 seconds up to an hour, or what the provider asked for. The ID spreads jobs that failed together.
    async fn put_back(&self, row: &job::Model, update: UpdateMany<job::Entity>, reason: &str, after: Option<Duration>) {
        let exponent = u32::try_from(row.attempts.clamp(1, 20) - 1).unwrap_or(0);
        let pause = Duration::from_secs(1 << exponent).min(LONGEST_PAUSE);
        let spread = Duration::from_millis(u64::from(row.id.0.as_bytes()[15]) * 2);
        let run_at = self.app.clock.now() + after.unwrap_or(pause).clamp(pause, LONGEST_WISH) + spread;
        let update = update
            .col_expr(Column::RunAt, Expr::value(run_at))
            .col_expr(Column::ClaimedUntil, Expr::value(Option::<DateTimeUtc>::None))
            .col_expr(Column::LastError, Expr::value(truncate(reason, 1000)));
        self.update(row, update).await;
    }

    async fn finish(&self, row: &job::Model, status: JobStatus, reason: Option<&str>) {
        let update = mine(row)
            .col_expr(Column::Status, Expr::value(status.as_str()))
            .col_expr(Column::FinishedAt, Expr::value(self.app.clock.now()))
            .col_expr(Column::ClaimedUntil, Expr::value(Option::<DateTimeUtc>::None))
            .col_expr(Column::LastError, Expr::value(reason.map(|text| truncate(text, 1000).to_owned())));
        self.update(row, update).await;
    }

    /// If it fails the lease expires and the job runs again: at least once.
    async fn update(&self, row: &job::Model, update: UpdateMany<job::Entity>) {
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

    /// Removes old jobs, and runs the periodic tasks.
    pub async fn tidy(&self) {
        self.prune().await;
        self.registry.run_periodic_tasks(&self.app).await;
    }

    /// Removes jobs that were done long enough ago. Failed ones stay for the owner to see.
    pub async fn prune(&self) {
        loop {
            match self.prune_some().await {
                Ok(removed) if removed == PRUNE_BATCH => {}
                Ok(_) => return,
                Err(error) => {
                    tracing::error!(?error, "old jobs can't be removed; trying again later");
                    return;
                }
            }
        }
    }

    async fn prune_some(&self) -> Result<u64> {
        let before = self.app.clock.now() - KEEP_DONE;
        let old: Vec<JobId> = job::Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Status.eq(JobStatus::Done))
            .filter(Column::FinishedAt.lt(before))
            .limit(PRUNE_BATCH)
            .into_tuple()
            .all(self.app.db.read())
            .await?;
        if old.is_empty() {
            return Ok(0);
        }
        let found = old.len() as u64;
        transact!(self.app.db, tx, {
            job::Entity::delete_many().filter(Column::Id.in_padded(&old)).exec(tx).await?;
            Ok(found)
        })
    }
}

/// An update of a job that applies only while this claim holds: a worker whose lease expired changes nothing for the next one.
fn mine(row: &job::Model) -> UpdateMany<job::Entity> {
    job::Entity::update_many()
        .filter(Column::Id.eq(row.id))
        .filter(Column::Status.eq(JobStatus::Queued))
        .filter(Column::ClaimedBy.eq(row.claimed_by))
}
