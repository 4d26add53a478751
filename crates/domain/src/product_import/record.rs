//! The row of an import with its problems and its report.

use super::entry::{LineProblem, shown};
use super::report::lines;
use entity::id::ProductImportId;
use entity::import::{Column, Entity, Model};
use entity::value::ProductTransferStatus;
use entity::{import, import_problem, import_report};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::db::Tx;
use souk_core::error::{Fault, Result};

/// Problems that are kept as rows; the report has all.
pub const MAX_PROBLEMS: i32 = 1_000;
/// Size of a part of the report, in bytes.
const PART: usize = 256 * 1024;

/// Locks the row of an import; after the store and before everything else.
pub(super) async fn lock(tx: &Tx, id: ProductImportId) -> Result<Model> {
    Ok(Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?)
}

/// What a turn adds to the row.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) lines: u32,
    pub(super) created: i32,
    pub(super) updated: i32,
    pub(super) unchanged: i32,
    pub(super) failed: i32,
    pub(super) images: i32,
}

/// Writes the progress of a locked import. `next_line` is the first line that is not done; absent at the end.
pub(super) async fn progress(
    tx: &Tx,
    app: &App,
    row: Model,
    counts: Counts,
    next_line: Option<u32>,
    problems: &[LineProblem],
) -> Result<Model> {
    write_problems(tx, &row, problems).await?;
    let mut active = row.clone().into_active_model();
    let number = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    active.done_lines = Set(row.done_lines.saturating_add(i32::try_from(counts.lines).unwrap_or(i32::MAX)));
    active.created_count = Set(row.created_count.saturating_add(counts.created));
    active.updated_count = Set(row.updated_count.saturating_add(counts.updated));
    active.unchanged_count = Set(row.unchanged_count.saturating_add(counts.unchanged));
    active.failed_count = Set(row.failed_count.saturating_add(counts.failed));
    active.pending_images = Set(row.pending_images.saturating_add(counts.images));
    active.problem_count = Set(row.problem_count.saturating_add(number(problems.len())));
    match next_line {
        Some(line) => active.next_line = Set(i32::try_from(line).unwrap_or(i32::MAX)),
        None => end(&mut active, app, ProductTransferStatus::Completed),
    }
    Ok(Entity::update(active).exec(tx).await?)
}

/// Ends a locked import, with problems that concern all of it.
pub(super) async fn finish(
    tx: &Tx,
    app: &App,
    row: Model,
    status: ProductTransferStatus,
    problems: &[LineProblem],
) -> Result<Model> {
    write_problems(tx, &row, problems).await?;
    let problem_count = row.problem_count.saturating_add(i32::try_from(problems.len()).unwrap_or(i32::MAX));
    let mut active = row.into_active_model();
    active.problem_count = Set(problem_count);
    end(&mut active, app, status);
    Ok(Entity::update(active).exec(tx).await?)
}

fn end(active: &mut import::ActiveModel, app: &App, status: ProductTransferStatus) {
    active.status = Set(status);
    active.active_store_id = Set(None);
    active.finished_at = Set(Some(app.clock.now()));
}

/// Counts an image that was loaded, or could not be; the import must be locked.
pub(super) async fn image_done(tx: &Tx, id: ProductImportId, problem: Option<LineProblem>) -> Result<()> {
    let Some(row) = Entity::find_by_id(id).one(tx).await? else { return Ok(()) };
    let mut update = Entity::update_many().filter(Column::Id.eq(id));
    if row.pending_images > 0 {
        update = update.col_expr(Column::PendingImages, Expr::col(Column::PendingImages).sub(1));
    }
    if let Some(problem) = &problem {
        write_problems(tx, &row, std::slice::from_ref(problem)).await?;
        update = update.col_expr(Column::ProblemCount, Expr::col(Column::ProblemCount).add(1));
    }
    if row.pending_images > 0 || problem.is_some() {
        update.exec(tx).await?;
    }
    Ok(())
}

async fn write_problems(tx: &Tx, row: &Model, problems: &[LineProblem]) -> Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    let model = |(number, problem): (i32, &LineProblem)| import_problem::ActiveModel {
        import_id: Set(row.id),
        number: Set(number),
        line: Set(i32::try_from(problem.line).unwrap_or(i32::MAX)),
        column_name: Set(problem.column.as_deref().map(|text| shown(text, 200))),
        value: Set(problem.value.as_deref().map(|text| shown(text, 200))),
        code: Set(problem.code.name()),
        message: Set(shown(&problem.message, 500)),
    };
    let first = row.problem_count.saturating_add(1);
    let rows: Vec<_> = (first..=MAX_PROBLEMS).zip(problems).map(model).collect();
    for rows in rows.chunks(200) {
        import_problem::Entity::insert_many(rows.to_vec()).exec_without_returning(tx).await?;
    }
    // Parts have numbers of problems, of which there are at least as many.
    let mut parts = vec![String::new()];
    for problem in problems {
        let line = lines(std::slice::from_ref(problem))?;
        match parts.last_mut() {
            Some(part) if part.len() + line.len() <= PART || part.is_empty() => part.push_str(&line),
            _ => parts.push(line),
        }
    }
    for (number, content) in (first..).zip(parts) {
        let row = import_report::ActiveModel { import_id: Set(row.id), number: Set(number), content: Set(content) };
        import_report::Entity::insert(row).exec_without_returning(tx).await?;
    }
    Ok(())
}
