//! Payments.

use crate::context::ContextExt;
use crate::cost;
use crate::decode;
use crate::dispute::Dispute;
use crate::enums::{PaymentProvider, PaymentStatus};
use crate::error::Result;
use crate::error::{UserError, split};
use crate::id;
use crate::loader::loaders;
use crate::money::Money;
use crate::order::Order;
use crate::refund::Refund;
use crate::store_order::StoreOrder;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::capture;
use entity::id::{OrderId, PaymentId};
use entity::money::CurrencyCode;
use entity::payment::Model;
use entity::value::PaymentProvider as Stored;
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_domain::{payment, settlement};
use souk_macros::{object, root_object};

/// A payment.
pub struct Payment(pub Model);

impl From<Model> for Payment {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Payment for an order that was requested from the buyer.
#[object]
impl Payment {
    /// ID of the payment.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Current status of the payment.
    async fn status(&self) -> PaymentStatus {
        self.0.status.into()
    }

    /// Payment provider that processes the payment.
    async fn provider(&self) -> PaymentProvider {
        self.0.provider.into()
    }

    /// Requested amount of the payment.
    async fn amount(&self) -> Money {
        Money::new(self.0.amount, self.0.currency)
    }

    /// Amount that the buyer owes: the requested amount without the items that were cancelled.
    async fn amount_due(&self) -> Money {
        Money::new(self.0.amount_due(), self.0.currency)
    }

    /// Amount that is authorized, that is, promised by the buyer or the bank, and not captured yet.
    async fn authorized_amount(&self) -> Money {
        Money::new(self.0.authorized_amount, self.0.currency)
    }

    /// Time at which the authorization lapses; null if there is none, or the time is not known.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// Captures of the payment, oldest first.
    #[graphql(directive = cost::ListOf::apply(1))]
    async fn captures(&self, ctx: &Context<'_>) -> Result<Vec<PaymentCapture>> {
        let rows = ctx.load_one(CapturesKey(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(|row| PaymentCapture { row, currency: self.0.currency }).collect())
    }

    /// Refunds of the payment, oldest first.
    #[graphql(directive = cost::ListOf::apply(1))]
    async fn refunds(&self, ctx: &Context<'_>) -> Result<Vec<Refund>> {
        Refund::of_payment(ctx, self.0.id).await
    }

    /// Disputes about the payment, oldest first, for staff with `MANAGE_FINANCE` and for owners of stores whose earnings are held because
    /// of them. Empty for all other callers, such as the buyer.
    #[graphql(directive = cost::ListOf::apply(1))]
    async fn disputes(&self, ctx: &Context<'_>) -> Result<Vec<Dispute>> {
        Dispute::of_payment(ctx, self.0.id).await
    }

    /// Amount that can still be refunded.
    async fn refundable_amount(&self) -> Money {
        Money::new(self.0.refundable(), self.0.currency)
    }

    /// Amount that was returned to the buyer.
    async fn refunded_amount(&self) -> Money {
        Money::new(self.0.refunded_amount, self.0.currency)
    }

    /// Amount that was captured, that is, received from the buyer.
    async fn captured_amount(&self) -> Money {
        Money::new(self.0.captured_amount, self.0.currency)
    }

    /// Reason why the payment failed; null if it did not fail.
    async fn failure_reason(&self) -> Option<&str> {
        self.0.failure_reason.as_deref()
    }

    row_fields!(self.0: created_at, updated_at);
}

/// A capture with the currency of its payment.
pub struct PaymentCapture {
    row: capture::Model,
    currency: CurrencyCode,
}

/// Money of a payment that was received from the buyer.
#[Object]
impl PaymentCapture {
    /// Amount that was received from the buyer.
    async fn amount(&self) -> Money {
        Money::new(self.row.amount, self.currency)
    }

    /// Store order that the money was received for; null if it is for the whole order.
    async fn store_order(&self, ctx: &Context<'_>) -> Result<Option<StoreOrder>> {
        match self.row.store_order_id {
            Some(id) => StoreOrder::load_optional(ctx, id).await,
            None => Ok(None),
        }
    }

