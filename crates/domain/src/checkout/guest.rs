//! Whether guests can place orders.

use crate::setting::Settings;
use souk_core::auth::Viewer;
use souk_core::error::{Code, Problem, Result};

/// Refuses guests if the setting `guestCheckout` is off.
pub(crate) fn check_guest(viewer: &Viewer, settings: &Settings) -> Result<()> {
    match guest_problem(viewer, settings) {
        Some(problem) => Err(problem.into()),
        None => Ok(()),
    }
}

/// The problem that [`check_guest`] refuses with.
pub(crate) fn guest_problem(viewer: &Viewer, settings: &Settings) -> Option<Problem> {
    let refused = viewer.user_id().is_none() && !settings.guest_checkout;
    refused.then(|| Problem::new("", Code::NotAllowed, "The marketplace sells to signed-in buyers only; sign in first."))
}
