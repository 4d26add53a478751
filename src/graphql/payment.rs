//! Payments.

use crate::domain::payment;
use crate::error::Error;
use crate::graphql::context::ContextExt;
use crate::graphql::enums::{PaymentProvider, PaymentStatus};
use crate::graphql::id;
use crate::graphql::loader::Loaders;
use crate::graphql::money::Money;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, Result, SimpleObject};
use entity::id::OrderId;
use entity::payment::Model;
use sea_orm::prelude::DateTimeUtc;
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

/// The payments of one order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PaymentsKey(pub OrderId);

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
    /// The payments of an order, oldest first, read together with those of the others that this request asks for.
    pub async fn of_order(ctx: &Context<'_>, id: OrderId) -> Result<Vec<Self>> {
        let rows = ctx.loader()?.load_one(PaymentsKey(id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Self).collect())
    }
}
