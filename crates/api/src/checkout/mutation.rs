//! Mutations of checkouts.

use super::{Checkout, CheckoutShippingMethod};
use crate::address::PostalAddressInput;
use crate::cart::Cart;
use crate::context::ContextExt;
use crate::decode::{self, Input};
use crate::enums::PaymentProvider;
use crate::error::{Result, UserError, split};
use crate::id;
use crate::money::Decimal;
use crate::order::Order;
use crate::payloads;
use crate::payment::{Payment, PaymentConfirmation};
use async_graphql::{ComplexObject, Context, ID, InputObject, MaybeUndefined, SimpleObject};
use entity::id::{CheckoutId, ShippingMethodId, StoreId};
use souk_core::auth::Viewer;
use souk_core::error::{Code, Problem, refuse};
use souk_domain::checkout::{self, CheckoutPatch, Choice, NewCheckout};
use souk_domain::placement::{self, Complete, Completed};
use souk_macros::root_object;

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
    /// Payment token from the provider's client library, 1 to 255 characters. `MANUAL` needs none. `STRIPE` requires the ID of a
    /// PaymentMethod (`pm_...`). `SANDBOX` moves no money and
    /// accepts `tok_success` (default; captured immediately), `tok_declined` and `tok_insufficient_funds` (declined),
    /// `tok_requires_action` (captured after the buyer confirms it with `paymentConfirm`), `tok_late_success` and
    /// `tok_late_failure` (pending for a minute, then captured or declined), `tok_unreachable` (captured, but the provider does not
    /// respond for half a minute), `tok_authorize` (authorized, and captured later), and `tok_refund_fails` and
    /// `tok_refund_pending` (captured immediately; refunds fail, or are pending for a minute).
    payment_token: Option<String>,
    /// Key of your choice, 1 to 255 characters, without control characters or surrounding spaces: a repeated request with the
    /// same key and input changes nothing more and returns the same order; another input with the same key is the error
    /// `IDEMPOTENCY_KEY_REUSED`. After a failed payment, retry with a new key. Keys are stored for 30 days.
    idempotency_key: String,
    /// Total that the buyer agreed to. If the current total differs, no order is placed and the error is `STALE`. If omitted,
    /// current prices apply.
    expected_total: Option<Decimal>,
}

payloads! {
    /// New checkout; null if the operation failed.
    CheckoutCreatePayload { checkout: Checkout } of checkoutCreate;
    /// Checkout after the change; null if the operation failed.
    CheckoutUpdatePayload { checkout: Checkout } of checkoutUpdate;
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
        let result = async {
            let mut decoded = Input::default();
            let id = match (&id, &input.checkout_id) {
                (Some(id), None) => decoded.object("id", id),
                (None, Some(id)) => decoded.object("checkoutId", id),
                (Some(_), Some(_)) => {
                    return refuse("checkoutId", Code::Invalid, "checkoutId is the earlier form of id: give id alone.");
                }
                (None, None) => return refuse("id", Code::Required, "id is required."),
            };
            let token = input.checkout_token.clone();
            let patch = patch(input, id, &mut decoded);
            decoded.run(Box::pin(checkout::update(ctx.app()?, viewer, id, token.as_deref(), patch))).await
        };
        CheckoutUpdatePayload::from_result(result.await)
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

fn patch(input: CheckoutUpdateInput, checkout: CheckoutId, decoded: &mut Input) -> CheckoutPatch {
    let choices = input.shipping_methods.unwrap_or_default().into_iter().enumerate();
    let shipping = choices.map(|(at, choice)| {
        let store_id = decoded.id(&format!("shippingMethods.{at}.storeId"), &choice.store_id);
        let path = format!("shippingMethods.{at}.shippingMethodId");
        Choice { store_id, method_id: chosen_method(decoded, &path, &choice.shipping_method_id, checkout, store_id) }
    });
    CheckoutPatch {
        shipping: shipping.collect(),
        email: input.email.into(),
        phone: input.phone.into(),
        note: input.note.into(),
        shipping_address: input.shipping_address.map_value(Into::into).into(),
        billing_address: input.billing_address.map_value(Into::into).into(),
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
