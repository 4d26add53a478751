//! Product reviews, and the rating summaries of products and stores.
//!
//! A change of a review locks the store, then the product, then the review, so that the summaries are exact under concurrency.

mod moderation;
mod policy;
mod read;
mod summary;
mod write;

pub use moderation::{reply, set_status};
pub use policy::reviewable;
pub use read::{Sort, count, count_of_customer, count_of_store, list, of_customer, of_products, of_stores, visible};
pub(crate) use summary::subtract_product;
pub use write::{NewReview, ReviewPatch, create, delete, update};
