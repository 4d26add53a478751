//! Changes of rows that have a version, for optimistic locking, and the time of the last change.

use sea_orm::prelude::DateTimeUtc;
use sea_orm::{ActiveValue, Value};

/// A row with a version.
pub trait Versioned {
    /// Increments the version, and sets the time of the last change.
    fn touch(&mut self, now: DateTimeUtc);
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
    )*};
}

versioned! {
    cart
    category
    checkout
    order
    payment
    product
    product_variant
    review
    shipping_method
    store
    store_order
    tax_rate
    user
}
