//! The columns of a CSV file: the fixed ones, the attributes of the types of its products, and the names of free options.

use super::selection::Selection;
use crate::product_import::{ATTRIBUTE, COLUMNS, OPTION};
use entity::id::{ProductTypeId, ProductVariantId};
use entity::value::{AttributeLevel, Options};
use entity::{attribute, product, product_type_attribute, product_variant};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::db::InPadded;
use souk_core::error::{Code, Result, refuse};
use std::collections::{BTreeSet, HashMap};

/// Maximum number of names of options.
const MAX_OPTIONS: usize = 200;
/// Variants that are read at once.
const AT_ONCE: u64 = 2000;

/// The columns of a file.
pub(super) struct Columns {
    /// Slugs.
    pub(super) attributes: Vec<String>,
    /// Names.
    pub(super) options: Vec<String>,
    /// Types whose variants have no free options.
    pub(super) with_values: BTreeSet<ProductTypeId>,
}

impl Columns {
    pub(super) async fn load(app: &App, selection: &Selection) -> Result<Self> {
        let query = selection.products().filter(product::Column::ProductTypeId.is_not_null()).select_only();
        let types: Vec<ProductTypeId> =
            query.column(product::Column::ProductTypeId).distinct().into_tuple().all(app.db.read()).await?;
        let assigned =
            product_type_attribute::Entity::find().filter(product_type_attribute::Column::ProductTypeId.in_padded(&types));
        let assigned = assigned.order_by_asc(product_type_attribute::Column::Position).all(app.db.read()).await?;
        let ids: BTreeSet<_> = assigned.iter().map(|row| row.attribute_id).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let rows = attribute::Entity::find().filter(attribute::Column::Id.in_padded(&ids)).all(app.db.read()).await?;
        let slugs: HashMap<_, _> = rows.into_iter().map(|row| (row.id, row.slug)).collect();
        let mut attributes: Vec<String> = Vec::new();
        for slug in assigned.iter().filter_map(|row| slugs.get(&row.attribute_id)) {
            if !attributes.contains(slug) {
                attributes.push(slug.clone());
            }
        }
        let of_variants = assigned.iter().filter(|row| row.level == AttributeLevel::Variant);
        let with_values = of_variants.map(|row| row.product_type_id).collect();
        let mut columns = Self { attributes, options: Vec::new(), with_values };
        columns.load_options(app, selection).await?;
        Ok(columns)
    }

    async fn load_options(&mut self, app: &App, selection: &Selection) -> Result<()> {
        use product_variant::{Column, Entity};
        let mut after: Option<ProductVariantId> = None;
        loop {
            let query = Entity::find().filter(Column::StoreId.eq(selection.store_id)).inner_join(product::Entity);
            let query = after.map_or(query.clone(), |after| query.filter(Column::Id.gt(after)));
            let rows: Vec<(ProductVariantId, Options, Option<ProductTypeId>)> = query
                .filter(selection.condition())
                .select_only()
                .column(Column::Id)
                .column(Column::Options)
                .column(product::Column::ProductTypeId)
                .order_by_asc(Column::Id)
                .limit(AT_ONCE)
                .into_tuple()
                .all(app.db.read())
                .await?;
            let Some((last, _, _)) = rows.last() else { return Ok(()) };
            after = Some(*last);
            let free = rows.iter().filter(|(_, _, id)| !id.is_some_and(|id| self.with_values.contains(&id)));
            let names: Vec<_> = free.flat_map(|(_, options, _)| &options.0).map(|option| option.name.clone()).collect();
            for name in names {
                if !self.options.contains(&name) {
                    self.options.push(name);
                }
            }
            if self.options.len() > MAX_OPTIONS {
                let message =
                    format!("The products have more than {MAX_OPTIONS} names of options, each a column; export them as JSONL.");
                return refuse("format", Code::LimitReached, message);
            }
        }
    }

    pub(super) fn header(&self) -> Vec<String> {
        let fixed = COLUMNS.iter().map(|(name, _)| (*name).to_owned());
        let attributes = self.attributes.iter().map(|slug| format!("{ATTRIBUTE}{slug}"));
        fixed.chain(attributes).chain(self.options.iter().map(|name| format!("{OPTION}{name}"))).collect()
    }
}
