//! Synonyms of the search.

use crate::context::ContextExt;
use crate::decode::{self, Input};
use crate::error::Result;
use crate::id;
use crate::loader::loaders;
use crate::page::{self, COUNT_CAP, Counter};
use crate::payloads;
use async_graphql::{Context, ID, InputObject};
use entity::id::SearchSynonymId;
use entity::search_synonym::Model;
use souk_core::app::App;
use souk_core::auth::permissions::ManageContent;
use souk_core::auth::{Staff, Viewer};
use souk_core::error::Result as DomainResult;
use souk_domain::search::{self, NewSynonym, SynonymPatch};
use souk_macros::{object, root_object};

/// Group of words that stand for each other in searches.
pub struct SearchSynonym(pub Model);

impl From<Model> for SearchSynonym {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Group of words that stand for each other in searches.
#[object]
impl SearchSynonym {
    /// ID of the group.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Words of the group, 2 to 20, in lower case and without accents.
    async fn words(&self) -> &[String] {
        &self.0.words.0
    }

    /// Whether a search for the first word also finds the others, but not the other way around; otherwise a search for any of them finds
    /// all.
    async fn is_one_way(&self) -> bool {
        self.0.one_way
    }

    row_fields!(self.0: version, created_at, updated_at);
}

crate::connection!(SearchSynonymConnection, SearchSynonymEdge, SearchSynonym, "groups of synonyms");

loaders! {
    /// Loads a group of synonyms.
    SynonymKey(SearchSynonymId) => row Model, by by_ids;
}

async fn by_ids(app: &App, viewer: &Viewer, ids: &[SearchSynonymId]) -> DomainResult<Vec<Model>> {
    match viewer.staff::<ManageContent>() {
        Ok(staff) => search::synonyms_by_ids(app, &staff, ids).await,
        Err(_) => Ok(Vec::new()),
    }
}

impl SearchSynonym {
    /// Loads a group for staff with `MANAGE_CONTENT`; `None` for all others.
    pub async fn load_visible(ctx: &Context<'_>, id: SearchSynonymId) -> Result<Option<Self>> {
        Ok(ctx.load_one(SynonymKey(id)).await?.map(Self))
    }
}

/// Queries of synonyms.
#[derive(Default)]
pub struct SynonymQuery;

#[root_object]
impl SynonymQuery {
    /// Groups of synonyms of the search, newest first.
    async fn search_synonyms(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageContent>,
        #[page] page: page::Arguments,
    ) -> Result<SearchSynonymConnection> {
        let page = page.of("searchSynonyms", &())?;
        let found = search::synonyms(ctx.app()?, &staff, &page.request).await?;
        let counter = Counter::new(ctx, staff, |app, staff| Box::pin(search::count_synonyms(app, staff, COUNT_CAP)))?;
        Ok(SearchSynonymConnection::new(found, page.scope, counter))
    }
}

/// New group of synonyms.
#[derive(InputObject)]
struct SearchSynonymCreateInput {
    /// Words that stand for each other, 2 to 20, each 1 to 64 characters: letters and digits, without spaces. Upper and lower case, and
    /// accents, make no difference.
    words: Vec<String>,
    /// Whether a search for the first word also finds the others, but not the other way around; `false` if left out.
    is_one_way: Option<bool>,
}

/// Changes to a group of synonyms. Fields that are left out keep their value.
#[derive(InputObject)]
struct SearchSynonymUpdateInput {
    /// Words that stand for each other, 2 to 20, each 1 to 64 characters: letters and digits, without spaces; replace all present ones.
    words: Option<Vec<String>>,
    /// Whether a search for the first word also finds the others, but not the other way around.
    is_one_way: Option<bool>,
    /// Version of the object that you read; if it has changed since, the error is `STALE`.
    expected_version: Option<i32>,
}

payloads! {
    /// The new group of synonyms; null if there are errors.
    SearchSynonymCreatePayload { search_synonym: SearchSynonym } of searchSynonymCreate;
    /// The changed group of synonyms; null if there are errors.
    SearchSynonymUpdatePayload { search_synonym: SearchSynonym } of searchSynonymUpdate;
    /// ID of the deleted group of synonyms; null if there are errors.
    SearchSynonymDeletePayload { deleted_id } of searchSynonymDelete;
}

/// Mutations of synonyms.
#[derive(Default)]
pub struct SynonymMutation;

#[root_object]
impl SynonymMutation {
    /// Creates a group of synonyms of the search. There can be 1,000. Searches use it in less than a second.
    async fn search_synonym_create(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageContent>,
        #[graphql(desc = "Words of the new group.")] input: SearchSynonymCreateInput,
    ) -> Result<SearchSynonymCreatePayload> {
        let new = NewSynonym { words: input.words, one_way: input.is_one_way.unwrap_or(false) };
        SearchSynonymCreatePayload::from_result(search::create_synonym(ctx.app()?, &staff, new).await)
    }

    /// Updates a group of synonyms.
    async fn search_synonym_update(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageContent>,
        #[graphql(desc = "ID of the group.")] id: ID,
        #[graphql(desc = "Fields to change.")] input: SearchSynonymUpdateInput,
    ) -> Result<SearchSynonymUpdatePayload> {
        let mut decoded = Input::default();
        let id = decoded.object("id", &id);
        let patch = SynonymPatch { words: input.words, one_way: input.is_one_way, expected_version: input.expected_version };
        SearchSynonymUpdatePayload::from_result(decoded.run(search::update_synonym(ctx.app()?, &staff, id, patch)).await)
    }

    /// Deletes a group of synonyms.
    async fn search_synonym_delete(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageContent>,
        #[graphql(desc = "ID of the group.")] id: ID,
    ) -> Result<SearchSynonymDeletePayload> {
        let result = decode::by_id("id", &id, async |id| search::delete_synonym(ctx.app()?, &staff, id).await);
        SearchSynonymDeletePayload::from_result(result.await)
    }
}
