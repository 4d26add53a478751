//! Carts.

pub mod mutation;
mod store;

pub use mutation::CartMutation;
pub use store::CartStore;

use crate::context::ContextExt;
use crate::cost;
use crate::error::Result;
use crate::id;
use crate::loader::loaders;
use crate::money::Money;
use crate::scalar::CountryCode;
use crate::variant::ProductVariant;
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use entity::cart::Model;
use entity::id::{CartId, CartLineId};
use entity::money::Minor;
use souk_core::auth::Viewer;
use souk_core::check::is_country;
use souk_core::error::{Error, Fault};
use souk_core::text::truncate;
use souk_domain::cart::{self, Changed};
use souk_macros::{object, root_object};
use std::sync::Arc;

/// A shopping cart.
pub struct Cart {
    row: Model,
    /// Set after a change; otherwise loaded when a field needs them.
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

/// Shopping cart of a user or a guest. Prices are not stored in the cart: they are always the current prices.
#[object]
impl Cart {
    /// ID of the cart.
    pub async fn id(&self) -> ID {
        id::output(self.row.id)
    }

    /// Secret token of a guest's cart: store it and pass it as `cartToken`. Null for the cart of a signed-in user, which needs
    /// none.
    async fn token(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(cart::token(ctx.app()?, &self.row))
    }

    /// Lines of the cart, oldest first; at most 100.
    #[graphql(directive = cost::ListOf::apply(10))]
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<CartLine>> {
        Ok(self.load_lines(ctx).await?.iter().cloned().map(CartLine).collect())
    }

    /// Sum of the quantities of all lines.
    async fn total_quantity(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(self.load_lines(ctx).await?.iter().map(|line| line.row.quantity).sum())
    }

    /// Sum of the lines that can be bought in their quantity (`CartLine.status` is `AVAILABLE`) at current prices, without
    /// shipping and without added tax. Equal to the item subtotal of a checkout of this cart.
    async fn subtotal(&self, ctx: &Context<'_>) -> Result<Money> {
        let lines = self.load_lines(ctx).await?;
        sum(ctx, lines.iter().filter(|line| line.status() == cart::LineStatus::Available))
    }

    /// Sum of all lines at current prices, including lines that can't be bought.
    async fn subtotal_of_all_lines(&self, ctx: &Context<'_>) -> Result<Money> {
        let lines = self.load_lines(ctx).await?;
        sum(ctx, lines.iter())
    }

    /// Lines of the cart grouped by store, in the order of the lines, with an estimate of shipping and tax for each store. Lines
    /// that are no longer for sale are in no group.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn stores(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Country of the estimate, as an ISO 3166-1 alpha-2 code. Default: that of the buyer's default shipping address."
        )]
        country: Option<CountryCode>,
    ) -> Result<Vec<CartStore>> {
        let country = country.map(|code| decode_country("country", &code.0)).transpose()?;
        let lines = self.load_lines(ctx).await?;
        Ok(CartStore::of_cart(&self.row, &lines, country))
    }

    /// Changes since the lines were added or last changed: price changes, insufficient stock, items that are no longer for sale.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn warnings(&self, ctx: &Context<'_>) -> Result<Vec<CartWarning>> {
        let lines = self.load_lines(ctx).await?;
        Ok(cart::warnings(&lines).into_iter().map(CartWarning::from).collect())
    }

    row_fields! {
        self.row:
        created_at,
        /// Time of the last change of the lines.
        updated_at,
    }
}

/// Validates a country code in an argument of a query.
fn decode_country(argument: &'static str, text: &str) -> Result<String, Fault> {
    let code = text.trim().to_uppercase();
    if is_country(&code) {
        return Ok(code);
    }
    let shown = truncate(text, 40);
    let message = format!("{argument} must be a country code of two letters (ISO 3166-1 alpha-2), such as NP; got {shown:?}.");
    Err(Fault::BadUserInput { argument, message })
}

fn sum<'a>(ctx: &Context<'_>, mut lines: impl Iterator<Item = &'a cart::Line>) -> Result<Money> {
    let sum = lines.try_fold(Minor::ZERO, |sum, line| sum.plus(line.total()?)).map_err(Error::from)?;
    Ok(Money::new(sum, ctx.app()?.config.currency))
}

/// Availability of a line of a cart or a checkout.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "cart::LineStatus")]
pub enum CartLineStatus {
    /// The line can be bought in its quantity.
    Available,
    /// The stock is lower than the quantity of the line.
    InsufficientStock,
    /// The item is no longer for sale or was deleted. Remove the line: no order can be placed with it.
    Unavailable,
}

/// A line of a cart.
pub struct CartLine(cart::Line);

/// Line of a cart: a product variant and its quantity.
#[Object]
impl CartLine {
    /// ID of the cart line.
    pub async fn id(&self) -> ID {
        id::output(self.0.row.id)
    }

