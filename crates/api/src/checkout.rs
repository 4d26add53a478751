//! Checkouts.

use crate::access::public;
use crate::address::{PostalAddress, PostalAddressInput};
use crate::cart::{Cart, CartLineStatus};
use crate::context::ContextExt;
use crate::cost;
use crate::enums::PaymentProvider;
use crate::error::Result;
use crate::error::{UserError, missing, split};
use crate::id::{self, Ids};
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
use souk_core::error::{Code, Error, Problem, Refusal, refuse};
use souk_domain::cart::LineStatus;
use souk_domain::checkout::{self, CheckoutPatch, Choice, Complete, Completed, NewCheckout, Quote, QuotedLine, QuotedStoreOrder};
use souk_domain::shipping::OfferedMethod;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// A cart on its way to an order.
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
    fn from(quoted: checkout::PricedCheckout) -> Self {
        Self { row: quoted.row, quote: OnceCell::new_with(Some(Arc::new(quoted.quote))) }
    }
}

impl Checkout {
    /// One of the viewer's own; a guest's is opened by its token alone.
    pub async fn load_visible(ctx: &Context<'_>, id: CheckoutId) -> Result<Option<Self>> {
        Ok(checkout::find(ctx.app()?, ctx.viewer()?, id, None).await?.map(Self::from))
    }

    /// Priced once for each request, whatever is asked of it.
    async fn quote(&self, ctx: &Context<'_>) -> Result<&Arc<Quote>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let price = async || Box::pin(checkout::quote(app, viewer, &self.row)).await.map(Arc::new);
        Ok(Box::pin(self.quote.get_or_try_init(price)).await?)
    }
}

/// A cart on its way to an order. Its prices are today's until it is completed.
#[Object]
impl Checkout {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.row.id)
    }

    /// Opens a guest's checkout; absent for a user's, who needs none. Whoever has it can complete the checkout.
    async fn token(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(checkout::token(ctx.app()?, &self.row))
    }

    /// Where the confirmation goes.
    async fn email(&self) -> Option<&str> {
        self.row.email.as_deref()
    }

    /// For questions.
    async fn phone(&self) -> Option<&str> {
        self.row.phone.as_deref()
    }

    /// Where it is sent.
    async fn shipping_address(&self) -> Option<PostalAddress> {
        self.row.shipping_address.clone().map(Into::into)
    }

    /// Who is billed; where it is absent, as the shipping address.
    async fn billing_address(&self) -> Option<PostalAddress> {
        self.row.billing_address.clone().map(Into::into)
    }

    /// The buyer's words for the stores.
    async fn note(&self) -> &str {
        &self.row.note
    }

    /// One part for each store.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn stores(&self, ctx: &Context<'_>) -> Result<Vec<CheckoutStore>> {
        let quote = self.quote(ctx).await?;
        Ok((0..quote.store_orders.len())
            .map(|at| CheckoutStore { checkout: self.row.id, quote: Arc::clone(quote), at })
            .collect())
    }

    /// Lines that are not for sale any more, or were deleted. They are in no store's part and in no total; remove them from the cart
    /// before `checkoutComplete`.
    #[graphql(directive = cost::ListOf::apply(2))]
    async fn unavailable_lines(&self, ctx: &Context<'_>) -> Result<Vec<CheckoutLine>> {
        let quote = self.quote(ctx).await?;
        Ok(quote.unavailable.iter().map(|line| CheckoutLine::new(self.row.id, quote, line)).collect())
    }

    /// Everything that must be resolved before `checkoutComplete` places an order, with the codes it would answer with: missing data,
    /// lines that cannot be bought, sign-in if guests may not order, and limits on unpaid orders. Empty once completed.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn problems(&self, ctx: &Context<'_>) -> Result<Vec<UserError>> {
        let quote = self.quote(ctx).await?;
        let found = Box::pin(checkout::problems(ctx.app()?, ctx.viewer()?, &self.row, quote)).await?;
        Ok(found.into_iter().map(UserError::from).collect())
    }

    /// Payment providers that the checkout can be completed with. Empty once completed.
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

    /// As `isTaxIncluded`.
    #[graphql(deprecation = "Use `isTaxIncluded`.")]
    async fn tax_included(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.quote(ctx).await?.tax.included)
    }

    /// The order it has become; absent while it is open, and open again after its payment failed.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        if self.row.status != CheckoutStatus::Completed {
            return Ok(None);
        }
        Ok(Box::pin(checkout::order(ctx.app()?, ctx.viewer()?, &self.row)).await?.map(Into::into))
    }

    /// When it was made.
    async fn created_at(&self) -> DateTimeUtc {
        self.row.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTimeUtc {
        self.row.updated_at
    }
}

