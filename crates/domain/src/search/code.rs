//! Products by the exact SKU or barcode of a variant. They are not in the index, as nobody searches for a part of them.

use entity::id::ProductId;
use entity::{product, product_variant};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::db::InPadded;
use souk_core::error::Result;

/// Length of a SKU or barcode, in characters.
const LENGTH: std::ops::RangeInclusive<usize> = 3..=64;
/// Maximum number of products; stores may use the same SKU, and sell items with the same barcode.
const MAX_PRODUCTS: u64 = 20;

/// The products for sale with an active variant of this SKU or barcode; none if the text does not look like one.
pub(super) async fn with_code(app: &App, text: &str) -> Result<Vec<ProductId>> {
    let code = text.trim();
    if !is_code(code) {
        return Ok(Vec::new());
    }
    use product_variant::Column;
    let sku = Column::Sku.in_padded(&[code.to_owned(), code.to_uppercase()]);
    let query = product_variant::Entity::find()
        .inner_join(product::Entity)
        .filter(Condition::any().add(sku).add(Column::Barcode.eq(code)))
        .filter(Column::Active.eq(true))
        .filter(product::Column::Listed.eq(true))
        .select_only()
        .column(Column::ProductId)
        .distinct()
        .order_by_asc(Column::ProductId)
        .limit(MAX_PRODUCTS);
    Ok(query.into_tuple().all(app.db.read()).await?)
}

/// One word with a digit or a mark in it, so that the database is not asked for ordinary words.
fn is_code(text: &str) -> bool {
    let mut has_letter = false;
    let mut has_mark = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            return false;
        }
        has_letter |= c.is_alphanumeric();
        has_mark |= c.is_numeric() || !c.is_alphanumeric();
    }
    has_letter && has_mark && LENGTH.contains(&text.chars().count())
}

#[cfg(test)]
mod tests {
    use super::is_code;

    #[test]
    fn codes_are_one_word_with_a_digit_or_a_mark() {
        for code in ["4006381333931", "CTEE-S-RED", "a_b", "X12", " "] {
            assert_eq!(is_code(code), code != " ", "{code:?}");
        }
        for text in ["tea", "green tea", "T-Shirt red", "12", "---", "", "a\u{0}1"] {
            assert!(!is_code(text), "{text:?}");
        }
    }
}
