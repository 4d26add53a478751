//! The search of a process: its engine, whether it is ready, and the threads on which it runs.

use super::engine::SearchEngine;
use super::query::{Answer, Counts, Facet, Query, RelatedTo, Suggested};
use super::watch::Watch;
use crate::error::{Fault, Result};
use moka::sync::Cache;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::available_parallelism;
use std::time::Duration;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// From this number of products a search runs on a thread of its own, as it can take milliseconds.
const MANY: u64 = 20_000;
/// When to try again while the index is being filled.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// From this number of candidates an answer is kept for the next requests, as it takes milliseconds.
const COSTLY: u64 = 50_000;
/// How much is kept, in results and values of facets of all answers (some 20 MB), and for how long: with the time until the index has read
/// a change, a change is found within a second.
const KEPT: u64 = 200_000;
const KEPT_FOR: Duration = Duration::from_millis(500);

/// How far the index of this process is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// This process has none.
    #[default]
    Absent,
    /// It is being filled.
    Filling {
        /// Products that were read.
        done: u64,
        /// Products to be read.
        total: u64,
    },
    /// It answers.
    Ready,
}

/// The search of a process.
#[derive(Debug)]
pub struct Search {
    engine: RwLock<Arc<dyn SearchEngine>>,
    progress: RwLock<Progress>,
    /// One for each processor.
    threads: Arc<Semaphore>,
    /// Answers that were costly.
    kept: Cache<Query, Arc<Answer>>,
    /// What operators see of it.
    pub watch: Watch,
}

impl Search {
    /// With an engine, which holds nothing yet.
    pub fn new(engine: impl SearchEngine + 'static) -> Self {
        let threads = Arc::new(Semaphore::new(available_parallelism().map_or(1, usize::from)));
        let kept = Cache::builder().weigher(|_, answer| weight(answer)).max_capacity(KEPT).time_to_live(KEPT_FOR).build();
        let watch = Watch::default();
        Self { engine: RwLock::new(Arc::new(engine)), progress: RwLock::default(), threads, kept, watch }
    }

    /// Answers a query. The answer to a query with many candidates is kept for half a second.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] while the index is being filled for the first time.
    pub async fn search(&self, query: Query) -> Result<Arc<Answer>> {
        let kept = self.kept.clone();
        if let Some(answer) = kept.get(&query) {
            self.watch.count_query();
            return Ok(answer);
        }
        let answer = move |engine: &dyn SearchEngine| {
            // Another request may have asked the same while this one waited for a thread.
            if let Some(answer) = kept.get(&query) {
                return answer;
            }
            let answer = Arc::new(engine.search(&query));
            if answer.candidates >= COSTLY {
                kept.insert(query, Arc::clone(&answer));
            }
            answer
        };
        self.ask(answer).await
    }

    /// Categories and stores whose names begin so, at most `limit` of each.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] while the index is being filled for the first time.
    pub async fn suggest(&self, text: String, limit: usize) -> Result<Suggested> {
        self.ask(move |engine| engine.suggest(&text, limit)).await
    }

    /// The products that are most like each of these, best first.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] while the index is being filled for the first time.
    pub async fn related(&self, to: Vec<RelatedTo>) -> Result<Vec<Vec<Uuid>>> {
        self.ask(move |engine| to.iter().map(|to| engine.related(to)).collect()).await
    }

    async fn ask<T: Send + 'static>(&self, ask: impl FnOnce(&dyn SearchEngine) -> T + Send + 'static) -> Result<T> {
        if self.progress() != Progress::Ready {
            return Err(Fault::Unavailable { retry_after: RETRY_AFTER }.into());
        }
        self.watch.count_query();
        let engine = self.engine();
        if engine.size().products < MANY {
            return Ok(ask(&*engine));
        }
        let thread = Arc::clone(&self.threads).acquire_owned().await;
        // The thread goes on if the client hangs up, and so the permit goes with it.
        let answer = tokio::task::spawn_blocking(move || {
            let _thread = thread;
            ask(&*engine)
        });
        let answer = answer.await;
        answer.map_err(|failure| Fault::Internal(Arc::new(failure)).into())
    }

    /// The engine that answers.
    pub fn engine(&self) -> Arc<dyn SearchEngine> {
        Arc::clone(&self.engine.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes an engine that was filled aside.
    pub fn replace(&self, engine: Arc<dyn SearchEngine>) {
        *self.engine.write().unwrap_or_else(PoisonError::into_inner) = engine;
        self.kept.invalidate_all();
        self.set_progress(Progress::Ready);
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        *self.progress.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says how far it is.
    pub fn set_progress(&self, progress: Progress) {
        *self.progress.write().unwrap_or_else(PoisonError::into_inner) = progress;
    }
}

fn weight(answer: &Arc<Answer>) -> u32 {
    let of_facet = |facet: &Facet| match &facet.counts {
        Counts::Values { values, .. } => values.len() + 1,
        Counts::Ranges { bands, .. } => bands.len() + 1,
        Counts::Dates { .. } => 1,
    };
    let values: usize = answer.facets.iter().map(of_facet).sum();
    u32::try_from(10 + answer.hits.len() + values).unwrap_or(u32::MAX)
}
