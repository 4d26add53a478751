//! Checkouts: carts in the process of becoming orders.

mod another_method;
mod cart_snapshot;
mod complete;
mod draft;
mod edit;
mod estimate;
mod guest;
mod input;
mod place;
mod quote;
mod quoted;
mod read;
mod ready;
mod replay;
mod rows;
mod scope;
mod unpaid;

pub use complete::complete;
pub use edit::{CheckoutPatch, Choice, NewCheckout, PricedCheckout, create, update};
pub use estimate::{Estimate, StoreEstimate, estimate};
pub use input::{Complete, Completed, MAX_KEY_LENGTH};
pub use quote::of as quote;
pub use quoted::{Quote, QuotedLine, QuotedStoreOrder};
pub use read::{cart, find, order, payment_providers, problems, token};
pub use unpaid::delete_old_locks as delete_old_buyer_locks;
