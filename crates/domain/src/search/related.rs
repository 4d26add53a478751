//! Products that are like another one.

use crate::product::{self, Summary};
use entity::id::ProductId;
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::error::Result;
use souk_core::provider::search::{Progress, RelatedTo};
use std::collections::HashMap;

/// Products that are asked for beyond the limit, as some may have been hidden since the index last read them.
const SPARE: usize = 8;

/// The products that are most like each of these, which have an ID and a name, best first; at most `limit` of each. Without answers while
/// the index is being filled.
pub async fn related(
    app: &App,
    viewer: &Viewer,
    products: &[(ProductId, &str)],
    limit: usize,
) -> Result<HashMap<ProductId, Vec<Summary>>> {
    if app.search.progress() != Progress::Ready {
        return Ok(HashMap::new());
    }
    let to = products.iter().map(|(id, name)| RelatedTo { id: id.0, name: (*name).to_owned(), limit: limit + SPARE });
    let found = app.search.related(to.collect()).await?;
    let mut ids: Vec<_> = found.iter().flatten().map(|id| ProductId(*id)).collect();
    ids.sort_unstable();
    ids.dedup();
    let rows = if ids.is_empty() { Vec::new() } else { product::visible(app, viewer, &ids).await? };
    let rows: HashMap<_, _> = rows.into_iter().filter(|row| row.listed).map(|row| (row.id, row)).collect();
    let loaded = |ids: Vec<uuid::Uuid>| ids.iter().filter_map(|id| rows.get(&ProductId(*id)).cloned()).take(limit).collect();
    Ok(products.iter().map(|(id, _)| *id).zip(found.into_iter().map(loaded)).collect())
}
