//! The command line: options, commands and exit codes.

mod config;
mod demo;
mod doctor;
mod failure;
mod folder;
mod lock;
mod log;
mod migrate;
mod serve;
mod start;
mod transfer;
mod user;
mod worker;

use crate::cli::failure::{Failure, Outcome};
use clap::{Parser, Subcommand};
use souk_core::config::{Config, Values};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Stack size of the threads. Parsing and resolving an operation of the maximum depth recurses deeply.
const STACK_SIZE: usize = 8 * 1024 * 1024;

/// Souk: a multi-vendor marketplace behind one GraphQL endpoint.
#[derive(Parser)]
#[command(name = "souk", version, about, max_term_width = 100)]
struct Cli {
    /// Configuration file; by default souk.toml, if it exists. Environment variables (SOUK_...) override it. `souk config` lists all
    /// keys
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the API and images, and runs jobs
    Serve(serve::Options),
    /// Runs jobs without serving; on SQLite only together with `souk serve --no-worker`
    Worker,
    /// Runs the pending migrations of the database
    Migrate,
    /// Tells whether the database, the jobs, the logs and the search are well; the exit code is 1 if not
    Doctor,
    /// Adds demo stores, products and reviews to the database
    Demo(demo::Options),
    /// Imports products of a store from a file
    Import(transfer::ImportOptions),
    /// Exports the products of a store to a file
    Export(transfer::ExportOptions),
    /// Manages users
    #[command(subcommand)]
    User(UserCommand),
    /// Prints the GraphQL schema in SDL
    Schema,
    /// Prints every configuration key with its value, source and default
    Config,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Creates a user; the password is read from SOUK_USER_PASSWORD, or generated and printed
    Create(user::Options),
}

/// Parses the command line and runs the command.
pub(crate) fn main() -> ExitCode {
    // Must come before any TLS connection, as rustls has no default provider here.
    let _ = rustls::crypto::ring::default_provider().install_default();
    folder::restrict_umask();
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(message)) => exit_with(&message, 2),
        Err(Failure::Failed(message)) => exit_with(&message, 1),
    }
}

fn exit_with(message: &str, code: u8) -> ExitCode {
    for line in message.lines() {
        let _ = writeln!(std::io::stderr(), "souk: {line}");
    }
    ExitCode::from(code)
}

fn run(cli: Cli) -> Outcome {
    if let Command::Schema = cli.command {
        std::io::stdout().write_all(souk_api::sdl().as_bytes())?;
        return Ok(());
    }
    if let Some(file) = cli.config.as_ref().filter(|file| !file.exists()) {
        return Err(Failure::Usage(format!("--config: the file {} does not exist.", file.display())));
    }
    let values = Values::load(cli.config.as_deref().unwrap_or(Path::new("souk.toml")), std::env::vars())?;
    if let Command::Config = cli.command {
        return config::print(&values);
    }
    let config = Config::from_values(&values)?;
    log::init(&config)?;
    folder::prepare(&config).map_err(|error| {
        Failure::Usage(format!("SOUK_DATA_DIR: the folder {} cannot be used: {error}.", config.data_dir.display()))
    })?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK_SIZE).build()?;
    runtime.block_on(async {
        match cli.command {
            Command::Serve(options) => serve::run(config, options).await,
            Command::Worker => worker::run(config).await,
            Command::Migrate => migrate::run(config).await,
            Command::Doctor => doctor::run(config).await,
            Command::Demo(options) => demo::run(config, options).await,
            Command::Import(options) => transfer::import(config, options).await,
            Command::Export(options) => transfer::export(config, options).await,
            Command::User(UserCommand::Create(options)) => user::create(config, options).await,
            Command::Schema | Command::Config => Ok(()),
        }
    })
}
