//! Values of checkouts.

use super::{json_lists, stored_enums};
use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

stored_enums! {
    $
    /// Status of a checkout.
    CheckoutStatus in checkout_status {
        /// Can be changed and completed.
        Open = "OPEN",
        /// An order was made from it.
        Completed = "COMPLETED",
    }
}

json_lists! {
    /// Country codes (ISO 3166-1 alpha-2).
    Countries(String);
}

/// Shipping method that was chosen for each store: ID of the store to ID of the method.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct ShippingChoices(pub BTreeMap<Uuid, Uuid>);
