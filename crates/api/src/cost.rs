//! The cost of an operation, computed from its document and variables before it runs.
//!
//! The schema declares weights with the directives of the cost specification
//! (<https://ibm.github.io/graphql-specs/cost-spec.html>): `@cost` for fields, arguments and input fields whose work in the
//! database goes beyond reading a column, and `@listSize` for the number of items of a list. The cost of a field is its weight,
//! plus the weights of its arguments, plus the cost of its selection for each item.

use apollo_compiler::ast::{Argument, Definition, Document, Field, OperationType, Selection, Type, Value};
use apollo_compiler::schema::{Component, ExtendedType, FieldDefinition};
use apollo_compiler::{Node, Schema};
use async_graphql::registry::{MetaDirectiveInvocation, Registry, location_traits};
use async_graphql::{TypeDirective, Variables};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// The default weight of a field.
const FIELD: u64 = 1;
/// The weight of a connection, which reads its page with its own statement.
pub const CONNECTION: u64 = 10;
/// The weight of the total count of a connection: one more statement, which may read 10,000 rows.
pub const COUNT: i32 = 20;
/// The weight of a filter that looks up each product in another table, and of counting all that a search found.
pub const LOOKUP: i32 = 100;
/// The weight of a full-text search.
pub const SEARCH: i32 = 400;
/// The weight of a mutation, which is a transaction with several statements.
const MUTATION: u64 = 20;
/// The weight of introspection.
const INTROSPECTION: u64 = 200;
/// The assumed number of `userErrors`. Every payload has them, so they don't declare a size.
const USER_ERRORS: u64 = 3;
/// Maximum number of items of a page.
const MAX_PAGE_SIZE: u64 = 100;
/// Maximum depth of nested input objects that are searched for weights.
const INPUT_DEPTH: usize = 4;

/// Number of items of the list that the field or, for a connection, its `sizedFields` return: the value of one of the
/// `slicingArguments`, or `assumedSize` if none is given.
#[async_graphql::TypeDirective(name = "listSize", location = "FieldDefinition")]
pub fn list_size(
    #[graphql(desc = "Typical number of items.")] assumed_size: Option<i32>,
    #[graphql(desc = "Arguments that determine the number of items: their value, or the length of their list.")]
    slicing_arguments: Option<Vec<String>>,
    #[graphql(desc = "Fields of the returned object that contain the items.")] sized_fields: Option<Vec<String>>,
) {
}

/// Weight of the field, argument or input field in the cost of an operation. Default for fields: 1.
#[async_graphql::TypeDirective(
    name = "cost",
    location = "FieldDefinition",
    location = "ArgumentDefinition",
    location = "InputFieldDefinition"
)]
pub fn cost_directive(#[graphql(desc = "Weight as a whole number.")] weight: String) {}

/// `@listSize` of a list that belongs to its parent, with the typical number of items: `directive = ListOf::apply(10)`.
pub struct ListOf;

impl ListOf {
    /// The directive with the typical number of items.
    pub fn apply(typical: i32) -> MetaDirectiveInvocation {
        list_size::apply(Some(typical), None, None)
    }
}

/// `@listSize` of a connection.
pub struct Paged;

impl Paged {
    /// The directive of a connection, sized by `first` and `last`.
    pub fn apply() -> MetaDirectiveInvocation {
        let names = |names: [&str; 2]| Some(names.map(str::to_owned).to_vec());
        list_size::apply(None, names(["first", "last"]), names(["nodes", "edges"]))
    }
}

/// `@listSize` of a list with one item for each item of an argument.
pub struct OneForEach;

impl OneForEach {
    /// The directive with the name of the list argument.
    pub fn apply(argument: &str) -> MetaDirectiveInvocation {
        list_size::apply(None, Some(vec![argument.to_owned()]), None)
    }
}

/// `@listSize` of a list whose size an argument limits.
pub struct UpTo;

impl UpTo {
    /// The directive with the name of the argument, and the number of items if it is left out.
    pub fn apply(argument: &str, default: i32) -> MetaDirectiveInvocation {
        list_size::apply(Some(default), Some(vec![argument.to_owned()]), None)
    }
}

/// `@cost`: `directive = Weighs::apply(20)`.
pub struct Weighs;

impl Weighs {
    /// The directive with a weight.
    pub fn apply(weight: i32) -> MetaDirectiveInvocation {
        cost_directive::apply(weight.to_string())
    }
}

/// Implements a directive for types that build its arguments.
macro_rules! alias_directive {
    ($directive:ident: $($name:ident),+) => {
        $(
            impl TypeDirective for $name {
                fn name(&self) -> Cow<'static, str> {
                    $directive.name()
                }

                fn register(&self, registry: &mut Registry) {
                    $directive.register(registry);
                }
            }

            impl location_traits::Directive_At_FIELD_DEFINITION for $name {}
        )+
    };
}

