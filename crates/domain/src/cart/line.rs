//! Cart lines, and the current state of their variants.

use crate::variant;
use entity::cart_line::{self, Column, Entity};
use entity::id::{CartId, CartLineId, ProductVariantId};
use entity::money::{AmountOverflow, CurrencyCode, Minor};
use entity::value::ProductKind;
use entity::{product, product_variant};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, IdenStatic, Iterable, JoinType, QueryFilter,
    QueryOrder, QueryResult, QuerySelect, RelationTrait,
};
use souk_core::db::InPadded;
use souk_core::error::Result;
use std::collections::HashMap;

/// Current data of a variant that can be in a cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub variant: product_variant::Model,
    pub product_name: String,
    /// Whether it has a stock: physical products do.
    pub kind: ProductKind,
    /// Currency of the price.
    pub currency: CurrencyCode,
    /// Whether storefronts show the product: the product and its store are active.
    pub listed: bool,
    /// Whether the product was ever shown; before that it does not exist for buyers.
    pub published: bool,
}

impl Offer {
    /// Whether it can be bought, apart from the stock.
    pub fn for_sale(&self) -> bool {
        self.listed && self.variant.active
    }

    /// Quantity that can be bought.
    pub fn available_quantity(&self) -> i32 {
        variant::available_quantity(&self.variant, self.kind)
    }

    /// Name for messages: the product and, if it has one, the variant.
    pub fn title(&self) -> String {
        title(&self.product_name, &self.variant.name)
    }
}

/// Name for messages: the product and, if the variant has a name, the variant.
pub fn title(product: &str, variant: &str) -> String {
    if variant.is_empty() { product.to_owned() } else { format!("{product} ({variant})") }
}

impl FromQueryResult for Offer {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        let published_at: Option<sea_orm::prelude::DateTimeUtc> = row.try_get("", "product_published_at")?;
        Ok(Self {
            variant: product_variant::Model::from_query_result(row, prefix)?,
            product_name: row.try_get("", "product_name")?,
            kind: row.try_get("", "product_kind")?,
            currency: row.try_get("", "product_currency")?,
            listed: row.try_get("", "product_listed")?,
            published: published_at.is_some(),
        })
    }
}

/// Whether a line can be bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineStatus {
    /// It can be bought in its quantity.
    Available,
    /// The stock is lower than the quantity of the line.
    InsufficientStock,
    /// It is not for sale any more, or was deleted.
    Unavailable,
}

/// A cart line with the current data of its variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line, with the names that the variant had when the line was last changed.
    pub row: cart_line::Model,
    /// Current data; `None` if the variant was deleted.
    pub offer: Option<Offer>,
}

impl Line {
    /// Current data, if the variant is for sale.
    pub fn for_sale(&self) -> Option<&Offer> {
        self.offer.as_ref().filter(|offer| offer.for_sale())
    }

    /// Whether it can be bought now in its quantity.
    pub fn status(&self) -> LineStatus {
        match self.for_sale() {
            None => LineStatus::Unavailable,
            Some(offer) if self.row.quantity > offer.available_quantity() => LineStatus::InsufficientStock,
            Some(_) => LineStatus::Available,
        }
    }

    /// Whether the price changed since the line was last changed.
    pub fn price_changed(&self) -> bool {
        self.for_sale().is_some_and(|offer| offer.variant.price != self.row.price_seen)
    }

    /// Current price; the last price that the buyer saw if the variant is not for sale, as changes of it are not public then.
    pub fn unit_price(&self) -> Minor {
        self.for_sale().map_or(self.row.price_seen, |offer| offer.variant.price)
    }

    /// Current name of the product; the last one that the buyer saw if it is not for sale.
    pub fn product_name(&self) -> &str {
        self.for_sale().map_or(&self.row.product_name, |offer| &offer.product_name)
    }

    /// Current name of the variant; the last one that the buyer saw if it is not for sale.
    pub fn variant_name(&self) -> &str {
        self.for_sale().map_or(&self.row.variant_name, |offer| &offer.variant.name)
    }

    /// Name for messages.
    pub fn title(&self) -> String {
        title(self.product_name(), self.variant_name())
    }

    /// Unit price times quantity.
    pub fn total(&self) -> Result<Minor, AmountOverflow> {
        self.unit_price().times(self.row.quantity)
    }
}

impl FromQueryResult for Line {
    fn from_query_result(row: &QueryResult, _prefix: &str) -> Result<Self, DbErr> {
        let variant: Option<ProductVariantId> = row.try_get("", "variant_id")?;
        let offer = variant.map(|_| Offer::from_query_result(row, "variant_")).transpose()?;
        Ok(Self { row: cart_line::Model::from_query_result(row, "line_")?, offer })
    }
}

