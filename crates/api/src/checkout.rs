//! Checkouts.

use crate::address::{PostalAddress, PostalAddressInput};
use crate::cart::{Cart, CartLineStatus};
use crate::context::ContextExt;
use crate::cost;
use crate::decode::{self, Input};
use crate::enums::PaymentProvider;
use crate::error::Result;
use crate::error::{UserError, missing, split};
use crate::id;
use crate::loader::Loaders;
use crate::money::{Decimal, Money};
use crate::order::Order;
use crate::payload;
use crate::payment::{OfferedPaymentProvider, Payment, PaymentConfirmation};
use crate::shipping::ShippingMethod;
use crate::store::Store;
use crate::totals::Totals;
use crate::variant::ProductVariant;
use async_graphql::dataloader::Loader;
use async_graphql::{ComplexObject, Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::checkout::Model;
use entity::id::{CheckoutId, ProductVariantId, ShippingMethodId, StoreId};
use entity::money::CurrencyCode;
use entity::value::CheckoutStatus;
use sea_orm::prelude::DateTimeUtc;
use souk_core::auth::Viewer;
use souk_core::error::{Code, Error, Problem, Refusal, refuse};
use souk_domain::cart::LineStatus;
use souk_domain::checkout::{self, CheckoutPatch, Choice, NewCheckout, Quote, QuotedLine, QuotedStoreOrder};
use souk_domain::placement::{self, Complete, Completed};
use souk_domain::shipping::OfferedMethod;
use souk_macros::root_object;
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
#[Object]
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
    #[graphql(directive = cost::ListOf::apply(2))]
    async fn payment_providers(&self, ctx: &Context<'_>) -> Result<Vec<OfferedPaymentProvider>> {
        let offered = checkout::payment_providers(ctx.app()?, ctx.viewer()?, &self.row);
        Ok(offered.into_iter().map(OfferedPaymentProvider::from).collect())
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

    /// Time of creation.
    async fn created_at(&self) -> DateTimeUtc {
        self.row.created_at
    }

    /// Time of the last change.
    async fn updated_at(&self) -> DateTimeUtc {
        self.row.updated_at
    }
}

/// The lines of a checkout that belong to one store.
pub struct CheckoutStore {
    checkout: CheckoutId,
    quote: Arc<Quote>,
    at: usize,
}

impl CheckoutStore {
    /// The prefix of its ID, which is joined from the IDs of the checkout and the store.
    pub const PREFIX: &'static str = "checkout_store";

    /// Loads the group of a store in a checkout of the signed-in viewer.
    pub async fn load_visible(ctx: &Context<'_>, checkout: CheckoutId, store: StoreId) -> Result<Option<Self>> {
        let Some(quote) = ctx.load_one(QuoteKey(checkout)).await? else { return Ok(None) };
        let at = quote.store_orders.iter().position(|part| part.store_id == store);
        Ok(at.map(|at| Self { checkout, quote, at }))
    }

    fn method(&self, offered: &OfferedMethod) -> Result<CheckoutShippingMethod> {
        Ok(CheckoutShippingMethod { checkout: self.checkout, store: self.part()?.store_id, offered: offered.clone() })
    }

    fn part(&self) -> Result<&QuotedStoreOrder> {
        let part = self.quote.store_orders.get(self.at);
        Ok(part.ok_or_else(|| souk_core::error::Fault::internal("the checkout has no lines of this store"))?)
    }
}

/// Lines of a checkout that belong to one store, with shipping methods and totals. Completing the checkout turns them into a
/// store order.
#[Object]
impl CheckoutStore {
    /// ID of the store's lines in this checkout.
    pub async fn id(&self) -> Result<ID> {
        Ok(id::joined(Self::PREFIX, &[self.checkout.0, self.part()?.store_id.0]))
    }

    /// Store that sells the items; null if the store is no longer open.
    async fn store(&self, ctx: &Context<'_>) -> Result<Option<Store>> {
        Store::load_visible(ctx, self.part()?.store_id).await
    }

    /// Lines with products of the store.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn lines(&self) -> Result<Vec<CheckoutLine>> {
        Ok(self.part()?.lines.iter().map(|line| CheckoutLine::new(self.checkout, &self.quote, line)).collect())
    }

    /// Whether any item must be shipped, so that a shipping method is required; digital products are not shipped.
    async fn is_shipping_required(&self) -> Result<bool> {
        Ok(self.part()?.ships)
    }

    /// Same value as `isShippingRequired`.
    #[graphql(deprecation = "Use `isShippingRequired`.")]
    async fn needs_shipping(&self) -> Result<bool> {
        Ok(self.part()?.ships)
    }

    /// Shipping methods that are available for the shipping address, with their prices for these lines. Without a shipping
    /// address, the methods for all countries.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn shipping_methods(&self) -> Result<Vec<CheckoutShippingMethod>> {
        self.part()?.offered.iter().map(|offered| self.method(offered)).collect()
    }

    /// Selected shipping method, or the cheapest one if none was selected. Null if nothing is shipped, or if the selected method
    /// is no longer available.
    async fn shipping_method(&self) -> Result<Option<CheckoutShippingMethod>> {
        self.part()?.chosen.as_ref().map(|offered| self.method(offered)).transpose()
    }

    /// Totals of the store's lines that can be bought, with shipping and tax.
    async fn totals(&self) -> Result<Totals> {
        Ok(Totals::new(self.part()?.totals, self.quote.currency))
    }
}

