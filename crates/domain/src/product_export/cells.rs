//! The values of products and variants as texts.

use super::selection::Exported;
use crate::attribute::{Shown, format_date, format_number};
use crate::product_import::{Field, VariantField, join_tags};
use entity::product_variant;
use entity::value::{AttributeInputType, ProductKind};
use souk_core::app::App;

/// The text of a field of a product; empty if it has none.
pub(super) fn of_product(app: &App, product: &Exported, field: Field) -> String {
    let row = &product.row;
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    match field {
        Field::Handle => row.slug.clone(),
        Field::Name => row.name.clone(),
        Field::Status => row.status.to_string(),
        Field::Kind => row.kind.to_string(),
        Field::Type => optional(&product.type_slug),
        Field::Category => optional(&product.category_slug),
        Field::ShortDescription => row.short_description.clone(),
        Field::Description => row.description.clone(),
        Field::Tags => join_tags(&row.tags.0),
        Field::SeoTitle => optional(&row.seo_title),
        Field::SeoDescription => optional(&row.seo_description),
        Field::ImageUrls => image_urls(app, product).join(" "),
    }
}

pub(super) fn image_urls(app: &App, product: &Exported) -> Vec<String> {
    product.images.iter().map(|image| app.storage.url(&image.storage_key)).collect()
}

/// The text of a field of a variant; empty if it has none.
pub(super) fn of_variant(product: &Exported, row: &product_variant::Model, field: VariantField) -> String {
    let currency = product.row.currency;
    let number = |number: Option<i32>| number.map(|number| number.to_string()).unwrap_or_default();
    let has_stock = product.row.kind == ProductKind::Physical;
    match field {
        VariantField::Sku => row.sku.clone(),
        VariantField::Price => currency.format(row.price),
        VariantField::CompareAtPrice => row.compare_at_price.map(|price| currency.format(price)).unwrap_or_default(),
        VariantField::Stock | VariantField::StockWas => number(has_stock.then_some(row.stock_quantity)),
        VariantField::LowStockThreshold => number(row.low_stock_threshold),
        VariantField::WeightGrams => number(row.weight_grams),
        VariantField::Barcode => row.barcode.clone().unwrap_or_default(),
        VariantField::Active => row.active.to_string(),
    }
}

/// The text of a value of an attribute.
pub(super) fn of_value(shown: &Shown) -> String {
    let number = shown.number.unwrap_or_default();
    match shown.attribute.input_type {
        AttributeInputType::Text => shown.text.clone().unwrap_or_default(),
        AttributeInputType::Number => format_number(number),
        AttributeInputType::Boolean => (number == 1).to_string(),
        AttributeInputType::Date => format_date(number),
        AttributeInputType::Choice | AttributeInputType::MultiChoice => {
            shown.choices.iter().map(|choice| choice.slug.as_str()).collect::<Vec<_>>().join(",")
        }
    }
}
