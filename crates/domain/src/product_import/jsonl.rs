//! JSON Lines: an object for each product, with the fields of `ProductCreateInput`. Categories and product types are given by slug, images by
//! URL. An absent field is left as it is; `null` clears it.

use super::entry::{Cell, Entry, Field, LineProblem, VariantEntry, VariantField, shown};
use serde_json::{Map, Value};
use souk_core::error::Code;
use souk_core::text::nearest;
use std::sync::Arc;

const FIELDS: [(&str, Field); 11] = [
    ("slug", Field::Handle),
    ("name", Field::Name),
    ("status", Field::Status),
    ("kind", Field::Kind),
    ("productType", Field::Type),
    ("category", Field::Category),
    ("shortDescription", Field::ShortDescription),
    ("description", Field::Description),
    ("tags", Field::Tags),
    ("seoTitle", Field::SeoTitle),
    ("seoDescription", Field::SeoDescription),
];

const VARIANT_FIELDS: [(&str, VariantField); 9] = [
    ("sku", VariantField::Sku),
    ("price", VariantField::Price),
    ("compareAtPrice", VariantField::CompareAtPrice),
    ("stockQuantity", VariantField::Stock),
    ("stockWas", VariantField::StockWas),
    ("lowStockThreshold", VariantField::LowStockThreshold),
    ("weightGrams", VariantField::WeightGrams),
    ("barcode", VariantField::Barcode),
    ("isActive", VariantField::Active),
];

/// Name of a field of a product in JSON.
pub(crate) fn name_of(field: Field) -> &'static str {
    FIELDS.iter().find(|(_, known)| *known == field).map_or("imageUrls", |(name, _)| name)
}

/// Name of a field of a variant in JSON.
pub(crate) fn name_of_variant(field: VariantField) -> &'static str {
    VARIANT_FIELDS.iter().find(|(_, known)| *known == field).map_or("", |(name, _)| name)
}

/// Reads a line.
pub(super) fn entry(line: u32, text: &str) -> Entry {
    let mut entry = Entry { line, lines: 1, has_levels: true, ..Entry::default() };
    let object = match serde_json::from_str(text) {
        Ok(Value::Object(object)) => object,
        Ok(_) => {
            entry.problems.push(LineProblem::of_line(line, Code::Invalid, "The line must be a JSON object."));
            return entry;
        }
        Err(error) => {
            let message = format!("The line is not JSON: {error}.");
            entry.problems.push(LineProblem::of_line(line, Code::Invalid, message));
            return entry;
        }
    };
    let found = Reader { line, problems: &mut entry.problems }.product(object);
    found.finish(&mut entry);
    entry
}

type Fields = Vec<(Field, Cell)>;
type Attributes = Vec<(String, Cell)>;

/// What was read of a product, until it is put into its entry.
struct Found {
    fields: Fields,
    attributes: Attributes,
    image_urls: Vec<Cell>,
    variants: Vec<VariantEntry>,
}

impl Found {
    fn finish(self, entry: &mut Entry) {
        entry.fields = self.fields.into_iter().collect();
        entry.attributes = self.attributes;
        entry.image_urls = self.image_urls;
        entry.variants = self.variants;
    }
}

struct Reader<'a> {
    line: u32,
    problems: &'a mut Vec<LineProblem>,
}