/// A line of a checkout.
pub struct CheckoutLine {
    checkout: CheckoutId,
    line: QuotedLine,
    currency: CurrencyCode,
}

impl CheckoutLine {
    /// The prefix of its ID, which is joined from the IDs of the checkout and the variant.
    pub const PREFIX: &'static str = "checkout_line";

    fn new(checkout: CheckoutId, quote: &Quote, line: &QuotedLine) -> Self {
        Self { checkout, line: line.clone(), currency: quote.currency }
    }

    /// Loads a line of a checkout of the signed-in viewer.
    pub async fn load_visible(ctx: &Context<'_>, checkout: CheckoutId, variant: ProductVariantId) -> Result<Option<Self>> {
        let Some(quote) = ctx.load_one(QuoteKey(checkout)).await? else { return Ok(None) };
        let mut lines = quote.store_orders.iter().flat_map(|part| &part.lines).chain(&quote.unavailable);
        Ok(lines.find(|line| line.variant_id == variant).map(|line| Self::new(checkout, &quote, line)))
    }
}

/// Line of a checkout: a product variant, its quantity and its current price.
#[Object]
impl CheckoutLine {
    /// ID of the checkout line.
    pub async fn id(&self) -> ID {
        id::joined(Self::PREFIX, &[self.checkout.0, self.line.variant_id.0])
    }

    /// Product variant of the line; null if it was deleted or is no longer public.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Option<ProductVariant>> {
        ProductVariant::load_visible(ctx, self.line.variant_id).await
    }

    /// Name of the product. If the line is `UNAVAILABLE`, the name at the buyer's last change of the line.
    async fn product_name(&self) -> &str {
        &self.line.product_name
    }

    /// Name of the variant. If the line is `UNAVAILABLE`, the name at the buyer's last change of the line.
    async fn variant_name(&self) -> &str {
        &self.line.variant_name
    }

    /// Quantity of the variant.
    async fn quantity(&self) -> i32 {
        self.line.quantity
    }

    /// Whether the line can be bought now in its quantity: `status` is `AVAILABLE`.
    async fn is_available(&self) -> bool {
        self.line.status == LineStatus::Available
    }

    /// Same value as `isAvailable`.
    #[graphql(deprecation = "Use `isAvailable`.")]
    async fn available(&self) -> bool {
        self.line.status == LineStatus::Available
    }

    /// Whether the line can be bought now in its quantity, and the reason if it can't. Only `AVAILABLE` lines count towards the
    /// totals.
    async fn status(&self) -> CartLineStatus {
        self.line.status.into()
    }

    /// Price per unit.
    async fn unit_price(&self) -> Money {
        Money::new(self.line.unit_price, self.currency)
    }

    /// Unit price times quantity.
    async fn line_total(&self) -> Money {
        Money::new(self.line.priced.total, self.currency)
    }

    /// Discount on the line, as a positive amount.
    async fn discount_total(&self) -> Money {
        Money::new(self.line.priced.discount, self.currency)
    }

    /// Tax of the line. If prices include tax (`Checkout.isTaxIncluded`), it is part of the price; otherwise it is added to it.
    async fn tax_total(&self) -> Money {
        Money::new(self.line.priced.tax, self.currency)
    }

    /// Same value as `taxTotal`.
    #[graphql(deprecation = "Use `taxTotal`.")]
    async fn tax(&self) -> Money {
        Money::new(self.line.priced.tax, self.currency)
    }
}

/// A shipping method that is available for the lines of one store in a checkout.
pub struct CheckoutShippingMethod {
    checkout: CheckoutId,
    store: StoreId,
    offered: OfferedMethod,
}

