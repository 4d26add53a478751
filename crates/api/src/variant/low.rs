//! Variants whose stock is low.

use crate::connection;
use crate::context::ContextExt;
use crate::error::Result;
use crate::loader::page_loaders;
use crate::page::{self, COUNT_CAP, Counter};
use crate::variant::ProductVariant;
use async_graphql::Context;
use entity::id::StoreId;
use entity::product_variant::Model;
use souk_domain::variant;

connection!(ProductVariantConnection, ProductVariantEdge, ProductVariant, "variants");

page_loaders! {
    /// Loads a page of the variants of a store whose stock is low.
    LowOfStore(StoreId) => Model, by variant::low_of_stores;
}

/// A page of the variants of a store whose stock is low; `None` unless the caller may change the products of the store.
pub async fn low_of_store(ctx: &Context<'_>, store: StoreId, page: page::Arguments) -> Result<Option<ProductVariantConnection>> {
    let page = page.of("Store.lowStockVariants", &store)?;
    if ctx.viewer()?.user_id().is_none() {
        return Ok(None);
    }
    let Some(found) = ctx.load_one(LowOfStore::new(store, (), page.request)).await? else { return Ok(None) };
    let counter = Counter::new(ctx, ctx.viewer()?.clone(), move |app, viewer| {
        Box::pin(variant::count_low_of_store(app, viewer, store, COUNT_CAP))
    })?;
    Ok(Some(ProductVariantConnection::new(found, page.scope, counter)))
}
