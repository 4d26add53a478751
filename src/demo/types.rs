//! The product types of the demo, and the values that its products and variants have.

use crate::demo::random::Random;
use crate::demo::rows::Rows;
use crate::demo::words::{CategoryWords, STORES};
use entity::id::{AttributeId, ProductTypeId};
use entity::value::{AttributeInputType, AttributeLevel, Options, VariantOption};
use entity::{
    attribute, attribute_choice, product, product_attribute_value, product_type, product_type_attribute, product_variant,
    variant_attribute_value,
};
use sea_orm::EntityTrait;
use sea_orm::prelude::DateTimeUtc;
use souk_core::app::App;
use souk_core::error::Result;
use souk_core::text::{country_name, slugify};
use souk_domain::attribute::combination_of_choices;
use std::collections::HashMap;

/// Seed of the IDs, so that they do not change the numbers of the other rows.
const SEED: u64 = 89;
const MILLIONTHS: i64 = 1_000_000;

/// An attribute with its choices.
struct AttributeWords {
    name: &'static str,
    input_type: AttributeInputType,
    unit: Option<&'static str>,
    choices: &'static [(&'static str, Option<&'static str>)],
}

const fn chosen(name: &'static str, choices: &'static [(&'static str, Option<&'static str>)]) -> AttributeWords {
    AttributeWords { name, input_type: AttributeInputType::Choice, unit: None, choices }
}

const fn plain(name: &'static str, input_type: AttributeInputType, unit: Option<&'static str>) -> AttributeWords {
    AttributeWords { name, input_type, unit, choices: &[] }
}

const MATERIALS: &[(&str, Option<&str>)] = &[
    ("Cotton", None),
    ("Hemp", None),
    ("Wool", None),
    ("Linen", None),
    ("Leather", None),
    ("Canvas", None),
    ("Silver", None),
    ("Brass", None),
    ("Stoneware", None),
    ("Paper", None),
    ("Beeswax", None),
    ("Textile", None),
];

const FORMATS: &[(&str, Option<&str>)] = &[("Markdown", None), ("PDF", None), ("Plain text", None)];

const ATTRIBUTES: [AttributeWords; 18] = [
    // The countries of the stores are added to its choices.
    chosen("Origin", &[]),
    plain("Handmade", AttributeInputType::Boolean, None),
    AttributeWords { name: "Material", input_type: AttributeInputType::MultiChoice, unit: None, choices: MATERIALS },
    chosen(
        "Size",
        &[
            ("XS", None),
            ("S", None),
            ("M", None),
            ("L", None),
            ("XL", None),
            ("Small", None),
            ("Large", None),
            ("250 g", None),
            ("500 g", None),
        ],
    ),
    chosen(
        "Colour",
        &[
            ("Tan", Some("#d2b48c")),
            ("Chestnut", Some("#954535")),
            ("Black", Some("#000000")),
            ("White", Some("#ffffff")),
            ("Indigo", Some("#3f5f9f")),
            ("Moss", Some("#5f7f3f")),
            ("Rust", Some("#b7410e")),
        ],
    ),
    chosen("Weight", &[("100 g", None), ("250 g", None), ("500 g", None), ("1 kg", None)]),
    chosen("Glaze", &[("Ash", Some("#b2beb5")), ("Cobalt", Some("#0047ab")), ("Iron", Some("#48494b"))]),
    chosen("Scent", &[("Unscented", None), ("Cedar", None), ("Lavender", None)]),
    chosen("Paper", &[("Plain", None), ("Lined", None), ("Dotted", None)]),
    plain("Pages", AttributeInputType::Number, None),
    plain("Organic", AttributeInputType::Boolean, None),
    plain("Published", AttributeInputType::Date, None),
    AttributeWords { name: "Format", input_type: AttributeInputType::MultiChoice, unit: None, choices: FORMATS },
    chosen("Language", &[("English", None), ("Nepali", None), ("Spanish", None)]),
    plain("Storage", AttributeInputType::Number, Some("GB")),
    plain("Screen size", AttributeInputType::Number, Some("in")),
    plain("Wireless", AttributeInputType::Boolean, None),
    plain("Care", AttributeInputType::Text, None),
];

/// A product type: the attributes of the product and of its variants, and the categories whose products are of this type.
struct TypeWords {
    name: &'static str,
    of_product: &'static [&'static str],
    of_variants: &'static [&'static str],
    categories: &'static [&'static str],
}

