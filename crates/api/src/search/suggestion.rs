//! Suggestions while a person types.

use crate::category::Category;
use crate::product::Product;
use crate::store::Store;
use async_graphql::SimpleObject;
use souk_domain::search::Suggestions;

/// Suggestions for what was typed.
#[derive(SimpleObject)]
pub struct SearchSuggestions {
    /// Products that match, best matches first.
    #[graphql(directive = crate::cost::ListOf::apply(8))]
    products: Vec<Product>,
    /// Categories whose names match, those with the most products first.
    #[graphql(directive = crate::cost::ListOf::apply(8))]
    categories: Vec<Category>,
    /// Stores whose names match, those with the most products first.
    #[graphql(directive = crate::cost::ListOf::apply(8))]
    stores: Vec<Store>,
    /// Searches that find several products: beginnings of their names, in lower case.
    queries: Vec<String>,
}

impl From<Suggestions> for SearchSuggestions {
    fn from(found: Suggestions) -> Self {
        Self {
            products: found.products.into_iter().map(Into::into).collect(),
            categories: found.categories.into_iter().map(Into::into).collect(),
            stores: found.stores.into_iter().map(Into::into).collect(),
            queries: found.queries,
        }
    }
}
