//! Attributes, their choices, and the values that products and variants have of them.

mod check;
mod choice;
mod combine;
mod merge;
mod number;
mod read;
mod rules;
mod shown;
mod usage;
mod value;
mod write;

pub use choice::{ChoicePatch, NewChoice, add_choices, delete_choice, reorder_choices, update_choice};
pub use combine::Alternatives;
pub use merge::merge_choices;
pub use number::{MAX_DECIMALS, MAX_NUMBER, format_date, format_number, parse_date, parse_number};
pub use read::{by_ids, by_slug, choices_by_ids, choices_of, count, count_choices, list};
pub use shown::{Shown, incomplete, of_products, of_variants};
pub use value::{NewValue, Values, combination_of_choices};
pub use write::{AttributePatch, NewAttribute, create, delete, update};

pub(crate) use combine::combinations;
pub(crate) use rules::{ATTEMPTS, Rules, check_same, is_outdated};
pub(crate) use shown::{product_values, values_of_variants, variant_values, written};
pub(crate) use usage::{Of, products_have, products_with, retire_slug, retired, retired_problem};
pub(crate) use value::{
    insert_of_product, insert_of_variant, keep_of_product, keep_of_variants, save_of_product, save_of_variant,
};
pub(crate) use write::lock_all;

use entity::id::{AttributeId, ProductId};
use entity::value::AttributeInputType;
use serde::{Deserialize, Serialize};

/// Attributes of the marketplace.
pub const MAX_ATTRIBUTES: u64 = 500;
/// Choices of an attribute.
pub const MAX_CHOICES: usize = 1_000;
/// Attributes of a product type.
pub const MAX_OF_TYPE: usize = 50;
/// Attributes of a product type that distinguish its variants.
pub const MAX_OF_VARIANTS: usize = 5;
/// Choices that a value of MULTI_CHOICE has.
pub const MAX_CHOICES_OF_VALUE: usize = 20;

/// Whether variants can be distinguished by an attribute of this kind.
pub fn fits_variants(input_type: AttributeInputType) -> bool {
    matches!(input_type, AttributeInputType::Choice | AttributeInputType::Number | AttributeInputType::Boolean)
}

/// Writes the options of the variants with a value of an attribute again, after the attribute or a choice was renamed, or choices were
/// merged. `variant` runs it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RewriteOptions {
    pub attribute_id: AttributeId,
    /// Products with higher IDs only: each run does some, and enqueues the next.
    pub after: Option<ProductId>,
}
