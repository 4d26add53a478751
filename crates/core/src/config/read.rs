//! Parses values by type and collects all problems, so that they are reported together.

use super::{ConfigError, Values};
use secrecy::SecretString;
use std::cell::RefCell;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use url::Url;

/// Parses values. An invalid one is recorded as a problem and replaced by a valid placeholder until [`Reader::finish`] fails.
pub(super) struct Reader<'a> {
    values: &'a Values,
    problems: RefCell<Vec<String>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(values: &'a Values) -> Self {
        Self { values, problems: RefCell::default() }
    }

    /// Records a problem: a sentence that begins with the key.
    pub(super) fn problem(&self, sentence: impl Into<String>) {
        self.problems.borrow_mut().push(sentence.into());
    }

    /// Fails if any problem was recorded.
    pub(super) fn finish(self) -> Result<(), ConfigError> {
        ConfigError::from_problems(self.problems.into_inner())
    }

    pub(super) fn text(&self, name: &str) -> &'a str {
        self.values.get(name)
    }

    /// The value without surrounding whitespace; `None` if it is empty.
    pub(super) fn optional(&self, name: &str) -> Option<&'a str> {
        Some(self.text(name).trim()).filter(|value| !value.is_empty())
    }

    pub(super) fn secret(&self, name: &str) -> Option<SecretString> {
        self.optional(name).map(SecretString::from)
    }

    pub(super) fn number<T: FromStr + PartialOrd + fmt::Display>(&self, name: &str, min: T, max: T) -> T {
        let value = self.text(name);
        match value.parse::<T>() {
            Ok(number) if number >= min && number <= max => number,
            _ => {
                self.problem(format!("{name} must be an integer between {min} and {max}; got {value:?}."));
                min
            }
        }
    }

    pub(super) fn seconds(&self, name: &str, min: u64, max: u64) -> Duration {
        Duration::from_secs(self.number(name, min, max))
    }

    pub(super) fn boolean(&self, name: &str) -> bool {
        self.one_of(name, [("true", true), ("false", false)])
    }

    pub(super) fn url(&self, name: &str) -> Option<Url> {
        let value = self.optional(name)?;
        match Url::parse(value) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Some(url),
            _ => {
                self.problem(format!("{name} must be a URL beginning with http:// or https://; got {value:?}."));
                None
            }
        }
    }

    pub(super) fn one_of<T>(&self, name: &str, [first, second]: [(&str, T); 2]) -> T {
        let value = self.text(name);
        if value == second.0 {
            return second.1;
        }
        if value != first.0 {
            self.problem(format!("{name} must be {} or {}; got {value:?}.", first.0, second.0));
        }
        first.1
    }

    pub(super) fn list(&self, name: &str) -> Vec<&'a str> {
        self.text(name).split(',').map(str::trim).filter(|item| !item.is_empty()).collect()
    }
}
