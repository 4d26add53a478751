//! Writes products as CSV or JSON Lines, some at a time, by the order of their IDs.

use super::cells;
use super::columns::Columns;
use super::selection::{Exported, Selection};
use crate::attribute::{self, Shown};
use crate::product_import::{COLUMNS, Column, Field, MAX_LINES, VariantField, name_of, name_of_variant, protected};
use csv::{Terminator, WriterBuilder};
use entity::id::{ProductId, ProductVariantId};
use entity::value::{AttributeInputType, ProductFileFormat};
use entity::{category, product, product_image, product_type, product_variant};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Map, Value, json};
use souk_core::app::App;
use souk_core::db::InPadded;
use souk_core::error::{Code, Result, internal, refuse};
use souk_core::group::grouped;
use std::collections::{BTreeSet, HashMap};

/// Products that are read at once.
const AT_ONCE: u64 = 200;
/// By which spreadsheets know that a file is UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// A file that is being written.
pub(super) struct Writing<'a> {
    app: &'a App,
    selection: Selection,
    /// Absent for JSON Lines.
    columns: Option<Columns>,
    begun: bool,
    after: Option<ProductId>,
    products: i32,
    lines: usize,
}

/// Begins a file.
pub(super) async fn write(app: &App, format: ProductFileFormat, selection: Selection) -> Result<Writing<'_>> {
    let columns = match format {
        ProductFileFormat::Csv => Some(Columns::load(app, &selection).await?),
        ProductFileFormat::Jsonl => None,
    };
    Ok(Writing { app, selection, columns, begun: false, after: None, products: 0, lines: 0 })
}

impl Writing<'_> {
    /// Number of products that were written.
    pub(super) fn products(&self) -> i32 {
        self.products
    }

    /// The next part of the file; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        let products = self.read().await?;
        if products.is_empty() && (self.begun || self.columns.is_none()) {
            return Ok(None);
        }
        self.products = self.products.saturating_add(i32::try_from(products.len()).unwrap_or(i32::MAX));
        self.lines += match self.columns {
            Some(_) => products.iter().map(|product| product.variants.len().max(1)).sum(),
            None => products.len(),
        };
        if self.lines > usize::try_from(MAX_LINES).unwrap_or(usize::MAX) {
            let message = format!("A file can have at most {MAX_LINES} lines; export fewer products by a filter.");
            return refuse("filter", Code::LimitReached, message);
        }
        let part = match &self.columns {
            Some(columns) => csv(self.app, columns, !self.begun, &products)?,
            None => json_lines(self.app, &products)?,
        };
        self.begun = true;
        Ok(Some(part))
    }

    async fn read(&mut self) -> Result<Vec<Exported>> {
        let db = self.app.db.read();
        let query = self.selection.products();
        let query = self.after.map_or(query.clone(), |after| query.filter(product::Column::Id.gt(after)));
        let rows = query.order_by_asc(product::Column::Id).limit(AT_ONCE).all(db).await?;
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let Some(last) = ids.last() else { return Ok(Vec::new()) };
        self.after = Some(*last);
        let types: BTreeSet<_> = rows.iter().filter_map(|row| row.product_type_id).collect();
        let types: Vec<_> = types.into_iter().collect();
        let types = product_type::Entity::find().filter(product_type::Column::Id.in_padded(&types)).all(db).await?;
        let types: HashMap<_, _> = types.into_iter().map(|row| (row.id, row.slug)).collect();
        let categories: BTreeSet<_> = rows.iter().filter_map(|row| row.category_id).collect();
        let categories: Vec<_> = categories.into_iter().collect();
        let categories = category::Entity::find().filter(category::Column::Id.in_padded(&categories)).all(db).await?;
        let categories: HashMap<_, _> = categories.into_iter().map(|row| (row.id, row.slug)).collect();
        let variants = product_variant::Entity::find().filter(product_variant::Column::ProductId.in_padded(&ids));
        let variants = variants.order_by_asc(product_variant::Column::Position).order_by_asc(product_variant::Column::Id);
        let variants = variants.all(db).await?;
        let of_variants: Vec<_> = variants.iter().map(|row| row.id).collect();
        let mut values_of_variants: HashMap<ProductVariantId, Vec<Shown>> = HashMap::new();
        for ids in of_variants.chunks(1000) {
            values_of_variants.extend(attribute::variant_values(db, ids).await?);
        }
        let mut values = attribute::product_values(db, &ids).await?;
        let images = product_image::Entity::find().filter(product_image::Column::ProductId.in_padded(&ids));
        let images = images.order_by_asc(product_image::Column::Position).order_by_asc(product_image::Column::Id).all(db).await?;
        let mut images = grouped(images, |row| row.product_id);
        let mut variants = grouped(variants, |row| row.product_id);
        let exported = |row: product::Model| {
            let variants = variants.remove(&row.id).unwrap_or_default();
            let of_variants = variants.iter().filter_map(|variant| Some((variant.id, values_of_variants.remove(&variant.id)?)));
            Exported {
                type_slug: row.product_type_id.and_then(|id| types.get(&id).cloned()),
                category_slug: row.category_id.and_then(|id| categories.get(&id).cloned()),
                values_of_variants: of_variants.collect(),
                variants,
                values: values.remove(&row.id).unwrap_or_default(),
                images: images.remove(&row.id).unwrap_or_default(),
                row,
            }
        };
        Ok(rows.into_iter().map(exported).collect())
    }
}