impl CheckoutShippingMethod {
    /// The prefix of its ID, which is joined from the IDs of the checkout, the store and the shipping method.
    pub const PREFIX: &'static str = "checkout_shipping_method";

    /// Loads a shipping method that is available in a checkout of the signed-in viewer.
    pub async fn load_visible(
        ctx: &Context<'_>,
        checkout: CheckoutId,
        store: StoreId,
        method: ShippingMethodId,
    ) -> Result<Option<Self>> {
        let Some(quote) = ctx.load_one(QuoteKey(checkout)).await? else { return Ok(None) };
        let part = quote.store_orders.iter().find(|part| part.store_id == store);
        let offered = part.and_then(|part| part.offered.iter().chain(&part.chosen).find(|offered| offered.id == method));
        Ok(offered.map(|offered| Self { checkout, store, offered: offered.clone() }))
    }
}

/// Shipping method that is available for the lines of one store in a checkout, with its price for them.
#[Object]
impl CheckoutShippingMethod {
    /// ID of the shipping method in this checkout. To select the method, pass this ID or the ID of the `ShippingMethod` to
    /// `checkoutUpdate` as `shippingMethodId`.
    pub async fn id(&self) -> ID {
        id::joined(Self::PREFIX, &[self.checkout.0, self.store.0, self.offered.id.0])
    }

    /// The shipping method itself; null if it is no longer available.
    async fn shipping_method(&self, ctx: &Context<'_>) -> Result<Option<ShippingMethod>> {
        ShippingMethod::load_visible(ctx, self.offered.id).await
    }

    /// Name of the method, shown to buyers.
    async fn name(&self) -> &str {
        &self.offered.name
    }

