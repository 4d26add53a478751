//! Renamed parts of the schema: the earlier names still work, and their deprecation names the replacement.

use crate::app::each;
use crate::make::{self, Make};
use async_graphql::Positioned;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{ConstDirective, TypeDefinition, TypeKind, TypeSystemDefinition};
use serde_json::{Value, json};
use std::collections::HashMap;

/// What a deprecated element says to use, such as `image.url`; nothing if its reason is of another form.
fn replacement(directives: &[Positioned<ConstDirective>]) -> Option<String> {
    let deprecated = directives.iter().find(|directive| directive.node.name.node == "deprecated")?;
    let reason = deprecated.node.get_argument("reason")?.node.to_string();
    let named = reason.trim_matches('"').strip_prefix("Use ")?.strip_suffix('.')?.trim_matches('`').to_owned();
    let is_path = named.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
    is_path.then_some(named)
}

/// The fields of a type, with the names of their types.
fn fields(types: &HashMap<String, TypeDefinition>, name: &str) -> HashMap<String, String> {
    let base = |ty: &async_graphql::parser::types::Type| crate::sdl::base(ty).to_owned();
    match types.get(name).map(|found| &found.kind) {
        Some(TypeKind::Object(object)) => {
            object.fields.iter().map(|field| (field.node.name.node.to_string(), base(&field.node.ty.node))).collect()
        }
        Some(TypeKind::InputObject(input)) => {
            input.fields.iter().map(|field| (field.node.name.node.to_string(), base(&field.node.ty.node))).collect()
        }
        _ => HashMap::new(),
    }
}

fn exists(types: &HashMap<String, TypeDefinition>, mut within: String, path: &str) -> bool {
    for part in path.split('.') {
        match fields(types, &within).remove(part) {
            Some(next) => within = next,
            None => return false,
        }
    }
    true
}

