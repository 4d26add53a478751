//! Languages of the search.

use async_graphql::Enum;
use souk_core::provider::search::Language;

/// Language whose word forms the search knows, by its ISO 639-1 code.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "Language")]
pub enum SearchLanguage {
    /// Word forms of Danish.
    Da,
    /// Word forms of German.
    De,
    /// Word forms of English.
    En,
    /// Word forms of Spanish.
    Es,
    /// Word forms of Finnish.
    Fi,
    /// Word forms of French.
    Fr,
    /// Word forms of Italian.
    It,
    /// Word forms of Dutch.
    Nl,
    /// Word forms of Norwegian.
    No,
    /// Word forms of Portuguese.
    Pt,
    /// Word forms of Swedish.
    Sv,
}
