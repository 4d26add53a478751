//! Words in lists of a store's own products. Those in drafts and archived products are not in the search index, so that the database
//! looks through the products of the store.

use crate::variant;
use entity::id::StoreId;
use entity::product::{Column, Entity};
use entity::product_tag;
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query};
use sea_orm::{ColumnTrait, Condition, QueryFilter, Select};
use souk_core::provider::search::{MAX_QUERY_LENGTH, MAX_WORDS};
use souk_core::text::{slugify, truncate};

/// Restricts a list of the products of a store to those that have every word in their name, a tag or the SKU of a variant.
pub(super) fn with_words(mut query: Select<Entity>, store: StoreId, text: &str) -> Select<Entity> {
    let text = truncate(text, MAX_QUERY_LENGTH).to_lowercase();
    // Letters and digits only, so that they contain no wildcards of LIKE.
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).take(MAX_WORDS) {
        let tagged = Query::select()
            .expr(Expr::val(1))
            .from(product_tag::Entity)
            .and_where(Expr::col((product_tag::Entity, product_tag::Column::ProductId)).equals((Entity, Column::Id)))
            .and_where(product_tag::Column::Tag.like(format!("{word}%")))
            .to_owned();
        let mut any = Condition::any()
            .add(Expr::expr(Func::lower(Expr::col((Entity, Column::Name)))).like(format!("%{word}%")))
            .add(Column::Id.in_subquery(variant::products_with_sku(store, word)))
            .add(Expr::exists(tagged));
        // Without accents, as in the slug that was made of the name.
        let folded = slugify(word);
        if !folded.is_empty() {
            any = any.add(Column::Slug.like(format!("{folded}%"))).add(Column::Slug.like(format!("%-{folded}%")));
        }
        query = query.filter(any);
    }
    query
}