/// One store's part of a checkout.
pub struct CheckoutStore {
    checkout: CheckoutId,
    quote: Arc<Quote>,
    at: usize,
}

impl CheckoutStore {
    /// The prefix of its ID, which is made of those of the checkout and the store.
    pub const PREFIX: &'static str = "checkout_store";

    /// One of the viewer's own checkouts.
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
        Ok(part.ok_or_else(|| souk_core::error::Fault::internal("a part of a checkout is gone"))?)
    }
}

/// One store's part of a checkout.
#[Object]
impl CheckoutStore {
    /// ID of this part of the checkout.
    pub async fn id(&self) -> Result<ID> {
        Ok(id::joined(Self::PREFIX, &[self.checkout.0, self.part()?.store_id.0]))
    }

    /// The store; null if it is not open any more.
    async fn store(&self, ctx: &Context<'_>) -> Result<Option<Store>> {
        Store::load_visible(ctx, self.part()?.store_id).await
    }

    /// What is bought there.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn lines(&self) -> Result<Vec<CheckoutLine>> {
        Ok(self.part()?.lines.iter().map(|line| CheckoutLine::new(self.checkout, &self.quote, line)).collect())
    }

    /// Whether anything of it is shipped, so that a shipping method is required; digital products need none.
    async fn is_shipping_required(&self) -> Result<bool> {
        Ok(self.part()?.ships)
    }

    /// As `isShippingRequired`.
    #[graphql(deprecation = "Use `isShippingRequired`.")]
    async fn needs_shipping(&self) -> Result<bool> {
        Ok(self.part()?.ships)
    }

    /// The ways to send it to the address, with what each costs for this part. Without an address, those of all countries.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn shipping_methods(&self) -> Result<Vec<CheckoutShippingMethod>> {
        self.part()?.offered.iter().map(|offered| self.method(offered)).collect()
    }

    /// The one chosen; the cheapest where none was. Absent where nothing is sent, or where the one chosen is not offered any more.
    async fn shipping_method(&self) -> Result<Option<CheckoutShippingMethod>> {
        self.part()?.chosen.as_ref().map(|offered| self.method(offered)).transpose()
    }

    /// What the part comes to.
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
    /// The prefix of its ID, which is made of those of the checkout and the variant.
    pub const PREFIX: &'static str = "checkout_line";

    fn new(checkout: CheckoutId, quote: &Quote, line: &QuotedLine) -> Self {
        Self { checkout, line: line.clone(), currency: quote.currency }
    }

    /// One of the viewer's own checkouts.
    pub async fn load_visible(ctx: &Context<'_>, checkout: CheckoutId, variant: ProductVariantId) -> Result<Option<Self>> {
        let Some(quote) = ctx.load_one(QuoteKey(checkout)).await? else { return Ok(None) };
        let mut lines = quote.store_orders.iter().flat_map(|part| &part.lines).chain(&quote.unavailable);
        Ok(lines.find(|line| line.variant_id == variant).map(|line| Self::new(checkout, &quote, line)))
    }
}

/// A line of a checkout.
#[Object]
impl CheckoutLine {
    /// ID of the line in this checkout.
    pub async fn id(&self) -> ID {
        id::joined(Self::PREFIX, &[self.checkout.0, self.line.variant_id.0])
    }

    /// The variant; null if it was deleted, or is no longer public.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Option<ProductVariant>> {
        ProductVariant::load_visible(ctx, self.line.variant_id).await
    }

    /// Name of the product. If the line is `UNAVAILABLE`, as it was when the buyer last changed the line.
    async fn product_name(&self) -> &str {
        &self.line.product_name
    }

    /// Name of the variant. If the line is `UNAVAILABLE`, as it was when the buyer last changed the line.
    async fn variant_name(&self) -> &str {
        &self.line.variant_name
    }

    /// How many.
    async fn quantity(&self) -> i32 {
        self.line.quantity
    }

    /// Whether it can be bought today, in this quantity: `status` is `AVAILABLE`.
    async fn is_available(&self) -> bool {
        self.line.status == LineStatus::Available
    }

    /// As `isAvailable`.
    #[graphql(deprecation = "Use `isAvailable`.")]
    async fn available(&self) -> bool {
        self.line.status == LineStatus::Available
    }

    /// Whether it can be bought today, in this quantity, and if not, why. Only `AVAILABLE` lines count towards the totals.
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

    /// As `taxTotal`.
    #[graphql(deprecation = "Use `taxTotal`.")]
    async fn tax(&self) -> Money {
        Money::new(self.line.priced.tax, self.currency)
    }
}

