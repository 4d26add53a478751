//! Values of attributes as clients see them, and required ones that are missing.

use crate::attribute::check::yes_or_no;
use crate::attribute::number::format_number;
use crate::attribute::value::{Cell, Value, Values};
use entity::id::{Id, ProductId, ProductVariantId};
use entity::value::{AttributeInputType, AttributeLevel};
use entity::variant_attribute_value;
use entity::{attribute, attribute_choice, product, product_attribute_value, product_type_attribute, product_variant};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, FromQueryResult, Iden, Iterable, Order, QueryResult};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::db::InPadded;
use souk_core::error::Result;
use souk_core::group::grouped;
use std::collections::HashMap;
use std::hash::Hash;
use uuid::Uuid;

/// The values that a product or a variant has of one attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub attribute: attribute::Model,
    pub choices: Vec<attribute_choice::Model>,
    pub text: Option<String>,
    /// As stored: millionths, 0 or 1, or days.
    pub number: Option<i64>,
}

/// A value with its attribute and its choice.
struct Row {
    owner: Uuid,
    text: Option<String>,
    number: Option<i64>,
    attribute: attribute::Model,
    choice: Option<attribute_choice::Model>,
}

const ATTRIBUTE: &str = "a_";
const CHOICE: &str = "c_";

impl FromQueryResult for Row {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        Ok(Self {
            owner: row.try_get(prefix, "owner")?,
            text: row.try_get(prefix, "v_text")?,
            number: row.try_get(prefix, "v_number")?,
            attribute: attribute::Model::from_query_result(row, ATTRIBUTE)?,
            choice: attribute_choice::Model::from_query_result_optional(row, CHOICE)?,
        })
    }
}

fn select_all<E: EntityTrait + Copy>(query: &mut SelectStatement, entity: E, prefix: &str) {
    for column in E::Column::iter() {
        query.expr_as(Expr::col((entity, column)), format!("{prefix}{}", column.unquoted()));
    }
}

/// Values by product, in the order of the product's type; by one statement. The products must be visible.
pub async fn of_products(app: &App, _viewer: &Viewer, ids: &[ProductId]) -> Result<HashMap<ProductId, Vec<Shown>>> {
    product_values(app.db.read(), ids).await
}

/// Values by product.
pub(crate) async fn product_values(db: &impl ConnectionTrait, ids: &[ProductId]) -> Result<HashMap<ProductId, Vec<Shown>>> {
    use product_attribute_value::{Column, Entity};
    let mut query = values(Column::AttributeId, Column::ChoiceId, Column::ProductId, Column::Position, Entity);
    query
        .expr_as(Expr::col((Entity, Column::ProductId)), "owner")
        .expr_as(Expr::col((Entity, Column::Text)), "v_text")
        .expr_as(Expr::col((Entity, Column::Number)), "v_number")
        .and_where(Column::ProductId.in_padded(ids));
    read(db, &query).await
}

/// Values by variant, in the order of the product's type; by one statement. The variants must be visible.
pub async fn of_variants(app: &App, _viewer: &Viewer, ids: &[ProductVariantId]) -> Result<HashMap<ProductVariantId, Vec<Shown>>> {
    variant_values(app.db.read(), ids).await
}

/// The same, as they are written.
pub(crate) async fn values_of_variants(
    db: &impl ConnectionTrait,
    ids: &[ProductVariantId],
) -> Result<HashMap<ProductVariantId, Values>> {
    let found = variant_values(db, ids).await?;
    Ok(found.into_iter().map(|(id, shown)| (id, written(shown))).collect())
}

/// Values as they are written.
pub(crate) fn written(shown: Vec<Shown>) -> Values {
    Values(shown.into_iter().map(value).collect())
}

fn value(shown: Shown) -> Value {
    let number = shown.number.unwrap_or_default();
    let names: Vec<_> = shown.choices.iter().map(|choice| choice.name.as_str()).collect();
    let text = match shown.attribute.input_type {
        AttributeInputType::Number => match &shown.attribute.unit {
            Some(unit) => format!("{} {unit}", format_number(number)),
            None => format_number(number),
        },
        AttributeInputType::Boolean => yes_or_no(number == 1).to_owned(),
        _ => names.join(", "),
    };
    let cells = if shown.choices.is_empty() {
        vec![Cell { text: shown.text, number: shown.number, choice_id: None }]
    } else {
        shown.choices.iter().map(|choice| Cell { choice_id: Some(choice.id), ..Cell::default() }).collect()
    };
    Value { attribute_id: shown.attribute.id, name: shown.attribute.name, shown: text, cells }
}

/// Values by variant.
pub(crate) async fn variant_values(
    db: &impl ConnectionTrait,
    ids: &[ProductVariantId],
) -> Result<HashMap<ProductVariantId, Vec<Shown>>> {
    use variant_attribute_value::{Column, Entity};
    let mut query = values(Column::AttributeId, Column::ChoiceId, Column::ProductId, Column::Position, Entity);
    query
        .expr_as(Expr::col((Entity, Column::VariantId)), "owner")
        .expr_as(Expr::col((Entity, Column::Text)), "v_text")
        .expr_as(Expr::col((Entity, Column::Number)), "v_number")
        .and_where(Column::VariantId.in_padded(ids));
    read(db, &query).await
}

