//! Changes of rows that have a version, for optimistic locking, and the time of the last change.

use sea_orm::prelude::{DateTimeUtc, Expr};
use sea_orm::{ActiveValue, EntityTrait, ExprTrait, UpdateMany, Value};

/// A row with a version.
pub trait Versioned {
    /// Increments the version, and sets the time of the last change.
    fn touch(&mut self, now: DateTimeUtc);
}

/// A table whose rows have a version.
pub trait VersionedTable: EntityTrait {
    /// Starts an update that increments the version, and sets the time of the last change.
    fn touch_many(now: DateTimeUtc) -> UpdateMany<Self>;
}

/// Sets a column if there is a new value for it.
pub fn put<T: Clone + Into<Value>>(column: &mut ActiveValue<T>, value: &Option<T>) {
    if let Some(value) = value {
        *column = ActiveValue::Set(value.clone());
    }
}

macro_rules! versioned {
    ($($table:ident)*) => {$(
        impl Versioned for crate::$table::Model {
            fn touch(&mut self, now: DateTimeUtc) {
                self.version = self.version.saturating_add(1);
                self.updated_at = now;
            }
        }

        impl Versioned for crate::$table::ActiveModel {
            fn touch(&mut self, now: DateTimeUtc) {
                let version = self.version.take().unwrap_or_default();
                self.version = ActiveValue::Set(version.saturating_add(1));
                self.updated_at = ActiveValue::Set(now);
            }
        }

        impl VersionedTable for crate::$table::Entity {
            fn touch_many(now: DateTimeUtc) -> UpdateMany<Self> {
                use crate::$table::Column;
                Self::update_many()
                    .col_expr(Column::Version, Expr::col(Column::Version).add(1))
                    .col_expr(Column::UpdatedAt, Expr::value(now))
            }
        }
    )*};
}

versioned! {
    attribute
    cart
    category
    checkout
    dispute
    order
    payment
    product
    product_type
    product_variant
    refund
    review
    search_synonym
    shipping_method
    store
    store_order
    tax_rate
    user
}
