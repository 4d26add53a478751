//! Fills the index from the database and keeps it up to date from the change log.

use super::{agreement, load};
use crate::setting;
use entity::id::{ProductId, StoreId};
use futures::FutureExt;
use futures::future::BoxFuture;
use sea_orm::PaginatorTrait;
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::db::{Subject, SubjectKind};
use souk_core::error::{Fault, Result};
use souk_core::live::{Change, Consumer, change_head};
use souk_core::provider::search::{Agreement, Document, Progress, SearchEngine, Size, Update};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// Products that are read at once when the index is filled.
const FILL: u64 = 2_000;
/// Products that are read at once when they changed.
const BATCH: usize = 500;

/// How often a comparison is tried while stores or categories change.
const ATTEMPTS: u32 = 300;
/// How long it waits between two attempts.
const RETRY: Duration = Duration::from_millis(200);

/// The consumer of the change log that keeps the index of the process.
#[derive(Clone, Debug, Default)]
pub struct SearchFeed {
    /// Held by what changes the index, or must not see it change.
    turn: Arc<Mutex<()>>,
}

impl Consumer for SearchFeed {
    fn name(&self) -> &'static str {
        "search"
    }

    fn start<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<i64>> {
        async move {
            let _turn = self.turn.lock().await;
            let head = change_head(&app.db).await?;
            fill(app).await?;
            app.search.watch.set_position(head);
            Ok(head)
        }
        .boxed()
    }

    fn apply<'a>(&'a self, app: &'a App, changes: &'a [Change]) -> BoxFuture<'a, Result<()>> {
        async move {
            let _turn = self.turn.lock().await;
            follow(app, changes.iter().filter_map(|change| change.subject).collect()).await?;
            if let Some(last) = changes.last() {
                app.search.watch.set_position(last.position);
            }
            Ok(())
        }
        .boxed()
    }
}

impl SearchFeed {
    /// Compares the index with the database, and fills it again if they differ. Absent if it is not filled yet, or if stores or
    /// categories change all the time.
    pub async fn check(&self, app: &App) -> Result<Option<Agreement>> {
        for _ in 0..ATTEMPTS {
            let turn = self.turn.lock().await;
            if app.search.progress() != Progress::Ready {
                return Ok(None);
            }
            if let Some(agreement) = agreement::compare(app).await? {
                app.search.watch.set_agreement(agreement);
                if !agreement.is_equal() {
                    tracing::error!(?agreement, "the search index disagrees with the database; it is filled again");
                    fill(app).await?;
                }
                return Ok(Some(agreement));
            }
            drop(turn);
            tokio::time::sleep(RETRY).await;
        }
        Ok(None)
    }
}

/// An index that was filled to be looked at.
#[derive(Clone, Copy, Debug)]
pub struct Inspection {
    pub size: Size,
    /// Absent if stores or categories changed while it was compared.
    pub agreement: Option<Agreement>,
}

/// Fills the index of a process that serves nothing, and compares it with the database.
pub async fn inspect(app: &App, _system: &System) -> Result<Inspection> {
    let head = change_head(&app.db).await?;
    fill(app).await?;
    app.search.watch.set_position(head);
    Ok(Inspection { size: app.search.engine().size(), agreement: agreement::compare(app).await? })
}

/// Fills a new index and puts it in place of the present one, which answers meanwhile. What is committed while it is filled has a
/// position above the one that was taken before, and is read again.
async fn fill(app: &App) -> Result<()> {
    let search = &app.search;
    let is_first = search.progress() != Progress::Ready;
    let db = app.db.read();
    let languages = setting::load(db).await?.search_languages.list();
    let engine = search.engine().emptied(&languages);
    let total = load::active().count(db).await?;
    let mut done = 0;
    if is_first {
        search.set_progress(Progress::Filling { done, total });
    }
    let mut first = vec![
        Update::Categories(load::categories(db).await?),
        Update::Attributes(load::attributes(db).await?),
        Update::Synonyms(load::synonyms(db).await?),
    ];
    first.extend(load::stores(db, None).await?.into_iter().map(store_update));
    write(&engine, first).await?;
    let mut page = load::products_after(db, None, FILL).await?;
    while let Some(last) = page.last().map(|document| ProductId(document.id)) {
        let is_end = (page.len() as u64) < FILL;
        done += page.len() as u64;
        let writing = write(&engine, page.into_iter().map(put).collect());
        // The next page is read while this one is indexed.
        let reading = async {
            match is_end {
                true => Ok(Vec::new()),
                false => load::products_after(db, Some(last), FILL).await,
            }
        };
        let (written, next) = tokio::join!(writing, reading);
        written?;
        page = next?;
        if is_first {
            search.set_progress(Progress::Filling { done, total: total.max(done) });
        }
    }
    let filled = Arc::clone(&engine);
    on_thread(move || filled.shrink()).await?;
    search.replace(engine);
    tracing::info!(products = done, "the search index is filled");
    Ok(())
}

/// Reads again what changed.
async fn follow(app: &App, subjects: BTreeSet<Subject>) -> Result<()> {
    if subjects.contains(&Subject::All(SubjectKind::Product)) {
        return fill(app).await;
    }
    let db = app.db.read();
    let engine = app.search.engine();
    if subjects.contains(&Subject::Settings) && setting::load(db).await?.search_languages.list() != engine.languages() {
        // Every word is reduced anew.
        return fill(app).await;
    }
    let mut updates = Vec::new();
    if subjects.iter().any(|subject| subject.kind() == SubjectKind::Category) {
        updates.push(Update::Categories(load::categories(db).await?));
    }
    if subjects.contains(&Subject::Settings) {
        updates.push(Update::Attributes(load::attributes(db).await?));
        updates.push(Update::Synonyms(load::synonyms(db).await?));
    }
    let stores: Vec<StoreId> =
        subjects.iter().filter_map(|subject| if let Subject::Store(id) = subject { Some(*id) } else { None }).collect();
    if subjects.contains(&Subject::All(SubjectKind::Store)) {
        updates.extend(load::stores(db, None).await?.into_iter().map(store_update));
    } else {
        for some in stores.chunks(BATCH) {
            updates.extend(load::stores(db, Some(some)).await?.into_iter().map(store_update));
        }
    }
    let products: Vec<ProductId> =
        subjects.iter().filter_map(|subject| if let Subject::Product(id) = subject { Some(*id) } else { None }).collect();
    for some in products.chunks(BATCH) {
        let found = load::products(db, some).await?;
        let gone = some.iter().filter(|id| !found.iter().any(|document| document.id == id.0));
        updates.extend(gone.map(|id| Update::Remove(id.0)));
        updates.extend(found.into_iter().map(put));
    }
    write(&engine, updates).await
}

/// Applies updates on a thread of its own, as they can take a while.
async fn write(engine: &Arc<dyn SearchEngine>, updates: Vec<Update>) -> Result<()> {
    if updates.is_empty() {
        return Ok(());
    }
    let engine = Arc::clone(engine);
    on_thread(move || engine.apply(updates)).await
}

async fn on_thread(work: impl FnOnce() + Send + 'static) -> Result<()> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|failure| Fault::Internal(Arc::new(failure)).into())
}

fn put(document: Document) -> Update {
    Update::Put(Box::new(document))
}

fn store_update(store: Result<souk_core::provider::search::Store, StoreId>) -> Update {
    match store {
        Ok(store) => Update::Store(store),
        Err(id) => Update::RemoveStore(id.0),
    }
}
