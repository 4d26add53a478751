//! The lines of a cart, and what their variants are today.

use crate::check::MAX_QUANTITY;
use crate::db::Among;
use crate::error::Result;
use entity::cart_line::{self, Column, Entity};
use entity::id::{CartId, CartLineId, ProductVariantId};
use entity::money::{AmountOverflow, CurrencyCode, Minor};
use entity::value::ProductKind;
use entity::{product, product_variant};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, IdenStatic, Iterable, JoinType, QueryFilter,
    QueryOrder, QueryResult, QuerySelect, RelationTrait, Select,
};
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
        match self.kind {
            ProductKind::Physical => self.variant.stock_quantity.clamp(0, MAX_QUANTITY),
            ProductKind::Digital => MAX_QUANTITY,
        }
    }

    /// The product and, where it has a choice, the variant.
    pub fn title(&self) -> String {
        match self.variant.name.as_str() {
            "" => self.product_name.clone(),
            name => format!("{} ({name})", self.product_name),
        }
    }
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

/// A line of a cart, and what its variant is today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What was chosen.
    pub row: cart_line::Model,
    /// What that is today.
    pub offer: Offer,
}

impl Line {
    /// Whether it can be bought today, in its quantity.
    pub fn available(&self) -> bool {
        self.offer.for_sale() && self.row.quantity <= self.offer.left()
    }

    /// Whether the price is another than when the line was last changed.
    pub fn price_changed(&self) -> bool {
        self.row.price_seen != self.offer.variant.price
    }

    /// Today's price for all of its pieces.
    pub fn total(&self) -> Result<Minor, AmountOverflow> {
        self.offer.variant.price.times(self.row.quantity)
    }
}

impl FromQueryResult for Line {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        Ok(Self { row: cart_line::Model::from_query_result(row, "line_")?, offer: Offer::from_query_result(row, prefix)? })
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
    let (title, left) = (line.offer.title(), line.offer.left());
    if !line.offer.for_sale() {
        return vec![warning(WarningCode::Unavailable, format!("{title} can't be bought any more"), None)];
    }
    let mut found = Vec::new();
    if line.row.quantity > left {
        let message = match left {
            0 => format!("{title} is sold out"),
            left => format!("only {left} of {title} are left; the cart holds {}", line.row.quantity),
        };
        found.push(warning(WarningCode::InsufficientStock, message, Some(left)));
    }
    if line.price_changed() {
        let price = |amount| line.offer.currency.format(amount);
        let (then, now) = (price(line.row.price_seen), price(line.offer.variant.price));
        let message = format!("the price of {title} is {now} {}; it was {then}", line.offer.currency);
        found.push(warning(WarningCode::PriceChanged, message, None));
    }
    found
}

fn with_product(select: Select<product_variant::Entity>) -> Select<product_variant::Entity> {
    select
        .join(JoinType::InnerJoin, product_variant::Relation::Product.def())
        .column_as(product::Column::Name, "product_name")
        .column_as(product::Column::Kind, "product_kind")
        .column_as(product::Column::Currency, "product_currency")
        .column_as(product::Column::Listed, "product_listed")
        .column_as(product::Column::PublishedAt, "product_published_at")
}

/// What several variants are sold as; those that were never shown are left out.
pub(super) async fn offers(db: &impl ConnectionTrait, ids: &[ProductVariantId]) -> Result<HashMap<ProductVariantId, Offer>> {
    let query = product_variant::Entity::find().filter(product_variant::Column::Id.among(ids));
    let offers = with_product(query).into_model::<Offer>().all(db).await?;
    Ok(offers.into_iter().filter(|offer| offer.published).map(|offer| (offer.variant.id, offer)).collect())
}

/// The lines of several carts, oldest first.
pub(super) async fn of_carts(db: &impl ConnectionTrait, ids: &[CartId]) -> Result<Vec<Line>> {
    let mut query = with_product(product_variant::Entity::find())
        .join_rev(JoinType::InnerJoin, cart_line::Relation::ProductVariant.def())
        .filter(Column::CartId.among(ids))
        .order_by_asc(Column::Id);
    for column in Column::iter() {
        query = query.column_as(column, format!("line_{}", column.as_str()));
    }
    Ok(query.into_model::<Line>().all(db).await?)
}

/// Writes lines, new ones and changed ones, by one statement; in the order of the variants, as the check of the foreign key shares
/// their rows on MariaDB, and orders take them in that order. The cart must be held.
///
/// A line that is there keeps its ID; the row that is to change it must carry another, because SQLite would see the primary key
/// violated before it sees the conflict that is provided for.
pub(super) async fn write(db: &impl ConnectionTrait, rows: impl Iterator<Item = cart_line::Model>) -> Result<()> {
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by_key(|row| row.variant_id);
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| cart_line::ActiveModel {
            id: Set(row.id),
            cart_id: Set(row.cart_id),
            variant_id: Set(row.variant_id),
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
        .update_columns([Column::Quantity, Column::PriceSeen, Column::UpdatedAt])
        .to_owned();
    Entity::insert_many(rows).on_conflict(there).exec_without_returning(db).await?;
    Ok(())
}
