//! The report of an import: all problems as CSV, at a signed URL.

use super::entry::LineProblem;
use super::table::protected;
use crate::link;
use csv::{Terminator, WriterBuilder};
use entity::id::{ProductImportId, UserId};
use entity::import::Model;
use entity::import_report::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::crypto::keys::Capability;
use souk_core::error::{Fault, Result, internal};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How long the URL of a report can be used.
pub const LIFETIME: Duration = Duration::from_secs(600);

const COLUMNS: [&str; 5] = ["line", "column", "value", "code", "message"];

/// What the token in the URL claims. Times are in microseconds since 1970.
#[derive(Serialize, Deserialize)]
struct Claims {
    import: Uuid,
    user: Uuid,
    expires: i64,
}

/// URL of the report of an import that the caller may see. Its holder needs no other authentication, for [`LIFETIME`].
pub fn url(app: &App, viewer: &Viewer, row: &Model) -> Result<String> {
    let claims = Claims {
        import: row.id.0,
        user: viewer.user_id().ok_or(Fault::Unauthenticated)?.0,
        expires: (app.clock.now() + LIFETIME).timestamp_micros(),
    };
    let claims = serde_json::to_vec(&claims).map_err(internal)?;
    Ok(link::import_report(app, &app.keys.sign(Capability::ImportReport, &claims)))
}

/// A report that is downloaded. Creating one proves that the URL was valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Download {
    import_id: ProductImportId,
    user_id: UserId,
}

/// The report of the token in a URL. A token that is invalid or expired is not found.
pub fn open(app: &App, token: &str) -> Result<Download> {
    let claims = app.keys.verify(Capability::ImportReport, token).ok_or(Fault::NotFound)?;
    let claims: Claims = serde_json::from_slice(&claims).map_err(|_| Fault::NotFound)?;
    if app.clock.now().timestamp_micros() >= claims.expires {
        return Err(Fault::NotFound.into());
    }
    Ok(Download { import_id: claims.import.into(), user_id: claims.user.into() })
}

impl Download {
    /// The user who requested the URL.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// The parts of the file, which are read one at a time.
    pub fn parts(self, app: Arc<App>) -> Parts {
        Parts { app, import_id: self.import_id, after: None }
    }
}

/// The parts of a report that were not read yet.
pub struct Parts {
    app: Arc<App>,
    import_id: ProductImportId,
    /// Number of the last part; absent before the header.
    after: Option<i32>,
}

impl Parts {
    /// Reads the next part, the header first; `None` after the last.
    pub async fn next(&mut self) -> Result<Option<String>> {
        let Some(after) = self.after else {
            self.after = Some(i32::MIN);
            return Ok(Some(header()?));
        };
        let query = Entity::find().filter(Column::ImportId.eq(self.import_id)).filter(Column::Number.gt(after));
        let part = query.order_by_asc(Column::Number).limit(1).one(self.app.db.read()).await?;
        Ok(part.map(|part| {
            self.after = Some(part.number);
            part.content
        }))
    }
}

fn header() -> Result<String> {
    write([COLUMNS.map(str::to_owned)])
}

/// The lines of problems.
pub(super) fn lines(problems: &[LineProblem]) -> Result<String> {
    let text = |text: Option<&str>| protected(text.unwrap_or_default()).into_owned();
    write(problems.iter().map(|problem| {
        [
            problem.line.to_string(),
            text(problem.column.as_deref()),
            text(problem.value.as_deref()),
            problem.code.name(),
            text(Some(&problem.message)),
        ]
    }))
}

fn write(lines: impl IntoIterator<Item = [String; 5]>) -> Result<String> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for line in lines {
        writer.write_record(line).map_err(internal)?;
    }
    let bytes = writer.into_inner().map_err(|error| internal(error.into_error()))?;
    String::from_utf8(bytes).map_err(internal)
}
