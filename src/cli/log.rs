//! Logging to standard error, as text or JSON, filtered by `SOUK_LOG`.

use souk_core::config::{Config, ConfigError};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Installs the logger.
///
/// # Errors
///
/// If `SOUK_LOG` is not a valid filter.
pub(super) fn init(config: &Config) -> Result<(), ConfigError> {
    let invalid = |error: String| {
        ConfigError(format!("SOUK_LOG must be a filter such as info or souk=debug,warn; got {:?}: {error}.", config.log))
    };
    let filter = EnvFilter::builder().parse(&config.log).map_err(|error| invalid(error.to_string()))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let result = if config.log_json {
        log.json().flatten_event(true).with_current_span(false).try_init()
    } else {
        log.with_ansi(std::io::stderr().is_terminal()).with_target(false).try_init()
    };
    result.map_err(|error| invalid(error.to_string()))
}
