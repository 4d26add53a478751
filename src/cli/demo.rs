//! `souk demo` and `souk serve --demo`: demo data.

use crate::cli::failure::Outcome;
use crate::cli::lock::{self, ExclusiveTask};
use crate::cli::start::{Migrate, start};
use indicatif::{ProgressBar, ProgressStyle};
use souk::demo::{self, SignIn, Size};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::config::Config;
use std::io::Write;

#[derive(clap::Args)]
pub(super) struct Options {
    /// Number of products to add
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    products: u32,
    /// Number of stores to add; by default one per hundred products
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    stores: Option<u32>,
    /// Number of reviews to add; by default two per product
    #[arg(long, value_parser = clap::value_parser!(u32).range(0..=10_000_000))]
    reviews: Option<u32>,
    #[command(flatten)]
    migrate: Migrate,
}

/// Adds products in bulk, with a progress bar.
pub(super) async fn run(config: Config, options: Options) -> Outcome {
    let app = start(config, options.migrate.migrate).await?;
    let size = Size {
        products: options.products,
        stores: options.stores.unwrap_or((options.products / 100).max(1)),
        reviews: options.reviews.unwrap_or(options.products.saturating_mul(2)),
    };
    let bar = ProgressBar::new(size.steps());
    if let Ok(style) = ProgressStyle::with_template("{msg:24} [{bar:40}] {pos}/{len} {elapsed} (remaining: {eta})") {
        bar.set_style(style.progress_chars("=> "));
    }
    demo::fill_bulk(&app, &System::for_command_line(), size, &|rows, count| {
        bar.set_message(rows);
        bar.inc(count);
    })
    .await?;
    bar.finish_and_clear();
    writeln!(
        std::io::stdout(),
        "Added {} stores, {} products and {} reviews in {:.1} s.",
        size.stores,
        size.products,
        size.reviews,
        bar.elapsed().as_secs_f64()
    )?;
    Ok(())
}

/// Fills the database with the demo if it is empty and prints the credentials; returns the demo users that exist.
pub(super) async fn fill_when_empty(app: &App) -> Outcome<Vec<SignIn>> {
    // If several instances start at the same time, one fills the database, and the others wait and find it filled.
    let lock = lock::lock_exclusively(app, ExclusiveTask::Demo).await?;
    let system = System::for_command_line();
    let is_empty = demo::is_empty(app, &system).await?;
    if is_empty {
        demo::fill(app, &system).await?;
    }
    if let Some(lock) = lock {
        lock.close().await?;
    }
    if !is_empty {
        tracing::info!("the database is not empty; no demo data was added");
        return Ok(demo::sign_ins(app, &system).await?);
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "The demo marketplace is ready at {}.", app.config.public_url)?;
    for person in demo::SIGN_INS {
        writeln!(out, "  {:8} {:24} password: {}", person.role, person.email, demo::PASSWORD)?;
    }
    out.flush()?;
    Ok(demo::SIGN_INS.to_vec())
}
