//! Input fields that were renamed: the earlier name is kept, deprecated, and has the same meaning.

use souk_core::error::Fault;

/// The value of a field within an argument of a query; [`Input::renamed`](crate::decode::Input::renamed) is for those of mutations.
pub fn argument<T>(argument: &'static str, new: (&str, Option<T>), old: (&str, Option<T>)) -> Result<Option<T>, Fault> {
    if new.1.is_some() && old.1.is_some() {
        return Err(Fault::BadUserInput { argument, message: both(new.0, old.0) });
    }
    Ok(new.1.or(old.1))
}

pub(crate) fn both(new: &str, old: &str) -> String {
    format!("{old} is the earlier name of {new}: give {new} alone.")
}
