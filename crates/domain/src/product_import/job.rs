//! The job of an import: reads its file and runs its turns.

use super::decode::{DecodeError, Decoder};
use super::entry::LineProblem;
use super::file::{OpenError, ProductFile};
use super::turn::{self, Next, PRODUCTS, Turn};
use entity::id::ProductImportId;
use entity::import::{Entity, Model};
use entity::value::ProductTransferStatus;
use futures::StreamExt;
use object_store::GetOptions;
use sea_orm::EntityTrait;
use serde::{Deserialize, Serialize};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::error::{Code, Fault, Result, internal};
use souk_core::job::{Enqueue, Job, JobError, enqueue};
use souk_core::transact;
use std::time::{Duration, Instant};

/// After this time a job enqueues itself for the rest, before its lease ends.
const TIME: Duration = Duration::from_secs(30);

/// Runs an import.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ImportProducts {
    pub(super) import_id: ProductImportId,
}

impl Job for ImportProducts {
    const KIND: &'static str = "product_import.run";

    async fn run(&self, app: &App, system: &System, _attempt: i32) -> Result<(), JobError> {
        if Box::pin(run(app, system, self.import_id, Some(TIME))).await? == Progress::More {
            let again = transact!(app.db, tx, { enqueue(tx, &app.clock, self, Enqueue::default()).await });
            again?;
        }
        Ok(())
    }

    async fn on_failure(&self, app: &App, _system: &System, reason: &str) -> Result<(), JobError> {
        tracing::error!(import = %self.import_id, reason, "an import was given up");
        let message = "The import failed because of an internal error; the lines until then were imported.";
        Ok(turn::fail(app, self.import_id, &[LineProblem::of_line(0, Code::Unavailable, message)]).await?)
    }
}

/// Whether an import goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    More,
    Ended,
}

/// Runs turns until the import ends, or for a time.
pub(super) async fn run(app: &App, system: &System, id: ProductImportId, time: Option<Duration>) -> Result<Progress> {
    let begun = Instant::now();
    let Some(row) = Entity::find_by_id(id).one(app.db.read()).await? else { return Ok(Progress::Ended) };
    if !matches!(row.status, ProductTransferStatus::Queued | ProductTransferStatus::Running) {
        return Ok(Progress::Ended);
    }
    let mut file = match open(app, &row).await? {
        Ok(file) => file,
        Err(problems) => {
            turn::fail(app, id, &problems).await?;
            return Ok(Progress::Ended);
        }
    };
    let Some(row) = turn::begin(app, id, (file.lines, file.line_of(0).unwrap_or(0))).await? else { return Ok(Progress::Ended) };
    let mut product = file.product_from(u32::try_from(row.next_line).unwrap_or(0));
    while let Some(line) = file.line_of(product) {
        if time.is_some_and(|time| begun.elapsed() > time) {
            return Ok(Progress::More);
        }
        let (given_back, entries) = blocking(move || {
            let entries = file.read(product..product + PRODUCTS);
            (file, entries)
        })
        .await?;
        file = given_back;
        let entries = entries.map_err(internal)?;
        let after = file.line_of(product + PRODUCTS);
        match Box::pin(turn::run(app, system, Turn { id, line, entries: &entries, after })).await? {
            Next::Line(next) => product = file.product_from(next),
            Next::Nothing => return Ok(Progress::Ended),
        }
    }
    Ok(Progress::Ended)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(internal)
}

/// Copies the file of an import into a temporary one, decoded, and reads it once. The inner error is what is wrong with the file.
async fn open(app: &App, row: &Model) -> Result<std::result::Result<ProductFile, Vec<LineProblem>>> {
    let found = match app.storage.get(&row.storage_key, GetOptions::default()).await {
        Ok(found) => found,
        Err(object_store::Error::NotFound { .. }) => {
            return Ok(Err(vec![LineProblem::of_line(0, Code::NotFound, "The file of the import was deleted.")]));
        }
        Err(error) => return Err(internal(error)),
    };
    let mut chunks = found.into_stream();
    let temporary = blocking(tempfile::tempfile).await?.map_err(internal)?;
    let mut decoder = Decoder::new(temporary);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(internal)?;
        let (given_back, pushed) = blocking(move || {
            let pushed = decoder.push(&chunk);
            (decoder, pushed)
        })
        .await?;
        decoder = given_back;
        match pushed {
            Ok(()) => {}
            Err(DecodeError::Malformed(problem)) => return Ok(Err(vec![problem])),
            Err(DecodeError::Io(error)) => return Err(internal(error)),
        }
    }
    let format = row.format;
    let opened = blocking(move || match decoder.finish() {
        Ok(decoded) => ProductFile::open(decoded, format),
        Err(DecodeError::Malformed(problem)) => Err(OpenError::Problems(vec![problem])),
        Err(DecodeError::Io(error)) => Err(OpenError::Io(error)),
    });
    match opened.await? {
        Ok(file) => Ok(Ok(file)),
        Err(OpenError::Problems(problems)) => Ok(Err(problems)),
        Err(OpenError::Io(error)) => Err(Fault::Internal(std::sync::Arc::new(error)).into()),
    }
}
