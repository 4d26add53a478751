//! Entries of the registry of payment providers.

use super::gateway::PaymentGateway;
use crate::config::Config;
use crate::db::Db;
use entity::value::PaymentProvider;
use std::sync::Arc;

/// What gateways are built from.
pub(super) struct Setup<'a> {
    pub(super) config: &'a Config,
    pub(super) db: &'a Db,
}

/// A gateway in the registry.
pub(super) struct Entry {
    pub(super) provider: PaymentProvider,
    /// Whether buyers can choose it. Existing payments of a provider that is not offered are still looked up and cancelled.
    pub(super) offered: bool,
    pub(super) gateway: Arc<dyn PaymentGateway>,
}
