//! Validation of the fields of a variant, and generated values of optional fields.

use crate::attribute::{NewValue, Rules, Values};
use entity::money::{CurrencyCode, Minor};
use entity::value::{AttributeLevel, Options, ProductKind, VariantOption};
use souk_core::check::{Amount, Check, MAX_QUANTITY};
use souk_core::error::{Code, Error, Refusal};
use souk_core::length;
use souk_core::text::words;

/// Maximum number of variants of a product.
pub const MAX_VARIANTS: usize = 100;
/// Maximum number of options of a variant.
pub const MAX_OPTIONS: usize = 5;

/// A variant to be created.
#[derive(Clone, Debug, Default)]
pub struct NewVariant {
    /// Default: made from the options.
    pub name: Option<String>,
    /// Default: made from the product's name and the options.
    pub sku: Option<String>,
    /// Option values that identify the variant.
    pub options: Vec<VariantOption>,
    /// Values of the attributes that distinguish the variants of the product's type; the options are made from them.
    pub attributes: Vec<NewValue>,
    /// It may be nothing.
    pub price: Option<Amount>,
    /// Above the price.
    pub compare_at_price: Option<Amount>,
    /// Items in stock; default: 0.
    pub stock_quantity: Option<i32>,
    /// At or below this stock the vendor is warned.
    pub low_stock_threshold: Option<i32>,
    /// Weight of one item.
    pub weight_grams: Option<i32>,
    /// Such as an EAN.
    pub barcode: Option<String>,
    /// Whether it can be bought; default: true.
    pub active: Option<bool>,
}

/// Checked fields of a variant.
#[derive(Clone, Debug)]
pub struct Fields {
    /// Path of the input, such as `variants.0.`; empty for the only variant of a product.
    pub path: String,
    pub name: String,
    /// `None` if it is to be generated.
    pub sku: Option<String>,
    /// Option values that identify the variant.
    pub options: Options,
    /// Values of attributes, from which the options were made.
    pub values: Values,
    pub price: Minor,
    /// The former or list price, shown crossed out.
    pub compare_at_price: Option<Minor>,
    /// Items in stock.
    pub stock_quantity: i32,
    /// At or below this stock the vendor is warned.
    pub low_stock_threshold: Option<i32>,
    /// Weight of one item.
    pub weight_grams: Option<i32>,
    /// Such as an EAN.
    pub barcode: Option<String>,
    /// Whether it can be bought.
    pub active: bool,
}

/// Aggregates of a product's variants.
pub(crate) struct Aggregates {
    pub(crate) min_price: Minor,
    pub(crate) max_price: Minor,
    pub(crate) min_compare_at_price: Option<Minor>,
    pub(crate) max_compare_at_price: Option<Minor>,
    pub(crate) in_stock: bool,
}

/// What the fields of a variant depend on.
#[derive(Clone, Copy)]
pub(crate) struct Terms<'a> {
    pub(crate) kind: ProductKind,
    pub(crate) currency: CurrencyCode,
    /// The rules of the product's type.
    pub(crate) rules: &'a Rules,
}

/// Checks the only variant of a product, which has no options and can still be replaced by variants with values.
pub(crate) fn check_single(check: &mut Check, new: &NewVariant, terms: Terms<'_>) -> Fields {
    fields(check, "", new, terms, (Options::default(), Values::default()))
}

/// Checks one variant; `path` is the prefix of its fields.
pub(crate) fn check(check: &mut Check, path: &str, new: &NewVariant, terms: Terms<'_>) -> Fields {
    let at = |field: &str| format!("{path}{field}");
    let values = terms.rules.check(check, &at("attributes"), AttributeLevel::Variant, &new.attributes);
    let options = if terms.rules.make_options() {
        refuse_options(check, &at("options"), &new.options);
        values.options()
    } else {
        options(check, &at("options"), &new.options)
    };
    fields(check, path, new, terms, (options, values))
}

/// The options of variants of a type that distinguishes them by attributes are made from the values.
pub(super) fn refuse_options(check: &mut Check, path: &str, options: &[VariantOption]) {
    if !options.is_empty() {
        let message = "options can't be given: they are made from attributes, by which the product type distinguishes variants.";
        check.problem(path, Code::Invalid, message);
    }
}

