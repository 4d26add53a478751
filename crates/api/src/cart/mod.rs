//! Carts.

pub mod mutation;
mod store;

pub use mutation::CartMutation;
pub use store::CartStore;

use crate::context::ContextExt;
use crate::cost;
use crate::error::Result;
use crate::id;
use crate::loader::Loaders;
use crate::money::Money;
use crate::scalar::CountryCode;
use crate::variant::ProductVariant;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::cart::Model;
use entity::id::{CartId, CartLineId};
use entity::money::Minor;
use souk_core::auth::Viewer;
use souk_core::check::is_country;
use souk_core::error::{Error, Fault};
use souk_core::text::truncate;
use souk_domain::cart::{self, Changed};
use souk_macros::root_object;
use std::collections::HashMap;
use std::sync::Arc;

/// What somebody means to buy.
pub struct Cart {
    row: Model,
    /// There after a change; else read when they are asked for.
    lines: Option<Arc<Vec<cart::Line>>>,
}

impl From<Model> for Cart {
    fn from(row: Model) -> Self {
        Self { row, lines: None }
    }
}

impl From<Changed> for Cart {
    fn from(changed: Changed) -> Self {
        Self { row: changed.cart, lines: Some(Arc::new(changed.lines)) }
    }
}

/// What somebody means to buy. It keeps no prices: they are always today's.
#[Object]
impl Cart {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.row.id)
    }

    /// Opens a guest's cart: keep it, and pass it as `cartToken`. Absent for the cart of a user, who needs none.
    async fn token(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(cart::token(ctx.app()?, &self.row))
    }

    /// Its lines, oldest first; at most 100.
    #[graphql(directive = cost::ListOf::apply(10))]
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<CartLine>> {
        Ok(self.load_lines(ctx).await?.iter().cloned().map(CartLine).collect())
    }

    /// Pieces in all lines.
    async fn total_quantity(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(self.load_lines(ctx).await?.iter().map(|line| line.row.quantity).sum())
    }

    /// Sum of the lines that can be bought in their quantity (`CartLine.status` is `AVAILABLE`), at today's prices, without shipping
    /// and added tax. The item total of a checkout is the same.
    async fn subtotal(&self, ctx: &Context<'_>) -> Result<Money> {
        let lines = self.load_lines(ctx).await?;
        sum(ctx, lines.iter().filter(|line| line.status() == cart::LineStatus::Available))
    }

    /// Sum of all lines, including those that cannot be bought.
    async fn subtotal_of_all_lines(&self, ctx: &Context<'_>) -> Result<Money> {
        let lines = self.load_lines(ctx).await?;
        sum(ctx, lines.iter())
    }

    /// What the cart holds of each store, in the order of the lines, with an estimate of shipping and tax. Lines that are not for sale
    /// any more are in no store's part.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn stores(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Country to estimate for; that of the buyer's default shipping address if left out.")] country: Option<
            CountryCode,
        >,
    ) -> Result<Vec<CartStore>> {
        let country = country.map(|code| decode_country("country", &code.0)).transpose()?;
        let lines = self.load_lines(ctx).await?;
        Ok(CartStore::of_cart(&self.row, &lines, country))
    }

    /// What changed since the lines were put in: other prices, fewer left, no longer available.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn warnings(&self, ctx: &Context<'_>) -> Result<Vec<CartWarning>> {
        let lines = self.load_lines(ctx).await?;
        Ok(cart::warnings(&lines).into_iter().map(CartWarning::from).collect())
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.row.created_at
    }

    /// When its lines last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.row.updated_at
    }
}

/// A country code in an argument of a query.
fn decode_country(argument: &'static str, text: &str) -> Result<String, Fault> {
    let code = text.trim().to_uppercase();
    if is_country(&code) {
        return Ok(code);
    }
    let shown = truncate(text, 40);
    let message = format!("{argument} must be a country code of two letters (ISO 3166-1 alpha-2), such as NP; found {shown:?}.");
    Err(Fault::BadUserInput { argument, message })
}

fn sum<'a>(ctx: &Context<'_>, mut lines: impl Iterator<Item = &'a cart::Line>) -> Result<Money> {
    let sum = lines.try_fold(Minor::ZERO, |sum, line| sum.plus(line.total()?)).map_err(Error::from)?;
    Ok(Money::new(sum, ctx.app()?.config.currency))
}

/// Whether a line of a cart or checkout can be bought.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "cart::LineStatus")]
pub enum CartLineStatus {
    /// Can be bought in its quantity.
    Available,
    /// Fewer pieces are left than the line holds.
    InsufficientStock,
    /// Not for sale any more, or deleted. Remove the line; no order can be placed with it.
    Unavailable,
}

/// A variant in a cart.
pub struct CartLine(cart::Line);

