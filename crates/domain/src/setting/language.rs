//! Languages whose word forms the search knows.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use souk_core::provider::search::Language;

/// Some of the languages, each once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchLanguages([bool; Language::ALL.len()]);

impl SearchLanguages {
    /// These languages.
    pub fn new(languages: &[Language]) -> Self {
        Self(Language::ALL.map(|language| languages.contains(&language)))
    }

    /// The languages, in the order of their codes.
    pub fn list(self) -> Vec<Language> {
        Language::ALL.into_iter().zip(self.0).filter(|(_, is_chosen)| *is_chosen).map(|(language, _)| language).collect()
    }
}

impl Serialize for SearchLanguages {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.list().into_iter().map(Language::code))
    }
}

impl<'de> Deserialize<'de> for SearchLanguages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // One that only a later version knows is left out.
        let codes = Vec::<String>::deserialize(deserializer)?;
        Ok(Self(Language::ALL.map(|language| codes.iter().any(|code| code == language.code()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_stored_by_their_codes() {
        let languages = SearchLanguages::new(&[Language::En, Language::De, Language::En]);
        assert_eq!(serde_json::to_value(languages).expect("JSON"), serde_json::json!(["DE", "EN"]));
        let stored: SearchLanguages = serde_json::from_value(serde_json::json!(["EN", "XX", "DE"])).expect("languages");
        assert_eq!((stored, stored.list()), (languages, vec![Language::De, Language::En]));
    }
}
