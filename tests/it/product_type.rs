//! Product types, and the values that products and variants have of their attributes.

mod race;
mod value;

use crate::app::{Caller, Souk, each};
use crate::make::{self, User};
use entity::id::StoreId;
use entity::value::{Permission, Role};
use serde_json::{Value, json};
use std::collections::HashMap;

pub const CREATE: &str = operation!("product_type", "ProductTypeCreate");
pub const UPDATE: &str = operation!("product_type", "ProductTypeUpdate");
const DELETE: &str = operation!("product_type", "ProductTypeDelete");
pub const ATTRIBUTE_CREATE: &str = operation!("attribute", "AttributeCreate");
pub const CHOICES_ADD: &str = operation!("attribute", "AttributeChoicesAdd");
pub const PRODUCT_CREATE: &str = operation!("product_type", "ProductWithAttributesCreate");
pub const PRODUCT_UPDATE: &str = operation!("product_type", "ProductWithAttributesUpdate");
pub const VARIANT_CREATE: &str = operation!("product_type", "VariantWithAttributesCreate");
pub const VARIANT_UPDATE: &str = operation!("product_type", "VariantWithAttributesUpdate");
const TYPE: &str = operation!("product_type", "ProductType");
const TYPES: &str = operation!("product_type", "ProductTypes");

/// A marketplace with the product type clothing: material (required), weight, organic, since and note of the product; size (required) and
/// color of the variants.
pub struct World {
    pub sam: User,
    pub vera: User,
    pub store: StoreId,
    pub clothing: String,
    /// IDs of attributes by their slug.
    pub attributes: HashMap<&'static str, String>,
    /// IDs of choices by the slugs of attribute and choice, such as `color/red`.
    pub choices: HashMap<String, String>,
}

/// An attribute with choices, if it has any; adds the IDs to the maps.
async fn attribute(sam: &Caller<'_>, world: &mut World, slug: &'static str, input_type: &str, more: Value, choices: &[&str]) {
    let mut input = json!({ "name": slug, "inputType": input_type });
    input.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
    let id = sam.run(ATTRIBUTE_CREATE, json!({ "input": input })).await["attribute"]["id"].clone();
    world.attributes.insert(slug, id.as_str().expect("an ID").to_owned());
    if choices.is_empty() {
        return;
    }
    let new: Vec<_> = choices.iter().map(|name| json!({ "name": name })).collect();
    let added = sam.run(CHOICES_ADD, json!({ "input": { "attributeId": id, "choices": new } })).await;
    for choice in added["attribute"]["choices"]["nodes"].as_array().expect("choices") {
        let key = format!("{slug}/{}", choice["slug"].as_str().expect("a slug"));
        world.choices.insert(key, choice["id"].as_str().expect("an ID").to_owned());
    }
}

impl World {
    pub async fn make(souk: &Souk) -> Self {
        let sam = make::staff(souk, "sam", Role::Staff, &[Permission::ManageProducts]).await;
        let (vera, store) = make::shop(souk, "Clothes").await;
        let (attributes, choices) = (HashMap::new(), HashMap::new());
        let mut world = Self { sam: sam.clone(), vera, store, clothing: String::new(), attributes, choices };
        let caller = souk.as_user(&sam);
        attribute(&caller, &mut world, "material", "MULTI_CHOICE", json!({}), &["Cotton", "Wool", "Hemp"]).await;
        attribute(&caller, &mut world, "weight", "NUMBER", json!({ "unit": "kg" }), &[]).await;
        attribute(&caller, &mut world, "organic", "BOOLEAN", json!({}), &[]).await;
        attribute(&caller, &mut world, "since", "DATE", json!({}), &[]).await;
        attribute(&caller, &mut world, "note", "TEXT", json!({}), &[]).await;
        attribute(&caller, &mut world, "size", "CHOICE", json!({}), &["S", "M", "L"]).await;
        attribute(&caller, &mut world, "color", "CHOICE", json!({}), &["Red", "Blue", "Green"]).await;
        let of = |slug: &str, level: &str, required: bool| json!({ "attributeId": world.attributes[slug], "level": level, "isRequired": required });
        let attributes = json!([
            of("material", "PRODUCT", true),
            of("weight", "PRODUCT", false),
            of("organic", "PRODUCT", false),
            of("since", "PRODUCT", false),
            of("note", "PRODUCT", false),
            of("size", "VARIANT", true),
            of("color", "VARIANT", false)
        ]);
        let made = caller.run(CREATE, json!({ "input": { "name": "Clothing", "attributes": attributes } })).await;
        world.clothing = made["productType"]["id"].as_str().expect("an ID").to_owned();
        world
    }

