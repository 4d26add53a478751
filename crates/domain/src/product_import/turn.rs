//! A turn of an import: some products in one transaction, each in a savepoint, with the progress of the import.

use super::apply::{Outcome, apply};
use super::entry::{Entry, LineProblem};
use super::images::{self, Wanted};
use super::record::{self, Counts};
use super::world::{Found, World};
use entity::id::ProductImportId;
use entity::import::Model;
use entity::store;
use entity::value::ProductTransferStatus;
use sea_orm::ActiveValue::Set;
use sea_orm::{EntityTrait, IntoActiveModel};
use souk_core::app::App;
use souk_core::auth::{StoreTask, System};
use souk_core::db::{Tx, lock_for_change};
use souk_core::error::{Code, Error, Fault, Problem, Refusal, Result};
use souk_core::transact;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Maximum number of products of a turn.
pub(super) const PRODUCTS: usize = 200;
/// After this time a turn ends, so that others who need the locked rows, such as buyers of the products, do not wait longer.
const TIME: Duration = Duration::from_secs(1);

/// What is after a turn.
pub(super) enum Next {
    /// The first line of the next turn.
    Line(u32),
    /// The import ended, or another process goes on with it.
    Nothing,
}

/// Products of a turn.
pub(super) struct Turn<'a> {
    pub(super) id: ProductImportId,
    /// The first line, which must be the next one of the import.
    pub(super) line: u32,
    pub(super) entries: &'a [Entry],
    /// The first line after the products; absent at the end of the file.
    pub(super) after: Option<u32>,
}

/// What the products of a turn became.
#[derive(Default)]
struct Done {
    counts: Counts,
    problems: Vec<LineProblem>,
    wanted: Vec<Wanted>,
    /// The first line that was not reached.
    next: Option<u32>,
}

/// Writes the products of a turn, or, in a dry run, writes them and rolls them back.
pub(super) async fn run(app: &App, system: &System, turn: Turn<'_>) -> Result<Next> {
    transact!(app.db, tx, { in_transaction(tx, app, system, &turn).await })
}

async fn in_transaction(tx: &Tx, app: &App, system: &System, turn: &Turn<'_>) -> Result<Next> {
    let Some(seen) = entity::import::Entity::find_by_id(turn.id).one(tx).await? else { return Ok(Next::Nothing) };
    let staff = system.lock_store_staff(tx, seen.user_id, seen.store_id, StoreTask::Products).await;
    let is_there = lock_for_change::<store::Entity>(tx, seen.store_id).await?;
    let row = record::lock(tx, turn.id).await?;
    let is_next = row.status == ProductTransferStatus::Running && u32::try_from(row.next_line) == Ok(turn.line);
    if !is_next {
        return Ok(Next::Nothing);
    }
    let staff = match staff {
        Ok(staff) if is_there => staff,
        Err(Error::Fault(Fault::Internal(inside))) => return Err(Fault::Internal(inside).into()),
        Ok(_) | Err(_) => {
            let message = "The user who requested the import may no longer change the products of the store.";
            let problem = LineProblem::of_line(turn.line, Code::NotAllowed, message);
            record::finish(tx, app, row, ProductTransferStatus::Failed, &[problem]).await?;
            return Ok(Next::Nothing);
        }
    };
    let store = store::Entity::find_by_id(row.store_id).one(tx).await?.ok_or(Fault::NotFound)?;
    let work = async { write(tx, World::load(tx, app, (&staff, store), turn.entries).await?, &row, turn).await };
    let mut done = if row.dry_run { undone(tx, work).await? } else { work.await? };
    if !row.dry_run {
        for wanted in std::mem::take(&mut done.wanted) {
            images::load_later(tx, app, row.id, wanted).await?;
        }
    } else {
        done.counts.images = 0;
    }
    let next = done.next.or(turn.after);
    record::progress(tx, app, row, done.counts, next, &done.problems).await?;
    Ok(next.map_or(Next::Nothing, Next::Line))
}

/// Runs work and rolls it back.
async fn undone(tx: &Tx, work: impl Future<Output = Result<Done>>) -> Result<Done> {
    const UNDONE: &str = "The dry run is rolled back.";
    let kept = Mutex::new(None);
    let result: Result<()> = tx
        .part(async {
            let done = work.await?;
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
            Err(Problem::new("", Code::InvalidState, UNDONE).into())
        })
        .await;
    match (kept.into_inner().unwrap_or_else(PoisonError::into_inner), result) {
        (Some(done), Err(Error::Refused(Refusal(_)))) => Ok(done),
        (_, Err(error)) => Err(error),
        (_, Ok(())) => Err(Fault::internal("a dry run was not rolled back").into()),
    }
}

async fn write(tx: &Tx, world: World<'_>, row: &Model, turn: &Turn<'_>) -> Result<Done> {
    let begun = Instant::now();
    let (mut done, mut written) = (Done::default(), HashSet::new());
    for entry in turn.entries {
        // A product that another entry of the turn wrote is no longer as it was read.
        let is_outdated = matches!(world.product_of(entry), Found::One(id) if !written.insert(id));
        if done.counts.lines > 0 && (is_outdated || begun.elapsed() > TIME) {
            done.next = Some(entry.line);
            break;
        }
        done.counts.lines += entry.lines;
        let wanted = match apply(tx, &world, row.mode, entry).await? {
            Outcome::Created(wanted) => {
                done.counts.created += 1;
                wanted
            }
            Outcome::Updated(wanted) => {
                done.counts.updated += 1;
                wanted
            }
            Outcome::Unchanged => {
                done.counts.unchanged += 1;
                Vec::new()
            }
            Outcome::Failed(problems) => {
                done.counts.failed += 1;
                done.problems.extend(problems);
                Vec::new()
            }
        };
        let images: usize = wanted.iter().map(|wanted| wanted.urls.len()).sum();
        done.counts.images = done.counts.images.saturating_add(i32::try_from(images).unwrap_or(i32::MAX));
        done.wanted.extend(wanted);
    }
    Ok(done)
}

/// Marks an import as running, with the number of its lines, and the first one with data.
pub(super) async fn begin(app: &App, id: ProductImportId, (lines, first): (u32, u32)) -> Result<Option<Model>> {
    transact!(app.db, tx, {
        let row = record::lock(tx, id).await?;
        if !matches!(row.status, ProductTransferStatus::Queued | ProductTransferStatus::Running) {
            return Ok(None);
        }
        let is_new = row.done_lines == 0;
        let mut active = row.into_active_model();
        if is_new {
            active.next_line = Set(i32::try_from(first).unwrap_or(i32::MAX));
        }
        active.status = Set(ProductTransferStatus::Running);
        active.total_lines = Set(Some(i32::try_from(lines).unwrap_or(i32::MAX)));
        Ok(Some(entity::import::Entity::update(active).exec(tx).await?))
    })
}

/// Ends an import that is not ended, with problems that concern all of it.
pub(super) async fn fail(app: &App, id: ProductImportId, problems: &[LineProblem]) -> Result<()> {
    transact!(app.db, tx, {
        let row = record::lock(tx, id).await?;
        if matches!(row.status, ProductTransferStatus::Queued | ProductTransferStatus::Running) {
            record::finish(tx, app, row, ProductTransferStatus::Failed, problems).await?;
        }
        Ok(())
    })
}