    /// Time at which the capture was recorded.
    async fn created_at(&self) -> DateTime<Utc> {
        self.row.created_at
    }
}

/// Payment provider that a checkout can be completed with.
#[derive(SimpleObject, Clone, Debug, PartialEq, Eq)]
pub struct OfferedPaymentProvider {
    /// Provider to pass to `checkoutComplete` as `paymentProvider`.
    pub provider: PaymentProvider,
    /// English name to show to buyers, such as "Cash on delivery or bank transfer".
    pub display_name: String,
}

impl OfferedPaymentProvider {
    pub fn new(app: &App, provider: Stored) -> Self {
        Self { provider: provider.into(), display_name: app.payments.display_name(provider).to_owned() }
    }
}

/// How the buyer confirms a payment that requires action.
#[derive(SimpleObject, Clone, Debug)]
pub struct PaymentConfirmation {
    /// URL of the provider's page to which the buyer must be redirected; null if there is none.
    pub redirect_url: Option<String>,
    /// Secret for the provider's client library to continue the payment; null if the provider needs none.
    pub client_secret: Option<String>,
}

impl PaymentConfirmation {
    /// The confirmation data of a payment; `None` unless the payment requires action.
    pub fn of(row: &Model) -> Option<Self> {
        let needed = row.status == entity::value::PaymentStatus::RequiresAction;
        needed.then(|| Self { redirect_url: row.redirect_url.clone(), client_secret: row.client_secret.clone() })
    }
}

loaders! {
    /// Loads a payment.
    PaymentKey(PaymentId) => row Model, by payment::visible;
    /// Loads the payments of an order.
    pub PaymentsKey(OrderId) => value Vec<Model>, by payment::of_orders;
    /// Loads the captures of a payment.
    CapturesKey(PaymentId) => value Vec<capture::Model>, by payment::captures;
}

impl Payment {
    /// Loads a payment if the viewer may see its order.
    pub async fn load_visible(ctx: &Context<'_>, id: PaymentId) -> Result<Option<Self>> {
        Ok(ctx.load_one(PaymentKey(id)).await?.map(Self))
    }

    /// The payments of an order, oldest first.
    pub async fn of_order(ctx: &Context<'_>, id: OrderId) -> Result<Vec<Self>> {
        let rows = ctx.load_one(PaymentsKey(id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Self).collect())
    }
}

/// Input of `paymentConfirm`.
#[derive(InputObject)]
struct PaymentConfirmInput {
    /// ID of the order that the payment is for.
    order_id: ID,
    /// Token of a guest's order, from `Order.token`.
    order_token: Option<String>,
}

/// Result of `paymentConfirm`.
#[derive(SimpleObject)]
struct PaymentConfirmPayload {
    /// Order of the payment; null if the operation failed.
    order: Option<Order>,
    /// Payment with its current status; null if the operation failed.
    payment: Option<Payment>,
    /// How the buyer confirms the payment if it still requires action; otherwise null.
    confirmation: Option<PaymentConfirmation>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

/// Mutations of payments.
#[derive(Default)]
pub struct PaymentMutation;

#[root_object]
impl PaymentMutation {
    /// Re-checks the payment after the buyer completed the required action; the order follows the provider's answer. Safe to
    /// repeat. The payment of a cancelled order is never confirmed.
    async fn payment_confirm(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "Order whose payment to re-check.")] input: PaymentConfirmInput,
    ) -> Result<PaymentConfirmPayload> {
        let result = decode::by_id("orderId", &input.order_id, async |order| {
            Box::pin(settlement::confirm(ctx.app()?, viewer, order, input.order_token.as_deref())).await
        });
        let (row, mut user_errors) = split(result.await)?;
        let Some(row) = row else {
            return Ok(PaymentConfirmPayload { order: None, payment: None, confirmation: None, user_errors });
        };
        let order = Order::load(ctx, row.order_id).await?;
        let problem = payment::void_problem(&row, order.row(), "orderId");
        let problem = problem.or_else(|| payment::problem(&row, order.row(), "orderId"));
        user_errors.extend(problem.map(UserError::from));
        Ok(PaymentConfirmPayload {
            order: Some(order),
            confirmation: PaymentConfirmation::of(&row),
            payment: Some(row.into()),
            user_errors,
        })
    }
}