impl Reader<'_> {
    fn cell(&self, path: &str, value: Option<String>) -> Cell {
        Cell { line: self.line, column: Arc::from(path), value }
    }

    fn wrong(&mut self, path: &str, value: &Value, expected: &str) {
        let found = shown(&value.to_string(), 60);
        let problem =
            self.cell(path, Some(found.clone())).problem(Code::Invalid, format!("{path} must be {expected}; got {found}."));
        self.problems.push(problem);
    }

    fn product(mut self, object: Map<String, Value>) -> Found {
        let mut found = Found { fields: Vec::new(), attributes: Vec::new(), image_urls: Vec::new(), variants: Vec::new() };
        let mut single = Map::new();
        for (name, value) in object {
            match name.as_str() {
                "tags" => {
                    let tags = self.tags(&value);
                    found.fields.extend(tags.map(|cell| (Field::Tags, cell)));
                }
                "attributes" => found.attributes = self.attributes("attributes", value),
                "imageUrls" => found.image_urls = self.urls(value),
                "variants" => found.variants = self.variants(value),
                other => match FIELDS.iter().find(|(known, _)| *known == other) {
                    Some((_, field)) => {
                        let cell = self.scalar(other, &value);
                        found.fields.extend(cell.map(|cell| (*field, cell)));
                    }
                    // The only variant of a product.
                    None if VARIANT_FIELDS.iter().any(|(known, _)| *known == other) => {
                        single.insert(name, value);
                    }
                    None => {
                        self.unknown(other, FIELDS.iter().map(|(known, _)| *known).chain(["attributes", "imageUrls", "variants"]))
                    }
                },
            }
        }
        if !single.is_empty() {
            if found.variants.is_empty() {
                found.variants.push(self.variant("", single));
            } else {
                let message = "variants can't be given together with fields of a single variant.";
                let problem = self.cell("variants", None).problem(Code::Invalid, message);
                self.problems.push(problem);
            }
        }
        found
    }

    fn unknown<'n>(&mut self, name: &str, known: impl Iterator<Item = &'n str> + Clone) {
        let last = name.rsplit('.').next().unwrap_or(name);
        let message = match nearest(last, known.clone()) {
            Some(near) => format!("{:?} is no field; did you mean {near}?", shown(name, 60)),
            None => format!("{:?} is no field; known are {}.", shown(name, 60), known.collect::<Vec<_>>().join(", ")),
        };
        let problem = self.cell(name, None).problem(Code::Invalid, message);
        self.problems.push(problem);
    }

    /// A text, a number or a boolean.
    fn scalar(&mut self, path: &str, value: &Value) -> Option<Cell> {
        let text = match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(boolean) => Some(boolean.to_string()),
            Value::Array(_) | Value::Object(_) => {
                self.wrong(path, value, "a text, a number or a boolean");
                return None;
            }
        };
        let cell = self.cell(path, text);
        if cell.value.as_ref().is_some_and(|text| text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))) {
            self.problems.push(cell.problem(Code::Invalid, format!("{path} must not contain control characters.")));
            return None;
        }
        // As a cell without characters, which leaves the field as it is.
        if cell.value.as_ref().is_some_and(|text| text.trim().is_empty()) { None } else { Some(cell) }
    }

    fn tags(&mut self, value: &Value) -> Option<Cell> {
        let Value::Array(items) = value else {
            if !value.is_null() {
                self.wrong("tags", value, "a list of texts");
                return None;
            }
            return Some(self.cell("tags", None));
        };
        let mut tags = Vec::new();
        for (at, item) in items.iter().enumerate() {
            tags.extend(self.scalar(&format!("tags.{at}"), item).and_then(|cell| cell.value));
        }
        if tags.is_empty() { Some(self.cell("tags", None)) } else { Some(self.cell("tags", Some(join(&tags)))) }
    }

    fn urls(&mut self, value: Value) -> Vec<Cell> {
        let Value::Array(items) = value else {
            self.wrong("imageUrls", &value, "a list of texts");
            return Vec::new();
        };
        let mut urls = Vec::new();
        for (at, item) in items.iter().enumerate() {
            urls.extend(self.scalar(&format!("imageUrls.{at}"), item));
        }
        urls
    }

    fn variants(&mut self, value: Value) -> Vec<VariantEntry> {
        let Value::Array(items) = value else {
            self.wrong("variants", &value, "a list of objects");
            return Vec::new();
        };
        let mut variants = Vec::new();
        for (at, item) in items.into_iter().enumerate() {
            match item {
                Value::Object(object) => variants.push(self.variant(&format!("variants.{at}."), object)),
                other => self.wrong(&format!("variants.{at}"), &other, "an object"),
            }
        }
        variants
    }

    fn variant(&mut self, path: &str, object: Map<String, Value>) -> VariantEntry {
        let mut variant = VariantEntry { line: self.line, ..VariantEntry::default() };
        for (name, value) in object {
            let at = format!("{path}{name}");
            match name.as_str() {
                "attributes" => variant.attributes = self.attributes(&at, value),
                "options" => variant.options = self.options(&at, value),
                other => match VARIANT_FIELDS.iter().find(|(known, _)| *known == other) {
                    Some((_, field)) => variant.fields.extend(self.scalar(&at, &value).map(|cell| (*field, cell))),
                    None => {
                        self.unknown(&at, VARIANT_FIELDS.iter().map(|(known, _)| *known).chain(["attributes", "options"]));
                    }
                },
            }
        }
        variant
    }

    fn attributes(&mut self, path: &str, value: Value) -> Attributes {
        let Value::Array(items) = value else {
            self.wrong(path, &value, "a list of objects");
            return Vec::new();
        };
        let mut found = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let path = format!("{path}.{at}");
            let slug = item.get("slug").and_then(Value::as_str);
            let value = ["values", "number", "boolean", "date", "text"].iter().find_map(|kind| item.get(kind));
            match (slug, value) {
                (Some(slug), Some(Value::Array(values))) => {
                    let mut slugs = Vec::new();
                    for (number, value) in values.iter().enumerate() {
                        slugs.extend(self.scalar(&format!("{path}.values.{number}"), value).and_then(|cell| cell.value));
                    }
                    found.push((slug.to_owned(), self.cell(&path, Some(slugs.join(",")))));
                }
                (Some(slug), Some(value)) => {
                    let cell = self.scalar(&path, value);
                    found.extend(cell.map(|cell| (slug.to_owned(), cell)));
                }
                _ => self.wrong(&path, item, "an object with slug, and values, number, boolean, date or text"),
            }
        }
        found
    }

    fn options(&mut self, path: &str, value: Value) -> Attributes {
        let Value::Array(items) = value else {
            self.wrong(path, &value, "a list of objects");
            return Vec::new();
        };
        let mut found = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let path = format!("{path}.{at}");
            match (item.get("name").and_then(Value::as_str), item.get("value")) {
                (Some(name), Some(value)) => {
                    let cell = self.scalar(&path, value);
                    found.extend(cell.map(|cell| (name.to_owned(), cell)));
                }
                _ => self.wrong(&path, item, "an object with name and value"),
            }
        }
        found
    }
}

