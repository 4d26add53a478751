//! Lists of values in statements.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Value};

/// Membership in a list of any length, with few different statements.
pub trait InPadded: ColumnTrait {
    /// As `is_in`. The list is filled up to a power of two by repeating its last item: a connection keeps the plans of a hundred
    /// statements, and lists of every length would each be another one.
    #[allow(clippy::disallowed_methods, reason = "the only place that binds lists")]
    fn in_padded<V: Into<Value> + Clone>(&self, values: &[V]) -> Expr {
        let Some(last) = values.last() else { return self.is_in(Vec::<V>::new()) };
        let length = values.len().next_power_of_two();
        self.is_in(values.iter().chain(std::iter::repeat(last)).take(length).cloned())
    }
}

impl<C: ColumnTrait> InPadded for C {}
