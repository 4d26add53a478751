//! `souk config`: prints the configuration.

use crate::cli::failure::Outcome;
use souk_core::config::{Config, KEYS, Key, Source, Values};
use std::io::Write;

/// Prints every key, and fails afterwards if the values are invalid.
pub(super) fn print(values: &Values) -> Outcome {
    let mut out = std::io::stdout().lock();
    for key in KEYS {
        writeln!(out, "{}={}", key.name, shown(key, values))?;
        writeln!(out, "    {}.", key.help)?;
        writeln!(out, "    Source: {}. Default: {}.", source(values.source(key.name)), shown_default(key.default))?;
    }
    out.flush()?;
    Config::from_values(&without_side_effects(values))?;
    Ok(())
}

/// The values with a placeholder for a missing secret, so that validation does not generate and store one.
fn without_side_effects(values: &Values) -> Values {
    let mut copy = values.clone();
    if values.get("SOUK_SECRET").is_empty() && values.get("SOUK_ENV") != "production" {
        copy.set("SOUK_SECRET", "0".repeat(32));
    }
    copy
}

fn shown(key: &Key, values: &Values) -> String {
    let value = values.get(key.name);
    if key.secret && !value.is_empty() { "(hidden)".into() } else { value.to_owned() }
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Default => "default",
        Source::File => "configuration file",
        Source::Environment => "environment variable",
        Source::CommandLine => "command line",
    }
}

fn shown_default(default: &str) -> String {
    if default.is_empty() { "not set".into() } else { default.to_owned() }
}
