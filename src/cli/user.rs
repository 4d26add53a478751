//! `souk user create`.

use crate::cli::{Failure, Migrate, Outcome, start};
use entity::value::Role;
use souk_core::auth::System;
use souk_core::config::Config;
use souk_domain::account::{self, NewUser};
use std::io::Write;

/// Where the password comes from, so that it stands in no list of processes and in no shell's history.
const PASSWORD: &str = "SOUK_USER_PASSWORD";

#[derive(clap::Args)]
pub struct Options {
    /// What they sign in with
    #[arg(long)]
    email: String,
    /// customer, vendor, staff, admin or owner
    #[arg(long, value_parser = role)]
    role: Role,
    /// As others see them; the part before the @ where it is left out
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    migrate: Migrate,
}

fn role(text: &str) -> Result<Role, String> {
    text.to_uppercase().parse().map_err(|()| "must be customer, vendor, staff, admin or owner".to_owned())
}

/// Adds a person whose address counts as proven.
pub async fn create(config: Config, options: Options) -> Outcome {
    let (password, made) = match std::env::var(PASSWORD) {
        Ok(password) => (password, false),
        Err(std::env::VarError::NotPresent) => (souk_core::crypto::keys::opaque_token().0, true),
        Err(error) => return Err(Failure::Usage(format!("{PASSWORD}: {error}"))),
    };
    let app = start(config, options.migrate.migrate).await?;
    let new = NewUser { email: options.email, name: options.name, role: options.role, password: password.clone() };
    let person = account::create(&app, &System::for_command_line(), new).await?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{} ({}) was added with the role {}.", person.email, person.id, person.role)?;
    if made {
        writeln!(out, "Their password, shown this once: {password}")?;
    }
    Ok(())
}
