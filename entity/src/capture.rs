//! Table `captures`.

use crate::prelude::*;

/// Money of a payment that was received. Rows are only inserted, and their fee is filled when it is known.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "captures")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CaptureId,
    pub payment_id: PaymentId,
    /// The store order that the money was received for; absent if it is for the whole order.
    pub store_order_id: Option<StoreOrderId>,
    /// In the currency of the payment.
    pub amount: Minor,
    /// The provider's identifier, unique within the payment; for a manual payment the ID of the store order.
    pub provider_reference: String,
    /// Absent in rows of earlier versions: the marketplace.
    pub collected_by: Option<CollectedBy>,
    /// Fee of the provider; absent until it is known.
    pub fee: Option<Minor>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
