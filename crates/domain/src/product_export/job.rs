//! The job of an export: writes the file, and then the row that refers to it.

use super::read::filename;
use super::selection::Selection;
use super::write::write;
use crate::image::{delete_unless_kept, keep_file};
use bytes::Bytes;
use entity::export::{Entity, Model};
use entity::id::ProductExportId;
use entity::value::ProductTransferStatus;
use sea_orm::ActiveValue::Set;
use sea_orm::{EntityTrait, IntoActiveModel, QuerySelect};
use serde::{Deserialize, Serialize};
use souk_core::app::App;
use souk_core::auth::{StoreTask, System};
use souk_core::error::{Error, Fault, Refusal, Result, internal};
use souk_core::job::{Job, JobError};
use souk_core::text::truncate;
use souk_core::transact;

/// Parts that wait to be written.
const MAX_PENDING_PARTS: usize = 4;

/// Runs an export.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ExportProducts {
    pub(super) export_id: ProductExportId,
}

impl Job for ExportProducts {
    const KIND: &'static str = "product_export.run";
    const ATTEMPTS: i32 = 3;

    async fn run(&self, app: &App, system: &System, _attempt: i32) -> Result<(), JobError> {
        let Some(row) = self.begin(app).await? else { return Ok(()) };
        match system.store_staff(app, row.user_id, row.store_id, StoreTask::Products).await {
            Ok(_) => {}
            Err(Error::Fault(Fault::Internal(inside))) => return Err(JobError::later(inside.to_string())),
            Err(_) => {
                let reason = "The user who requested the export may no longer see all products of the store.";
                return Ok(self.end(app, Err(reason.to_owned())).await?);
            }
        }
        let key = format!("private/exports/{}", app.random.hex());
        let delete = transact!(app.db, tx, { delete_unless_kept(tx, app, &key).await });
        delete?;
        match file(app, &row, &key).await {
            Ok(products) => Ok(self.end(app, Ok((key, products))).await?),
            Err(Error::Refused(Refusal(problems))) => {
                let messages: Vec<_> = problems.into_iter().map(|problem| problem.message).collect();
                Ok(self.end(app, Err(messages.join(" "))).await?)
            }
            Err(fault) => Err(fault.into()),
        }
    }

    async fn on_failure(&self, app: &App, _system: &System, reason: &str) -> Result<(), JobError> {
        tracing::error!(export = %self.export_id, reason, "an export was given up");
        Ok(self.end(app, Err("The export failed because of an internal error.".to_owned())).await?)
    }
}

impl ExportProducts {
    /// `None` if the export has ended.
    async fn begin(&self, app: &App) -> Result<Option<Model>> {
        transact!(app.db, tx, {
            let row = Entity::find_by_id(self.export_id).lock_exclusive().one(tx).await?;
            let is_open = |row: &Model| matches!(row.status, ProductTransferStatus::Queued | ProductTransferStatus::Running);
            let Some(row) = row.filter(is_open) else { return Ok(None) };
            let mut active = row.into_active_model();
            active.status = Set(ProductTransferStatus::Running);
            Ok(Some(Entity::update(active).exec(tx).await?))
        })
    }

    /// Ends the export with the key of its file and the number of products, or with the reason why it failed.
    async fn end(&self, app: &App, result: std::result::Result<(String, i32), String>) -> Result<()> {
        transact!(app.db, tx, {
            let Some(row) = Entity::find_by_id(self.export_id).lock_exclusive().one(tx).await? else { return Ok(()) };
            if row.status != ProductTransferStatus::Running && row.status != ProductTransferStatus::Queued {
                return Ok(());
            }
            let mut active = row.into_active_model();
            active.active_store_id = Set(None);
            active.finished_at = Set(Some(app.clock.now()));
            match &result {
                Ok((key, products)) => {
                    active.status = Set(ProductTransferStatus::Completed);
                    active.storage_key = Set(Some(key.clone()));
                    active.product_count = Set(*products);
                    keep_file(tx, key).await?;
                }
                Err(reason) => {
                    active.status = Set(ProductTransferStatus::Failed);
                    active.reason = Set(Some(truncate(reason, 500).to_owned()));
                }
            }
            Entity::update(active).exec(tx).await?;
            Ok(())
        })
    }
}

/// Writes the file; returns the number of products.
async fn file(app: &App, row: &Model, key: &str) -> Result<i32> {
    let selection = Selection { store_id: row.store_id, statuses: row.statuses.0.clone(), category_id: row.category_id };
    let mut writing = write(app, row.format, selection).await?;
    let mut file = app.storage.write_private(key, &filename(row)).await.map_err(internal)?;
    loop {
        let part = match writing.next().await {
            Ok(Some(part)) => part,
            Ok(None) => break,
            Err(error) => {
                file.abort().await.map_err(internal)?;
                return Err(error);
            }
        };
        file.wait_for_capacity(MAX_PENDING_PARTS).await.map_err(internal)?;
        file.put(Bytes::from(part));
    }
    file.finish().await.map_err(internal)?;
    Ok(writing.products())
}
