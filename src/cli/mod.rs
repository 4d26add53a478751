//! The commands: what they take, and how they end.

mod config;
mod demo;
mod folder;
mod lock;
mod log;
mod migrate;
mod serve;
mod user;
mod worker;

use clap::{Args, Parser, Subcommand};
use souk_core::app::{App, StartError};
use souk_core::clock::Clock;
use souk_core::config::{Config, ConfigError, Values};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// A parser and its resolvers go deep on a query that is just within the limits.
const STACK: usize = 8 * 1024 * 1024;

/// Souk: a multi-vendor marketplace behind one GraphQL endpoint.
#[derive(Parser)]
#[command(name = "souk", version, about, max_term_width = 100)]
struct Cli {
    /// The configuration file; without it souk.toml, if there is one. Environment variables (SOUK_...) override it. `souk config`
    /// lists all keys
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the marketplace: the API, the pictures and the jobs
    Serve(serve::Options),
    /// Does jobs, without serving; on SQLite beside `souk serve --no-worker` alone
    Worker,
    /// Brings the database to the present form
    Migrate,
    /// Fills the database with invented stores, products and reviews
    Demo(demo::Options),
    /// Manages people
    #[command(subcommand)]
    User(UserCommand),
    /// Prints the schema in GraphQL's own language
    Schema,
    /// Prints every key of the configuration with its value, where that comes from, and its default
    Config,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Adds a person; the password comes from SOUK_USER_PASSWORD, or is made and printed
    Create(user::Options),
}

/// Whether the database may be changed.
#[derive(Args)]
struct Migrate {
    /// Run missing steps of the database first (SQLite does so by itself)
    #[arg(long)]
    migrate: bool,
}

/// Why a command ended early: one sentence for the person who typed it.
enum Failure {
    /// What was asked for is wrong: exit code 2.
    Usage(String),
    /// It could not be done: exit code 1.
    Failed(String),
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.0)
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self::Usage(error.0)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<sea_orm::DbErr> for Failure {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Failed(format!("the database: {error}"))
    }
}

impl From<souk_core::error::Error> for Failure {
    fn from(error: souk_core::error::Error) -> Self {
        use souk_core::error::{Error, Fault, Refusal};
        match error {
            Error::Refused(Refusal(problems)) => {
                Self::Usage(problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("; "))
            }
            Error::Fault(Fault::Internal(inside)) => Self::Failed(inside.to_string()),
            Error::Fault(fault) => Self::Failed(format!("{fault:?}")),
        }
    }
}

type Outcome<T = ()> = Result<T, Failure>;

/// Runs the command that was typed.
pub fn main() -> ExitCode {
    // Before anything speaks TLS: there is no default provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    folder::for_owner_alone();
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(sentence)) => end(&sentence, 2),
        Err(Failure::Failed(sentence)) => end(&sentence, 1),
    }
}

fn end(sentences: &str, code: u8) -> ExitCode {
    for sentence in sentences.lines() {
        let _ = writeln!(std::io::stderr(), "souk: {sentence}");
    }
    ExitCode::from(code)
}

fn run(cli: Cli) -> Outcome {
    if let Command::Schema = cli.command {
        std::io::stdout().write_all(souk_api::sdl().as_bytes())?;
        return Ok(());
    }
    if let Some(file) = cli.config.as_ref().filter(|file| !file.exists()) {
        return Err(Failure::Usage(format!("--config: the file {} does not exist", file.display())));
    }
    let values = Values::load(cli.config.as_deref().unwrap_or(Path::new("souk.toml")), std::env::vars())?;
    if let Command::Config = cli.command {
        return config::print(&values);
    }
    let config = Config::from_values(&values)?;
    log::init(&config)?;
    folder::prepare(&config)
        .map_err(|error| Failure::Usage(format!("SOUK_DATA_DIR: {} can't be used: {error}", config.data_dir.display())))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build()?;
    runtime.block_on(async {
        match cli.command {
            Command::Serve(options) => serve::run(config, options).await,
            Command::Worker => worker::run(config).await,
            Command::Migrate => migrate::run(config).await,
            Command::Demo(options) => demo::run(config, options).await,
            Command::User(UserCommand::Create(options)) => user::create(config, options).await,
            Command::Schema | Command::Config => Ok(()),
        }
    })
}

/// Connects, and sees to it that the database has its present form.
async fn start(config: Config, migrate: bool) -> Outcome<Arc<App>> {
    let app = App::start(config, Clock::system()).await?;
    migrate::prepare(&app, migrate).await?;
    Ok(app)
}
