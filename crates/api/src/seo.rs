//! Titles and descriptions for search engines.

use async_graphql::SimpleObject;

/// Title and description for search engines.
#[derive(SimpleObject, Clone, Debug, PartialEq, Eq)]
pub struct Seo {
    /// Title for search engines; null if there is none. Then use the name of the object.
    title: Option<String>,
    /// Description for search engines; null if there is none. Then use the short description, or the beginning of the
    /// description.
    description: Option<String>,
}

impl Seo {
    /// From the columns of a row.
    pub fn new(title: &Option<String>, description: &Option<String>) -> Self {
        Self { title: title.clone(), description: description.clone() }
    }
}