    /// Price for the store's lines: 0 if their total reaches `ShippingMethod.freeOver`.
    async fn price(&self) -> Money {
        Money::new(self.offered.price, self.offered.currency)
    }
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

/// Input of `checkoutCreate`. Everything except the cart can also be set later with `checkoutUpdate`.
#[derive(InputObject)]
struct CheckoutCreateInput {
    /// Token of a guest's cart, from `Cart.token`. If omitted, the signed-in user's cart is used.
    cart_token: Option<String>,
    /// Contact email for the order, at most 254 characters. Default: the email address of the signed-in user.
    email: Option<String>,
    /// Contact phone number for the order: 5 to 20 digits, with spaces and `+-()./` between them.
    phone: Option<String>,
    /// Shipping address of the order.
    shipping_address: Option<PostalAddressInput>,
    /// Billing address of the order. Default: the shipping address.
    billing_address: Option<PostalAddressInput>,
    /// Note to the stores; plain text of at most 2,000 characters.
    note: Option<String>,
}

/// Selected shipping method for the lines of one store.
#[derive(InputObject)]
struct CheckoutShippingMethodInput {
    /// ID of the store.
    store_id: ID,
    /// ID of a `CheckoutShippingMethod` that is available for the store's lines, or of its `ShippingMethod`.
    shipping_method_id: ID,
}

/// Input of `checkoutUpdate`. Omitted fields keep their value.
#[derive(InputObject)]
struct CheckoutUpdateInput {
    /// ID of the checkout.
    #[graphql(deprecation = "Use the argument `id`.")]
    checkout_id: Option<ID>,
    /// Token of a guest's checkout, from `Checkout.token`.
    checkout_token: Option<String>,
    /// Selected shipping methods, one for each store, at most 100. Other stores keep their selection.
    shipping_methods: Option<Vec<CheckoutShippingMethodInput>>,
    /// Shipping address of the order; `null` removes it.
    shipping_address: MaybeUndefined<PostalAddressInput>,
    /// Billing address of the order; with `null`, the shipping address is used.
    billing_address: MaybeUndefined<PostalAddressInput>,
    /// Contact email for the order, at most 254 characters; `null` removes it.
    email: MaybeUndefined<String>,
    /// Contact phone number for the order: 5 to 20 digits, with spaces and `+-()./` between them; `null` removes it.
    phone: MaybeUndefined<String>,
    /// Note to the stores; plain text of at most 2,000 characters; `null` removes it.
    note: MaybeUndefined<String>,
}

/// Input of `checkoutComplete`.
#[derive(InputObject)]
struct CheckoutCompleteInput {
    /// ID of the checkout.
    checkout_id: ID,
    /// Token of a guest's checkout, from `Checkout.token`.
    checkout_token: Option<String>,
    /// Payment provider that processes the payment.
    payment_provider: PaymentProvider,
    /// Payment token from the provider's client library, 1 to 255 characters. `MANUAL` needs none. `SANDBOX` moves no money and
    /// accepts `tok_success` (default; captured immediately), `tok_declined` and `tok_insufficient_funds` (declined),
    /// `tok_requires_action` (captured after the buyer confirms it with `paymentConfirm`), `tok_late_success` and
    /// `tok_late_failure` (pending for a minute, then captured or declined) and `tok_unreachable` (captured, but the provider
    /// does not respond for half a minute).
    payment_token: Option<String>,
    /// Key of your choice, 1 to 255 characters, without control characters or surrounding spaces: a repeated request with the
    /// same key and input changes nothing more and returns the same order; another input with the same key is the error
    /// `IDEMPOTENCY_KEY_REUSED`. After a failed payment, retry with a new key. Keys are stored for 30 days.
    idempotency_key: String,
    /// Total that the buyer agreed to. If the current total differs, no order is placed and the error is `STALE`. If omitted,
    /// current prices apply.
    expected_total: Option<Decimal>,
}

payload! {
    /// Result of `checkoutCreate`.
    CheckoutCreatePayload {
        /// New checkout; null if the operation failed.
        checkout: Checkout
    }
}

payload! {
    /// Result of `checkoutUpdate`.
    CheckoutUpdatePayload {
        /// Checkout after the change; null if the operation failed.
        checkout: Checkout
    }
}

/// Result of `checkoutComplete`. If the payment failed, the order has the status `FAILED` and the error is `PAYMENT_FAILED`: the
/// checkout is open again and its lines are back in the cart. If an earlier payment for the order could not be cancelled yet, the
/// error is `PAYMENT_PENDING` and `payment` is the earlier payment.
#[derive(SimpleObject)]
#[graphql(complex)]
struct CheckoutCompletePayload {
    /// The completed checkout and the guest's token for it.
    #[graphql(skip)]
    checkout: Option<(CheckoutId, Option<String>)>,
    /// Order that was placed; null if none was placed.
    order: Option<Order>,
    /// Payment for the order; null if no order was placed.
    payment: Option<Payment>,
    /// How the buyer confirms a payment that requires action; call `paymentConfirm` afterwards. Null if no action is required.
    confirmation: Option<PaymentConfirmation>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

#[ComplexObject]
impl CheckoutCompletePayload {
    /// Cart that was checked out, as it is now: without the ordered lines. Null if no order was placed or the cart was deleted.
    async fn cart(&self, ctx: &Context<'_>) -> Result<Option<Cart>> {
        let Some((id, token)) = &self.checkout else { return Ok(None) };
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let Some(checkout) = checkout::find(app, viewer, *id, token.as_deref()).await? else { return Ok(None) };
        Ok(checkout::cart(app, viewer, &checkout).await?.map(Cart::from))
    }
}

/// Mutations of checkouts.
#[derive(Default)]
pub struct CheckoutMutation;

#[root_object]
impl CheckoutMutation {
    /// Starts a checkout of your own cart, or of a guest's cart with its token. Guests can check out only if the marketplace
    /// allows it.
    async fn checkout_create(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "Cart and first details of the checkout.")] input: CheckoutCreateInput,
    ) -> Result<CheckoutCreatePayload> {
        let new = NewCheckout {
            cart_token: input.cart_token,
            email: input.email,
            phone: input.phone,
            shipping_address: input.shipping_address.map(Into::into),
            billing_address: input.billing_address.map(Into::into),
            note: input.note,
        };
        CheckoutCreatePayload::from_result(Box::pin(checkout::create(ctx.app()?, viewer, new)).await)
    }

