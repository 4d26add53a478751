//! Reads values by their types, and collects what is wrong with them: all of it is told at once.

use super::{ConfigError, Secret, Values};
use std::cell::RefCell;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use url::Url;

/// Reads values. What can't be used is remembered, and something harmless stands in for it until [`Reader::finish`].
pub(super) struct Reader<'a> {
    values: &'a Values,
    problems: RefCell<Vec<String>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(values: &'a Values) -> Self {
        Self { values, problems: RefCell::default() }
    }

    /// Remembers a sentence that names its key.
    pub(super) fn problem(&self, sentence: impl Into<String>) {
        self.problems.borrow_mut().push(sentence.into());
    }

    /// An error if there was any problem.
    pub(super) fn finish(self) -> Result<(), ConfigError> {
        ConfigError::of(self.problems.into_inner())
    }

    pub(super) fn text(&self, name: &str) -> &'a str {
        self.values.get(name)
    }

    /// A value that may be absent, which an empty one is.
    pub(super) fn optional(&self, name: &str) -> Option<&'a str> {
        Some(self.text(name).trim()).filter(|value| !value.is_empty())
    }

    pub(super) fn secret(&self, name: &str) -> Option<Secret> {
        self.optional(name).map(|value| Secret(value.to_owned()))
    }

    pub(super) fn number<T: FromStr + PartialOrd + fmt::Display>(&self, name: &str, least: T, most: T) -> T {
        let value = self.text(name);
        match value.parse::<T>() {
            Ok(number) if number >= least && number <= most => number,
            _ => {
                self.problem(format!("{name} must be a whole number from {least} to {most}; found {value:?}"));
                least
            }
        }
    }

    pub(super) fn seconds(&self, name: &str, least: u64, most: u64) -> Duration {
        Duration::from_secs(self.number(name, least, most))
    }

    pub(super) fn truth(&self, name: &str) -> bool {
        self.one_of(name, [("true", true), ("false", false)])
    }

    pub(super) fn url(&self, name: &str) -> Option<Url> {
        let value = self.optional(name)?;
        match Url::parse(value) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Some(url),
            _ => {
                self.problem(format!("{name} must be an address beginning with http:// or https://; found {value:?}"));
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
            self.problem(format!("{name} must be {} or {}; found {value:?}", first.0, second.0));
        }
        first.1
    }

    pub(super) fn list(&self, name: &str) -> Vec<&'a str> {
        self.text(name).split(',').map(str::trim).filter(|item| !item.is_empty()).collect()
    }
}
