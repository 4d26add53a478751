//! `souk import` and `souk export`: products of a store from a file and to a file, by the same code as `productImportCreate` and
//! `productExportCreate`.

use crate::cli::failure::{Failure, Outcome};
use crate::cli::start::{Migrate, start};
use bytes::Bytes;
use entity::value::{ProductFileFormat, ProductImportMode, ProductTransferStatus};
use souk_core::auth::System;
use souk_core::config::Config;
use souk_domain::product_export::{self, NewExport};
use souk_domain::product_import::{self, NewImport};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(super) struct ImportOptions {
    /// File to import: CSV of Souk, Shopify or WooCommerce, or JSON Lines (.jsonl)
    file: PathBuf,
    /// Slug of the store
    #[arg(long)]
    store: String,
    /// Which products are written: upsert, create-only or update-only
    #[arg(long, default_value = "upsert", value_parser = mode)]
    mode: ProductImportMode,
    /// Only report what the import would do
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    migrate: Migrate,
}

#[derive(clap::Args)]
pub(super) struct ExportOptions {
    /// File to write: CSV, or JSON Lines if its name ends with .jsonl
    file: PathBuf,
    /// Slug of the store
    #[arg(long)]
    store: String,
    #[command(flatten)]
    migrate: Migrate,
}

fn mode(text: &str) -> Result<ProductImportMode, String> {
    let name = text.to_uppercase().replace('-', "_");
    name.parse().map_err(|()| "must be upsert, create-only or update-only".to_owned())
}

fn format_of(file: &Path) -> ProductFileFormat {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("jsonl" | "ndjson") => ProductFileFormat::Jsonl,
        _ => ProductFileFormat::Csv,
    }
}

/// Imports a file, prints its problems, and fails if there are any.
pub(super) async fn import(config: Config, options: ImportOptions) -> Outcome {
    let unreadable = |error| Failure::Usage(format!("The file {} cannot be read: {error}.", options.file.display()));
    let content = Bytes::from(std::fs::read(&options.file).map_err(unreadable)?);
    let filename = options.file.file_name().and_then(|name| name.to_str()).unwrap_or("import.csv");
    let app = start(config, options.migrate.migrate).await?;
    let new = NewImport { token: String::new(), format: format_of(&options.file), mode: options.mode, dry_run: options.dry_run };
    let system = System::for_command_line();
    let (row, problems) = product_import::import_file(&app, &system, &options.store, (filename, content), new).await?;
    let mut out = std::io::stdout().lock();
    for problem in &problems {
        let column = problem.column.as_deref().map(|column| format!(", column {column}")).unwrap_or_default();
        writeln!(out, "line {}{column}: {}", problem.line, problem.message)?;
    }
    let shown = i32::try_from(problems.len()).unwrap_or(i32::MAX);
    if shown < row.problem_count {
        writeln!(out, "and {} more problems", row.problem_count - shown)?;
    }
    let verb = if row.dry_run { "Would import" } else { "Imported" };
    writeln!(
        out,
        "{verb} {} lines: {} products created, {} updated, {} unchanged, {} failed; {} images are loaded by a worker.",
        row.done_lines, row.created_count, row.updated_count, row.unchanged_count, row.failed_count, row.pending_images
    )?;
    out.flush()?;
    match row.status {
        ProductTransferStatus::Completed if row.problem_count == 0 => Ok(()),
        ProductTransferStatus::Completed => Err(Failure::Failed(format!("{} problems were found.", row.problem_count))),
        other => Err(Failure::Failed(format!("The import is {other}."))),
    }
}

/// Exports the products of a store.
pub(super) async fn export(config: Config, options: ExportOptions) -> Outcome {
    let app = start(config, options.migrate.migrate).await?;
    let unwritable = |error| Failure::Usage(format!("The file {} cannot be written: {error}.", options.file.display()));
    let mut file = BufWriter::new(std::fs::File::create(&options.file).map_err(unwritable)?);
    let new = NewExport { format: format_of(&options.file), statuses: Vec::new(), category_id: None };
    let products = product_export::export_file(&app, &System::for_command_line(), &options.store, new, &mut file).await?;
    file.flush()?;
    writeln!(std::io::stdout(), "Exported {products} products to {}.", options.file.display())?;
    Ok(())
}