    /// Updates an open checkout: addresses, contact details, and a shipping method for each store.
    async fn checkout_update(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "ID of the checkout. Required unless the deprecated `input.checkoutId` is given.")] id: Option<ID>,
        #[graphql(desc = "Fields to change.")] input: CheckoutUpdateInput,
    ) -> Result<CheckoutUpdatePayload> {
        let named = if input.checkout_id.is_some() { "checkoutId" } else { "id" };
        let result = async {
            let mut decoded = Input::default();
            let id = match (&id, &input.checkout_id) {
                (Some(id), None) => decoded.id("id", id),
                (None, Some(id)) => decoded.id("checkoutId", id),
                (Some(_), Some(_)) => {
                    return refuse("checkoutId", Code::Invalid, "checkoutId is the earlier form of id: give id alone.");
                }
                (None, None) => return refuse("id", Code::Required, "id is required."),
            };
            let token = input.checkout_token.clone();
            let patch = patch(input, id, &mut decoded);
            decoded.finish()?;
            Box::pin(checkout::update(ctx.app()?, viewer, id, token.as_deref(), patch)).await
        };
        CheckoutUpdatePayload::from_result(result.await.map_err(missing(named)).map_err(|error| naming(error, named)))
    }

    /// Places the order of a checkout and requests its payment. A checkout becomes at most one order, however often this is sent.
    /// Prices, shipping and tax are calculated anew. Either everything is ordered and its stock reserved, or nothing is, and
    /// every reason is reported.
    ///
    /// If the buyer left the payment page, complete the checkout again with a new `idempotencyKey`: with the same provider and
    /// token, the pending payment is returned; with another one, the pending payment is cancelled at its provider and the new one
    /// is requested for the same order. If the provider answers that the earlier payment succeeded, the order is paid by it and
    /// nothing else is requested.
    async fn checkout_complete(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "Checkout to complete, and how it is paid.")] input: CheckoutCompleteInput,
    ) -> Result<CheckoutCompletePayload> {
        let (app, token) = (ctx.app()?, input.checkout_token.clone());
        let mut named = None;
        let result = decode::by_id("checkoutId", &input.checkout_id, async |checkout_id| {
            named = Some((checkout_id, token));
            let currency = app.config.currency;
            let complete = Complete {
                checkout_id,
                checkout_token: input.checkout_token,
                provider: input.payment_provider.into(),
                payment_token: input.payment_token,
                idempotency_key: input.idempotency_key,
                expected_total: input.expected_total.map(|amount| decode::amount("expectedTotal", &amount, currency)),
            };
            Box::pin(placement::complete(app, viewer, complete)).await
        });
        let (completed, mut user_errors) = split(result.await)?;
        let Some(Completed { order_id, payment, problem }) = completed else {
            return Ok(CheckoutCompletePayload { checkout: None, order: None, payment: None, confirmation: None, user_errors });
        };
        let order = Order::load(ctx, order_id).await?;
        let problem = problem.or_else(|| souk_domain::payment::problem(&payment, order.row(), "paymentToken"));
        user_errors.extend(problem.map(UserError::from));
        Ok(CheckoutCompletePayload {
            checkout: named,
            order: Some(order),
            confirmation: PaymentConfirmation::of(&payment),
            payment: Some(payment.into()),
            user_errors,
        })
    }
}

/// Replaces the field `id` of the problems by the name of the argument or input field that held the ID.
fn naming(error: Error, named: &str) -> Error {
    match error {
        Error::Refused(Refusal(mut problems)) => {
            for problem in problems.iter_mut().filter(|problem| problem.field == ["id"]) {
                problem.field = vec![named.to_owned()];
            }
            Error::Refused(Refusal(problems))
        }
        fault => fault,
    }
}

fn patch(input: CheckoutUpdateInput, checkout: CheckoutId, decoded: &mut Input) -> CheckoutPatch {
    let text = |value: MaybeUndefined<String>| value.as_opt_ref().map(|value| value.cloned());
    let address = |value: MaybeUndefined<PostalAddressInput>| value.as_opt_ref().map(|value| value.cloned().map(Into::into));
    let choices = input.shipping_methods.unwrap_or_default().into_iter().enumerate();
    let shipping = choices.map(|(at, choice)| {
        let store_id = decoded.id(&format!("shippingMethods.{at}.storeId"), &choice.store_id);
        let path = format!("shippingMethods.{at}.shippingMethodId");
        Choice { store_id, method_id: chosen_method(decoded, &path, &choice.shipping_method_id, checkout, store_id) }
    });
    CheckoutPatch {
        shipping: shipping.collect(),
        email: text(input.email),
        phone: text(input.phone),
        note: text(input.note),
        shipping_address: address(input.shipping_address),
        billing_address: address(input.billing_address),
    }
}

/// The shipping method of an ID, which may be the ID of a `ShippingMethod` or of a `CheckoutShippingMethod` of this checkout and
/// store.
fn chosen_method(decoded: &mut Input, path: &str, id: &ID, checkout: CheckoutId, store: StoreId) -> ShippingMethodId {
    match id::parts(id) {
        Some((CheckoutShippingMethod::PREFIX, parts)) => match parts.as_slice() {
            [of, at, method] if *of == checkout.0 && *at == store.0 => (*method).into(),
            _ => {
                let message = "shippingMethodId must be offered for this store in this checkout; got a method of another one.";
                decoded.problem(Problem::new(path, Code::InvalidId, message));
                uuid::Uuid::nil().into()
            }
        },
        _ => decoded.id(path, id),
    }
}
