//! The type of a product that is changed, and its values of attributes.

use crate::attribute::{self, NewValue, Rules, Values};
use crate::variant;
use entity::id::{ProductId, ProductTypeId, ProductVariantId};
use entity::product::{ActiveModel, Column, Entity};
use entity::value::AttributeLevel;
use entity::{product_attribute_value, product_variant};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::StoreStaff;
use souk_core::check::Check;
use souk_core::db::{Tx, lock_in_order};
use souk_core::error::{Code, Fault, Result};
use std::sync::Arc;

/// What a patch says about them.
pub(super) struct NewType<'a> {
    pub(super) product_type: Option<Option<ProductTypeId>>,
    pub(super) values: Option<&'a [NewValue]>,
}

/// A change of the type or the values, checked by the rules of the type that the product has after it.
pub(crate) struct TypeChange {
    rules: Arc<Rules>,
    /// Before the change.
    former: Option<ProductTypeId>,
    /// All new values; `None` if they are left as they are.
    values: Option<Values>,
}

impl TypeChange {
    /// Of values that were checked by the rules of the type that the product is to have; `former` is its present one.
    pub(crate) fn new(rules: Arc<Rules>, former: Option<ProductTypeId>, values: Option<Values>) -> Self {
        Self { rules, former, values }
    }

    /// Adds the problems of new values; of missing ones, too, if the values are left as they are.
    pub(super) async fn check(
        app: &App,
        staff: &StoreStaff,
        id: ProductId,
        new: &NewType<'_>,
        check: &mut Check,
    ) -> Result<Self> {
        let query = Entity::find_by_id(id).filter(Column::StoreId.eq(staff.store_id()));
        let found: Option<Option<ProductTypeId>> =
            query.select_only().column(Column::ProductTypeId).into_tuple().one(app.db.read()).await?;
        let former = found.ok_or(Fault::NotFound)?;
        let given: Vec<_> = new.values.iter().copied().flatten().collect();
        let Some(rules) = Rules::load(app.db.read(), new.product_type.unwrap_or(former), &given).await? else {
            check.problem("productTypeId", Code::NotFound, "The product type does not exist.");
            return Ok(Self { rules: Arc::default(), former, values: None });
        };
        let values = match new.values {
            Some(values) => Some(rules.check(check, "attributes", AttributeLevel::Product, values)),
            None => {
                Self::check_present(app, id, &rules, check).await?;
                None
            }
        };
        Ok(Self { rules: Arc::new(rules), former, values })
    }

    /// The values that are kept must be complete.
    async fn check_present(app: &App, id: ProductId, rules: &Rules, check: &mut Check) -> Result<()> {
        use product_attribute_value::{Column, Entity};
        if !rules.of_level(AttributeLevel::Product).any(|assigned| assigned.required) {
            return Ok(());
        }
        let query = Entity::find().filter(Column::ProductId.eq(id)).select_only().column(Column::AttributeId).distinct();
        rules.check_required(check, "attributes", AttributeLevel::Product, &query.into_tuple::<_>().all(app.db.read()).await?);
        Ok(())
    }

    /// Locks the type, its attributes and, if the type changes, the variants; before the product is locked.
    pub(super) async fn lock(&self, tx: &Tx, id: ProductId) -> Result<()> {
        self.rules.confirm(tx).await?;
        if self.changes_type() {
            let variants = product_variant::Entity::find().filter(product_variant::Column::ProductId.eq(id));
            let _: Vec<ProductVariantId> = lock_in_order(tx, variants, product_variant::Column::Id).await?;
        }
        Ok(())
    }

    /// Writes the values of a locked product, and sets its type. The pair is its ID and its present type.
    pub(super) async fn apply(
        &self,
        tx: &Tx,
        (id, present): (ProductId, Option<ProductTypeId>),
        active: &mut ActiveModel,
    ) -> Result<()> {
        attribute::check_same(self.former, present)?;
        if self.changes_type() {
            let [product, variants] =
                [AttributeLevel::Product, AttributeLevel::Variant].map(|level| self.rules.ids_of_level(level));
            variant::change_type(tx, id, &product, &variants).await?;
            active.product_type_id = Set(self.rules.type_id());
        }
        if let Some(values) = &self.values {
            attribute::save_of_product(tx, id, values).await?;
        }
        Ok(())
    }

    fn changes_type(&self) -> bool {
        self.former != self.rules.type_id()
    }
}
