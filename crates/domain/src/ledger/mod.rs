//! The ledger: every movement of money as entries of two accounts, which are never changed.
//!
//! Money that is received becomes what the marketplace owes to stores, less its commission; refunds reverse that. No balance is
//! stored: it is the sum of entries. The feature owns the tables of the ledger and the earnings of stores, and depends on no other.

mod account;
mod balance;
pub mod download;
mod earning;
mod invariant;
mod list;
mod post;
mod posted;
mod sale;
mod statement;

pub use account::Account;
pub(crate) use balance::payable;
pub use balance::{StoreBalance, of_store};
pub(crate) use earning::release;
pub use earning::visible_earnings;
pub use invariant::{Violation, record_violations, violations};
pub use list::{TransactionFilter, accounts, count_transactions, entries, transactions, visible};
pub use post::{Earner, NewTransaction, Posting, post};
pub(crate) use posted::postings_of;
pub(crate) use sale::{Terms, adjust, earner, sale, shipping_gross, unrefunded_shipping};
pub use statement::{Period, Statement, count, lines, statement};

use souk_core::job::Registry;

/// Adds the periodic tasks of the feature.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with_periodic_task("daily balances of the ledger", |app, system| Box::pin(balance::add_up(app, system)))
        .with_periodic_task("invariants of the ledger", |app, system| Box::pin(invariant::check(app, system)))
}
