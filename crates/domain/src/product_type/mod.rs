//! Product types: kinds of products, each with the attributes that its products have.

mod assign;
mod read;
mod write;

pub use assign::NewAssignment;
pub use read::{Assignment, attributes_of, by_ids, by_slug, count, list};
pub use write::{NewProductType, ProductTypePatch, create, delete, update};

/// Product types of the marketplace.
pub const MAX_TYPES: u64 = 200;
