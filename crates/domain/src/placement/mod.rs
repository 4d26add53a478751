//! Placing orders: a checkout becomes an order with a payment, and is completed again with another payment method.
//!
//! This coordinates features and owns no table: carts, checkouts, orders, payments and stock are written by their own features.

mod another_method;
mod complete;
mod draft;
mod input;
mod place;
mod replay;
mod rows;

pub use complete::complete;
pub use input::{Complete, Completed};
