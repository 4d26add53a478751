//! Notes on orders and store orders, by stores and staff: internal ones, and ones that the buyer sees.

mod create;
mod erase;
mod read;

pub use create::{NewNote, create_for_order, create_for_store_order};
pub(crate) use erase::erase;
pub use read::{of_orders, of_store_orders, visible};
