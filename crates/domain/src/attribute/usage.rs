//! Products that have values of an attribute or a choice.

use entity::id::{AttributeChoiceId, AttributeId, ProductTypeId};
use entity::{attribute_choice, product, product_attribute_value, retired_slug, variant_attribute_value};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::db::{InPadded, Tx, is_taken};
use souk_core::error::{Code, Error, Problem, Result};
use uuid::Uuid;

/// What values are counted of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Of {
    Attribute(AttributeId),
    Choice(AttributeChoiceId),
    /// An attribute in the products of one type.
    AttributeOfType(AttributeId, ProductTypeId),
}

/// Number of products that have such a value, of their own or of a variant.
pub(crate) async fn products_with(db: &impl ConnectionTrait, of: Of) -> Result<u64> {
    let [mut all, of_variants] = products_of(of);
    // Without ALL: a product counts once.
    all.union(UnionType::Distinct, of_variants);
    let count = Query::select().expr_as(Expr::cust("COUNT(*)"), "total").from_subquery(all, Alias::new("used")).to_owned();
    let row = db.query_one(&count).await?;
    let total = row.map(|row| row.try_get::<i64>("", "total")).transpose()?.unwrap_or(0);
    Ok(u64::try_from(total).unwrap_or(0))
}

#[derive(Clone, Copy)]
enum Level {
    Product,
    Variant,
}

/// IDs of products that have such a value, each once: of their own, and of a variant.
pub(super) fn products_of(of: Of) -> [SelectStatement; 2] {
    [Level::Product, Level::Variant].map(|level| products_at(of, level))
}

fn products_at(of: Of, level: Level) -> SelectStatement {
    let mut query = Query::select();
    query.distinct();
    let (attribute, choice, product_id) = match level {
        Level::Product => {
            use product_attribute_value::{Column, Entity};
            query.column((Entity, Column::ProductId)).from(Entity);
            let column = |column: Column| Expr::col((Entity, column));
            (column(Column::AttributeId), column(Column::ChoiceId), column(Column::ProductId))
        }
        Level::Variant => {
            use variant_attribute_value::{Column, Entity};
            query.column((Entity, Column::ProductId)).from(Entity);
            let column = |column: Column| Expr::col((Entity, column));
            (column(Column::AttributeId), column(Column::ChoiceId), column(Column::ProductId))
        }
    };
    match of {
        Of::Attribute(id) => query.and_where(attribute.eq(id)),
        Of::Choice(id) => query.and_where(choice.eq(id)),
        Of::AttributeOfType(id, product_type) => {
            let same = product_id.eq(Expr::col((product::Entity, product::Column::Id)));
            query.inner_join(product::Entity, same);
            query
                .and_where(attribute.eq(id))
                .and_where(Expr::col((product::Entity, product::Column::ProductTypeId)).eq(product_type))
        }
    };
    query
}

/// "1 product has" or "12 products have".
pub(crate) fn products_have(count: u64) -> String {
    if count == 1 { "1 product has".to_owned() } else { format!("{count} products have") }
}

/// Whether an attribute has a value in any variant.
pub(super) async fn is_used_by_variants(db: &impl ConnectionTrait, id: AttributeId) -> Result<bool> {
    let query = variant_attribute_value::Entity::find().filter(variant_attribute_value::Column::AttributeId.eq(id));
    let found: Option<i32> =
        query.select_only().column(variant_attribute_value::Column::Position).limit(1).into_tuple().one(db).await?;
    Ok(found.is_some())
}

/// Notes the slug of a deleted object, which is not used again. The rows that can have the slug must be locked.
pub(crate) async fn retire_slug(tx: &Tx, app: &App, scope: Uuid, slug: &str) -> Result<()> {
    let row = retired_slug::ActiveModel { scope: Set(scope), slug: Set(slug.to_owned()), created_at: Set(app.clock.now()) };
    retired_slug::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// The slugs among these that belonged to deleted objects.
pub(crate) async fn retired(db: &impl ConnectionTrait, scope: Uuid, slugs: &[String]) -> Result<Vec<String>> {
    use retired_slug::{Column, Entity};
    let query = Entity::find().filter(Column::Scope.eq(scope)).filter(Column::Slug.in_padded(slugs));
    Ok(query.all(db).await?.into_iter().map(|row| row.slug).collect())
}

/// The problem of a slug that belonged to a deleted object.
pub(crate) fn retired_problem(path: &str, slug: &str) -> Problem {
    let message = format!("The slug {slug:?} was used before, so files and links may still name it; choose another.");
    Problem::new(path, Code::Taken, message)
}

/// Maps a failed insert of an attribute or a choice.
pub(super) fn slug_taken(error: sea_orm::DbErr, path: &str, slug: &str) -> Error {
    let of_attribute = is_taken(&error, "attributes_slug", "attributes", &["slug"]);
    if of_attribute || is_taken(&error, "attribute_choices_slug", "attribute_choices", &["attribute_id", "slug"]) {
        return Problem::new(path, Code::Taken, format!("The slug {slug:?} is taken; choose another.")).into();
    }
    error.into()
}

/// The highest position of the choices of an attribute, and their number.
pub(super) fn next_position(choices: &[attribute_choice::Model]) -> i32 {
    choices.iter().map(|choice| choice.position).max().map_or(0, |last| last.saturating_add(1))
}
