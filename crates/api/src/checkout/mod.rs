//! Checkouts.

mod line;
pub mod mutation;
mod shipping_method;
mod store;

pub use line::CheckoutLine;
pub use mutation::CheckoutMutation;
pub use shipping_method::CheckoutShippingMethod;
pub use store::CheckoutStore;

use crate::address::PostalAddress;
use crate::context::ContextExt;
use crate::cost;
use crate::error::{Result, UserError};
use crate::id;
use crate::loader::Loaders;
use crate::order::Order;
use crate::payment::OfferedPaymentProvider;
use crate::totals::Totals;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID};
use entity::checkout::Model;
use entity::id::CheckoutId;
use entity::value::CheckoutStatus;
use souk_core::auth::Viewer;
use souk_core::error::Error;
use souk_domain::checkout::{self, Quote};
use souk_macros::{object, root_object};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// A checkout.
pub struct Checkout {
    row: Model,
    quote: OnceCell<Arc<Quote>>,
}

impl From<Model> for Checkout {
    fn from(row: Model) -> Self {
        Self { row, quote: OnceCell::new() }
    }
}

impl From<checkout::PricedCheckout> for Checkout {
    fn from(priced: checkout::PricedCheckout) -> Self {
        Self { row: priced.row, quote: OnceCell::new_with(Some(Arc::new(priced.quote))) }
    }
}

impl Checkout {
    /// Loads a checkout of the signed-in viewer; `None` for all others. A guest's checkout needs its token.
    pub async fn load_visible(ctx: &Context<'_>, id: CheckoutId) -> Result<Option<Self>> {
        Ok(checkout::find(ctx.app()?, ctx.viewer()?, id, None).await?.map(Self::from))
    }

    /// The current prices, computed at most once per request.
    async fn quote(&self, ctx: &Context<'_>) -> Result<&Arc<Quote>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let price = async || Box::pin(checkout::quote(app, viewer, &self.row)).await.map(Arc::new);
        Ok(Box::pin(self.quote.get_or_try_init(price)).await?)
    }
}

/// Checkout of a cart: contact data, addresses, shipping methods and prices before the order is placed. Prices are the current
/// prices until the checkout is completed.
#[object]
impl Checkout {
    /// ID of the checkout.
    pub async fn id(&self) -> ID {
        id::output(self.row.id)
    }

    /// Secret token of a guest's checkout, which allows its holder to complete the checkout. Null for the checkout of a signed-in
    /// user, which needs none.
    async fn token(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(checkout::token(ctx.app()?, &self.row))
    }

    /// Contact email for the order, to which the confirmation is sent; null if not set yet.
    async fn email(&self) -> Option<&str> {
        self.row.email.as_deref()
    }

    /// Contact phone number for the order; null if not set.
    async fn phone(&self) -> Option<&str> {
        self.row.phone.as_deref()
    }

    /// Shipping address of the order; null if not set yet.
    async fn shipping_address(&self) -> Option<PostalAddress> {
        self.row.shipping_address.clone().map(Into::into)
    }

    /// Billing address of the order; if null, the shipping address is used.
    async fn billing_address(&self) -> Option<PostalAddress> {
        self.row.billing_address.clone().map(Into::into)
    }

    /// Note from the buyer to the stores; empty if there is none.
    async fn note(&self) -> &str {
        &self.row.note
    }

    /// Lines of the checkout grouped by store, with shipping methods and totals for each store.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn stores(&self, ctx: &Context<'_>) -> Result<Vec<CheckoutStore>> {
        let quote = self.quote(ctx).await?;
        Ok((0..quote.store_orders.len())
            .map(|at| CheckoutStore { checkout: self.row.id, quote: Arc::clone(quote), at })
            .collect())
    }

    /// Lines whose item is no longer for sale or was deleted. They are not part of `stores` or of any total; remove them from the
    /// cart before `checkoutComplete`.
    #[graphql(directive = cost::ListOf::apply(2))]
    async fn unavailable_lines(&self, ctx: &Context<'_>) -> Result<Vec<CheckoutLine>> {
        let quote = self.quote(ctx).await?;
        Ok(quote.unavailable.iter().map(|line| CheckoutLine::new(self.row.id, quote, line)).collect())
    }

    /// Problems that must be resolved before `checkoutComplete` can place an order, with the codes that it would return: missing
    /// data, lines that can't be bought, required sign-in if guests may not order, and limits on unpaid orders. Empty after
    /// completion.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn problems(&self, ctx: &Context<'_>) -> Result<Vec<UserError>> {
        let quote = self.quote(ctx).await?;
        let found = Box::pin(checkout::problems(ctx.app()?, ctx.viewer()?, &self.row, quote)).await?;
        Ok(found.into_iter().map(UserError::from).collect())
    }

    /// Payment providers that the checkout can be completed with. Empty after completion.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn payment_providers(&self, ctx: &Context<'_>) -> Result<Vec<OfferedPaymentProvider>> {
        let app = ctx.app()?;
        let offered = checkout::payment_providers(app, ctx.viewer()?, &self.row);
        Ok(offered.into_iter().map(|provider| OfferedPaymentProvider::new(app, provider)).collect())
    }

    /// Totals of the lines that can be bought.
    async fn totals(&self, ctx: &Context<'_>) -> Result<Totals> {
        let quote = self.quote(ctx).await?;
        Ok(Totals::new(quote.totals, quote.currency))
    }

    /// Whether prices include tax; otherwise tax is added to the total.
    async fn is_tax_included(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.quote(ctx).await?.tax.included)
    }

    /// Same value as `isTaxIncluded`.
    #[graphql(deprecation = "Use `isTaxIncluded`.")]
    async fn tax_included(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.quote(ctx).await?.tax.included)
    }

    /// Order that the checkout created; null while the checkout is open, also if it is open again after a failed payment.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        if self.row.status != CheckoutStatus::Completed {
            return Ok(None);
        }
        Ok(Box::pin(checkout::order(ctx.app()?, ctx.viewer()?, &self.row)).await?.map(Into::into))
    }

    row_fields!(self.row: created_at, updated_at);
}

/// Loads the current prices of a checkout of the signed-in viewer.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct QuoteKey(CheckoutId);

impl Loader<QuoteKey> for Loaders {
    type Value = Arc<Quote>;
    type Error = Error;

    /// Sequential: requests rarely read more than one checkout.
    async fn load(&self, keys: &[QuoteKey]) -> Result<HashMap<QuoteKey, Arc<Quote>>, Error> {
        let mut found = HashMap::new();
        for key in keys {
            if let Some(row) = checkout::find(&self.app, &self.viewer, key.0, None).await? {
                let quote = Box::pin(checkout::quote(&self.app, &self.viewer, &row)).await?;
                found.insert(*key, Arc::new(quote));
            }
        }
        Ok(found)
    }
}

/// Queries for checkouts.
#[derive(Default)]
pub struct CheckoutQuery;

#[root_object]
impl CheckoutQuery {
    /// Checkout by ID: your own, or that of a guest with its token. Null if it does not exist or you cannot see it.
    async fn checkout(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "ID of the checkout.")] id: ID,
        #[graphql(desc = "Token of a guest's checkout.")] token: Option<String>,
    ) -> Result<Option<Checkout>> {
        let id = id::argument("id", &id)?;
        let row = checkout::find(ctx.app()?, viewer, id, token.as_deref()).await?;
        Ok(row.map(Into::into))
    }
}
