//! `souk config`.

use crate::cli::Outcome;
use souk_core::config::{Config, KEYS, Key, Source, Values};
use std::io::Write;

/// Prints every key; then says what is wrong with the values, if anything is.
pub fn print(values: &Values) -> Outcome {
    let mut out = std::io::stdout().lock();
    for key in KEYS {
        writeln!(out, "{}={}", key.name, shown(key, values))?;
        writeln!(out, "    {}.", key.help)?;
        writeln!(out, "    From {}; default: {}", source(values.source(key.name)), quoted(key.default))?;
    }
    out.flush()?;
    Config::from_values(&without_side_effects(values))?;
    Ok(())
}

/// Nothing is written: where a secret would be made at the start, another stands in for the check.
fn without_side_effects(values: &Values) -> Values {
    let mut checked = values.clone();
    if values.get("SOUK_SECRET").is_empty() && values.get("SOUK_ENV") != "production" {
        checked.set("SOUK_SECRET", "0".repeat(32));
    }
    checked
}

fn shown(key: &Key, values: &Values) -> String {
    let value = values.get(key.name);
    if key.secret && !value.is_empty() { "(hidden)".into() } else { value.to_owned() }
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Default => "the default",
        Source::File => "the file",
        Source::Environment => "the environment",
        Source::CommandLine => "the command line",
    }
}

fn quoted(default: &str) -> String {
    if default.is_empty() { "not set".into() } else { default.to_owned() }
}