/// Kinds of notices about a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WarningCode {
    /// The quantity was limited to the stock.
    QuantityClamped,
    /// The price changed.
    PriceChanged,
    /// It can't be bought any more.
    Unavailable,
    /// The stock is lower than the quantity of the line.
    InsufficientStock,
    /// A line of a guest's cart was not merged because the cart is full.
    CartFull,
}

/// A notice for the buyer about a line; not an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub code: WarningCode,
    pub line_id: CartLineId,
    /// A sentence for the buyer.
    pub message: String,
    /// Items in stock, if the notice is about the stock.
    pub stock_available: Option<i32>,
}

/// Notices about the current state of these lines.
pub fn warnings(lines: &[Line]) -> Vec<Warning> {
    lines.iter().flat_map(warnings_of).collect()
}

fn warnings_of(line: &Line) -> Vec<Warning> {
    let warning = |code, message, stock_available| Warning { code, line_id: line.row.id, message, stock_available };
    let title = line.title();
    let Some(offer) = line.for_sale() else {
        let message = format!("{title} is no longer available; remove it from the cart.");
        return vec![warning(WarningCode::Unavailable, message, None)];
    };
    let mut found = Vec::new();
    if line.status() == LineStatus::InsufficientStock {
        let message = match offer.available_quantity() {
            0 => format!("{title} is sold out."),
            left => format!("Only {left} of {title} are in stock; the cart has {}.", line.row.quantity),
        };
        found.push(warning(WarningCode::InsufficientStock, message, Some(offer.available_quantity())));
    }
    if line.price_changed() {
        let price = |amount| offer.currency.format(amount);
        let (then, now) = (price(line.row.price_seen), price(offer.variant.price));
        let message = format!("The price of {title} is {now} {}; it was {then} before.", offer.currency);
        found.push(warning(WarningCode::PriceChanged, message, None));
    }
    found
}

const OF_PRODUCT: [(product::Column, &str); 5] = [
    (product::Column::Name, "product_name"),
    (product::Column::Kind, "product_kind"),
    (product::Column::Currency, "product_currency"),
    (product::Column::Listed, "product_listed"),
    (product::Column::PublishedAt, "product_published_at"),
];

/// Current data of variants by ID, without variants of products that were never shown.
pub(super) async fn offers(db: &impl ConnectionTrait, ids: &[ProductVariantId]) -> Result<HashMap<ProductVariantId, Offer>> {
    let mut query = product_variant::Entity::find()
        .join(JoinType::InnerJoin, product_variant::Relation::Product.def())
        .filter(product_variant::Column::Id.in_padded(ids));
    for (column, name) in OF_PRODUCT {
        query = query.column_as(column, name);
    }
    let offers = query.into_model::<Offer>().all(db).await?;
    Ok(offers.into_iter().filter(|offer| offer.published).map(|offer| (offer.variant.id, offer)).collect())
}

/// The lines of carts, oldest first, including those whose variant was deleted.
pub(super) async fn of_carts(db: &impl ConnectionTrait, ids: &[CartId]) -> Result<Vec<Line>> {
    let mut query = Entity::find()
        .select_only()
        .join(JoinType::LeftJoin, cart_line::Relation::ProductVariant.def())
        .join(JoinType::LeftJoin, product_variant::Relation::Product.def())
        .filter(Column::CartId.in_padded(ids))
        .order_by_asc(Column::Id);
    for column in Column::iter() {
        query = query.column_as(column, format!("line_{}", column.as_str()));
    }
    for column in product_variant::Column::iter() {
        query = query.column_as(column, format!("variant_{}", column.as_str()));
    }
    for (column, name) in OF_PRODUCT {
        query = query.column_as(column, name);
    }
    Ok(query.into_model::<Line>().all(db).await?)
}

/// Writes new and changed lines by one statement. The row of the cart must be locked. There is no foreign key to the variants: a
/// line outlives its variant, and filling carts does not lock the rows from which orders take their stock.
///
/// An existing line keeps its ID; the row that changes it must have another ID, as SQLite would report the violated primary key
/// before it resolves the conflict.
pub(super) async fn write(db: &impl ConnectionTrait, rows: impl Iterator<Item = cart_line::Model>) -> Result<()> {
    let rows: Vec<_> = rows
        .map(|row| cart_line::ActiveModel {
            id: Set(row.id),
            cart_id: Set(row.cart_id),
            variant_id: Set(row.variant_id),
            product_name: Set(row.product_name),
            variant_name: Set(row.variant_name),
            quantity: Set(row.quantity),
            price_seen: Set(row.price_seen),
            created_at: Set(row.created_at),
            updated_at: Set(row.updated_at),
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let existing = OnConflict::columns([Column::CartId, Column::VariantId])
        .update_columns([Column::ProductName, Column::VariantName, Column::Quantity, Column::PriceSeen, Column::UpdatedAt])
        .to_owned();
    Entity::insert_many(rows).on_conflict(existing).exec_without_returning(db).await?;
    Ok(())
}