const TYPES: [TypeWords; 7] = [
    TypeWords {
        name: "Clothing",
        of_product: &["material", "origin", "handmade", "care"],
        of_variants: &["size", "colour"],
        categories: &["Clothing"],
    },
    TypeWords {
        name: "Electronics",
        of_product: &["screen-size", "wireless"],
        of_variants: &["storage", "colour"],
        categories: &[],
    },
    TypeWords {
        name: "Books & stationery",
        of_product: &["pages", "language", "published", "origin"],
        of_variants: &["paper"],
        categories: &["Stationery & Prints"],
    },
    TypeWords {
        name: "Digital prompt",
        of_product: &["format", "language"],
        of_variants: &[],
        categories: &["Prompts & Templates"],
    },
    TypeWords {
        name: "Food & drink",
        of_product: &["organic", "origin"],
        of_variants: &["weight", "size"],
        categories: &["Tea & Coffee", "Pantry"],
    },
    TypeWords {
        name: "Home",
        of_product: &["material", "origin", "handmade"],
        of_variants: &["size", "glaze", "scent"],
        categories: &["Kitchen & Dining", "Home Décor", "Candles & Scents"],
    },
    TypeWords {
        name: "Accessories",
        of_product: &["material", "origin", "handmade"],
        of_variants: &["colour"],
        categories: &["Bags & Leather", "Jewellery"],
    },
];

/// The product types and attributes that products refer to.
#[derive(Default)]
pub(super) struct Types {
    types: HashMap<String, ProductTypeId>,
    attributes: HashMap<String, attribute::Model>,
    choices: HashMap<(AttributeId, String), attribute_choice::Model>,
}

/// Adds the rows of the types and attributes, and returns them.
pub(super) fn build(rows: &mut Rows, at: DateTimeUtc) -> Types {
    let mut random = Random::new(SEED);
    for (name, unit, input_type, choices) in ATTRIBUTES.iter().map(|one| (one.name, one.unit, one.input_type, one.choices)) {
        let id: AttributeId = random.id(at);
        let filterable = input_type != AttributeInputType::Text;
        let (name, slug, unit) = (name.to_owned(), slugify(name), unit.map(str::to_owned));
        rows.attributes.push(attribute::Model {
            id,
            name,
            slug,
            input_type,
            unit,
            filterable,
            version: 1,
            created_at: at,
            updated_at: at,
        });
        let mut names: Vec<(&str, Option<&str>)> = choices.to_vec();
        if rows.attributes.len() == 1 {
            for store in &STORES {
                let country = (country_name(store.country), None);
                if !names.contains(&country) {
                    names.push(country);
                }
            }
        }
        rows.choices.extend((0..).zip(names).map(|(position, (name, swatch))| attribute_choice::Model {
            id: random.id(at),
            attribute_id: id,
            name: name.to_owned(),
            slug: slugify(name),
            swatch: swatch.map(str::to_owned),
            position,
        }));
    }
    for words in &TYPES {
        let id: ProductTypeId = random.id(at);
        let (name, slug) = (words.name.to_owned(), slugify(words.name));
        rows.types.push(product_type::Model { id, name, slug, version: 1, created_at: at, updated_at: at });
        let of_product = words.of_product.iter().map(|slug| (*slug, AttributeLevel::Product));
        let all = of_product.chain(words.of_variants.iter().map(|slug| (*slug, AttributeLevel::Variant)));
        for (position, (slug, level)) in (0..).zip(all) {
            let Some(attribute) = rows.attributes.iter().find(|row| row.slug == slug) else { continue };
            // Those that the demo gives every product.
            let required = matches!(slug, "origin" | "format" | "language");
            let (product_type_id, attribute_id) = (id, attribute.id);
            rows.assignments.push(product_type_attribute::Model { product_type_id, attribute_id, level, required, position });
        }
    }
    Types::new(rows.types.clone(), rows.attributes.clone(), rows.choices.clone())
}

/// The types of the database; adds their rows if it has none.
pub(super) async fn load_or_build(app: &App, rows: &mut Rows, at: DateTimeUtc) -> Result<Types> {
    let types = product_type::Entity::find().all(app.db.read()).await?;
    let attributes = attribute::Entity::find().all(app.db.read()).await?;
    if types.is_empty() && attributes.is_empty() {
        return Ok(build(rows, at));
    }
    Ok(Types::new(types, attributes, attribute_choice::Entity::find().all(app.db.read()).await?))
}

impl Types {
    fn new(types: Vec<product_type::Model>, attributes: Vec<attribute::Model>, choices: Vec<attribute_choice::Model>) -> Self {
        Self {
            types: types.into_iter().map(|row| (row.slug, row.id)).collect(),
            attributes: attributes.into_iter().map(|row| (row.slug.clone(), row)).collect(),
            choices: choices.into_iter().map(|row| ((row.attribute_id, row.slug.clone()), row)).collect(),
        }
    }