/// Shipping method as it is offered for one store's part of a checkout, with its price there.
pub struct CheckoutShippingMethod {
    checkout: CheckoutId,
    store: StoreId,
    offered: OfferedMethod,
}

impl CheckoutShippingMethod {
    /// The prefix of its ID, which is made of those of the checkout, the store and the shipping method.
    pub const PREFIX: &'static str = "checkout_shipping_method";

    /// One of the viewer's own checkouts.
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

/// Shipping method as it is offered for one store's part of a checkout, with its price there.
#[Object]
impl CheckoutShippingMethod {
    /// ID of this offer. Pass it to `checkoutUpdate` as `shippingMethodId` to choose it; the ID of the shipping method does, too.
    pub async fn id(&self) -> ID {
        id::joined(Self::PREFIX, &[self.checkout.0, self.store.0, self.offered.id.0])
    }

    /// The shipping method itself; null if it is not offered any more.
    async fn shipping_method(&self, ctx: &Context<'_>) -> Result<Option<ShippingMethod>> {
        ShippingMethod::load_visible(ctx, self.offered.id).await
    }

    /// Name, as buyers read it.
    async fn name(&self) -> &str {
        &self.offered.name
    }

    /// Price for this store's part: 0 if its items reach `ShippingMethod.freeOver`.
    async fn price(&self) -> Money {
        Money::new(self.offered.price, self.offered.currency)
    }
}

/// What one of the viewer's own checkouts comes to.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct QuoteKey(CheckoutId);

impl Loader<QuoteKey> for Loaders {
    type Value = Arc<Quote>;
    type Error = Error;

