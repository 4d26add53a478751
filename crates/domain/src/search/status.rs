//! What the owner sees of the search.

use souk_core::app::App;
use souk_core::auth::Owner;
use souk_core::error::Result;
use souk_core::live::change_head;
use souk_core::provider::search::{Agreement, Language, Progress, Size};

/// The search index of the instance that responds.
#[derive(Clone, Debug)]
pub struct Status {
    pub progress: Progress,
    pub size: Size,
    /// Up to which position of the change log the index knows all changes; 0 until it is filled.
    pub position: i64,
    /// The position that the change log has reached.
    pub log_position: i64,
    pub languages: Vec<Language>,
    pub queries: u64,
    /// The last comparison with the database.
    pub agreement: Option<Agreement>,
}

/// The search index of this instance.
pub async fn status(app: &App, _owner: &Owner) -> Result<Status> {
    let engine = app.search.engine();
    let watch = &app.search.watch;
    // Read before the head, so that it is never ahead of it.
    let position = watch.position();
    Ok(Status {
        progress: app.search.progress(),
        size: engine.size(),
        position,
        log_position: change_head(&app.db).await?,
        languages: engine.languages(),
        queries: watch.queries(),
        agreement: watch.agreement(),
    })
}