fn fields(check: &mut Check, path: &str, new: &NewVariant, terms: Terms<'_>, (options, values): (Options, Values)) -> Fields {
    let at = |field: &str| format!("{path}{field}");
    let (kind, currency) = (terms.kind, terms.currency);
    let name = match &new.name {
        Some(name) => check.line(&at("name"), name, 1..=length::PRODUCT_NAME),
        None => name_of(&options),
    };
    let price = match &new.price {
        Some(price) => check.price(&at("price"), price, currency, true),
        None => {
            check.problem(&at("price"), Code::Required, "price is required.");
            Minor::ZERO
        }
    };
    let compare_at_price = new.compare_at_price.as_ref().map(|value| {
        let amount = check.price(&at("compareAtPrice"), value, currency, false);
        // Otherwise the problem was added already.
        if value.is_amount() {
            compare(check, &at("compareAtPrice"), price, amount, currency);
        }
        amount
    });
    Fields {
        path: path.to_owned(),
        name,
        sku: new.sku.as_ref().map(|sku| check.line(&at("sku"), sku, 1..=length::SKU)),
        options,
        values,
        price,
        compare_at_price,
        stock_quantity: stock(check, &at("stockQuantity"), new.stock_quantity, kind),
        low_stock_threshold: new
            .low_stock_threshold
            .map(|least| check.integer(&at("lowStockThreshold"), least, 0..=MAX_QUANTITY)),
        weight_grams: new.weight_grams.map(|grams| check.integer(&at("weightGrams"), grams, 0..=10_000_000)),
        barcode: check.optional_line(&at("barcode"), new.barcode.as_deref(), length::SKU),
        active: new.active.unwrap_or(true),
    }
}

/// Checks all variants of a new product.
pub(crate) fn check_all(list: &mut Check, all: &[NewVariant], terms: Terms<'_>) -> Vec<Fields> {
    if all.is_empty() {
        list.problem("variants", Code::Required, format!("variants must have from 1 to {MAX_VARIANTS} items; got 0."));
    }
    list.count("variants", all, MAX_VARIANTS);
    let mut fields: Vec<Fields> = Vec::new();
    for (at, new) in all.iter().take(MAX_VARIANTS).enumerate() {
        let found = check(list, &format!("variants.{at}."), new, terms);
        if found.sku.is_some() && fields.iter().any(|other| other.sku == found.sku) {
            list.problem(
                &format!("variants.{at}.sku"),
                Code::Taken,
                "sku must be unique; another variant of the product has the same.",
            );
        }
        let is_doubled = if found.values.is_empty() {
            !found.options.0.is_empty() && fields.iter().any(|other| other.options == found.options)
        } else {
            fields.iter().any(|other| other.values == found.values)
        };
        if is_doubled {
            let field = if found.values.is_empty() { "options" } else { "attributes" };
            let message = format!("{field} must be unique; another variant of the product has the same.");
            list.problem(&format!("variants.{at}.{field}"), Code::Taken, message);
        }
        fields.push(found);
    }
    fields
}

/// The compare-at price must be above the price.
pub(super) fn compare(check: &mut Check, path: &str, price: Minor, compare: Minor, currency: CurrencyCode) {
    if compare <= price {
        let (price, found) = (currency.format(price), currency.format(compare));
        check.problem(path, Code::OutOfRange, format!("compareAtPrice must be above the price of {price}; got {found}."));
    }
}

pub(super) fn options(check: &mut Check, path: &str, options: &[VariantOption]) -> Options {
    check.count(path, options, MAX_OPTIONS);
    let mut found: Vec<VariantOption> = Vec::new();
    for (at, option) in options.iter().take(MAX_OPTIONS).enumerate() {
        let name = check.line(&format!("{path}.{at}.name"), &option.name, 1..=length::TAG);
        let value = check.line(&format!("{path}.{at}.value"), &option.value, 1..=length::NAME);
        if found.iter().any(|other| other.name == name) {
            check.problem(
                &format!("{path}.{at}.name"),
                Code::Taken,
                "name must be unique; another option of the variant has the same.",
            );
        }
        found.push(VariantOption { name, value });
    }
    Options(found)
}