/// Tags in one text: a comma within a tag has a backslash before it.
pub(crate) fn join(tags: &[String]) -> String {
    tags.iter().map(|tag| tag.replace('\\', "\\\\").replace(',', "\\,")).collect::<Vec<_>>().join(", ")
}

/// The tags of a text that [`join`] or a person wrote.
pub(crate) fn split(text: &str) -> Vec<String> {
    let mut tags = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let last = match c {
            ',' => {
                tags.push(String::new());
                continue;
            }
            '\\' => match chars.next() {
                Some(escaped @ (',' | '\\')) => escaped,
                other => {
                    tags.last_mut().into_iter().for_each(|tag| tag.push('\\'));
                    match other {
                        Some(other) => other,
                        None => break,
                    }
                }
            },
            other => other,
        };
        tags.last_mut().into_iter().for_each(|tag| tag.push(last));
    }
    tags.into_iter().map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_split_as_they_were_joined() {
        for tags in [&["a"][..], &["a", "b c"], &["a, b", "c\\d", "\\", "e\\,f"], &[]] {
            let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
            assert_eq!(split(&join(&tags)), tags);
        }
        assert_eq!(split(" green tea,organic ,,  "), ["green tea", "organic"]);
        assert_eq!(split("a\\b"), ["a\\b"]);
    }

    #[test]
    fn an_object_is_read_with_its_places() {
        let text = r#"{"name":"Tea","slug":"tea","tags":["a","b"],"price":19.9,"stockQuantity":5,"description":null,
            "attributes":[{"slug":"material","values":["wool","cotton"]}],"imageUrls":["https://example.com/a.png"]}"#;
        let found = entry(7, text);
        assert_eq!(found.problems, []);
        assert_eq!((found.text(Field::Name), found.text(Field::Tags)), (Some("Tea"), Some("a, b")));
        assert_eq!(found.fields[&Field::Description].value, None);
        assert_eq!(found.variants[0].text(VariantField::Price), Some("19.9"));
        assert_eq!(found.attributes[0].1.value.as_deref(), Some("wool,cotton"));
        assert_eq!(found.image_urls.len(), 1);
        let wrong =
            r#"{"nam":"Tea","tags":"a","variants":[{"sku":"A","colour":1,"options":[{"name":"Size"}]},3],"price":1,"kind":{}}"#;
        let told: Vec<_> = entry(1, wrong).problems.into_iter().map(|problem| problem.message).collect();
        let expected = [
            "kind must be a text, a number or a boolean; got {}.",
            "\"nam\" is no field; did you mean name?",
            "tags must be a list of texts; got \"a\".",
            "\"variants.0.colour\" is no field; known are sku, price, compareAtPrice, stockQuantity, stockWas, lowStockThreshold, \
             weightGrams, barcode, isActive, attributes, options.",
            "variants.0.options.0 must be an object with name and value; got {\"name\":\"Size\"}.",
            "variants.1 must be an object; got 3.",
            "variants can't be given together with fields of a single variant.",
        ];
        assert_eq!(told, expected);
        for text in ["[]", "{", "{\"name\":\"a\u{0}\"}"] {
            assert_eq!(entry(3, text).problems.len(), 1, "{text}");
        }
    }
}
