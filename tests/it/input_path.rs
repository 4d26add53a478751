//! Paths of user errors: malformed, unknown and out-of-range values are sent for every argument and input field of every mutation, and each
//! `field` must be a path in the input.

use crate::access::other_person::World;
use crate::access::{kind_of_id, unknown_id};
use crate::app::{Caller, each};
use crate::make;
use crate::sdl::{RootField, Sdl, base};
use crate::visibility::walk::holds_id;
use async_graphql::parser::types::{BaseType, Type};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// A step on the way to a field of an input.
#[derive(Clone, Debug)]
enum Step {
    Field(String),
    Item(usize),
}

/// A place in the variables of a mutation, and its type.
#[derive(Clone)]
struct Place {
    steps: Vec<Step>,
    ty: Type,
}

impl Place {
    fn name(&self) -> &str {
        let mut fields = self.steps.iter().filter_map(|step| match step {
            Step::Field(name) => Some(name.as_str()),
            Step::Item(_) => None,
        });
        fields.next_back().unwrap_or("")
    }

    /// As a user error names it: fields of `input` without `input`.
    fn path(&self) -> Vec<String> {
        let steps = self.steps.iter().map(|step| match step {
            Step::Field(name) => name.clone(),
            Step::Item(n) => n.to_string(),
        });
        steps.filter(|step| step != "input").collect()
    }
}

/// Every place that a value can be put at: arguments, input fields, and the second items of lists.
fn places(sdl: &Sdl, root: &RootField<'_>) -> Vec<Place> {
    let mut all = Vec::new();
    for argument in &root.field.arguments {
        collect(sdl, vec![Step::Field(argument.node.name.node.to_string())], &argument.node.ty.node, &mut all);
    }
    all
}

fn collect(sdl: &Sdl, steps: Vec<Step>, ty: &Type, all: &mut Vec<Place>) {
    if let BaseType::List(inner) = &ty.base {
        all.push(Place { steps: steps.clone(), ty: ty.clone() });
        let item = steps.into_iter().chain([Step::Item(1)]).collect();
        return collect(sdl, item, inner, all);
    }
    match sdl.input_fields(base(ty)) {
        None => all.push(Place { steps, ty: ty.clone() }),
        Some(fields) => {
            for field in fields {
                let next = steps.iter().cloned().chain([Step::Field(field.name.node.to_string())]).collect();
                collect(sdl, next, &field.ty.node, all);
            }
        }
    }
}

/// What is sent to a place: values that are right for the type, and mostly wrong for the field.
fn values(sdl: &Sdl, root: &str, place: &Place) -> Vec<Value> {
    if let BaseType::List(inner) = &place.ty.base {
        let one = sdl.minimal(inner, place.name(), root, &unknown_id);
        return vec![json!([]), Value::Array(vec![one.clone(), one.clone()]), Value::Array(vec![one; 600])];
    }
    match base(&place.ty) {
        "ID" => vec![json!("nonsense"), json!(unknown_id(root, place.name()))],
        "Int" => vec![json!(-1), json!(0), json!(i32::MAX)],
        "Boolean" => vec![json!(true), json!(false)],
        "Decimal" => vec![json!("-1"), json!("abc"), json!("1.23456789"), json!("99999999999999999999")],
        "String" | "CountryCode" | "Date" | "HTML" | "URL" => {
            vec![json!(""), json!("x y"), json!("a\u{7}b"), json!("x".repeat(60_000))]
        }
        "DateTime" => vec![json!("2026-01-01T00:00:00Z")],
        "Upload" => Vec::new(),
        other => sdl.enum_values(other).into_iter().map(Value::from).collect(),
    }
}

/// Puts a value at a place; what lies on the way and is not there yet is made as small as can be.
fn put(
    sdl: &Sdl,
    root: &RootField<'_>,
    ids: &dyn Fn(&str, &str) -> String,
    variables: &Value,
    place: &Place,
    value: Value,
) -> Value {
    let mut variables = variables.clone();
    let Some(Step::Field(first)) = place.steps.first() else { return variables };
    let argument = root.field.arguments.iter().find(|argument| argument.node.name.node.as_str() == first);
    let ty = argument.expect("an argument").node.ty.node.clone();
    let mut context = (sdl, root.name(), ids);
    let slot = variables.as_object_mut().expect("an object").entry(first.clone()).or_insert(Value::Null);
    set(&mut context, slot, &ty, first, &place.steps[1..], value);
    variables
}

type Context<'a> = (&'a Sdl, &'a str, &'a dyn Fn(&str, &str) -> String);

