//! Texts for search engines.

use async_graphql::SimpleObject;

/// Texts for search engines.
#[derive(SimpleObject, Clone, Debug, PartialEq, Eq)]
pub struct Seo {
    /// Title; null if none was written. Then use the name.
    title: Option<String>,
    /// Description; null if none was written. Then use the short description, or the beginning of the description.
    description: Option<String>,
}

impl Seo {
    /// From the columns of a row.
    pub fn new(title: &Option<String>, description: &Option<String>) -> Self {
        Self { title: title.clone(), description: description.clone() }
    }
}
