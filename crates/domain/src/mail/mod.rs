//! Mails: written down with their cause, put together and sent when the job runs.

mod email;
mod sums;
mod template;

use entity::id::{OneTimeTokenId, OrderId, StoreInvitationId, StoreOrderId};
use entity::value::OrderStatus;
use serde::{Deserialize, Serialize};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::db::Tx;
use souk_core::error::Result;
use souk_core::job::{Enqueue, Job, JobError, enqueue as enqueue_job};

/// A mail, by the IDs of what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Mail {
    /// The link that proves an address, sets a new password or confirms a new address; which of them, the token's row says. The
    /// token is made when the mail is written: the table of jobs holds nothing that could be used.
    AccountLink {
        /// Of the row.
        token_id: OneTimeTokenId,
    },
    /// To the old address: another one is to take its place.
    EmailChangeRequested {
        /// The change.
        change_id: OneTimeTokenId,
    },
    /// To the old address: another one has taken its place.
    EmailChanged {
        /// The change.
        change_id: OneTimeTokenId,
    },
    /// To the buyer: what was ordered.
    OrderConfirmation {
        /// The order.
        order_id: OrderId,
    },
    /// To the buyer: a store's part of an order moved on.
    StoreOrderStatus {
        /// The store's part.
        store_order_id: StoreOrderId,
        /// Where it stands since then.
        status: OrderStatus,
    },
    /// To the store: something is to be sent.
    NewStoreOrder {
        /// The store's part.
        store_order_id: StoreOrderId,
    },
    /// To the buyer: some of a store's part of an order was cancelled.
    LinesCancelled {
        /// The store's part.
        store_order_id: StoreOrderId,
        /// Its version after that; tells two such mails apart.
        version: i32,
    },
    /// To the store: its part of an order, or some of it, was cancelled.
    StoreOrderCancelled {
        /// The store's part.
        store_order_id: StoreOrderId,
        /// Its version after that; tells two such mails apart.
        version: i32,
    },
    /// To an invited address: an invitation to work for a store. The token is made when the mail is written.
    StoreInvitation {
        /// The invitation.
        invitation_id: StoreInvitationId,
    },
}

impl Mail {
    /// Names the mail among all: one that arrives twice, because a job ran twice, can be recognised.
    fn name(self) -> String {
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
            Self::StoreInvitation { invitation_id } => invitation_id.to_string(),
        }
    }
}

/// Writes a mail down in the transaction of its cause.
pub async fn enqueue(tx: &Tx, app: &App, mail: Mail) -> Result<()> {
    enqueue_job(tx, &app.clock, &SendMail { mail }, Enqueue::default()).await
}

/// Puts a mail together from what the rows say now, and sends it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SendMail {
    /// Which.
    pub mail: Mail,
}

impl Job for SendMail {
    const KIND: &'static str = "mail.send";

    async fn run(&self, app: &App, _system: &System, _attempt: i32) -> Result<(), JobError> {
        // Nothing to send where what it was about is gone or the link has run out.
        let Some(letter) = email::compose(app, self.mail).await? else { return Ok(()) };
        app.mailer
            .send(&letter)
            .await
            .map_err(|error| if error.permanent { JobError::never(error.message) } else { JobError::later(error.message) })
    }
}
