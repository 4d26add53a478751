//! The kinds of emails.

use entity::id::{OneTimeTokenId, OrderId, OrderNoteId, ProductVariantId, StoreInvitationId, StoreOrderId};
use entity::value::OrderStatus;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A mail, by the IDs of its subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Mail {
    /// A link that verifies an address, resets the password or confirms a new address, depending on the token's row. The token is
    /// created when the mail is rendered, so the table of jobs contains nothing usable.
    AccountLink { token_id: OneTimeTokenId },
    /// To the old address: a change to another address was requested.
    EmailChangeRequested { change_id: OneTimeTokenId },
    /// To the old address: the address was changed.
    EmailChanged { change_id: OneTimeTokenId },
    /// To the buyer: the order.
    OrderConfirmation { order_id: OrderId },
    /// To the buyer: a new status of a store order.
    StoreOrderStatus { store_order_id: StoreOrderId, status: OrderStatus },
    /// To the store: a new store order.
    NewStoreOrder { store_order_id: StoreOrderId },
    /// To the buyer: lines of a store order were cancelled.
    LinesCancelled {
        store_order_id: StoreOrderId,
        /// Version of the store order after the change; distinguishes repeated mails.
        version: i32,
    },
    /// To the store: a store order, or lines of it, were cancelled.
    StoreOrderCancelled {
        store_order_id: StoreOrderId,
        /// Version of the store order after the change; distinguishes repeated mails.
        version: i32,
    },
    /// To the buyer: a note on the order.
    OrderNote { note_id: OrderNoteId },
    /// To the store: the stock of a variant became low.
    LowStock {
        variant_id: ProductVariantId,
        /// Threshold that the stock fell to or below.
        threshold: i32,
        /// The stock after that.
        left: i32,
        /// Distinguishes the mails of one variant.
        alert_id: Uuid,
    },
    /// To an invited address: a store invitation. The token is created when the mail is rendered.
    StoreInvitation { invitation_id: StoreInvitationId },
}

impl Mail {
    /// Unique name of the mail for its Message-ID, so that a mail that is sent twice, as its job ran twice, can be recognised.
    pub(super) fn name(self) -> String {
        match self {
            Self::AccountLink { token_id } => token_id.to_string(),
            Self::EmailChangeRequested { change_id } => format!("{change_id}.requested"),
            Self::EmailChanged { change_id } => format!("{change_id}.changed"),
            Self::OrderConfirmation { order_id } => format!("{order_id}.confirmation"),
            Self::StoreOrderStatus { store_order_id, status } => {
                format!("{store_order_id}.{}", status.as_str().to_ascii_lowercase())
            }
            Self::NewStoreOrder { store_order_id } => format!("{store_order_id}.new"),
            Self::LinesCancelled { store_order_id, version } => format!("{store_order_id}.{version}.lines-cancelled"),
            Self::StoreOrderCancelled { store_order_id, version } => format!("{store_order_id}.{version}.store-cancelled"),
            Self::OrderNote { note_id } => note_id.to_string(),
            Self::LowStock { variant_id, alert_id, .. } => format!("{variant_id}.{}.low-stock", alert_id.simple()),
            Self::StoreInvitation { invitation_id } => invitation_id.to_string(),
        }
    }
}
