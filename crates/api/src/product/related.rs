//! Products that are like another one.

use crate::context::ContextExt;
use crate::error::Result;
use crate::loader::Loaders;
use async_graphql::Context;
use async_graphql::dataloader::Loader;
use entity::id::ProductId;
use souk_core::error::{Error, Fault};
use souk_core::group::grouped;
use souk_domain::product::Summary;
use souk_domain::search;
use std::collections::HashMap;

/// Number of related products, if it is left out.
const DEFAULT: i32 = 12;
/// Maximum number of related products.
const MAX: i32 = 24;

/// Loads the products that are like one.
#[derive(Clone, PartialEq, Eq, Hash)]
struct RelatedKey {
    product: ProductId,
    name: String,
    limit: usize,
}

impl Loader<RelatedKey> for Loaders {
    type Value = Vec<Summary>;
    type Error = Error;

    async fn load(&self, keys: &[RelatedKey]) -> Result<HashMap<RelatedKey, Self::Value>, Self::Error> {
        let mut found = HashMap::new();
        for (limit, keys) in grouped(keys, |key| key.limit) {
            let products: Vec<_> = keys.iter().map(|key| (key.product, key.name.as_str())).collect();
            let mut related = search::related(&self.app, &self.viewer, &products, limit).await?;
            found.extend(keys.iter().filter_map(|key| Some(((*key).clone(), related.remove(&key.product)?))));
        }
        Ok(found)
    }
}

/// Products that are like one; `None` while the search index is being filled.
pub(super) async fn related(ctx: &Context<'_>, to: &Summary, first: Option<i32>) -> Result<Option<Vec<Summary>>> {
    let first = first.unwrap_or(DEFAULT);
    let limit = usize::try_from(first).ok().filter(|_| (1..=MAX).contains(&first)).ok_or_else(|| Fault::BadUserInput {
        argument: "first",
        message: format!("first must be from 1 to {MAX}; got {first}."),
    })?;
    let key = RelatedKey { product: to.id, name: to.name.clone(), limit };
    Ok(ctx.load_one(key).await?)
}
