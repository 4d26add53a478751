//! Adding a user's guest orders to their account, with the downloads that were bought.
//!
//! This coordinates features and owns no table.

use crate::{download, order};
use souk_core::app::App;
use souk_core::auth::Customer;
use souk_core::error::Result;
use souk_core::transact;

/// Adds guest orders with the email address of the account, which must be verified. Orders of other accounts are not changed.
/// Returns the number of added orders; idempotent.
pub async fn claim_guest_orders(app: &App, customer: &Customer) -> Result<u64> {
    let user = customer.user_id();
    let mut total = 0;
    loop {
        let added = transact!(app.db, tx, {
            let orders = order::claim_some(tx, app, user).await?;
            if !orders.is_empty() {
                download::claim(tx, &orders, user).await?;
            }
            Ok(orders.len() as u64)
        })?;
        total += added;
        if added < order::CLAIM_BATCH {
            return Ok(total);
        }
    }
}
