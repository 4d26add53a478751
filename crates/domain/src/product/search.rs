//! Search index: the words by which products are found.

use entity::id::ProductId;
use entity::product_tag;
use entity::product_word::{ActiveModel, Column, Entity};
use entity::value::Tags;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use souk_core::db::{InPadded, Tx};
use souk_core::error::Result;
use souk_core::text::words;
use std::collections::BTreeSet;

/// Maximum number of words of a search; the others are ignored.
pub const MAX_WORDS: usize = 8;
/// Longer words are truncated to this length.
const MAX_WORD_LENGTH: usize = 64;

/// Replaces the indexed words and tags of a product.
pub(super) async fn save(tx: &Tx, id: ProductId, name: &str, tags: &Tags) -> Result<()> {
    Entity::delete_many().filter(Column::ProductId.eq(id)).exec(tx).await?;
    product_tag::Entity::delete_many().filter(product_tag::Column::ProductId.eq(id)).exec(tx).await?;
    insert(tx, id, name, tags).await
}

/// As [`save`], for a new product.
pub(super) async fn insert(tx: &Tx, id: ProductId, name: &str, tags: &Tags) -> Result<()> {
    let all = words_of(name, tags);
    if !all.is_empty() {
        let rows = all.into_iter().map(|word| ActiveModel { word: Set(word), product_id: Set(id) });
        Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    let tags = tag_rows(id, tags);
    if !tags.is_empty() {
        product_tag::Entity::insert_many(tags).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Rows by which filters find a product with these tags, ignoring case.
pub fn tag_rows(id: ProductId, tags: &Tags) -> Vec<product_tag::ActiveModel> {
    let all: BTreeSet<String> = tags.0.iter().map(|tag| tag.to_lowercase()).collect();
    all.into_iter().map(|tag| product_tag::ActiveModel { tag: Set(tag), product_id: Set(id) }).collect()
}

/// The distinct words by which a product with this name and these tags is found.
pub fn words_of(name: &str, tags: &Tags) -> Vec<String> {
    let mut all: Vec<String> = std::iter::once(name).chain(tags.0.iter().map(String::as_str)).flat_map(words).collect();
    for word in &mut all {
        word.truncate(MAX_WORD_LENGTH);
    }
    all.sort();
    all.dedup();
    all
}

/// IDs of products that have any of these tags, in lower case; none without tags.
pub(super) fn with_tag(tags: &[String]) -> SelectStatement {
    use product_tag::{Column, Entity};
    Query::select().column(Column::ProductId).from(Entity).and_where(Column::Tag.in_padded(tags)).to_owned()
}

/// IDs of products with a word that begins with `beginning`: a range of the index. Words are ASCII letters and digits only.
pub(super) fn with_word(beginning: &str) -> SelectStatement {
    let mut beyond = beginning.to_owned();
    // The next character: all words with this beginning sort before it.
    if let Some(last) = beyond.pop() {
        beyond.push(char::from_u32(u32::from(last) + 1).unwrap_or('~'));
    }
    Query::select()
        .column(Column::ProductId)
        .from(Entity)
        .and_where(Column::Word.gte(beginning))
        .and_where(Column::Word.lt(beyond))
        .to_owned()
}
