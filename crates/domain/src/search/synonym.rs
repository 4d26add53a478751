//! Synonyms of the search: groups of words that stand for each other.

use crate::page::{self, Cursor, Keyset, Page, PageRequest};
use entity::id::SearchSynonymId;
use entity::lock;
use entity::search_synonym::{ActiveModel, Column, Entity, Model};
use entity::value::SynonymWords;
use entity::versioned::{Versioned, put};
use sea_orm::ActiveValue::Set;
use sea_orm::{EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::Staff;
use souk_core::auth::permissions::ManageContent;
use souk_core::check::{Check, check_version};
use souk_core::db::{InPadded, Subject, Tx};
use souk_core::error::{Code, Fault, Result, refuse};
use souk_core::provider::search::tokens;
use souk_core::{length, transact};

/// Maximum number of groups.
const MAX_GROUPS: u64 = 1_000;
/// Minimum and maximum number of words of a group.
const WORDS: std::ops::RangeInclusive<usize> = 2..=20;

/// A group to be created.
#[derive(Clone, Debug)]
pub struct NewSynonym {
    pub words: Vec<String>,
    /// Whether only the first word stands for the others.
    pub one_way: bool,
}

/// Changes; a `None` field is left as it is.
#[derive(Clone, Debug, Default)]
pub struct SynonymPatch {
    pub words: Option<Vec<String>>,
    pub one_way: Option<bool>,
    /// Version the caller read; refused as STALE if it is not the current one.
    pub expected_version: Option<i32>,
}

/// Groups, newest first.
pub async fn synonyms(app: &App, _staff: &Staff<ManageContent>, request: &PageRequest) -> Result<Page<Model>> {
    let keyset = Keyset::newest(Column::CreatedAt, Column::Id);
    page::fetch(app.db.read(), Entity::find(), &keyset, request, |row: &Model| Cursor::at(row.created_at, row.id.0)).await
}

/// Number of groups, counted up to `cap`, and whether that is exact.
pub async fn count_synonyms(app: &App, _staff: &Staff<ManageContent>, cap: u64) -> Result<(u64, bool)> {
    page::count(app.db.read(), Entity::find(), cap).await
}

/// Groups by ID.
pub async fn synonyms_by_ids(app: &App, _staff: &Staff<ManageContent>, ids: &[SearchSynonymId]) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

pub async fn create_synonym(app: &App, _staff: &Staff<ManageContent>, new: NewSynonym) -> Result<Model> {
    let mut check = Check::new();
    let words = check_words(&mut check, &new.words);
    check.finish()?;
    let now = app.clock.now();
    let row = ActiveModel {
        id: Set(app.clock.new_id()),
        words: Set(SynonymWords(words)),
        one_way: Set(new.one_way),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    transact!(app.db, tx, {
        if lock::Entity::find_by_id(lock::SEARCH_SYNONYMS).lock_exclusive().one(tx).await?.is_none() {
            return Err(Fault::internal("locks has no row for the synonyms: the migrations have not been applied").into());
        }
        if Entity::find().count(tx).await? >= MAX_GROUPS {
            return refuse(
                "",
                Code::LimitReached,
                format!("There can be at most {MAX_GROUPS} groups of synonyms; delete one first."),
            );
        }
        tx.changed(Subject::Settings);
        Ok(Entity::insert(row.clone()).exec_with_returning(tx).await?)
    })
}

pub async fn update_synonym(app: &App, _staff: &Staff<ManageContent>, id: SearchSynonymId, patch: SynonymPatch) -> Result<Model> {
    let mut check = Check::new();
    let words = patch.words.as_ref().map(|words| SynonymWords(check_words(&mut check, words)));
    check.finish()?;
    transact!(app.db, tx, {
        let row = locked(tx, id).await?;
        check_version(patch.expected_version, row.version)?;
        tx.changed(Subject::Settings);
        let mut active = row.into_active_model();
        put(&mut active.words, &words);
        put(&mut active.one_way, &patch.one_way);
        active.touch(app.clock.now());
        Ok(Entity::update(active).exec(tx).await?)
    })
}

pub async fn delete_synonym(app: &App, _staff: &Staff<ManageContent>, id: SearchSynonymId) -> Result<SearchSynonymId> {
    transact!(app.db, tx, {
        locked(tx, id).await?;
        tx.changed(Subject::Settings);
        Entity::delete_by_id(id).exec(tx).await?;
        Ok(id)
    })
}

async fn locked(tx: &Tx, id: SearchSynonymId) -> Result<Model> {
    Ok(Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?)
}

/// The words as they are compared: in lower case and without accents.
fn check_words(check: &mut Check, words: &[String]) -> Vec<String> {
    if !WORDS.contains(&words.len()) {
        let (least, most) = (WORDS.start(), WORDS.end());
        let message = format!("words must have from {least} to {most} items; got {}.", words.len());
        check.problem("words", Code::Invalid, message);
        return Vec::new();
    }
    let mut all: Vec<String> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let path = format!("words.{at}");
        let word = check.line(&path, word, 1..=length::SYNONYM);
        let mut found = tokens(&word).into_iter();
        let first = found.next().filter(|token| !token.is_unsegmented && word.chars().all(char::is_alphanumeric));
        match (first, found.next()) {
            (Some(token), None) if all.contains(&token.text) => {
                check.problem(&path, Code::Invalid, format!("Each word must be given once; {word:?} is given twice."));
            }
            (Some(token), None) => all.push(token.text),
            _ if word.is_empty() => {}
            _ => {
                let message = format!("Each item must be one word of letters and digits, in a script with spaces; got {word:?}.");
                check.problem(&path, Code::Invalid, message);
            }
        }
    }
    all
}
