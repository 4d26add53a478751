//! Table `provider_events`.

use crate::prelude::*;

/// An event that a payment provider sent by a webhook, with a valid signature.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "provider_events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProviderEventId,
    pub provider: PaymentProvider,
    /// The provider's account that the event belongs to; empty for the marketplace's own.
    pub account: String,
    /// The provider's identifier of the event.
    pub event_id: String,
    /// The provider's name of the kind, such as `payment_intent.succeeded`.
    pub kind: String,
    /// The provider's identifier of the payment; absent if nothing follows from the kind.
    pub reference: Option<String>,
    /// ID of the payment that the event names; not verified, as other systems can use the same account of the provider.
    pub payment_id: Option<PaymentId>,
    /// The raw body, which contains personal data; empty after 90 days.
    pub body: String,
    /// Time at which the body is emptied; absent if it is empty.
    pub body_expires_at: Option<DateTimeUtc>,
    pub status: ProviderEventStatus,
    /// Why it was not processed.
    pub error: Option<String>,
    pub received_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