    /// Gives a product its type and values, and its variants theirs. `number` chooses among several values; `country` is that of the store.
    pub(super) fn apply(
        &self,
        rows: &mut Rows,
        product: &mut product::Model,
        variants: &mut [product_variant::Model],
        (words, number, country): (&CategoryWords, usize, &str),
    ) {
        let Some(type_words) = TYPES.iter().find(|one| one.categories.contains(&words.name)) else { return };
        let Some(id) = self.types.get(&slugify(type_words.name)) else { return };
        product.product_type_id = Some(*id);
        for slug in type_words.of_product {
            self.product_value(rows, product, slug, (number, country));
        }
        let colours = ["Indigo", "Moss", "Rust", "Black"];
        for variant in variants {
            if type_words.name == "Clothing" && !variant.options.0.is_empty() {
                let colour = colours.get(number % colours.len()).copied().unwrap_or("Black");
                variant.options.0.push(VariantOption { name: "Colour".to_owned(), value: colour.to_owned() });
                variant.name = format!("{} / {colour}", variant.name);
            }
            self.variant_values(rows, variant, type_words);
        }
    }

    /// The options of a variant with the first choice of a category, for products of one variant.
    pub(super) fn first_option(words: &CategoryWords) -> Options {
        let first = words.option.and_then(|(name, values)| Some((name, *values.first()?)));
        let option = first.map(|(name, value)| VariantOption { name: name.to_owned(), value: value.to_owned() });
        Options(option.into_iter().collect())
    }

    fn product_value(&self, rows: &mut Rows, product: &product::Model, slug: &str, (number, country): (usize, &str)) {
        let Some(attribute) = self.attributes.get(slug) else { return };
        let of = |text: &str| vec![text.to_owned()];
        let place = i64::try_from(number).unwrap_or_default();
        let (choices, text, stored): (Vec<String>, Option<String>, Option<i64>) = match slug {
            "origin" => (of(country_name(country)), None, None),
            "material" => {
                let known = |tag: &&String| self.choices.contains_key(&(attribute.id, slugify(tag)));
                let tags: Vec<_> = product.tags.0.iter().filter(known).cloned().collect();
                (if tags.is_empty() { of("Textile") } else { tags }, None, None)
            }
            "format" => {
                (if number.is_multiple_of(2) { of("Markdown") } else { vec!["Markdown".into(), "PDF".into()] }, None, None)
            }
            "language" => (of(if number.is_multiple_of(5) { "Nepali" } else { "English" }), None, None),
            "pages" => (Vec::new(), None, Some((48 + 16 * (place % 12)) * MILLIONTHS)),
            "screen-size" => (Vec::new(), None, Some((11 + place % 6) * MILLIONTHS)),
            "published" => (Vec::new(), None, Some(19_000 + place * 37 % 1_400)),
            "handmade" => (Vec::new(), None, Some(i64::from(!number.is_multiple_of(4)))),
            "organic" | "wireless" => (Vec::new(), None, Some(place % 2)),
            "care" => (Vec::new(), Some("Wash at 30 °C, dry in the shade.".to_owned()), None),
            _ => return,
        };
        let row = product_attribute_value::Model {
            product_id: product.id,
            attribute_id: attribute.id,
            position: 0,
            choice_id: None,
            text,
            number: stored,
        };
        if choices.is_empty() {
            rows.product_values.push(row);
            return;
        }
        let found = choices.iter().filter_map(|name| self.choices.get(&(attribute.id, slugify(name))));
        let values = (0..).zip(found).map(|(position, choice)| product_attribute_value::Model {
            position,
            choice_id: Some(choice.id),
            ..row.clone()
        });
        rows.product_values.extend(values);
    }

    fn variant_values(&self, rows: &mut Rows, variant: &mut product_variant::Model, words: &TypeWords) {
        let mut pairs = Vec::new();
        for option in &variant.options.0 {
            let slug = slugify(&option.name);
            let Some(attribute) = self.attributes.get(&slug).filter(|_| words.of_variants.contains(&slug.as_str())) else {
                continue;
            };
            let Some(choice) = self.choices.get(&(attribute.id, slugify(&option.value))) else { continue };
            pairs.push((attribute.id, choice.id));
            rows.variant_values.push(variant_attribute_value::Model {
                variant_id: variant.id,
                attribute_id: attribute.id,
                position: 0,
                product_id: variant.product_id,
                choice_id: Some(choice.id),
                text: None,
                number: None,
            });
        }
        variant.combination = combination_of_choices(&pairs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::words::CATEGORIES;

    #[test]
    fn every_category_has_one_type_whose_attributes_exist() {
        for words in &CATEGORIES {
            assert_eq!(TYPES.iter().filter(|one| one.categories.contains(&words.name)).count(), 1, "{}", words.name);
        }
        let known: Vec<_> = ATTRIBUTES.iter().map(|one| slugify(one.name)).collect();
        for slug in TYPES.iter().flat_map(|one| one.of_product.iter().chain(one.of_variants)) {
            assert!(known.iter().any(|known| known == slug), "{slug}");
        }
        for (name, values) in CATEGORIES.iter().filter_map(|words| words.option) {
            let attribute = ATTRIBUTES.iter().find(|one| one.name == name).expect("an attribute");
            for value in values {
                assert!(attribute.choices.iter().any(|(known, _)| known == value), "{name} {value}");
            }
        }
    }
}
