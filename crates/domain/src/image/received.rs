//! From what a client sent to a picture that a row can point to.

use crate::image::picture::read_picture;
use crate::image::{Picture, store_picture};
use crate::upload;
use bytes::Bytes;
use entity::staged_upload;
use serde::{Deserialize, Serialize};
use souk_core::app::App;
use souk_core::auth::{Authenticated, System};
use souk_core::db::Tx;
use souk_core::error::{Code, Result, internal, refuse};
use souk_core::job::{Enqueue, Job, JobError, enqueue};
use souk_core::limit::Attempt;
use std::fs::File;
use std::io::Read;
use std::sync::Arc;

/// Where a picture comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// Came with the request itself, and lies on the disk until it is its turn.
    File(Arc<File>),
    /// Put into the storage before; the token says where.
    Staged(String),
}

/// A checked picture in the storage, which no row points to yet.
///
/// Call [`Received::claim`] in the transaction that points a row to [`Received::key`], and [`Received::settle`] after it, whatever
/// came of it.
#[derive(Clone, Debug)]
pub struct Received {
    /// Where it lies.
    pub key: String,
    /// What it is.
    pub picture: Picture,
    staged: Option<staged_upload::Model>,
}

/// Takes what somebody sent, checks it and writes it below `folder`. Refuses with the path `file` or `stagedUploadToken`.
///
/// Nothing of the file is in memory before it is its turn: a few pictures are read at once, and of one person fewer.
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
    };
    if bytes.len() > most {
        return refuse(path, Code::FileTooLarge, format!("a file must have at most {most} bytes; found more"));
    }
    app.limits.count_many(Attempt::ImageKibibyte, &key, bytes.len().div_ceil(1024))?;
    let picture = read_picture(app, path, bytes, permit).await?;
    let key = store_picture(app, &picture, folder).await?;
    Ok(Received { key, picture, staged })
}

/// Reads a file, up to one byte more than is allowed.
async fn read_file(file: Arc<File>, most: usize) -> Result<Bytes> {
    let read = move || {
        let mut bytes = Vec::new();
        let most = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        file.as_ref().take(most).read_to_end(&mut bytes).map(|_| Bytes::from(bytes))
    };
    tokio::task::spawn_blocking(read).await.map_err(internal)?.map_err(internal)
}

impl Received {
    /// Uses up the staged upload, if it was one: of two that use the same, one is refused.
    pub async fn claim(&self, tx: &Tx, app: &App) -> Result<()> {
        match &self.staged {
            Some(row) => upload::claim(tx, app, row).await,
            None => Ok(()),
        }
    }

    /// Removes what nobody needs any more: the picture where no row points to it, the staged file where one does.
    pub async fn settle(&self, app: &App, committed: bool) {
        let useless = match (&self.staged, committed) {
            (_, false) => &self.key,
            (Some(row), true) => &row.storage_key,
            (None, true) => return,
        };
        if let Err(error) = app.storage.delete(useless).await {
            tracing::warn!(key = useless, %error, "a file that nothing points to could not be removed");
        }
    }
}

/// Removes a file that no row points to any more.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeleteFile {
    /// Its name in the storage.
    pub key: String,
}

impl Job for DeleteFile {
    const KIND: &'static str = "storage.delete_file";

    async fn run(&self, app: &App, _system: &System, _attempt: i32) -> Result<(), JobError> {
        app.storage.delete(&self.key).await.map_err(|error| JobError::later(error.to_string()))
    }
}

/// Has a file removed after the commit.
pub async fn delete_later(tx: &Tx, app: &App, key: &str) -> Result<()> {
    enqueue(tx, &app.clock, &DeleteFile { key: key.to_owned() }, Enqueue::default()).await
}
