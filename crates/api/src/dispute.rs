//! Disputes.

use crate::context::ContextExt;
use crate::enums::{DisputeBearer, DisputeFunds, DisputeStatus};
use crate::error::Result;
use crate::id;
use crate::loader::loaders;
use crate::money::Money;
use crate::payment::Payment;
use async_graphql::{Context, ID};
use chrono::{DateTime, Utc};
use entity::dispute::Model;
use entity::id::{DisputeId, PaymentId, StoreOrderId};
use entity::money::Minor;
use souk_domain::dispute;
use souk_macros::object;

/// A dispute.
pub struct Dispute(Model);

impl From<Model> for Dispute {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Money of a payment that the buyer claims back at the bank, also called a chargeback.
#[object]
impl Dispute {
    /// ID of the dispute.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Amount that the buyer claims: for a store, its share of the amount; for staff with `MANAGE_FINANCE`, the whole.
    async fn amount(&self, ctx: &Context<'_>) -> Result<Money> {
        let amount = ctx.load_one(AmountKey(self.0.id)).await?.unwrap_or_default();
        Ok(Money::new(amount, self.0.currency))
    }

    /// Current status of the dispute at the payment provider.
    async fn status(&self) -> DisputeStatus {
        self.0.status.into()
    }

    /// What happened to the disputed money.
    async fn funds(&self) -> DisputeFunds {
        self.0.funds.into()
    }

    /// Code of the reason, as the payment provider names it, such as "fraudulent".
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Time until which the marketplace can answer; null if the payment provider does not tell it.
    async fn respond_by(&self) -> Option<DateTime<Utc>> {
        self.0.respond_by
    }

    /// Party that bears the loss.
    async fn bearer(&self) -> DisputeBearer {
        self.0.bearer.into()
    }

    /// Payment that the dispute is about; null if you cannot see the whole order.
    async fn payment(&self, ctx: &Context<'_>) -> Result<Option<Payment>> {
        Payment::load_visible(ctx, self.0.payment_id).await
    }

    row_fields!(self.0: created_at, updated_at);
}

loaders! {
    /// Loads a dispute.
    DisputeKey(DisputeId) => row Model, by dispute::visible;
    /// Loads the amount of a dispute that the viewer may know.
    AmountKey(DisputeId) => value Minor, by dispute::amounts;
    /// Loads the disputes about a payment.
    OfPaymentKey(PaymentId) => value Vec<Model>, by dispute::of_payments;
    /// Loads the disputes in which a store order has a share.
    OfStoreOrderKey(StoreOrderId) => value Vec<Model>, by dispute::of_store_orders;
}

impl Dispute {
    /// Loads a dispute if the viewer may see it.
    pub async fn load_visible(ctx: &Context<'_>, id: DisputeId) -> Result<Option<Self>> {
        Ok(ctx.load_one(DisputeKey(id)).await?.map(Self))
    }

    /// The disputes about a payment that the viewer may see, oldest first.
    pub async fn of_payment(ctx: &Context<'_>, id: PaymentId) -> Result<Vec<Self>> {
        Ok(ctx.load_one(OfPaymentKey(id)).await?.unwrap_or_default().into_iter().map(Self).collect())
    }

    /// The disputes in which a store order has a share that the viewer may see, oldest first.
    pub async fn of_store_order(ctx: &Context<'_>, id: StoreOrderId) -> Result<Vec<Self>> {
        Ok(ctx.load_one(OfStoreOrderKey(id)).await?.unwrap_or_default().into_iter().map(Self).collect())
    }
}
