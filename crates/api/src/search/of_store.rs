//! The search of a store, for all stores of a response at once.

use crate::context::ContextExt;
use crate::error::Result;
use crate::loader::Loaders;
use crate::page;
use crate::search::connection::{decode, selected_facets};
use crate::search::{ProductSearchConnection, ProductSearchFilter, ProductSearchSort};
use async_graphql::Context;
use async_graphql::dataloader::Loader;
use entity::id::StoreId;
use souk_core::error::{Error, Fault};
use souk_core::group::grouped;
use souk_core::provider::search::FacetRequest;
use souk_domain::page::PageRequest;
use souk_domain::search::{self, ProductSearch, SearchResult};
use std::collections::HashMap;
use std::sync::Arc;

/// Loads a page of the products of a store that match.
#[derive(Clone, PartialEq, Eq, Hash)]
struct InStore {
    store: StoreId,
    search: Arc<ProductSearch>,
    page: PageRequest,
    facets: Option<FacetRequest>,
}

impl Loader<InStore> for Loaders {
    type Value = SearchResult;
    type Error = Error;

    async fn load(&self, keys: &[InStore]) -> Result<HashMap<InStore, SearchResult>, Error> {
        let mut all = HashMap::new();
        for ((search, page, facets), keys) in grouped(keys, |key| (&key.search, key.page, &key.facets)) {
            let stores: Vec<_> = keys.iter().map(|key| key.store).collect();
            let found = search::find_in_stores(&self.app, &self.viewer, &stores, search, &page, facets.clone()).await?;
            let key = |store| InStore { store, search: Arc::clone(search), page, facets: facets.clone() };
            all.extend(found.into_iter().map(|(store, found)| (key(store), found)));
        }
        Ok(all)
    }
}

/// A page of the products of a store that match.
pub async fn in_store(
    ctx: &Context<'_>,
    store: StoreId,
    text: Option<String>,
    filter: Option<ProductSearchFilter>,
    sort: Option<ProductSearchSort>,
    page: page::Arguments,
) -> Result<ProductSearchConnection> {
    let search = decode(ctx.app()?, text, filter, sort)?;
    let page = page.of("Store.productSearch", &(store, &search))?;
    let facets = selected_facets(ctx);
    let key = InStore { store, search: Arc::new(search), page: page.request, facets: facets.clone() };
    let found = ctx.load_one(key).await?;
    let found = found.ok_or_else(|| Fault::internal("a store without a page of its search"))?;
    Ok(ProductSearchConnection::new(found, page.scope, true, facets))
}