/// The join of values with attributes and choices, in the order of the type of their product.
fn values<E: EntityTrait + Copy>(
    attribute_id: E::Column,
    choice_id: E::Column,
    product_id: E::Column,
    position: E::Column,
    of: E,
) -> SelectStatement {
    use product_type_attribute::{Column, Entity};
    let mut query = Query::select();
    query.from(of);
    select_all(&mut query, attribute::Entity, ATTRIBUTE);
    select_all(&mut query, attribute_choice::Entity, CHOICE);
    let of_value = |column: E::Column| Expr::col((of, column));
    let attribute = Expr::col((attribute::Entity, attribute::Column::Id)).eq(of_value(attribute_id));
    let choice = Expr::col((attribute_choice::Entity, attribute_choice::Column::Id)).eq(of_value(choice_id));
    let product = Expr::col((product::Entity, product::Column::Id)).eq(of_value(product_id));
    let of_type = Expr::col((Entity, Column::ProductTypeId)).eq(Expr::col((product::Entity, product::Column::ProductTypeId)));
    let assigned = of_type.and(Expr::col((Entity, Column::AttributeId)).eq(of_value(attribute_id)));
    query
        .inner_join(attribute::Entity, attribute)
        .left_join(attribute_choice::Entity, choice)
        .inner_join(product::Entity, product)
        .left_join(Entity, assigned)
        .order_by((Entity, Column::Position), Order::Asc)
        .order_by((of, attribute_id), Order::Asc)
        .order_by((of, position), Order::Asc);
    query
}

async fn read<I: Id + Hash>(db: &impl ConnectionTrait, query: &SelectStatement) -> Result<HashMap<I, Vec<Shown>>> {
    let rows = Row::find_by_statement(db.get_database_backend().build(query)).all(db).await?;
    let shown = |rows: Vec<Row>| {
        let mut all: Vec<Shown> = Vec::new();
        for row in rows {
            match all.last_mut().filter(|last| last.attribute.id == row.attribute.id) {
                Some(last) => last.choices.extend(row.choice),
                None => all.push(Shown {
                    attribute: row.attribute,
                    choices: row.choice.into_iter().collect(),
                    text: row.text,
                    number: row.number,
                }),
            }
        }
        all
    };
    Ok(grouped(rows, |row| I::from(row.owner)).into_iter().map(|(id, rows)| (id, shown(rows))).collect())
}

/// A required attribute that a product, or one of its active variants, has no value of.
struct Missing {
    product: ProductId,
    attribute: attribute::Model,
}

impl FromQueryResult for Missing {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        let product = row.try_get(prefix, "product")?;
        Ok(Self { product, attribute: attribute::Model::from_query_result(row, ATTRIBUTE)? })
    }
}

/// Required attributes without a value, by product; by one statement. The products must be visible.
pub async fn incomplete(app: &App, _viewer: &Viewer, ids: &[ProductId]) -> Result<HashMap<ProductId, Vec<attribute::Model>>> {
    let db = app.db.read();
    let rows = Missing::find_by_statement(db.get_database_backend().build(&missing(ids))).all(db).await?;
    let found = grouped(rows, |row| row.product);
    Ok(found.into_iter().map(|(id, rows)| (id, rows.into_iter().map(|row| row.attribute).collect())).collect())
}

fn missing(ids: &[ProductId]) -> SelectStatement {
    use product_type_attribute::{Column, Entity};
    let assigned = |column: Column| Expr::col((Entity, column));
    let product_id = || Expr::col((product::Entity, product::Column::Id));
    let of_product = {
        use product_attribute_value::{Column as Of, Entity as Values};
        Query::select()
            .expr(Expr::val(1))
            .from(Values)
            .and_where(Expr::col((Values, Of::ProductId)).eq(product_id()))
            .and_where(Expr::col((Values, Of::AttributeId)).eq(assigned(Column::AttributeId)))
            .to_owned()
    };
    let variant = |column: product_variant::Column| Expr::col((product_variant::Entity, column));
    let of_variant = {
        use variant_attribute_value::{Column as Of, Entity as Values};
        Query::select()
            .expr(Expr::val(1))
            .from(Values)
            .and_where(Expr::col((Values, Of::VariantId)).eq(variant(product_variant::Column::Id)))
            .and_where(Expr::col((Values, Of::AttributeId)).eq(assigned(Column::AttributeId)))
            .to_owned()
    };
    let bare_variant = Query::select()
        .expr(Expr::val(1))
        .from(product_variant::Entity)
        .and_where(variant(product_variant::Column::ProductId).eq(product_id()))
        .and_where(variant(product_variant::Column::Active).eq(true))
        .and_where(Expr::exists(of_variant).not())
        .to_owned();
    let at_product = assigned(Column::Level).eq(AttributeLevel::Product.as_str()).and(Expr::exists(of_product).not());
    let at_variants = assigned(Column::Level).eq(AttributeLevel::Variant.as_str()).and(Expr::exists(bare_variant));
    let of_type = assigned(Column::ProductTypeId).eq(Expr::col((product::Entity, product::Column::ProductTypeId)));
    let attribute = Expr::col((attribute::Entity, attribute::Column::Id)).eq(assigned(Column::AttributeId));
    let mut query = Query::select();
    query.expr_as(product_id(), "product").from(product::Entity);
    select_all(&mut query, attribute::Entity, ATTRIBUTE);
    query
        .inner_join(Entity, of_type.and(assigned(Column::Required).eq(true)))
        .inner_join(attribute::Entity, attribute)
        .and_where(product::Column::Id.in_padded(ids))
        .and_where(at_product.or(at_variants))
        .order_by((Entity, Column::Position), Order::Asc)
        .order_by((attribute::Entity, attribute::Column::Id), Order::Asc)
        .to_owned()
}
