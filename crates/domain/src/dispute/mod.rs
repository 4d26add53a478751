//! Disputes: money that buyers claim back at their banks.
//!
//! They are recorded when a provider reports them. When it withdraws the money, what stores earned with it is held, until the dispute is
//! won or lost. Who bears a loss is decided by the setting at the time when the dispute is recorded.

mod post;
mod read;
mod record;
mod status;

pub use read::{amounts, of_payments, of_store_orders, visible};
pub(crate) use record::take_in;