fn csv(app: &App, columns: &Columns, with_header: bool, products: &[Exported]) -> Result<Vec<u8>> {
    let start = if with_header { MARK.to_vec() } else { Vec::new() };
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(start);
    if with_header {
        writer.write_record(columns.header()).map_err(internal)?;
    }
    for product in products {
        for (number, variant) in product.variants.iter().enumerate() {
            let line = line(app, columns, product, variant, number == 0);
            writer.write_record(line.iter().map(|cell| protected(cell).into_owned())).map_err(internal)?;
        }
    }
    writer.into_inner().map_err(|error| internal(error.into_error()))
}

/// The cells of a variant; those of the product are in its first line, and its handle in each.
fn line(app: &App, columns: &Columns, product: &Exported, variant: &product_variant::Model, is_first: bool) -> Vec<String> {
    let mut cells = Vec::new();
    for (_, column) in &COLUMNS {
        cells.push(match column {
            Column::Product(field) if is_first || *field == Field::Handle => cells::of_product(app, product, *field),
            Column::Variant(field) => cells::of_variant(product, variant, *field),
            Column::Product(_) | Column::Attribute(_) | Column::Option(_) => String::new(),
        });
    }
    let of_variant = product.values_of_variants.get(&variant.id);
    let of_product = product.values.iter().filter(|_| is_first);
    let values: Vec<&Shown> = of_product.chain(of_variant.into_iter().flatten()).collect();
    for slug in &columns.attributes {
        let value = values.iter().find(|shown| shown.attribute.slug == *slug);
        cells.push(value.map(|shown| cells::of_value(shown)).unwrap_or_default());
    }
    let has_values = product.row.product_type_id.is_some_and(|id| columns.with_values.contains(&id));
    for name in &columns.options {
        let option = variant.options.0.iter().filter(|_| !has_values).find(|option| option.name == *name);
        cells.push(option.map(|option| option.value.clone()).unwrap_or_default());
    }
    cells
}

fn json_lines(app: &App, products: &[Exported]) -> Result<Vec<u8>> {
    let mut lines = Vec::new();
    for product in products {
        serde_json::to_writer(&mut lines, &object(app, product)).map_err(internal)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

fn object(app: &App, product: &Exported) -> Value {
    let mut object = Map::new();
    for (_, column) in &COLUMNS {
        let Column::Product(field) = column else { continue };
        let value = match field {
            Field::Tags => json!(product.row.tags.0),
            Field::ImageUrls => json!(cells::image_urls(app, product)),
            other => json!(cells::of_product(app, product, *other)),
        };
        if value != json!("") {
            object.insert(name_of(*field).to_owned(), value);
        }
    }
    object.insert("attributes".to_owned(), product.values.iter().map(value).collect());
    let variants = product.variants.iter().map(|variant| variant_object(product, variant)).collect();
    object.insert("variants".to_owned(), variants);
    Value::Object(object)
}

fn variant_object(product: &Exported, variant: &product_variant::Model) -> Value {
    let mut object = Map::new();
    for (_, column) in &COLUMNS {
        let Column::Variant(field) = column else { continue };
        let text = cells::of_variant(product, variant, *field);
        let value = match field {
            _ if text.is_empty() => continue,
            VariantField::Active => json!(variant.active),
            VariantField::Stock | VariantField::StockWas => json!(variant.stock_quantity),
            VariantField::LowStockThreshold => json!(variant.low_stock_threshold),
            VariantField::WeightGrams => json!(variant.weight_grams),
            // A decimal as a text, which keeps it exact.
            VariantField::Price | VariantField::CompareAtPrice | VariantField::Sku | VariantField::Barcode => json!(text),
        };
        object.insert(name_of_variant(*field).to_owned(), value);
    }
    match product.values_of_variants.get(&variant.id) {
        Some(values) => drop(object.insert("attributes".to_owned(), values.iter().map(value).collect())),
        None => {
            let options = variant.options.0.iter().map(|option| json!({ "name": option.name, "value": option.value }));
            object.insert("options".to_owned(), options.collect());
        }
    }
    Value::Object(object)
}

fn value(shown: &Shown) -> Value {
    let slug = &shown.attribute.slug;
    let text = cells::of_value(shown);
    match shown.attribute.input_type {
        AttributeInputType::Text => json!({ "slug": slug, "text": text }),
        AttributeInputType::Number => json!({ "slug": slug, "number": text }),
        AttributeInputType::Boolean => json!({ "slug": slug, "boolean": shown.number == Some(1) }),
        AttributeInputType::Date => json!({ "slug": slug, "date": text }),
        AttributeInputType::Choice | AttributeInputType::MultiChoice => {
            let slugs: Vec<_> = shown.choices.iter().map(|choice| choice.slug.as_str()).collect();
            json!({ "slug": slug, "values": slugs })
        }
    }
}
