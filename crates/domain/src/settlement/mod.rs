//! Settlement: applies the answers of payment providers. Answers to calls and look-ups, and webhooks, all pass through [`settle`].
//!
//! If a payment fails, its order becomes FAILED: the stock is restored, the lines return to the cart and the checkout is open
//! again, so that the buyer can complete it with a new idempotency key, which makes a new order. If its money arrives late, the order
//! is confirmed after all if that is still possible; otherwise the money is refunded.
//!
//! This coordinates features and owns no table. It locks rows in the order of `docs/LOCKS.md`, decides what follows, and calls
//! payments, orders (which restore their stock), checkouts and carts; each writes its own tables only.

mod call;
mod cancel;
mod capture;
mod confirm;
mod reconcile;
mod reopen;
mod replace;
mod revive;
mod settle;

pub(crate) use call::call_provider;
pub(crate) use cancel::cancel_pending;
pub use confirm::confirm;
pub(crate) use replace::replace_payment;
pub use settle::settle;
pub(crate) use settle::settle_locked;
