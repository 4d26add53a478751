//! The configured values before validation. Environment variables override the file, which overrides the defaults.

use super::{ConfigError, KEYS, Key};
use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

/// The origin of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The key is not set.
    Default,
    /// `souk.toml`.
    File,
    /// An environment variable.
    Environment,
    /// An option of the command line.
    CommandLine,
}

/// Prefixes of environment variables that are not configuration keys: `souk user create` and the tests read some, and Kubernetes
/// sets others in every container if a service is named `souk`
/// (<https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>).
const OTHER_VARIABLES: [&str; 4] = ["SOUK_USER_PASSWORD", "SOUK_TEST_", "SOUK_SERVICE_", "SOUK_PORT"];

/// Maximum edit distance between an unknown name and the key that is suggested instead.
const MAX_TYPOS: usize = 3;

/// The configured values before validation.
#[derive(Clone, Default)]
pub struct Values(BTreeMap<&'static str, (String, Source)>);

impl Values {
    /// Reads the file, if it exists, and the environment variables, which override it.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or parsed, or if there are unknown keys: all of them together.
    pub fn load(file: &Path, variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(ConfigError(format!("{} cannot be read: {error}.", file.display()))),
        };
        let mut values = Self::default();
        let mut problems = values.add_file(file, &text);
        problems.extend(values.add_variables(variables));
        ConfigError::from_problems(problems)?;
        Ok(values)
    }

    fn add_variables(&mut self, variables: impl IntoIterator<Item = (String, String)>) -> Vec<String> {
        let mut problems = Vec::new();
        for (name, value) in variables {
            if !name.starts_with("SOUK_") || OTHER_VARIABLES.iter().any(|other| name.starts_with(other)) {
                continue;
            }
            match KEYS.iter().find(|key| key.name == name) {
                Some(key) => drop(self.0.insert(key.name, (value, Source::Environment))),
                None => problems.push(unknown_key(&name, "", |key| key.name.to_owned())),
            }
        }
        problems
    }

    fn add_file(&mut self, file: &Path, text: &str) -> Vec<String> {
        let table = match toml::Table::from_str(text) {
            Ok(table) => table,
            Err(error) => {
                let line = error.span().map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count());
                return vec![format!(
                    "{} is not valid TOML at line {line}: {}.",
                    file.display(),
                    error.message().replace('\n', " ")
                )];
            }
        };
        let mut problems = Vec::new();
        for (name, value) in table {
            let Some(key) = KEYS.iter().find(|key| in_file(key).eq_ignore_ascii_case(&name)) else {
                problems.push(unknown_key(&name, &format!(" in {}", file.display()), in_file));
                continue;
            };
            let text = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(boolean) => boolean.to_string(),
                toml::Value::Array(items) if items.iter().all(toml::Value::is_str) => {
                    items.iter().filter_map(toml::Value::as_str).collect::<Vec<_>>().join(",")
                }
                _ => {
                    problems.push(format!(
                        "{name} in {} must be a string, an integer, a boolean or a list of strings.",
                        file.display()
                    ));
                    continue;
                }
            };
            self.0.insert(key.name, (text, Source::File));
        }
        problems
    }

    /// Sets a value that overrides all other sources.
    pub fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.0.insert(name, (value.into(), Source::CommandLine));
    }

    /// The value of a key, or its default.
    pub fn get(&self, name: &str) -> &str {
        match self.0.get(name) {
            Some((value, _)) => value,
            None => KEYS.iter().find(|key| key.name == name).map_or("", |key| key.default),
        }
    }

    pub fn source(&self, name: &str) -> Source {
        self.0.get(name).map_or(Source::Default, |(_, source)| *source)
    }
}

/// The name of a key in `souk.toml`.
fn in_file(key: &Key) -> String {
    key.name.trim_start_matches("SOUK_").to_lowercase()
}

fn unknown_key(name: &str, place: &str, shown: impl Fn(&Key) -> String) -> String {
    let distance = |key: &Key| strsim::damerau_levenshtein(&name.to_lowercase(), &shown(key).to_lowercase());
    let nearest = KEYS.iter().map(|key| (distance(key), key)).min_by_key(|(distance, _)| *distance);
    let hint = match nearest {
        Some((distance, key)) if distance <= MAX_TYPOS => format!("; did you mean {}?", shown(key)),
        _ => "; `souk config` lists all keys.".to_owned(),
    };
    format!("{name}{place} is not a configuration key{hint}")
}
