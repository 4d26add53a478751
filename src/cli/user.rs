//! `souk user create`: creates a user.

use crate::cli::failure::{Failure, Outcome};
use crate::cli::start::{Migrate, start};
use entity::value::Role;
use souk_core::auth::System;
use souk_core::config::Config;
use souk_core::random::Random;
use souk_domain::account::{self, NewUser};
use std::io::Write;

/// Environment variable with the password. An argument would be visible in the list of processes and in the shell's history.
const PASSWORD_VARIABLE: &str = "SOUK_USER_PASSWORD";

#[derive(clap::Args)]
pub(super) struct Options {
    /// Email address for signing in
    #[arg(long)]
    email: String,
    /// Role: customer, vendor, staff, admin or owner
    #[arg(long, value_parser = role)]
    role: Role,
    /// Display name; by default the local part of the email address
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    migrate: Migrate,
}

fn role(text: &str) -> Result<Role, String> {
    text.to_uppercase().parse().map_err(|()| "must be customer, vendor, staff, admin or owner".to_owned())
}

/// Creates a user with a verified email address.
pub(super) async fn create(config: Config, options: Options) -> Outcome {
    let (password, generated) = match std::env::var(PASSWORD_VARIABLE) {
        Ok(password) => (password, false),
        Err(std::env::VarError::NotPresent) => (souk_core::crypto::keys::opaque_token(&Random::system()).0, true),
        Err(error) => return Err(Failure::Usage(format!("{PASSWORD_VARIABLE}: {error}."))),
    };
    let app = start(config, options.migrate.migrate).await?;
    let new = NewUser { email: options.email, name: options.name, role: options.role, password: password.clone() };
    let user = account::create(&app, &System::for_command_line(), new).await?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "Created the user {} ({}) with the role {}.", user.email, user.id, user.role)?;
    if generated {
        writeln!(out, "Password, shown only once: {password}")?;
    }
    Ok(())
}
