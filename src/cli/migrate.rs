//! `souk migrate`: runs the pending migrations.

use crate::cli::failure::Outcome;
use crate::cli::start::start;
use souk_core::config::Config;
use std::io::Write;

/// Runs the pending migrations.
pub(super) async fn run(config: Config) -> Outcome {
    start(config, true).await?;
    writeln!(std::io::stdout(), "The database schema is up to date.")?;
    Ok(())
}
