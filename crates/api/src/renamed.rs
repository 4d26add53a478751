//! Renamed input fields: the previous name stays as a deprecated alias.

use souk_core::error::Fault;

/// The value of a field of an argument of a query that has a deprecated alias; [`Input::renamed`](crate::decode::Input::renamed) is
/// for mutations. `new` and `old` are the names with their values. Using both is an error.
pub fn argument<T>(argument: &'static str, new: (&str, Option<T>), old: (&str, Option<T>)) -> Result<Option<T>, Fault> {
    if new.1.is_some() && old.1.is_some() {
        return Err(Fault::BadUserInput { argument, message: both(new.0, old.0) });
    }
    Ok(new.1.or(old.1))
}

pub(crate) fn both(new: &str, old: &str) -> String {
    format!("{old} is the deprecated name of {new}; use only {new}.")
}
