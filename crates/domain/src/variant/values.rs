//! Values of attributes of variants: no two variants of a product have the same.

use crate::attribute::{self, Rules, Values, values_of_variants};
use entity::id::{AttributeId, ProductId, ProductVariantId};
use entity::product;
use entity::product_variant::{Column, Entity};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use souk_core::db::{Subject, Tx};
use souk_core::error::{Code, Error, Fault, Problem, Refusal, Result};

const DOUBLE: &str = "attributes must be unique; another variant of the product has the same.";

/// Locks a product, so that its type and the values of its variants do not change. Refuses if its type is not that of the rules.
pub(super) async fn lock_product(tx: &Tx, id: ProductId, rules: &Rules) -> Result<product::Model> {
    let product = product::Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
    rules.check_type(product.product_type_id)?;
    Ok(product)
}

/// Refuses values that another variant of the product has; the product must be locked. The database judges by a unique index, too, which a
/// merge of choices brings up to date a little later.
pub(super) async fn refuse_double(tx: &Tx, product: ProductId, except: Option<ProductVariantId>, values: &Values) -> Result<()> {
    let Some(combination) = values.combination() else { return Ok(()) };
    let variants: Vec<ProductVariantId> =
        Entity::find().filter(Column::ProductId.eq(product)).select_only().column(Column::Id).into_tuple().all(tx).await?;
    let others: Vec<_> = variants.into_iter().filter(|id| Some(*id) != except).collect();
    let known = values_of_variants(tx, &others).await?;
    if known.values().any(|other| other.combination().as_ref() == Some(&combination)) {
        return Err(double("").into());
    }
    Ok(())
}

/// The problem of values that another variant has; `path` is the prefix of the variant's fields.
pub(super) fn double(path: &str) -> Problem {
    Problem::new(&format!("{path}attributes"), Code::Taken, DOUBLE)
}

/// Whether an operation was refused because another variant has the values.
pub(super) fn is_double(error: &Error) -> bool {
    matches!(error, Error::Refused(Refusal(problems))
        if problems.iter().any(|problem| problem.code == Code::Taken && problem.message == DOUBLE))
}

/// Deletes the values of a product and its variants that do not belong to its new type. The options of variants stay as they are. The
/// product and its variants must be locked.
pub(crate) async fn change_type(tx: &Tx, id: ProductId, at_product: &[AttributeId], at_variants: &[AttributeId]) -> Result<()> {
    tx.changed(Subject::Product(id));
    attribute::keep_of_product(tx, id, at_product).await?;
    if attribute::keep_of_variants(tx, id, at_variants).await? {
        let update = Entity::update_many().col_expr(Column::Combination, Expr::value(None::<String>));
        update.filter(Column::ProductId.eq(id)).exec(tx).await?;
    }
    Ok(())
}
