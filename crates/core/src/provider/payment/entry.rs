//! Entries of the registry of payment providers.

use super::gateway::PaymentGateway;
use crate::config::{Config, ConfigError};
use crate::db::Db;
use entity::value::PaymentProvider;
use std::sync::Arc;

/// What gateways are built from.
pub(super) struct Setup<'a> {
    pub(super) config: &'a Config,
    pub(super) db: &'a Db,
}

/// Makes the entry of a gateway; `None` if its provider is not configured.
pub(super) type Construct = fn(&Setup<'_>) -> Result<Option<Entry>, ConfigError>;

/// A gateway in the registry.
pub(super) struct Entry {
    pub(super) provider: PaymentProvider,
    /// Whether buyers can choose it. Existing payments of a provider that is not offered are still looked up and cancelled.
    pub(super) offered: bool,
    pub(super) gateway: Arc<dyn PaymentGateway>,
}