#[test]
fn every_deprecation_names_what_exists() {
    let document = parse_schema(souk_api::sdl()).expect("the SDL can be read");
    let types: HashMap<_, _> = document
        .definitions
        .into_iter()
        .filter_map(|definition| match definition {
            TypeSystemDefinition::Type(found) => Some((found.node.name.node.to_string(), found.node)),
            _ => None,
        })
        .collect();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (name, found) in &types {
        let elements: Vec<(String, &[Positioned<ConstDirective>])> = match &found.kind {
            TypeKind::Object(object) => {
                object.fields.iter().map(|field| (field.node.name.node.to_string(), &field.node.directives[..])).collect()
            }
            TypeKind::InputObject(input) => {
                input.fields.iter().map(|field| (field.node.name.node.to_string(), &field.node.directives[..])).collect()
            }
            _ => Vec::new(),
        };
        for (field, directives) in elements {
            let Some(path) = replacement(directives) else { continue };
            seen += 1;
            if !exists(&types, name.clone(), &path) {
                wrong.push(format!("{name}.{field}: {path}"));
            }
        }
    }
    assert!(seen > 25, "only {seen} were looked at");
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_renamed_input_field_is_taken_by_either_name_but_not_by_both() {
    each(async |souk| {
        let (owner, vendor) = (make::owner(souk).await, make::vendor(souk, "vera").await);
        let store = make::store(souk, &vendor, "Tea").await;
        let tea = make::product(souk, store, Make::default()).await;
        let category = make::category(souk, "Teas", None).await;
        let method = make::shipping_method(souk, Some(store), "Post", 100, None).await;
        let cases: [(&str, String, [&str; 2], &str); 5] = [
            (operation!("category", "CategoryUpdateByBothNames"), category.to_string(), ["isActive", "active"], "active INVALID"),
            (
                operation!("variant", "ProductVariantUpdateByBothNames"),
                tea.variant.to_string(),
                ["isActive", "active"],
                "active INVALID",
            ),
            (
                operation!("product", "ProductUpdateByBothNames"),
                tea.id.to_string(),
                ["isFeatured", "featured"],
                "featured INVALID",
            ),
            (
                operation!("shipping", "ShippingMethodUpdateByBothNames"),
                method.to_string(),
                ["isActive", "active"],
                "active INVALID",
            ),
            (
                operation!("setting", "SettingsUpdateByBothNames"),
                String::new(),
                ["isTaxIncluded", "pricesIncludeTax"],
                "pricesIncludeTax INVALID",
            ),
        ];
        let owner = souk.as_user(&owner);
        for (mutation, id, [new, old], refused) in cases {
            let variables = |fields: &[(&str, bool)]| {
                let mut input = json!({});
                for (name, value) in fields {
                    input[*name] = json!(value);
                }
                if id.is_empty() { json!({ "input": input }) } else { json!({ "id": id, "input": input }) }
            };
            for (name, value) in [(new, true), (old, false), (old, true), (new, false)] {
                let payload = owner.run(mutation, variables(&[(name, value)])).await;
                assert_eq!(payload["it"], json!({ "new": value, "old": value }), "{mutation} {name}");
            }
            assert_eq!(owner.refused(mutation, variables(&[(new, true), (old, true)])).await, [refused]);
        }
        let create = operation!("product", "ProductCreateReturningActiveVariants");
        let variants = json!([{ "price": "1", "sku": "A", "isActive": false }, { "price": "1", "sku": "B", "isActive": true, "active": true }]);
        let input = json!({ "input": { "storeId": store.to_string(), "name": "Cup", "variants": variants } });
        assert_eq!(souk.as_user(&vendor).refused(create, input).await, ["variants.1.active INVALID"]);
        souk.work().await;
    });
}

#[test]
fn filters_and_arguments_are_taken_by_either_name_but_not_by_both() {
    each(async |souk| {
        let (vendor, store) = make::shop(souk, "Tea").await;
        make::product(souk, store, Make { name: "Cheap", price: 1990, ..Make::default() }).await;
        make::product(souk, store, Make { name: "Dear", price: 5000, stock: 0, ..Make::default() }).await;
        let query = operation!("product", "ProductsWithRenamedFields");
        let names = async |filter: Value| {
            let data = souk.guest().data(query, json!({ "filter": filter })).await;
            let nodes = data["products"]["nodes"].as_array().expect("nodes").clone();
            assert_eq!(data["products"]["isTotalCountExact"], data["products"]["totalCountIsExact"]);
            nodes.iter().map(|node| node["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(json!({ "price": { "max": "19.9" } })).await, ["Cheap"]);
        assert_eq!(names(json!({ "price": { "min": "19.91" } })).await, ["Dear"]);
        assert_eq!(names(json!({ "price": { "min": 19, "max": 20 } })).await, ["Cheap"]);
        assert_eq!(names(json!({ "maxPrice": "19.9" })).await, ["Cheap"]);
        assert_eq!(names(json!({ "price": {} })).await, ["Cheap", "Dear"]);
        assert_eq!(names(json!({ "isInStock": true })).await, ["Cheap"]);
        assert_eq!(names(json!({ "inStock": false })).await, ["Dear"]);
        for (filter, says) in [
            (json!({ "price": { "max": "1" }, "maxPrice": "1" }), "use only price.max."),
            (json!({ "isInStock": true, "inStock": true }), "use only isInStock."),
            (json!({ "isFeatured": true, "featured": false }), "use only isFeatured."),
            (json!({ "price": { "min": "19.901" } }), "price.min must be an amount in"),
        ] {
            let answer = souk.guest().answer(query, json!({ "filter": filter })).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer:#}");
            let message = answer["errors"][0]["message"].as_str().expect("a message");
            assert!(message.contains(says), "{message}");
        }
        let methods = operation!("shipping", "ShippingMethodsByOldAndNewArgument");
        let vera = souk.as_user(&vendor);
        for (new, old) in [(json!(true), Value::Null), (Value::Null, json!(true))] {
            vera.data(methods, json!({ "store": store.to_string(), "new": new, "old": old })).await;
        }
        let both = json!({ "store": store.to_string(), "new": true, "old": true });
        assert_eq!(vera.error_code(methods, both).await, "BAD_USER_INPUT");
    });
}