    /// One after the other: few ask for parts of more than one checkout.
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

/// Reading checkouts.
#[derive(Default)]
pub struct CheckoutQuery;

#[Object]
impl CheckoutQuery {
    /// A checkout: one's own, or a guest's by its token.
    #[graphql(directive = public::apply())]
    async fn checkout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The checkout.")] id: ID,
        #[graphql(desc = "Opens a guest's checkout.")] token: Option<String>,
    ) -> Result<Option<Checkout>> {
        let id = id::argument("id", &id)?;
        let row = checkout::find(ctx.app()?, ctx.viewer()?, id, token.as_deref()).await?;
        Ok(row.map(Into::into))
    }
}

/// What a new checkout begins with. Everything but the cart can be filled in later, by `checkoutUpdate`.
#[derive(InputObject)]
struct CheckoutCreateInput {
    /// Opens a guest's cart; left out for one's own.
    cart_token: Option<String>,
    /// Where the confirmation goes, at most 254 characters; one's own address when left out.
    email: Option<String>,
    /// For questions: 5 to 20 digits, with spaces and `+-()./` between them.
    phone: Option<String>,
    /// Where it is sent.
    shipping_address: Option<PostalAddressInput>,
    /// Who is billed; as the shipping address when left out.
    billing_address: Option<PostalAddressInput>,
    /// For the stores; plain text of at most 2,000 characters.
    note: Option<String>,
}

/// A shipping method for one store's part.
#[derive(InputObject)]
struct CheckoutShippingMethodInput {
    /// The store.
    store_id: ID,
    /// One of those offered for its part: the ID of a `CheckoutShippingMethod` or of its `ShippingMethod`.
    shipping_method_id: ID,
}

/// What is to change; what is left out stays.
#[derive(InputObject)]
struct CheckoutUpdateInput {
    /// The checkout.
    #[graphql(deprecation = "Use the argument `id`.")]
    checkout_id: Option<ID>,
    /// Opens a guest's checkout.
    checkout_token: Option<String>,
    /// A shipping method for each store named, at most 100; the others keep theirs.
    shipping_methods: Option<Vec<CheckoutShippingMethodInput>>,
    /// Where it is sent; `null` takes it away.
    shipping_address: MaybeUndefined<PostalAddressInput>,
    /// Who is billed; `null`: as the shipping address.
    billing_address: MaybeUndefined<PostalAddressInput>,
    /// Where the confirmation goes, at most 254 characters; `null` takes it away.
    email: MaybeUndefined<String>,
    /// For questions: 5 to 20 digits, with spaces and `+-()./` between them; `null` takes it away.
    phone: MaybeUndefined<String>,
    /// For the stores; plain text of at most 2,000 characters; `null` takes it away.
    note: MaybeUndefined<String>,
}

/// How a checkout is completed.
#[derive(InputObject)]
struct CheckoutCompleteInput {
    /// The checkout.
    checkout_id: ID,
    /// Opens a guest's checkout.
    checkout_token: Option<String>,
    /// Who moves the money.
    payment_provider: PaymentProvider,
    /// What the provider's library on the client made, 1 to 255 characters; MANUAL needs none. SANDBOX moves no money and takes
    /// `tok_success` (the default: captured at once), `tok_declined` and `tok_insufficient_funds` (refused),
    /// `tok_requires_action` (captured when the buyer confirms it by `paymentConfirm`), `tok_late_success` and
    /// `tok_late_failure` (pending for a minute, then captured or refused) and `tok_unreachable` (captured, but no answer for
    /// half a minute).
    payment_token: Option<String>,
    /// What makes it safe to send again, 1 to 255 characters, without control characters or spaces around it: the same key with
    /// the same input answers with the same order; with another input it is the error IDEMPOTENCY_KEY_REUSED. After a failed
    /// payment, try again with a new one. Keys are remembered for 30 days.
    idempotency_key: String,
    /// What the buyer agreed to: where it comes to another total today, nothing is ordered and the user error is STALE. Left
    /// out, today's prices hold.
    expected_total: Option<Decimal>,
}

payload! {
    /// What came of beginning a checkout.
    CheckoutCreatePayload {
        /// The new checkout.
        checkout: Checkout
    }
}

payload! {
    /// What came of filling in a checkout.
    CheckoutUpdatePayload {
        /// The changed checkout.
        checkout: Checkout
    }
}

/// Result of `checkoutComplete`. If the payment failed, `order` has the status FAILED and the user error is PAYMENT_FAILED: the
/// checkout is open again, and its lines are back in the cart. If an earlier payment of the order could not be cancelled yet, the
/// user error is PAYMENT_PENDING, and `payment` is the earlier one.
#[derive(SimpleObject)]
#[graphql(complex)]
struct CheckoutCompletePayload {
    /// The checkout of the order and a guest's token for it.
    #[graphql(skip)]
    checkout: Option<(CheckoutId, Option<String>)>,
    /// The order; absent where none was placed.
    order: Option<Order>,
    /// Its payment.
    payment: Option<Payment>,
    /// How the buyer confirms the payment, where it requires action; then call `paymentConfirm`.
    confirmation: Option<PaymentConfirmation>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

#[ComplexObject]
impl CheckoutCompletePayload {
    /// Cart that was checked out, as it is now: without the lines that were ordered. Null if no order was placed, and after the cart was
    /// deleted.
    async fn cart(&self, ctx: &Context<'_>) -> Result<Option<Cart>> {
        let Some((id, token)) = &self.checkout else { return Ok(None) };
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let Some(checkout) = checkout::find(app, viewer, *id, token.as_deref()).await? else { return Ok(None) };
        Ok(checkout::cart(app, viewer, &checkout).await?.map(Cart::from))
    }
}

/// Changing checkouts.
#[derive(Default)]
pub struct CheckoutMutation;

#[Object]
impl CheckoutMutation {
    /// Begins a checkout of one's own cart, or of a guest's by its token. Guests may where the marketplace allows it.
    #[graphql(directive = public::apply())]
    async fn checkout_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it begins with.")] input: CheckoutCreateInput,
    ) -> Result<CheckoutCreatePayload> {
        let new = NewCheckout {
            cart_token: input.cart_token,
            email: input.email,
            phone: input.phone,
            shipping_address: input.shipping_address.map(Into::into),
            billing_address: input.billing_address.map(Into::into),
            note: input.note,
        };
        CheckoutCreatePayload::from_result(Box::pin(checkout::create(ctx.app()?, ctx.viewer()?, new)).await)
    }

