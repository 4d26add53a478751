//! Payments.

use crate::context::ContextExt;
use crate::decode;
use crate::enums::{PaymentProvider, PaymentStatus};
use crate::error::Result;
use crate::error::{UserError, split};
use crate::id;
use crate::loader::Loaders;
use crate::money::Money;
use crate::order::Order;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::id::{OrderId, PaymentId};
use entity::payment::Model;
use entity::value::PaymentProvider as Stored;
use sea_orm::prelude::DateTimeUtc;
use souk_core::auth::Viewer;
use souk_core::error::Error;
use souk_domain::payment;
use souk_macros::root_object;
use std::collections::HashMap;

/// Money asked of the buyer for an order.
pub struct Payment(pub Model);

impl From<Model> for Payment {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Money asked of the buyer for an order.
#[Object]
impl Payment {
    /// Its ID; also the idempotency key that the provider is given.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Where it stands.
    async fn status(&self) -> PaymentStatus {
        self.0.status.into()
    }

    /// Who moves the money.
    async fn provider(&self) -> PaymentProvider {
        self.0.provider.into()
    }

    /// How much is asked.
    async fn amount(&self) -> Money {
        Money::new(self.0.amount, self.0.currency)
    }

    /// How much was received.
    async fn captured_amount(&self) -> Money {
        Money::new(self.0.captured_amount, self.0.currency)
    }

    /// Why it was refused, where it was.
    async fn failure_reason(&self) -> Option<&str> {
        self.0.failure_reason.as_deref()
    }

    /// When it was made.
    async fn created_at(&self) -> DateTimeUtc {
        self.0.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTimeUtc {
        self.0.updated_at
    }
}

/// A payment provider that a checkout can be completed with.
#[derive(SimpleObject, Clone, Debug, PartialEq, Eq)]
pub struct OfferedPaymentProvider {
    /// The provider, for `checkoutComplete`.
    pub provider: PaymentProvider,
    /// Name for buyers, in English, such as "Cash on delivery or bank transfer".
    pub display_name: String,
}

impl From<Stored> for OfferedPaymentProvider {
    fn from(provider: Stored) -> Self {
        let display_name = match provider {
            Stored::Manual => "Cash on delivery or bank transfer",
            Stored::Sandbox => "Test payment (moves no money)",
        };
        Self { provider: provider.into(), display_name: display_name.to_owned() }
    }
}

/// How the buyer confirms a payment that requires action.
#[derive(SimpleObject, Clone, Debug)]
pub struct PaymentConfirmation {
    /// The page to send the buyer to, if there is one.
    pub redirect_url: Option<String>,
    /// What the provider's library on the client continues with, if it does.
    pub client_secret: Option<String>,
}

impl PaymentConfirmation {
    /// Of a payment that requires action.
    pub fn of(row: &Model) -> Option<Self> {
        let needed = row.status == entity::value::PaymentStatus::RequiresAction;
        needed.then(|| Self { redirect_url: row.redirect_url.clone(), client_secret: row.client_secret.clone() })
    }
}

/// One payment.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct PaymentKey(PaymentId);
/// The payments of one order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PaymentsKey(pub OrderId);

impl Loader<PaymentKey> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[PaymentKey]) -> Result<HashMap<PaymentKey, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = payment::by_ids(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (PaymentKey(row.id), row)).collect())
    }
}

impl Loader<PaymentsKey> for Loaders {
    type Value = Vec<Model>;
    type Error = Error;

    async fn load(&self, keys: &[PaymentsKey]) -> Result<HashMap<PaymentsKey, Vec<Model>>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = payment::of_orders(&self.app, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|(id, rows)| (PaymentsKey(id), rows)).collect())
    }
}

impl Payment {
    /// Where the viewer may see its order.
    pub async fn load_visible(ctx: &Context<'_>, id: PaymentId) -> Result<Option<Self>> {
        let Some(row) = ctx.load_one(PaymentKey(id)).await? else { return Ok(None) };
        Ok(Order::load_visible(ctx, row.order_id).await?.map(|_| Self(row)))
    }

    /// The payments of an order, oldest first, read together with those of the others that this request asks for.
    pub async fn of_order(ctx: &Context<'_>, id: OrderId) -> Result<Vec<Self>> {
        let rows = ctx.load_one(PaymentsKey(id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Self).collect())
    }
}

/// Which payment the buyer confirmed.
#[derive(InputObject)]
struct PaymentConfirmInput {
    /// The order it is for.
    order_id: ID,
    /// Opens a guest's order.
    order_token: Option<String>,
}

/// What came of a payment that the buyer confirmed.
#[derive(SimpleObject)]
struct PaymentConfirmPayload {
    /// The order.
    order: Option<Order>,
    /// Its payment, as it stands now.
    payment: Option<Payment>,
    /// How the buyer confirms the payment, where it still requires action.
    confirmation: Option<PaymentConfirmation>,
    /// What was wrong; empty where all went well.
    user_errors: Vec<UserError>,
}

/// Changing payments.
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
            Box::pin(payment::confirm(ctx.app()?, viewer, order, input.order_token.as_deref())).await
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
