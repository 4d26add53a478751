//! Merging a choice into another one, such as "Grey" into "Gray".

use crate::attribute::choice::{lock_choice, remove};
use crate::attribute::shown::values_of_variants;
use crate::attribute::usage::{Of, products_have, products_of};
use crate::attribute::value::combination;
use crate::attribute::write::rewrite_options;
use entity::attribute_choice::{Entity, Model};
use entity::id::{AttributeChoiceId, ProductId, ProductVariantId};
use entity::{product_attribute_value, variant_attribute_value};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::Staff;
use souk_core::auth::permissions::ManageProducts;
use souk_core::db::{InPadded, Subject, SubjectKind, Tx};
use souk_core::error::{Code, Fault, Result, refuse};
use souk_core::transact;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Products that are announced one by one; if there are more, all products are.
const MOST_ANNOUNCED: usize = 1_000;
/// IDs per statement.
const BATCH: usize = 500;

/// Replaces a choice by another one of the same attribute in all products and variants, and deletes it.
pub async fn merge_choices(
    app: &App,
    _staff: &Staff<ManageProducts>,
    from: AttributeChoiceId,
    into: AttributeChoiceId,
) -> Result<Model> {
    if from == into {
        return refuse("intoId", Code::Invalid, "intoId must be another choice than fromId.");
    }
    transact!(app.db, tx, {
        let (attribute, row) = match lock_choice(tx, from).await {
            Err(souk_core::error::Error::Fault(Fault::NotFound)) => {
                return refuse("fromId", Code::NotFound, "The choice does not exist.");
            }
            other => other?,
        };
        let Some(target) = Entity::find_by_id(into).one(tx).await? else {
            return refuse("intoId", Code::NotFound, "The choice does not exist.");
        };
        if target.attribute_id != attribute.id {
            let message =
                format!("Both choices must be of one attribute; {} is not a choice of {}.", target.slug, attribute.slug);
            return refuse("intoId", Code::Invalid, message);
        }
        let alike = alike(tx, from, into).await?;
        if alike > 0 {
            let message = format!(
                "{} variants that differ only in {} and {}; change or delete those variants first.",
                products_have(alike),
                row.slug,
                target.slug
            );
            return refuse("fromId", Code::InUse, message);
        }
        announce(tx, from).await?;
        replace(tx, from, into).await?;
        rewrite_options(tx, app, attribute.id).await?;
        remove(tx, app, attribute, &row).await?;
        Ok(target)
    })
}

async fn announce(tx: &Tx, from: AttributeChoiceId) -> Result<()> {
    let products = products(tx, from).await?;
    if products.len() > MOST_ANNOUNCED {
        tx.changed(Subject::All(SubjectKind::Product));
    } else {
        products.into_iter().for_each(|id| tx.changed(Subject::Product(id)));
    }
    Ok(())
}

async fn products(db: &impl ConnectionTrait, choice: AttributeChoiceId) -> Result<BTreeSet<ProductId>> {
    let mut found = BTreeSet::new();
    for query in products_of(Of::Choice(choice)) {
        for row in db.query_all(&query).await? {
            found.insert(row.try_get_by_index::<ProductId>(0)?);
        }
    }
    Ok(found)
}

async fn replace(tx: &Tx, from: AttributeChoiceId, into: AttributeChoiceId) -> Result<()> {
    {
        use product_attribute_value::{Column, Entity};
        let with = |choice| Entity::find().select_only().column(Column::ProductId).filter(Column::ChoiceId.eq(choice));
        let had: HashSet<ProductId> = with(into).into_tuple().all(tx).await?.into_iter().collect();
        let both: Vec<ProductId> = with(from).into_tuple().all(tx).await?;
        let both: Vec<_> = both.into_iter().filter(|id| had.contains(id)).collect();
        for ids in both.chunks(BATCH) {
            let doubles = Entity::delete_many().filter(Column::ChoiceId.eq(from)).filter(Column::ProductId.in_padded(ids));
            doubles.exec(tx).await?;
        }
        let update = Entity::update_many().col_expr(Column::ChoiceId, Expr::value(into)).filter(Column::ChoiceId.eq(from));
        update.exec(tx).await?;
    }
    use variant_attribute_value::{Column, Entity};
    let update = Entity::update_many().col_expr(Column::ChoiceId, Expr::value(into)).filter(Column::ChoiceId.eq(from));
    update.exec(tx).await?;
    Ok(())
}

/// Number of products with variants that would have the same values after the merge.
async fn alike(tx: &Tx, from: AttributeChoiceId, into: AttributeChoiceId) -> Result<u64> {
    use variant_attribute_value::{Column, Entity};
    let with = |choice| Entity::find().select_only().column(Column::ProductId).filter(Column::ChoiceId.eq(choice)).distinct();
    let had: HashSet<ProductId> = with(into).into_tuple().all(tx).await?.into_iter().collect();
    let both: Vec<ProductId> = with(from).into_tuple().all(tx).await?;
    let both: Vec<_> = both.into_iter().filter(|id| had.contains(id)).collect();
    let mut count = 0;
    for ids in both.chunks(BATCH) {
        let query = Entity::find().filter(Column::ProductId.in_padded(ids)).select_only();
        let pairs: Vec<(ProductVariantId, ProductId)> =
            query.columns([Column::VariantId, Column::ProductId]).distinct().into_tuple().all(tx).await?;
        let products: HashMap<_, _> = pairs.into_iter().collect();
        let variants: Vec<_> = products.keys().copied().collect();
        let mut seen = HashSet::new();
        let mut doubled = HashSet::new();
        for (variant, mut values) in values_of_variants(tx, &variants).await? {
            for cell in values.0.iter_mut().flat_map(|value| &mut value.cells).filter(|cell| cell.choice_id == Some(from)) {
                cell.choice_id = Some(into);
            }
            let Some(product) = products.get(&variant) else { continue };
            let key = combination(values.0.iter().flat_map(|value| value.cells.iter().map(|cell| (value.attribute_id, cell))));
            if !seen.insert((*product, key)) {
                doubled.insert(*product);
            }
        }
        count += u64::try_from(doubled.len()).unwrap_or(u64::MAX);
    }
    Ok(count)
}
