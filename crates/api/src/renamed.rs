//! Renamed input fields: the previous name stays as a deprecated alias.

use souk_core::check::Check;
use souk_core::error::{Code, Fault};

/// The value of an input field with a deprecated alias. `new` and `old` are the names with their values; `path` is the prefix of
/// the field, such as `variants.0.`. Using both is a validation error.
pub fn field<T>(check: &mut Check, path: &str, new: (&str, Option<T>), old: (&str, Option<T>)) -> Option<T> {
    if new.1.is_some() && old.1.is_some() {
        check.problem(&format!("{path}{}", old.0), Code::Invalid, both(new.0, old.0));
    }
    new.1.or(old.1)
}

/// As [`field`], for an argument of a query.
pub fn argument<T>(argument: &'static str, new: (&str, Option<T>), old: (&str, Option<T>)) -> Result<Option<T>, Fault> {
    if new.1.is_some() && old.1.is_some() {
        return Err(Fault::BadUserInput { argument, message: both(new.0, old.0) });
    }
    Ok(new.1.or(old.1))
}

fn both(new: &str, old: &str) -> String {
    format!("{old} is the deprecated name of {new}; use only {new}.")
}
