//! The lines of a cart, and what their variants are today.

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

/// What a variant is sold as today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The variant.
    pub variant: product_variant::Model,
    /// Its product's name.
    pub product_name: String,
    /// Whether it needs a stock.
    pub kind: ProductKind,
    /// What its price is in.
    pub currency: CurrencyCode,
    /// Whether a storefront shows its product: the product and its store are active.
    pub listed: bool,
    /// Whether it was ever shown; before that it does not exist for buyers.
    pub published: bool,
}

impl Offer {
    /// Whether any of it can be bought, the stock aside.
    pub fn for_sale(&self) -> bool {
        self.listed && self.variant.active
    }

    /// Pieces that can be bought at once.
    pub fn left(&self) -> i32 {
        variant::left(&self.variant, self.kind)
    }

    /// The product and, where it has a choice, the variant.
    pub fn title(&self) -> String {
        title(&self.product_name, &self.variant.name)
    }
}

/// How a sentence names a variant: the product and, if the variant has a name, the variant.
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
    /// Fewer pieces are left than the line holds.
    InsufficientStock,
    /// It is not for sale any more, or was deleted.
    Unavailable,
}

/// A line of a cart, and what its variant is today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What was chosen, with the names it had then.
    pub row: cart_line::Model,
    /// What that is today; `None` if the variant was deleted.
    pub offer: Option<Offer>,
}

impl Line {
    /// What it is sold as today, if it is for sale.
    pub fn for_sale(&self) -> Option<&Offer> {
        self.offer.as_ref().filter(|offer| offer.for_sale())
    }

    /// Whether it can be bought today, in its quantity.
    pub fn status(&self) -> LineStatus {
        match self.for_sale() {
            None => LineStatus::Unavailable,
            Some(offer) if self.row.quantity > offer.left() => LineStatus::InsufficientStock,
            Some(_) => LineStatus::Available,
        }
    }

    /// Whether the price is another than when the line was last changed.
    pub fn price_changed(&self) -> bool {
        self.for_sale().is_some_and(|offer| offer.variant.price != self.row.price_seen)
    }

    /// Today's price; the one the buyer saw last if it is not for sale: what a store does with it then is not public.
    pub fn unit_price(&self) -> Minor {
        self.for_sale().map_or(self.row.price_seen, |offer| offer.variant.price)
    }

    /// The product's name: today's, or the one the buyer saw last if it is not for sale.
    pub fn product_name(&self) -> &str {
        self.for_sale().map_or(&self.row.product_name, |offer| &offer.product_name)
    }

    /// The variant's name: today's, or the one the buyer saw last if it is not for sale.
    pub fn variant_name(&self) -> &str {
        self.for_sale().map_or(&self.row.variant_name, |offer| &offer.variant.name)
    }

    /// As a sentence names it.
    pub fn title(&self) -> String {
        title(self.product_name(), self.variant_name())
    }

    /// The price for all of its pieces.
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

/// The kinds of thing that a buyer should know of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WarningCode {
    /// Fewer were put in than were asked for: no more are left.
    QuantityClamped,
    /// The price is another than before.
    PriceChanged,
    /// It can't be bought any more.
    Unavailable,
    /// Fewer are left than the line holds.
    InsufficientStock,
    /// A line of a guest's cart was left out when it was merged: the cart was full.
    CartFull,
}

/// Something that a buyer should know of a line; not a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Its kind.
    pub code: WarningCode,
    /// Of which line.
    pub line_id: CartLineId,
    /// A sentence for the buyer.
    pub message: String,
    /// Pieces left, where that is what it is about.
    pub stock_available: Option<i32>,
}

/// What a buyer should know of these lines today.
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
        let message = match offer.left() {
            0 => format!("{title} is sold out"),
            left => format!("only {left} of {title} are left; the cart holds {}", line.row.quantity),
        };
        found.push(warning(WarningCode::InsufficientStock, message, Some(offer.left())));
    }
    if line.price_changed() {
        let price = |amount| offer.currency.format(amount);
        let (then, now) = (price(line.row.price_seen), price(offer.variant.price));
        let message = format!("the price of {title} is {now} {}; it was {then}", offer.currency);
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

/// What several variants are sold as; those that were never shown are left out.
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

/// The lines of several carts, oldest first, also those whose variant was deleted.
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

/// Writes lines, new ones and changed ones, by one statement. The cart must be held. No foreign key refers to the variants: a line
/// outlives its variant, and filling carts does not touch the rows that orders take their stock from.
///
/// A line that is there keeps its ID; the row that is to change it must carry another, because SQLite would see the primary key
/// violated before it sees the conflict that is provided for.
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
    let there = OnConflict::columns([Column::CartId, Column::VariantId])
        .update_columns([Column::ProductName, Column::VariantName, Column::Quantity, Column::PriceSeen, Column::UpdatedAt])
        .to_owned();
    Entity::insert_many(rows).on_conflict(there).exec_without_returning(db).await?;
    Ok(())
}