    /// Quantity of the variant, 1 to 1,000,000.
    async fn quantity(&self) -> i32 {
        self.0.row.quantity
    }

    /// Whether the line can be bought now in its quantity: `status` is `AVAILABLE`.
    async fn is_available(&self) -> bool {
        self.0.status() == cart::LineStatus::Available
    }

    /// Same value as `isAvailable`.
    #[graphql(deprecation = "Use `isAvailable`.")]
    async fn available(&self) -> bool {
        self.0.status() == cart::LineStatus::Available
    }

    /// Whether the line can be bought now in its quantity, and the reason if it can't.
    async fn status(&self) -> CartLineStatus {
        self.0.status().into()
    }

    /// Name of the product. If the line is `UNAVAILABLE`, the name at the buyer's last change of the line.
    async fn product_name(&self) -> &str {
        self.0.product_name()
    }

    /// Name of the variant. If the line is `UNAVAILABLE`, the name at the buyer's last change of the line.
    async fn variant_name(&self) -> &str {
        self.0.variant_name()
    }

    /// Whether the price has changed since the buyer last changed the line.
    async fn is_price_changed(&self) -> bool {
        self.0.price_changed()
    }

    /// Same value as `isPriceChanged`.
    #[graphql(deprecation = "Use `isPriceChanged`.")]
    async fn price_changed(&self) -> bool {
        self.0.price_changed()
    }

    /// Current price per unit. If the line is `UNAVAILABLE`, the price at the buyer's last change of the line.
    async fn unit_price(&self, ctx: &Context<'_>) -> Result<Money> {
        Ok(Money::new(self.0.unit_price(), ctx.app()?.config.currency))
    }

    /// Unit price times quantity.
    async fn line_total(&self, ctx: &Context<'_>) -> Result<Money> {
        Ok(Money::new(self.0.total().map_err(Error::from)?, ctx.app()?.config.currency))
    }

    /// Product variant of the line; null if it was deleted or is no longer public.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Option<ProductVariant>> {
        match self.0.for_sale() {
            Some(offer) => Ok(Some(offer.variant.clone().into())),
            None => ProductVariant::load_visible(ctx, self.0.row.variant_id).await,
        }
    }
}

/// Kind of a cart warning.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "cart::WarningCode")]
pub enum CartWarningCode {
    /// The quantity was reduced to the stock; `stockAvailable` is the quantity that can be bought.
    QuantityClamped,
    /// The price has changed since the buyer last changed the line.
    PriceChanged,
    /// The item is no longer for sale or was deleted.
    Unavailable,
    /// The stock is lower than the quantity of the line; `stockAvailable` is the quantity left.
    InsufficientStock,
    /// A line of the guest cart was not added at sign-in because the user's cart was full. `lineId` is the ID of the line in the
    /// guest cart, which no longer exists.
    CartFull,
}

/// Notice for the buyer about a cart line. The operation itself succeeded.
#[derive(SimpleObject, Clone, Debug)]
pub struct CartWarning {
    /// Kind of the warning.
    pub code: CartWarningCode,
    /// Sentence to show to the buyer.
    pub message: String,
    /// ID of the cart line that the warning concerns.
    pub line_id: ID,
    /// Quantity left in stock; null if the warning does not concern the stock.
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

loaders! {
    /// Loads a cart.
    CartKey(CartId) => row Model, by cart::by_ids;
    /// Loads the lines of a cart.
    LinesKey(CartId) => value Arc<Vec<cart::Line>>, by cart::lines;
    /// Loads the ID of the cart of a line.
    CartOfLine(CartLineId) => value CartId, by cart::of_lines;
}

impl CartLine {
    /// A line of the viewer's own cart; `None` for any other line.
    pub async fn load_visible(ctx: &Context<'_>, id: CartLineId) -> Result<Option<Self>> {
        let Some(cart) = ctx.load_one(CartOfLine(id)).await? else { return Ok(None) };
        let lines = ctx.load_one(LinesKey(cart)).await?.unwrap_or_default();
        Ok(lines.iter().find(|line| line.row.id == id).cloned().map(Self))
    }
}

impl Cart {
    /// Loads a cart in the batch of the request; an internal error if it does not exist.
    pub async fn load(ctx: &Context<'_>, id: CartId) -> Result<Self> {
        Self::load_visible(ctx, id).await?.ok_or_else(|| souk_core::error::Fault::internal("the cart does not exist").into())
    }

    /// Loads the viewer's own cart; `None` if the cart does not exist or belongs to another user.
    pub async fn load_visible(ctx: &Context<'_>, id: CartId) -> Result<Option<Self>> {
        Ok(ctx.load_one(CartKey(id)).await?.map(Self::from))
    }

    /// The cart of the signed-in viewer, if there is one.
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

/// Queries for carts.
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