alias_directive!(list_size: ListOf, Paged, OneForEach, UpTo);
alias_directive!(cost_directive: Weighs);

impl location_traits::Directive_At_INPUT_FIELD_DEFINITION for Weighs {}
impl location_traits::Directive_At_ARGUMENT_DEFINITION for Weighs {}

/// The cost of an operation as a function of its variables.
#[derive(Clone, Debug, Default)]
pub struct Plan(Sum);

impl Plan {
    /// The cost with these variables.
    pub fn cost(&self, variables: &Variables) -> u64 {
        self.0.total(variables)
    }
}

/// A sum whose terms may depend on variables.
#[derive(Clone, Debug, Default)]
struct Sum {
    known: u64,
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    /// The cost of an item times the number of items; the largest of the sizes counts.
    Times { sizes: Vec<Size>, item: Arc<Sum> },
    /// A weight that counts if the variable has a non-null value at the path.
    Given { variable: String, path: Vec<String>, weight: u64 },
}

#[derive(Clone, Debug)]
enum Size {
    Known(u64),
    Variable { name: String, default: Option<u64> },
}

impl Sum {
    fn known(known: u64) -> Self {
        Self { known, parts: Vec::new() }
    }

    fn add(&mut self, other: &Self) {
        self.known = self.known.saturating_add(other.known);
        self.parts.extend(other.parts.iter().cloned());
    }

    fn add_times(&mut self, sizes: Vec<Size>, item: Self) {
        let known: Option<Vec<u64>> =
            sizes.iter().map(|size| if let Size::Known(size) = size { Some(*size) } else { None }).collect();
        match known {
            Some(known) if item.parts.is_empty() => {
                let size = known.into_iter().max().unwrap_or(1);
                self.known = self.known.saturating_add(item.known.saturating_mul(size));
            }
            _ => self.parts.push(Part::Times { sizes, item: Arc::new(item) }),
        }
    }

    fn total(&self, variables: &Variables) -> u64 {
        self.parts.iter().fold(self.known, |total, part| {
            total.saturating_add(match part {
                Part::Times { sizes, item } => {
                    let size = sizes.iter().filter_map(|size| size.value(variables)).max().unwrap_or(1);
                    size.saturating_mul(item.total(variables))
                }
                Part::Given { variable, path, weight } => {
                    if is_given(variables, variable, path) {
                        *weight
                    } else {
                        0
                    }
                }
            })
        })
    }
}

impl Size {
    fn value(&self, variables: &Variables) -> Option<u64> {
        match self {
            Self::Known(size) => Some(*size),
            Self::Variable { name, default } => match variables.get(name.as_str()) {
                Some(async_graphql::Value::Number(number)) => Some(page_size(number.as_i64().unwrap_or(i64::MAX))),
                Some(async_graphql::Value::List(items)) => Some(items.len() as u64),
                // As null, the argument is left out.
                Some(_) | None => *default,
            },
        }
    }
}

/// The number of items to charge for a requested page size. Sizes out of range fail later, in the resolver.
fn page_size(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(1).clamp(1, MAX_PAGE_SIZE)
}

fn is_given(variables: &Variables, name: &str, path: &[String]) -> bool {
    let mut value = variables.get(name);
    for field in path {
        value = match value {
            Some(async_graphql::Value::Object(fields)) => fields.get(field.as_str()),
            _ => None,
        };
    }
    value.is_some_and(|value| *value != async_graphql::Value::Null)
}

/// Computes the costs of the operations of a valid document.
pub struct Pricing<'a> {
    schema: &'a Schema,
    fragments: HashMap<&'a str, (&'a str, &'a [Selection])>,
    /// The costs of fragments, by their name and by whether they are used in a connection.
    costs: HashMap<(&'a str, bool), Split>,
    /// Default values of the operation's variables.
    defaults: HashMap<&'a str, &'a Value>,
}

