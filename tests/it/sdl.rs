//! The parsed schema: its root fields, and generated calls with inputs of the right types.

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, ServiceDocument, Type, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// The committed schema's types.
pub struct Sdl(HashMap<String, TypeDefinition>);

/// A field of Query, Mutation or Subscription.
pub struct RootField<'a> {
    pub operation: &'static str,
    pub field: &'a FieldDefinition,
}

impl RootField<'_> {
    pub fn name(&self) -> &str {
        self.field.name.node.as_str()
    }

    /// Who may call it: `public`, or the role and the permission of `@auth`; nothing where it does not say.
    pub fn access(&self) -> Option<(String, Option<String>)> {
        let directive =
            self.field.directives.iter().map(|d| &d.node).find(|d| ["public", "auth"].contains(&d.name.node.as_str()))?;
        if directive.name.node == "public" {
            return Some(("PUBLIC".into(), None));
        }
        let argument = |name: &str| directive.get_argument(name).map(|value| value.node.to_string());
        Some((argument("requires")?, argument("permission").filter(|text| text != "null")))
    }
}

impl Sdl {
    pub fn read() -> Self {
        let document: ServiceDocument = parse_schema(souk_api::sdl()).expect("the SDL can be read");
        let types = document.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(found) => Some((found.node.name.node.to_string(), found.node)),
            _ => None,
        });
        Self(types.collect())
    }

    pub fn root_fields(&self) -> Vec<RootField<'_>> {
        let mut all = Vec::new();
        for (name, operation) in [("Query", "query"), ("Mutation", "mutation"), ("Subscription", "subscription")] {
            if let Some(TypeKind::Object(object)) = self.0.get(name).map(|found| &found.kind) {
                all.extend(object.fields.iter().map(|field| RootField { operation, field: &field.node }));
            }
        }
        all
    }

    /// A document that calls a root field, and variables of the right types. IDs come from `ids`, by what they are called.
    pub fn call(&self, root: &RootField<'_>, ids: &dyn Fn(&str, &str) -> String) -> (String, Value) {
        let mut variables = Map::new();
        let (mut declared, mut passed) = (Vec::new(), Vec::new());
        for argument in &root.field.arguments {
            let name = argument.node.name.node.as_str();
            let Some(value) = self.value(&argument.node, root.name(), ids, 0) else { continue };
            declared.push(format!("${name}: {}", argument.node.ty.node));
            passed.push(format!("{name}: ${name}"));
            variables.insert(name.to_owned(), value);
        }
        let list = |parts: Vec<String>| if parts.is_empty() { String::new() } else { format!("({})", parts.join(", ")) };
        let selection = self.selection(&root.field.ty.node);
        (
            format!("{}{} {{ {}{} {selection} }}", root.operation, list(declared), root.name(), list(passed)),
            Value::Object(variables),
        )
    }

    /// The fields of an object or interface; none for leaves.
    pub fn fields(&self, name: &str) -> Vec<&FieldDefinition> {
        match self.0.get(name).map(|found| &found.kind) {
            Some(TypeKind::Object(object)) => object.fields.iter().map(|field| &field.node).collect(),
            Some(TypeKind::Interface(interface)) => interface.fields.iter().map(|field| &field.node).collect(),
            _ => Vec::new(),
        }
    }

    /// The names of all object types.
    pub fn objects(&self) -> Vec<&str> {
        let objects = self.0.iter().filter(|(_, found)| matches!(found.kind, TypeKind::Object(_)));
        objects.map(|(name, _)| name.as_str()).collect()
    }

    /// Whether an object has an interface.
    pub fn implements(&self, object: &str, interface: &str) -> bool {
        match self.0.get(object).map(|found| &found.kind) {
            Some(TypeKind::Object(found)) => found.implements.iter().any(|name| name.node == interface),
            _ => false,
        }
    }

    /// The fields of an input type; nothing if it is none.
    pub fn input_fields(&self, name: &str) -> Option<Vec<&InputValueDefinition>> {
        match self.0.get(name).map(|found| &found.kind) {
            Some(TypeKind::InputObject(input)) => Some(input.fields.iter().map(|field| &field.node).collect()),
            _ => None,
        }
    }

    /// Whether exactly one field of an input type must be given.
    pub fn is_one_of(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|found| found.directives.iter().any(|directive| directive.node.name.node == "oneOf"))
    }

    /// The values of an enum.
    pub fn enum_values(&self, name: &str) -> Vec<&str> {
        match self.0.get(name).map(|found| &found.kind) {
            Some(TypeKind::Enum(choices)) => choices.values.iter().map(|value| value.node.value.node.as_str()).collect(),
            _ => Vec::new(),
        }
    }

    /// A value of a type, with what is required alone.
    pub fn minimal(&self, ty: &Type, name: &str, root: &str, ids: &dyn Fn(&str, &str) -> String) -> Value {
        self.of_type(ty, name, root, ids, 2)
    }

    fn selection(&self, ty: &Type) -> String {
        let kind = self.0.get(base(ty)).map(|found| &found.kind);
        match kind {
            Some(TypeKind::Object(object)) if object.fields.iter().any(|field| field.node.name.node == "userErrors") => {
                "{ __typename userErrors { code field message } }".into()
            }
            Some(TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_)) => "{ __typename }".into(),
            _ => String::new(),
        }
    }

    /// A value for an argument or an input field; nothing if it may be left out and is no ID, or is deprecated.
    fn value(
        &self,
        definition: &InputValueDefinition,
        root: &str,
        ids: &dyn Fn(&str, &str) -> String,
        depth: usize,
    ) -> Option<Value> {
        let name = definition.name.node.as_str();
        let ty = &definition.ty.node;
        let wanted = !ty.nullable || base(ty) == "ID" && depth < 2 || ["first"].contains(&name);
        let is_deprecated = definition.directives.iter().any(|directive| directive.node.name.node == "deprecated");
        if !wanted || is_deprecated || definition.default_value.is_some() {
            return None;
        }
        Some(self.of_type(ty, name, root, ids, depth))
    }

    fn of_type(&self, ty: &Type, name: &str, root: &str, ids: &dyn Fn(&str, &str) -> String, depth: usize) -> Value {
        if let BaseType::List(inner) = &ty.base {
            return json!([self.of_type(inner, name, root, ids, depth)]);
        }
        match base(ty) {
            "ID" => json!(ids(root, name)),
            "Int" => json!(1),
            "Float" => json!(1.0),
            "Boolean" => json!(false),
            "Decimal" => json!("10.00"),
            "Date" => json!("2026-01-01"),
            "String" | "CountryCode" | "HTML" | "URL" => json!(text_for(name)),
            "DateTime" => json!("2026-01-01T00:00:00Z"),
            other => match self.0.get(other).map(|found| &found.kind) {
                Some(TypeKind::Enum(choices)) => json!(choices.values[0].node.value.node.as_str()),
                // One of its fields; a file can't be sent in JSON.
                Some(TypeKind::InputObject(input)) if self.is_one_of(other) => {
                    let field = input.fields.iter().map(|field| &field.node).find(|field| base(&field.ty.node) != "Upload");
                    let field = field.expect("a field that can be sent in JSON");
                    let name = field.name.node.as_str();
                    json!({ name: self.of_type(&field.ty.node, name, root, ids, depth + 1) })
                }
                Some(TypeKind::InputObject(input)) => {
                    let fields = input.fields.iter().filter_map(|field| {
                        let value = self.value(&field.node, root, ids, depth + 1)?;
                        Some((field.node.name.node.to_string(), value))
                    });
                    Value::Object(fields.collect())
                }
                _ => Value::Null,
            },
        }
    }
}

/// The name of the innermost type.
pub fn base(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(inner) => base(inner),
    }
}

fn text_for(name: &str) -> String {
    let unique = souk_core::random::Random::system().hex();
    match name {
        "email" | "contactEmail" => format!("{unique}@example.com"),
        "password" | "newPassword" | "currentPassword" => "correct horse battery".into(),
        "country" => "NP".into(),
        "contentType" => "image/png".into(),
        "filename" => "picture.png".into(),
        _ => format!("x{}", &unique[..12]),
    }
}