fn set(context: &mut Context<'_>, slot: &mut Value, ty: &Type, name: &str, rest: &[Step], value: Value) {
    let Some(step) = rest.first() else {
        *slot = value;
        return;
    };
    let (sdl, root, ids) = *context;
    match step {
        Step::Item(n) => {
            let BaseType::List(inner) = &ty.base else { panic!("{name} is no list") };
            let mut items = slot.as_array().cloned().unwrap_or_default();
            while items.len() <= *n {
                items.push(sdl.minimal(inner, name, root, ids));
            }
            set(context, &mut items[*n], inner, name, &rest[1..], value);
            *slot = Value::Array(items);
        }
        Step::Field(field) => {
            if !slot.is_object() {
                *slot = sdl.minimal(ty, name, root, ids);
            }
            let ty_of_slot = ty;
            let fields = sdl.input_fields(base(ty)).expect("an input type");
            let definition = fields.into_iter().find(|known| known.name.node.as_str() == field).expect("a field");
            let ty = definition.ty.node.clone();
            let one_of = sdl.is_one_of(base(ty_of_slot));
            let fields = slot.as_object_mut().expect("an object");
            if one_of {
                fields.clear();
            }
            set(context, fields.entry(field.clone()).or_insert(Value::Null), &ty, field, &rest[1..], value);
        }
    }
}

/// Whether a path is one of what was sent.
fn is_path(sdl: &Sdl, root: &RootField<'_>, variables: &Value, path: &[String]) -> bool {
    let argument = |name: &str| root.field.arguments.iter().find(|argument| argument.node.name.node == name).map(|a| &a.node);
    if let Some(named) = path.first().filter(|first| *first != "input").and_then(|first| argument(first)) {
        return leads(sdl, &named.ty.node, &variables[&path[0]], &path[1..]);
    }
    argument("input").is_some_and(|input| leads(sdl, &input.ty.node, &variables["input"], path))
}

fn leads(sdl: &Sdl, ty: &Type, sent: &Value, path: &[String]) -> bool {
    let Some(first) = path.first() else { return true };
    if let BaseType::List(inner) = &ty.base {
        let index: Option<usize> = first.parse().ok();
        return index.and_then(|n| sent.get(n)).is_some_and(|item| leads(sdl, inner, item, &path[1..]));
    }
    let fields = sdl.input_fields(base(ty)).unwrap_or_default();
    let field = fields.into_iter().find(|field| field.name.node == first.as_str());
    field.is_some_and(|field| leads(sdl, &field.ty.node, &sent[first], &path[1..]))
}

/// `checkoutComplete` answers for the whole checkout: its problems name the fields of `checkoutUpdate`, or a line of the cart.
fn is_of_checkout(sdl: &Sdl, root: &str, path: &[String]) -> bool {
    let fields = sdl.input_fields("CheckoutUpdateInput").expect("an input type");
    let first = path.first().map(String::as_str);
    root == "checkoutComplete"
        && (fields.iter().any(|field| Some(field.name.node.as_str()) == first)
            || first == Some("lines") && path.get(1).is_none_or(|n| n.parse::<usize>().is_ok()))
}

/// Mutations that end things come last, so that the others find them.
fn rank(name: &str) -> (usize, String) {
    let late = ["Delete", "Remove", "Cancel", "Close", "Block", "Role", "Revoke", "Status", "Change", "Reset"];
    (usize::from(late.iter().any(|word| name.contains(word))) + usize::from(name == "accountClose"), name.to_owned())
}

/// Whether a path, whatever its indexes, is one of an ID, a token or an email.
fn identifies(places: &[Place], path: &[String]) -> bool {
    let names = |path: &[String]| path.iter().filter(|step| step.parse::<usize>().is_err()).cloned().collect::<Vec<_>>();
    let of_path = |place: &&Place| names(&place.path()) == names(path);
    let known = |place: &Place| base(&place.ty) == "ID" || place.name().ends_with("oken") || place.name() == "email";
    places.iter().filter(of_path).any(known)
}

struct Told {
    errors: Vec<(Option<Vec<String>>, String)>,
    /// The code of the top-level error.
    fault: Option<String>,
}