    /// Input of a product of the type with one variant for each size and color.
    pub fn product(&self, variants: &[(&str, &str)]) -> Value {
        let variants: Vec<_> =
            variants.iter().map(|(size, color)| json!({ "price": "10", "attributes": variant(size, color) })).collect();
        json!({
            "storeId": self.store.to_string(), "name": "Cotton Tee", "status": "ACTIVE", "productTypeId": self.clothing,
            "attributes": [{ "slug": "material", "values": ["cotton"] }], "variants": variants
        })
    }

    /// Creates such a product; returns its answer.
    pub async fn create(&self, souk: &Souk, variants: &[(&str, &str)]) -> Value {
        let input = json!({ "input": self.product(variants) });
        souk.as_user(&self.vera).run(PRODUCT_CREATE, input).await["product"].clone()
    }
}

/// Values of a variant.
pub fn variant(size: &str, color: &str) -> Value {
    json!([{ "slug": "size", "values": [size] }, { "slug": "color", "values": [color] }])
}

/// Path, code and message of each user error.
pub async fn told(caller: &Caller<'_>, mutation: &str, variables: Value) -> Vec<String> {
    let answer = caller.answer(mutation, variables).await;
    let payload = answer["data"].as_object().and_then(|fields| fields.values().next()).cloned().unwrap_or_default();
    let errors = payload["userErrors"].as_array().unwrap_or_else(|| panic!("no user errors: {answer:#}")).clone();
    let text = |error: &Value| {
        let path: Vec<_> = error["field"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        format!(
            "{} {} {}",
            path.join("."),
            error["code"].as_str().expect("a code"),
            error["message"].as_str().expect("a message")
        )
    };
    errors.iter().map(text).collect()
}

#[test]
fn staff_keep_types_and_everybody_reads_them() {
    each(async |souk| {
        let world = World::make(souk).await;
        let guest = souk.guest();
        let found = guest.data(TYPE, json!({ "slug": "clothing" })).await["productType"].clone();
        assert_eq!(found["name"], "Clothing");
        let attributes = found["attributes"].as_array().expect("attributes");
        let slugs: Vec<_> = attributes.iter().map(|one| one["attribute"]["slug"].as_str().expect("a slug")).collect();
        assert_eq!(slugs, ["material", "weight", "organic", "since", "note", "size", "color"]);
        assert_eq!(
            attributes[5],
            json!({
                "attribute": { "name": "size", "slug": "size", "inputType": "CHOICE", "unit": null }, "level": "VARIANT", "isRequired": true
            })
        );
        assert_eq!(guest.data(TYPE, json!({ "slug": "nothing" })).await["productType"], Value::Null);
        let sam = souk.as_user(&world.sam);
        let books = sam.run(CREATE, json!({ "input": { "name": "Books" } })).await["productType"].clone();
        let page = guest.data(TYPES, json!({ "first": 1 })).await["productTypes"].clone();
        assert_eq!(page["nodes"], json!([{ "slug": "books" }]));
        assert_eq!(page["totalCount"], 2);
        let page = guest.data(TYPES, json!({ "first": 1, "after": page["pageInfo"]["endCursor"] })).await["productTypes"].clone();
        assert_eq!(page["nodes"], json!([{ "slug": "clothing" }]));
        assert_eq!(page["pageInfo"]["hasNextPage"], false);
        // The order of the attributes is that of the list.
        let pages = world.attributes["weight"].clone();
        let list = json!([{ "attributeId": world.attributes["note"] }, { "attributeId": pages, "isRequired": true }]);
        let change = json!({ "id": books["id"], "input": { "name": "Paper", "attributes": list, "expectedVersion": 1 } });
        let changed = sam.run(UPDATE, change.clone()).await["productType"].clone();
        assert_eq!((&changed["name"], &changed["slug"], &changed["version"]), (&json!("Paper"), &json!("books"), &json!(2)));
        assert_eq!(
            changed["attributes"][1],
            json!({ "attribute": { "slug": "weight" }, "level": "PRODUCT", "isRequired": true })
        );
        assert_eq!(sam.refused(UPDATE, change).await, ["expectedVersion STALE"]);
        // A slug is never used again.
        assert_eq!(sam.run(DELETE, json!({ "id": books["id"] })).await["deletedId"], books["id"]);
        assert_eq!(sam.refused(CREATE, json!({ "input": { "name": "Books" } })).await, ["slug TAKEN"]);
        assert_eq!(sam.refused(CREATE, json!({ "input": { "name": "Clothing" } })).await, ["slug TAKEN"]);
        for mutation in [(CREATE, json!({ "input": { "name": "X" } })), (DELETE, json!({ "id": world.clothing }))] {
            assert_eq!(souk.as_user(&world.vera).error_code(mutation.0, mutation.1).await, "FORBIDDEN");
        }
    });
}

#[test]
fn every_problem_of_a_type_is_told_at_once() {
    each(async |souk| {
        let world = World::make(souk).await;
        let sam = souk.as_user(&world.sam);
        let (size, note, weight) = (&world.attributes["size"], &world.attributes["note"], &world.attributes["weight"]);
        let list = json!([{ "attributeId": size }, { "attributeId": size }]);
        assert_eq!(
            told(&sam, CREATE, json!({ "input": { "name": " ", "slug": "No Slug", "attributes": list } })).await,
            [
                "name REQUIRED name is required.",
                "slug INVALID slug must be lower-case letters, digits and single hyphens, of at most 120 characters.",
                "attributes.1.attributeId TAKEN attributeId must be unique; the attribute is given twice."
            ]
        );
        let unknown = entity::id::AttributeId(uuid::Uuid::from_u128(7)).to_string();
        let list = json!([{ "attributeId": note, "level": "VARIANT" }, { "attributeId": unknown }, { "attributeId": weight, "level": "VARIANT" }]);
        assert_eq!(
            told(&sam, CREATE, json!({ "input": { "name": "X", "attributes": list } })).await,
            [
                "attributes.0.level INVALID level can be VARIANT only for attributes of the types CHOICE, NUMBER and BOOLEAN; note is of the \
                 type TEXT.",
                "attributes.1.attributeId NOT_FOUND The attribute does not exist."
            ]
        );
        assert_eq!(
            sam.refused(
                CREATE,
                json!({ "input": { "name": "X", "attributes": [{ "attributeId": "x" }, { "attributeId": "y" }] } })
            )
            .await,
            ["attributes.0.attributeId INVALID_ID", "attributes.1.attributeId INVALID_ID"]
        );
        let mut many = Vec::new();
        for n in 0..51 {
            let input = json!({ "input": { "name": format!("Flag {n}"), "inputType": "BOOLEAN" } });
            many.push(sam.run(ATTRIBUTE_CREATE, input).await["attribute"]["id"].clone());
        }
        let list = |count: usize, level: &str| {
            many.iter().take(count).map(|id| json!({ "attributeId": id, "level": level })).collect::<Vec<_>>()
        };
        let input = |attributes: Vec<Value>| json!({ "input": { "name": "Flags", "attributes": attributes } });
        assert_eq!(sam.refused(CREATE, input(list(51, "PRODUCT"))).await, ["attributes TOO_LONG"]);
        assert_eq!(sam.refused(CREATE, input(list(6, "VARIANT"))).await, ["attributes TOO_LONG"]);
        let mut fits = list(50, "PRODUCT");
        fits.truncate(45);
        fits.extend(many.iter().skip(45).take(5).map(|id| json!({ "attributeId": id, "level": "VARIANT" })));
        sam.run(CREATE, input(fits)).await;
    });
}

#[test]
fn a_type_in_use_keeps_what_its_products_have() {
    each(async |souk| {
        let world = World::make(souk).await;
        let (sam, vera) = (souk.as_user(&world.sam), souk.as_user(&world.vera));
        let product = world.create(souk, &[("s", "red"), ("m", "red")]).await;
        assert_eq!(product["incompleteAttributes"], json!([]));
        assert_eq!(
            told(&sam, DELETE, json!({ "id": world.clothing })).await,
            ["id IN_USE 1 product is of the type clothing; give them another type first."]
        );
        let of = |slug: &str, level: &str, required: bool| json!({ "attributeId": world.attributes[slug], "level": level, "isRequired": required });
        let change = |attributes: Value| json!({ "id": world.clothing, "input": { "attributes": attributes } });
        assert_eq!(
            told(&sam, UPDATE, change(json!([of("material", "PRODUCT", true), of("size", "PRODUCT", true)]))).await,
            [
                "attributes.1.level IN_USE level can't be changed: 1 product has a value of size.",
                "attributes IN_USE color can't be removed: 1 product has a value of it."
            ]
        );
        // A new required attribute is allowed; products say what they lack, and stay for sale.
        let stricter = json!([
            of("material", "PRODUCT", true),
            of("weight", "PRODUCT", true),
            of("size", "VARIANT", true),
            of("color", "VARIANT", true)
        ]);
        sam.run(UPDATE, change(stricter)).await;
        let more = json!({ "input": { "productId": product["id"], "price": "10", "attributes": [{ "slug": "size", "values": ["l"] }] } });
        assert_eq!(told(&vera, VARIANT_CREATE, more).await, ["attributes REQUIRED color is needed for clothing."]);
        let read = operation!("product_type", "ProductWithAttributes");
        let seen = souk.guest().data(read, json!({ "id": product["id"] })).await["product"].clone();
        assert_eq!(seen["incompleteAttributes"], json!([{ "slug": "weight" }]));
        // It must be completed at the next change.
        let rename = |input: Value| json!({ "id": product["id"], "input": input });
        assert_eq!(
            told(&vera, PRODUCT_UPDATE, rename(json!({ "name": "Tee" }))).await,
            ["attributes REQUIRED weight is needed for clothing."]
        );
        // A product can always be taken from sale.
        vera.run(PRODUCT_UPDATE, rename(json!({ "status": "DRAFT" }))).await;
        assert_eq!(vera.refused(PRODUCT_UPDATE, rename(json!({ "status": "ACTIVE" }))).await, ["attributes REQUIRED"]);
        let complete = json!([{ "slug": "material", "values": ["cotton"] }, { "slug": "weight", "number": 0.25 }]);
        let done =
            vera.run(PRODUCT_UPDATE, rename(json!({ "status": "ACTIVE", "attributes": complete }))).await["product"].clone();
        assert_eq!(done["incompleteAttributes"], json!([]));
        souk.work().await;
    });
}

#[test]
fn there_are_at_most_two_hundred_types() {
    each(async |souk| {
        let sam = make::staff(souk, "sam", Role::Staff, &[Permission::ManageProducts]).await;
        let now = souk.app.clock.now();
        let rows = (0..199).map(|n| entity::product_type::Model {
            id: souk.app.clock.new_id(),
            name: format!("Type {n}"),
            slug: format!("type-{n}"),
            version: 1,
            created_at: now,
            updated_at: now,
        });
        make::insert(souk, rows).await;
        let sam = souk.as_user(&sam);
        let calls = ["A", "B", "C"].map(|name| sam.answer(CREATE, json!({ "input": { "name": name } })));
        let answers = futures::future::join_all(calls).await;
        let made = answers.iter().filter(|answer| !answer["data"]["productTypeCreate"]["productType"].is_null()).count();
        assert_eq!(made, 1, "{answers:#?}");
        assert_eq!(sam.refused(CREATE, json!({ "input": { "name": "D" } })).await, [" LIMIT_REACHED"]);
    });
}
