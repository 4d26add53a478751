//! From an upload to a stored picture that a row can refer to.

use crate::image::read::read_picture;
use crate::image::{Picture, store_picture};
use crate::upload;
use bytes::Bytes;
use entity::staged_upload;
use serde::{Deserialize, Serialize};
use souk_core::app::App;
use souk_core::auth::{Authenticated, System};
use souk_core::db::Tx;
use souk_core::error::{Code, Result, internal, refuse};
use souk_core::job::{Enqueue, Job, JobError, enqueue, withdraw};
use souk_core::limit::Attempt;
use std::fs::File;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

/// Source of an uploaded picture.
#[derive(Clone, Debug)]
pub enum Source {
    /// A part of the request, stored in a temporary file until it is read.
    File(Arc<File>),
    /// Token of a staged upload.
    Staged(String),
    /// What a URL referred to.
    Fetched(Bytes),
}

/// A checked and stored picture that no row refers to yet.
///
/// Call [`Received::claim`] in the transaction that writes a row with [`Received::key`], and [`Received::clean_up`] after it,
/// whether it succeeded or not.
#[derive(Clone, Debug)]
pub struct Received {
    /// Storage key.
    pub key: String,
    pub picture: Picture,
    staged: Option<staged_upload::Model>,
}

/// Checks an uploaded picture and stores it in `folder`. Problems have the path `file` or `stagedUploadToken`.
///
/// The file is read into memory only when it is processed: a few pictures at once, and fewer of one user.
pub async fn receive(app: &App, actor: &dyn Authenticated, source: &Source, folder: &str) -> Result<Received> {
    let key = actor.user_id().to_string();
    let permit = app.queues.images.acquire(&key).await?;
    app.limits.count(Attempt::ImageUpload, &key)?;
    let most = app.config.limits.upload_bytes;
    let (bytes, staged, path) = match source {
        Source::File(file) => (read_file(Arc::clone(file), most).await?, None, "file"),
        Source::Staged(token) => {
            let (row, bytes) = upload::read(app, actor, token).await?;
            (bytes, Some(row), "stagedUploadToken")
        }
        Source::Fetched(bytes) => (bytes.clone(), None, "file"),
    };
    if bytes.len() > most {
        return refuse(path, Code::FileTooLarge, format!("The file must have at most {most} bytes; got more."));
    }
    app.limits.count_many(Attempt::ImageKibibyte, &key, bytes.len().div_ceil(1024))?;
    let picture = read_picture(app, path, bytes, permit).await?;
    let key = store_picture(app, &picture, folder).await?;
    Ok(Received { key, picture, staged })
}

/// Reads a file, at most one byte more than allowed.
async fn read_file(file: Arc<File>, most: usize) -> Result<Bytes> {
    let read = move || {
        let mut bytes = Vec::new();
        let most = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        file.as_ref().take(most).read_to_end(&mut bytes).map(|_| Bytes::from(bytes))
    };
    tokio::task::spawn_blocking(read).await.map_err(internal)?.map_err(internal)
}

impl Received {
    /// Marks the staged upload as used, if there is one: of two requests that use the same upload, one is refused.
    pub async fn claim(&self, tx: &Tx, app: &App) -> Result<()> {
        match &self.staged {
            Some(row) => upload::claim(tx, app, row).await,
            None => Ok(()),
        }
    }

    /// Deletes the file that is not needed: the picture if the transaction failed, otherwise the staged file.
    pub async fn clean_up(&self, app: &App, committed: bool) {
        let unreferenced = match (&self.staged, committed) {
            (_, false) => &self.key,
            (Some(row), true) => &row.storage_key,
            (None, true) => return,
        };
        if let Err(error) = app.storage.delete(unreferenced).await {
            tracing::warn!(key = unreferenced, %error, "an unreferenced file could not be deleted");
        }
    }
}

/// Deletes a file that no row refers to any more.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeleteFile {
    /// Storage key.
    pub key: String,
}

impl Job for DeleteFile {
    const KIND: &'static str = "storage.delete_file";

    async fn run(&self, app: &App, _system: &System, _attempt: i32) -> Result<(), JobError> {
        app.storage.delete(&self.key).await.map_err(|error| JobError::later(error.to_string()))
    }
}

/// When a file is deleted whose row was not written, because the process ended.
const ABANDONED: Duration = Duration::from_secs(3600);

/// Deletes a file after a while that is going to be written, unless [`keep_file`] is called by then in the transaction that writes a row
/// with its key.
pub(crate) async fn delete_unless_kept(tx: &Tx, app: &App, key: &str) -> Result<()> {
    let options = Enqueue { run_at: Some(app.clock.now() + ABANDONED), dedup_key: Some(key.to_owned()) };
    enqueue(tx, &app.clock, &DeleteFile { key: key.to_owned() }, options).await
}

/// See [`delete_unless_kept`].
pub(crate) async fn keep_file(tx: &Tx, key: &str) -> Result<()> {
    withdraw::<DeleteFile>(tx, key).await
}

/// Deletes files after the commit.
pub(super) async fn delete_files(tx: &Tx, app: &App, keys: &[String]) -> Result<()> {
    for key in keys {
        enqueue(tx, &app.clock, &DeleteFile { key: key.clone() }, Enqueue::default()).await?;
    }
    Ok(())
}