async fn tell(caller: &Caller<'_>, root: &RootField<'_>, query: &str, variables: &Value) -> Told {
    let answer = caller.answer(query, variables.clone()).await;
    let fault = answer["errors"][0]["extensions"]["code"].as_str().map(str::to_owned);
    assert_ne!(fault.as_deref(), Some("INTERNAL"), "{} {variables}: {answer:#}", root.name());
    let errors = answer["data"][root.name()]["userErrors"].as_array().cloned().unwrap_or_default();
    let errors = errors.iter().map(|error| {
        let path = error["field"].as_array().map(|path| path.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        let (code, message) = (error["code"].as_str().unwrap_or("?"), error["message"].as_str().unwrap_or("?"));
        // A malformed ID is shown as it was sent.
        assert!(code == "INVALID_ID" || !holds_id(message), "{} tells people an ID: {message}", root.name());
        (path, code.to_owned())
    });
    Told { errors: errors.collect(), fault }
}

/// The call of a mutation with all its arguments as variables, those it may do without, too.
fn document(root: &RootField<'_>) -> String {
    let arguments = root.field.arguments.iter().map(|argument| &argument.node);
    let declared: Vec<_> = arguments.clone().map(|argument| format!("${}: {}", argument.name.node, argument.ty.node)).collect();
    let passed: Vec<_> = arguments.map(|argument| format!("{0}: ${0}", argument.name.node)).collect();
    let list = |parts: Vec<String>| if parts.is_empty() { String::new() } else { format!("({})", parts.join(", ")) };
    format!("mutation{} {{ {}{} {{ userErrors {{ field code message }} }} }}", list(declared), root.name(), list(passed))
}

fn shorter(variables: &Value) -> String {
    variables.to_string().chars().take(300).collect()
}

#[test]
fn user_errors_of_all_mutations_name_fields_that_the_input_has() {
    each(async |souk| {
        let (sdl, world) = (Sdl::read(), World::make(souk).await);
        let existing = |root: &str, name: &str| {
            let kind = kind_of_id(root, name);
            world.ids.get(kind).cloned().unwrap_or_else(|| unknown_id(root, name))
        };
        let owner = make::owner(souk).await;
        let mut roots: Vec<_> = sdl.root_fields().into_iter().filter(|root| root.operation == "mutation").collect();
        roots.sort_by_key(|root| rank(root.name()));
        let (mut wrong, mut calls, mut refusals) = (Vec::new(), 0, 0);
        let (mut ids, mut named) = (BTreeSet::new(), BTreeSet::new());
        let people = [Some(&owner), Some(&world.vera), Some(&world.carl), None];
        for root in &roots {
            let query = document(root);
            let places = places(&sdl, root);
            for person in people {
                let caller = person.map_or_else(|| souk.guest(), |person| souk.as_user(person));
                let (_, base_variables) = sdl.call(root, &existing);
                let at_first = tell(&caller, root, &query, &base_variables).await;
                if at_first.fault.as_deref().is_some_and(|code| ["UNAUTHENTICATED", "FORBIDDEN"].contains(&code)) {
                    continue;
                }
                for place in &places {
                    for value in values(&sdl, root.name(), place) {
                        // New texts for each call: names, keys and addresses are used up.
                        let (_, fresh) = sdl.call(root, &existing);
                        let mut variables = put(&sdl, root, &existing, &fresh, place, value.clone());
                        if root.name() == "checkoutUpdate" && place.path() == ["checkoutId"] {
                            // The earlier form of the argument; both at once are refused.
                            variables.as_object_mut().expect("variables").remove("id");
                        }
                        let told = tell(&caller, root, &query, &variables).await;
                        calls += 1;
                        let is_id = base(&place.ty) == "ID" && value.is_string();
                        let at = format!("{}.{}", root.name(), place.path().join("."));
                        if is_id {
                            ids.insert(at.clone());
                        }
                        if told.fault.as_deref() == Some("NOT_FOUND") {
                            wrong.push(format!("{} answers with a top-level NOT_FOUND: {}", root.name(), shorter(&variables)));
                        }
                        for (path, code) in &told.errors {
                            refusals += 1;
                            let Some(path) = path else { continue };
                            if !is_path(&sdl, root, &variables, path) && !is_of_checkout(&sdl, root.name(), path) {
                                wrong.push(format!("{} names {path:?} ({code}) for {}", root.name(), shorter(&variables)));
                            }
                            if code == "INVALID_ID" && *path != place.path() {
                                wrong.push(format!("{} names {path:?} as malformed; it is {at}", root.name()));
                            }
                            // Also another ID of the input can be unknown, as earlier calls used it up; never a quantity or a text.
                            if is_id && code == "NOT_FOUND" && !identifies(&places, path) {
                                wrong.push(format!("{} names {path:?} as unknown, which names nothing", root.name()));
                            }
                            if code == "INVALID_ID" {
                                named.insert(at.clone());
                            }
                        }
                    }
                }
            }
        }
        wrong.sort();
        wrong.dedup();
        eprintln!("{calls} calls, {refusals} user errors, {} IDs", ids.len());
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
        assert_eq!(
            ids.difference(&named).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "these malformed IDs were not refused by name"
        );
        assert!(calls > 1500 && refusals > 500, "only {calls} calls and {refusals} user errors");
        souk.leaves_work("some calls ask for letters");
    });
}

#[test]
fn all_malformed_ids_of_an_input_are_told_at_once() {
    each(async |souk| {
        let shop = crate::order::Shop::open(souk).await;
        let vera = souk.as_user(&shop.vera);
        let bad = ["nonsense", "store_", "product_01h455vb4pex5vsknk084sn02q"];
        let reorder = operation!("image", "ProductImagesReorderErrors");
        let input = json!({ "input": { "productId": "x", "imageIds": bad } });
        assert_eq!(
            vera.refused(reorder, input).await,
            ["productId INVALID_ID", "imageIds.0 INVALID_ID", "imageIds.1 INVALID_ID", "imageIds.2 INVALID_ID"]
        );
        let update = operation!("checkout", "CheckoutUpdateErrors");
        let choice = json!({ "storeId": "x", "shippingMethodId": "y" });
        assert_eq!(
            vera.refused(update, json!({ "input": { "checkoutId": "z", "shippingMethods": [choice] } })).await,
            ["checkoutId INVALID_ID", "shippingMethods.0.storeId INVALID_ID", "shippingMethods.0.shippingMethodId INVALID_ID"]
        );
        let create = "mutation($input: ProductCreateInput!) { productCreate(input: $input) { userErrors { field code } } }";
        let input = json!({ "input": { "storeId": "x", "categoryId": "y", "name": "Tea", "price": "1" } });
        assert_eq!(vera.refused(create, input).await, ["storeId INVALID_ID", "categoryId INVALID_ID"]);
    });
}

#[test]
fn an_unknown_id_is_named_by_the_field_that_holds_it() {
    each(async |souk| {
        let bob = make::customer(souk, "bob").await;
        let bob = souk.as_user(&bob);
        let unknown = |name: &str| unknown_id("", name);
        for (mutation, input, field) in [
            (
                "checkoutComplete",
                json!({ "checkoutId": unknown("checkoutId"), "paymentProvider": "MANUAL", "idempotencyKey": "k" }),
                "checkoutId",
            ),
            ("checkoutUpdate", json!({ "checkoutId": unknown("checkoutId"), "note": "x" }), "checkoutId"),
            ("paymentConfirm", json!({ "orderId": unknown("orderId") }), "orderId"),
            ("sessionRevoke", json!({ "sessionId": unknown("sessionId") }), "sessionId"),
            ("reviewReply", json!({ "reviewId": unknown("reviewId"), "body": "x" }), "reviewId"),
            ("orderCancel", json!({ "orderId": unknown("orderId") }), "orderId"),
            ("storeOrderFulfill", json!({ "storeOrderId": unknown("storeOrderId") }), "storeOrderId"),
        ] {
            let ty = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
            let query = format!("mutation($input: {ty}!) {{ {mutation}(input: $input) {{ userErrors {{ field code }} }} }}");
            assert_eq!(bob.refused(&query, json!({ "input": input })).await, [format!("{field} NOT_FOUND")], "{mutation}");
        }
    });
}

/// What is left out is not sent as null.
#[test]
fn places_cover_lists_and_nested_inputs() {
    let sdl = Sdl::read();
    let roots = sdl.root_fields();
    let root = roots.iter().find(|root| root.name() == "checkoutUpdate").expect("a mutation");
    let paths: Vec<_> = places(&sdl, root).iter().map(|place| place.path().join(".")).collect();
    for path in ["checkoutId", "shippingMethods", "shippingMethods.1.storeId", "shippingAddress.country", "note"] {
        assert!(paths.iter().any(|known| known == path), "{path} is not among {paths:?}");
    }
    let place = places(&sdl, root).into_iter().find(|place| place.path() == ["shippingMethods", "1", "storeId"]).expect("it is");
    let (_, base) = sdl.call(root, &unknown_id);
    let sent = put(&sdl, root, &unknown_id, &base, &place, json!("here"));
    assert_eq!(sent["input"]["shippingMethods"][1]["storeId"], json!("here"));
    // Nothing else of the input, as all of it may be left out.
    assert_eq!(sent["input"].as_object().map(Map::len), Some(1), "{sent}");
}