/// The cost of a selection: one term that counts once, and one that counts for each item of a connection.
#[derive(Clone, Debug, Default)]
struct Split {
    once: Sum,
    each: Sum,
}

impl<'a> Pricing<'a> {
    /// Prepares the pricing of a document.
    pub fn new(schema: &'a Schema, document: &'a Document) -> Self {
        let fragments = document.definitions.iter().filter_map(|definition| match definition {
            Definition::FragmentDefinition(fragment) => {
                Some((fragment.name.as_str(), (fragment.type_condition.as_str(), fragment.selection_set.as_slice())))
            }
            _ => None,
        });
        Self { schema, fragments: fragments.collect(), costs: HashMap::new(), defaults: HashMap::new() }
    }

    /// The cost of an operation of the document.
    pub fn plan(&mut self, operation: &'a apollo_compiler::ast::OperationDefinition) -> Plan {
        self.costs.clear();
        self.defaults = operation
            .variables
            .iter()
            .filter_map(|variable| Some((variable.name.as_str(), variable.default_value.as_deref()?)))
            .collect();
        let Some(root) = self.schema.root_operation(operation.operation_type) else { return Plan::default() };
        let mut sum = Sum::default();
        let split = self.selections(root.as_str(), &operation.selection_set, &[]);
        sum.add(&split.once);
        sum.add(&split.each);
        Plan(sum)
    }

