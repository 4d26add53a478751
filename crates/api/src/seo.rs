//! Titles, descriptions and URLs for search engines.

use crate::scalar::Url;
use async_graphql::SimpleObject;

/// Title, description and URL for search engines.
#[derive(SimpleObject, Clone, Debug, PartialEq, Eq)]
pub struct Seo {
    /// Title for search engines; null if there is none. Then use the name of the object.
    title: Option<String>,
    /// Description for search engines; null if there is none. Then use the short description, or the beginning of the
    /// description.
    description: Option<String>,
    /// URL for `<link rel="canonical">`, the same as `url` of the object: without parameters, such as those of filters or of a chosen
    /// variant. Null if the marketplace has no storefront URL.
    canonical_url: Option<Url>,
}

impl Seo {
    /// From the columns of a row, and the URL of its page.
    pub fn new(title: &Option<String>, description: &Option<String>, url: Option<String>) -> Self {
        Self { title: title.clone(), description: description.clone(), canonical_url: url.map(Url::from) }
    }
}