    /// Fills in a checkout that is open: addresses, contact, and a shipping method for each store's part.
    #[graphql(directive = public::apply())]
    async fn checkout_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The checkout; required, unless the deprecated `input.checkoutId` is given instead.")] id: Option<ID>,
        #[graphql(desc = "What is to change.")] input: CheckoutUpdateInput,
    ) -> Result<CheckoutUpdatePayload> {
        let named = if input.checkout_id.is_some() { "checkoutId" } else { "id" };
        let result = async {
            let mut ids = Ids::default();
            let id = match (&id, &input.checkout_id) {
                (Some(id), None) => ids.read("id", id),
                (None, Some(id)) => ids.read("checkoutId", id),
                (Some(_), Some(_)) => {
                    return refuse("checkoutId", Code::Invalid, "checkoutId is the earlier form of id: give id alone.");
                }
                (None, None) => return refuse("id", Code::Required, "id is required."),
            };
            let token = input.checkout_token.clone();
            let patch = patch(input, id, &mut ids);
            ids.finish()?;
            Box::pin(checkout::update(ctx.app()?, ctx.viewer()?, id, token.as_deref(), patch)).await
        };
        CheckoutUpdatePayload::from_result(result.await.map_err(missing(named)).map_err(|error| naming(error, named)))
    }

    /// Makes an order of a checkout and requests its payment; at most once for each checkout, however often it is sent. Prices,
    /// shipping and tax are today's. Either all of it is ordered and its stock taken, or nothing is, and every reason is told.
    ///
    /// A buyer who left the payment page completes the checkout again, with a new `idempotencyKey`: with the same provider and
    /// token the waiting payment is returned; with another one the waiting payment is cancelled at its provider, and the new one
    /// is requested for the same order. If the provider answers that the earlier payment succeeded, the order is paid by it and
    /// nothing else is requested.
    #[graphql(directive = public::apply())]
    async fn checkout_complete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How it is completed.")] input: CheckoutCompleteInput,
    ) -> Result<CheckoutCompletePayload> {
        let token = input.checkout_token.clone();
        let result = async {
            let complete = Complete {
                checkout_id: id::input("checkoutId", &input.checkout_id)?,
                checkout_token: input.checkout_token,
                provider: input.payment_provider.into(),
                payment_token: input.payment_token,
                idempotency_key: input.idempotency_key,
                expected_total: input.expected_total.map(|amount| amount.0),
            };
            Box::pin(checkout::complete(ctx.app()?, ctx.viewer()?, complete)).await
        };
        let (completed, mut user_errors) = split(result.await.map_err(missing("checkoutId")))?;
        let Some(Completed { order_id, payment, problem }) = completed else {
            return Ok(CheckoutCompletePayload { checkout: None, order: None, payment: None, confirmation: None, user_errors });
        };
        let order = Order::load(ctx, order_id).await?;
        let problem = problem.or_else(|| souk_domain::payment::problem(&payment, order.row(), "paymentToken"));
        user_errors.extend(problem.map(UserError::from));
        let checkout = Some((id::input("checkoutId", &input.checkout_id)?, token));
        Ok(CheckoutCompletePayload {
            checkout,
            order: Some(order),
            confirmation: PaymentConfirmation::of(&payment),
            payment: Some(payment.into()),
            user_errors,
        })
    }
}

/// Problems of the checkout itself name what the client named it by.
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

fn patch(input: CheckoutUpdateInput, checkout: CheckoutId, ids: &mut Ids) -> CheckoutPatch {
    let text = |value: MaybeUndefined<String>| value.as_opt_ref().map(|value| value.cloned());
    let address = |value: MaybeUndefined<PostalAddressInput>| value.as_opt_ref().map(|value| value.cloned().map(Into::into));
    let choices = input.shipping_methods.unwrap_or_default().into_iter().enumerate();
    let shipping = choices.map(|(at, choice)| {
        let store_id = ids.read(&format!("shippingMethods.{at}.storeId"), &choice.store_id);
        let path = format!("shippingMethods.{at}.shippingMethodId");
        Choice { store_id, method_id: chosen_method(ids, &path, &choice.shipping_method_id, checkout, store_id) }
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

/// The shipping method that an ID names: its own, or that of what is offered for a store's part of this checkout.
fn chosen_method(ids: &mut Ids, path: &str, id: &ID, checkout: CheckoutId, store: StoreId) -> ShippingMethodId {
    match id::parts(id) {
        Some((CheckoutShippingMethod::PREFIX, parts)) => match parts.as_slice() {
            [of, at, method] if *of == checkout.0 && *at == store.0 => (*method).into(),
            _ => {
                let message =
                    "shippingMethodId must be one of those offered for this store in this checkout; it is of another one.";
                ids.problem(Problem::new(path, Code::InvalidId, message));
                uuid::Uuid::nil().into()
            }
        },
        _ => ids.read(path, id),
    }
}