/// A variant in a cart.
#[Object]
impl CartLine {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.0.row.id)
    }

    /// How many of it: 1 to 1,000,000.
    async fn quantity(&self) -> i32 {
        self.0.row.quantity
    }

    /// Whether it can be bought today, in this quantity: `status` is `AVAILABLE`.
    async fn is_available(&self) -> bool {
        self.0.status() == cart::LineStatus::Available
    }

    /// As `isAvailable`.
    #[graphql(deprecation = "Use `isAvailable`.")]
    async fn available(&self) -> bool {
        self.0.status() == cart::LineStatus::Available
    }

    /// Whether it can be bought today, in this quantity, and if not, why.
    async fn status(&self) -> CartLineStatus {
        self.0.status().into()
    }

    /// Name of the product. If the line is `UNAVAILABLE`, as it was when the buyer last changed the line.
    async fn product_name(&self) -> &str {
        self.0.product_name()
    }

    /// Name of the variant. If the line is `UNAVAILABLE`, as it was when the buyer last changed the line.
    async fn variant_name(&self) -> &str {
        self.0.variant_name()
    }

    /// Whether the price is another than when the buyer last changed the line.
    async fn is_price_changed(&self) -> bool {
        self.0.price_changed()
    }

    /// As `isPriceChanged`.
    #[graphql(deprecation = "Use `isPriceChanged`.")]
    async fn price_changed(&self) -> bool {
        self.0.price_changed()
    }

    /// Today's price per unit. If the line is `UNAVAILABLE`, the price when the buyer last changed the line.
    async fn unit_price(&self, ctx: &Context<'_>) -> Result<Money> {
        Ok(Money::new(self.0.unit_price(), ctx.app()?.config.currency))
    }

    /// Unit price times quantity.
    async fn line_total(&self, ctx: &Context<'_>) -> Result<Money> {
        Ok(Money::new(self.0.total().map_err(Error::from)?, ctx.app()?.config.currency))
    }

    /// The variant; null if it was deleted, or is no longer public.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Option<ProductVariant>> {
        match self.0.for_sale() {
            Some(offer) => Ok(Some(offer.variant.clone().into())),
            None => ProductVariant::load_visible(ctx, self.0.row.variant_id).await,
        }
    }
}

/// The kinds of thing that a buyer should know of a cart.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "cart::WarningCode")]
pub enum CartWarningCode {
    /// Fewer were put in than were asked for; `stockAvailable` says how many can be bought.
    QuantityClamped,
    /// The price is another than when the buyer last changed the line.
    PriceChanged,
    /// It is not for sale any more, or was deleted.
    Unavailable,
    /// Fewer are left than the line holds; `stockAvailable` says how many.
    InsufficientStock,
    /// The line of the guest cart was not added when signing in, because the user's cart was full. `lineId` is that of the guest cart,
    /// which no longer exists.
    CartFull,
}

/// Something that a buyer should know of a line; not a failure.
#[derive(SimpleObject, Clone, Debug)]
pub struct CartWarning {
    /// Its kind.
    pub code: CartWarningCode,
    /// A sentence for the buyer.
    pub message: String,
    /// The line it is about.
    pub line_id: ID,
    /// Pieces left, where that is what it is about.
    pub stock_available: Option<i32>,
}

impl From<cart::Warning> for CartWarning {
    fn from(warning: cart::Warning) -> Self {
        Self {
            code: warning.code.into(),
            message: warning.message,
            line_id: id::output(warning.line_id),
            stock_available: warning.stock_available,
        }
    }
}

/// One cart.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct CartKey(CartId);
/// The lines of one cart.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct LinesKey(CartId);
/// The cart of one line.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct CartOfLine(CartLineId);

impl Loader<CartKey> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[CartKey]) -> Result<HashMap<CartKey, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = cart::by_ids(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (CartKey(row.id), row)).collect())
    }
}

impl Loader<LinesKey> for Loaders {
    type Value = Arc<Vec<cart::Line>>;
    type Error = Error;

    async fn load(&self, keys: &[LinesKey]) -> Result<HashMap<LinesKey, Self::Value>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let lines = cart::lines(&self.app, &self.viewer, &ids).await?;
        Ok(lines.into_iter().map(|(id, lines)| (LinesKey(id), Arc::new(lines))).collect())
    }
}

impl Loader<CartOfLine> for Loaders {
    type Value = CartId;
    type Error = Error;

    async fn load(&self, keys: &[CartOfLine]) -> Result<HashMap<CartOfLine, CartId>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = cart::of_lines(&self.app, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|(line, cart)| (CartOfLine(line), cart)).collect())
    }
}

impl CartLine {
    /// One of the viewer's own cart.
    pub async fn load_visible(ctx: &Context<'_>, id: CartLineId) -> Result<Option<Self>> {
        let Some(cart) = ctx.load_one(CartOfLine(id)).await? else { return Ok(None) };
        let lines = ctx.load_one(LinesKey(cart)).await?.unwrap_or_default();
        Ok(lines.iter().find(|line| line.row.id == id).cloned().map(Self))
    }
}

impl Cart {
    /// Read together with the others that this request asks for; an error where it is gone.
    pub async fn load(ctx: &Context<'_>, id: CartId) -> Result<Self> {
        Self::load_optional(ctx, id).await?.ok_or_else(|| souk_core::error::Fault::internal("Cart is gone").into())
    }

    /// As [`Cart::load`], for what may be gone or hidden: only the viewer's own cart is found.
    pub async fn load_optional(ctx: &Context<'_>, id: CartId) -> Result<Option<Self>> {
        Ok(ctx.load_one(CartKey(id)).await?.map(Self::from))
    }

    /// The cart of whoever asks, if there is one.
    pub async fn of_viewer(ctx: &Context<'_>) -> Result<Option<Self>> {
        Ok(cart::find(ctx.app()?, ctx.viewer()?, None).await?.map(Self::from))
    }

    async fn load_lines(&self, ctx: &Context<'_>) -> Result<Arc<Vec<cart::Line>>> {
        match &self.lines {
            Some(lines) => Ok(Arc::clone(lines)),
            None => Ok(ctx.load_one(LinesKey(self.row.id)).await?.unwrap_or_default()),
        }
    }
}

/// Reading carts.
#[derive(Default)]
pub struct CartQuery;

#[root_object]
impl CartQuery {
    /// Cart with this token; without a token, the cart of the signed-in user. Null if there is none.
    async fn cart(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "`Cart.token` of a guest's cart; omit it for the cart of the signed-in user.")] token: Option<String>,
    ) -> Result<Option<Cart>> {
        Ok(cart::find(ctx.app()?, viewer, token.as_deref()).await?.map(Cart::from))
    }
}