    fn selections(&mut self, parent: &'a str, selections: &'a [Selection], sized: &[&str]) -> Split {
        let mut split = Split::default();
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    let cost = self.field(parent, field);
                    if sized.contains(&field.name.as_str()) { split.each.add(&cost) } else { split.once.add(&cost) }
                }
                Selection::InlineFragment(fragment) => {
                    let on = fragment.type_condition.as_ref().map_or(parent, |on| on.as_str());
                    split.add(&self.selections(on, &fragment.selection_set, sized));
                }
                Selection::FragmentSpread(spread) => {
                    let Some((name, (on, selections))) =
                        self.fragments.get_key_value(spread.fragment_name.as_str()).map(|(name, found)| (*name, *found))
                    else {
                        continue;
                    };
                    let key = (name, !sized.is_empty());
                    if !self.costs.contains_key(&key) {
                        // A cycle of fragments would count as zero; documents with cycles are rejected by validation.
                        self.costs.insert(key, Split::default());
                        let cost = self.selections(on, selections, sized);
                        self.costs.insert(key, cost);
                    }
                    if let Some(cost) = self.costs.get(&key) {
                        split.add(cost);
                    }
                }
            }
        }
        split
    }

    fn field(&mut self, parent: &'a str, field: &'a Node<Field>) -> Sum {
        let Some(definition) = definition(self.schema, parent, &field.name) else { return Sum::known(FIELD) };
        let list = definition.directives.get("listSize");
        let names = |argument: &str| -> Vec<&'a str> {
            list.and_then(|list| list.specified_argument_by_name(argument)).map(|value| strings(value)).unwrap_or_default()
        };
        let (slicing, sized) = (names("slicingArguments"), names("sizedFields"));
        let mut sum =
            Sum::known(weight_of(&definition.directives).unwrap_or_else(|| self.default_weight(parent, field, &slicing)));
        for argument in &field.arguments {
            if let Some(expected) = definition.argument_by_name(&argument.name) {
                let own = weight_of(&expected.directives);
                self.argument(&mut sum, own, &expected.ty, &argument.value);
            }
        }
        let split = self.selections(definition.ty.inner_named_type().as_str(), &field.selection_set, &sized);
        if sized.is_empty() {
            let mut item = split.once;
            item.add(&split.each);
            let mut sizes = self.sizes(list, &slicing, &field.arguments);
            if list.is_none() && definition.ty.inner_named_type().as_str() == "UserError" {
                sizes.push(Size::Known(USER_ERRORS));
            }
            sum.add_times(sizes, item);
        } else {
            sum.add(&split.once);
            sum.add_times(self.sizes(list, &slicing, &field.arguments), split.each);
        }
        sum
    }

    fn default_weight(&self, parent: &str, field: &Field, slicing: &[&str]) -> u64 {
        let is_mutation = self.schema.root_operation(OperationType::Mutation).is_some_and(|root| root.as_str() == parent);
        match field.name.as_str() {
            "__schema" | "__type" => INTROSPECTION,
            _ if is_mutation => MUTATION,
            _ if !slicing.is_empty() => CONNECTION,
            _ => FIELD,
        }
    }

    fn sizes(
        &self,
        list: Option<&Node<apollo_compiler::ast::Directive>>,
        slicing: &[&str],
        arguments: &'a [Node<Argument>],
    ) -> Vec<Size> {
        let assumed = match list.and_then(|list| list.specified_argument_by_name("assumedSize")).map(|size| &**size) {
            Some(Value::Int(size)) => Some(size.as_str().parse().unwrap_or(MAX_PAGE_SIZE)),
            _ => None,
        };
        let given =
            arguments.iter().filter(|argument| slicing.contains(&argument.name.as_str())).filter_map(|argument| match &*argument
                .value
            {
                Value::Variable(name) => {
                    let default = self.defaults.get(name.as_str()).and_then(|default| literal_size(default));
                    Some(Size::Variable { name: name.to_string(), default: default.or(assumed) })
                }
                literal => literal_size(literal).map(Size::Known),
            });
        let given: Vec<_> = given.collect();
        if given.is_empty() { assumed.map(Size::Known).into_iter().collect() } else { given }
    }

    /// Adds the weights of an argument and of the input fields in it that are set.
    fn argument(&self, sum: &mut Sum, own: Option<u64>, ty: &Type, value: &Value) {
        match value {
            Value::Null => return,
            Value::Variable(name) => {
                let given = |path, weight| Part::Given { variable: name.to_string(), path, weight };
                sum.parts.extend(own.map(|weight| given(Vec::new(), weight)));
                let mut found = Vec::new();
                self.weights_within(ty, &mut Vec::new(), &mut found);
                sum.parts.extend(found.into_iter().map(|(path, weight)| given(path, weight)));
                // The default value only applies if the variable is omitted, but is always charged.
                if let Some(default) = self.defaults.get(name.as_str()) {
                    self.argument(sum, None, ty, default);
                }
                return;
            }
            Value::Object(fields) => {
                if let Some(ExtendedType::InputObject(input)) = self.schema.types.get(ty.inner_named_type()) {
                    for (name, value) in fields {
                        if let Some(field) = input.fields.get(name) {
                            self.argument(sum, weight_of(&field.directives), &field.ty, value);
                        }
                    }
                }
            }
            Value::List(items) => items.iter().for_each(|item| self.argument(sum, None, ty, item)),
            _ => {}
        }
        sum.known = sum.known.saturating_add(own.unwrap_or(0));
    }

    /// Collects the weights of the input fields of a type, with their paths.
    fn weights_within(&self, ty: &Type, path: &mut Vec<String>, found: &mut Vec<(Vec<String>, u64)>) {
        let Some(ExtendedType::InputObject(input)) = self.schema.types.get(ty.inner_named_type()) else { return };
        if path.len() == INPUT_DEPTH {
            return;
        }
        for (name, field) in &input.fields {
            path.push(name.to_string());
            if let Some(weight) = weight_of(&field.directives) {
                found.push((path.clone(), weight));
            }
            self.weights_within(&field.ty, path, found);
            path.pop();
        }
    }
}

impl Split {
    fn add(&mut self, other: &Self) {
        self.once.add(&other.once);
        self.each.add(&other.each);
    }
}

/// The definition of a field, including introspection fields.
pub fn definition<'a>(schema: &'a Schema, parent: &str, field: &str) -> Option<&'a Component<FieldDefinition>> {
    schema.type_field(parent, field).ok()
}

fn weight_of(directives: &apollo_compiler::ast::DirectiveList) -> Option<u64> {
    match directives.get("cost")?.specified_argument_by_name("weight").map(|weight| &**weight) {
        Some(Value::String(weight)) => weight.parse().ok(),
        _ => None,
    }
}

fn literal_size(value: &Value) -> Option<u64> {
    match value {
        Value::Int(number) => Some(page_size(number.as_str().parse().unwrap_or(i64::MAX))),
        Value::List(items) => Some(items.len() as u64),
        _ => None,
    }
}

fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::List(items) => {
            items.iter().filter_map(|item| if let Value::String(text) = &**item { Some(text.as_str()) } else { None }).collect()
        }
        _ => Vec::new(),
    }
}
