//! The products of an export.

use crate::attribute::Shown;
use entity::id::{CategoryId, ProductVariantId, StoreId};
use entity::value::ProductStatus;
use entity::{product, product_image, product_variant};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Select};
use souk_core::db::InPadded;
use std::collections::HashMap;

/// Which products are exported.
pub(super) struct Selection {
    pub(super) store_id: StoreId,
    /// All if empty.
    pub(super) statuses: Vec<ProductStatus>,
    pub(super) category_id: Option<CategoryId>,
}

impl Selection {
    pub(super) fn condition(&self) -> Condition {
        let mut condition = Condition::all().add(product::Column::StoreId.eq(self.store_id));
        if !self.statuses.is_empty() {
            condition = condition.add(product::Column::Status.in_padded(&self.statuses));
        }
        condition.add_option(self.category_id.map(|category| product::Column::CategoryId.eq(category)))
    }

    pub(super) fn products(&self) -> Select<product::Entity> {
        product::Entity::find().filter(self.condition())
    }
}

/// A product with what its lines show.
pub(super) struct Exported {
    pub(super) row: product::Model,
    pub(super) type_slug: Option<String>,
    pub(super) category_slug: Option<String>,
    pub(super) variants: Vec<product_variant::Model>,
    pub(super) values: Vec<Shown>,
    pub(super) values_of_variants: HashMap<ProductVariantId, Vec<Shown>>,
    pub(super) images: Vec<product_image::Model>,
}