fn stock(check: &mut Check, path: &str, quantity: Option<i32>, kind: ProductKind) -> i32 {
    match (quantity, kind) {
        (Some(quantity), ProductKind::Digital) if quantity != 0 => {
            check.problem(path, Code::Invalid, format!("stockQuantity must be 0 for digital products; got {quantity}."));
            0
        }
        (Some(quantity), _) => check.integer(path, quantity, 0..=MAX_QUANTITY),
        (None, _) => 0,
    }
}

/// "M / Red", or "Default" without options.
pub(super) fn name_of(options: &Options) -> String {
    if options.0.is_empty() {
        return "Default".into();
    }
    let values: Vec<_> = options.0.iter().map(|option| option.value.as_str()).collect();
    souk_core::text::truncate(&values.join(" / "), length::PRODUCT_NAME).to_owned()
}

/// The aggregates of a new product's variants.
pub(crate) fn aggregates(variants: &[Fields], kind: ProductKind) -> Aggregates {
    let active = || variants.iter().filter(|variant| variant.active);
    let compare = || active().filter_map(|variant| variant.compare_at_price);
    let any = variants.first().map_or(Minor::ZERO, |variant| variant.price);
    Aggregates {
        min_price: active().map(|variant| variant.price).min().unwrap_or(any),
        max_price: active().map(|variant| variant.price).max().unwrap_or(any),
        min_compare_at_price: compare().min(),
        max_compare_at_price: compare().max(),
        in_stock: active().any(|variant| kind == ProductKind::Digital || variant.stock_quantity > 0),
    }
}

/// Prefix of the generated SKUs of a product, such as `CTEE` for "Cotton Tee": initials, then the last word.
pub(crate) fn sku_base(name: &str) -> String {
    let words = words(name);
    let Some((last, before)) = words.split_last() else { return "ITEM".into() };
    let initials: String = before.iter().filter_map(|word| word.chars().next()).take(6).collect();
    let rest: String = last.chars().take(if before.is_empty() { 6 } else { 4 }).collect();
    format!("{initials}{rest}").to_uppercase()
}

/// A generated SKU, such as `CTEE-S-RED`; a number distinguishes variants with the same options.
pub(super) fn made_sku(base: &str, options: &Options, taken: &[String]) -> String {
    let part = |option: &VariantOption| words(&option.value).concat().chars().take(8).collect::<String>().to_uppercase();
    let parts = options.0.iter().map(part).filter(|part| !part.is_empty());
    let sku = std::iter::once(base.to_owned()).chain(parts).collect::<Vec<_>>().join("-");
    let numbered = (2..).map(|number| format!("{sku}-{number}"));
    std::iter::once(sku.clone()).chain(numbered).find(|sku| !taken.contains(sku)).unwrap_or(sku)
}

/// Whether the error is only that generated SKUs of these variants are taken.
pub(crate) fn is_sku_taken(error: &Error, variants: &[Fields]) -> bool {
    let made = |path: &str| variants.iter().any(|variant| variant.sku.is_none() && format!("{}sku", variant.path) == path);
    matches!(error, Error::Refused(Refusal(problems))
        if problems.iter().any(|problem| problem.code == Code::Taken && made(&problem.field.join("."))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(values: &[&str]) -> Options {
        Options(values.iter().map(|value| VariantOption { name: (*value).into(), value: (*value).into() }).collect())
    }

    #[test]
    fn skus_are_made_from_names_and_options() {
        assert_eq!(sku_base("Cotton Tee"), "CTEE");
        assert_eq!(sku_base("Coffee"), "COFFEE");
        assert_eq!(sku_base("!!!"), "ITEM");
        assert_eq!(made_sku("CTEE", &options(&["S", "Red"]), &[]), "CTEE-S-RED");
        assert_eq!(made_sku("CTEE", &options(&[]), &["CTEE".into(), "CTEE-2".into()]), "CTEE-3");
    }
}
