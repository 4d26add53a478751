//! Webhooks of payment providers. A webhook is only a trigger: its event is stored, and a job looks up the payment at the provider and
//! settles what it reports. Therefore events that are repeated, late or out of order are harmless, and none is lost.

mod job;
mod process;
mod receive;
mod retention;

pub use job::ProcessProviderEvents;
pub use receive::receive;

use souk_core::job::Registry;

/// Adds the job and the periodic task of the feature.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<ProcessProviderEvents>()
        .with_periodic_task("old bodies of provider events", |app, system| Box::pin(retention::empty_bodies(app, system)))
}
