//! Every path through the schema, and that none leads to what the viewer may not see.

use super::{CHAINS, DEEPEST, SECRET, World};
use crate::app::{Caller, each_with};
use crate::sdl::{Sdl, base};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A chain of references: the fields from a root on.
type Chain = Vec<String>;

/// Every chain of references from a type on that comes to no type twice, unless a type refers to itself, with the fields of the schema that it takes.
fn chains(sdl: &Sdl, from: &str, seen: &mut Vec<String>, chain: &mut Chain, all: &mut Vec<Chain>, taken: &mut BTreeSet<String>) {
    all.push(chain.clone());
    if chain.len() == DEEPEST {
        return;
    }
    for field in sdl.fields(from) {
        let to = base(&field.ty.node);
        let visits = seen.iter().filter(|known| *known == to).count();
        if sdl.fields(to).is_empty() || visits > usize::from(to == from) {
            continue;
        }
        let variant = (from, field.name.node.as_str()) == ("Product", "variant");
        let required = !variant
            && field.arguments.iter().any(|argument| !argument.node.ty.node.nullable && argument.node.default_value.is_none());
        assert!(!required, "{from}.{} has an argument that this test knows no value for", field.name.node);
        let paged = field.arguments.iter().any(|argument| argument.node.name.node == "first");
        let name = field.name.node.as_str();
        taken.insert(format!("{from}.{name}"));
        if (from, name) == ("Store", "orders") {
            // An error for all of these callers, which would leave nothing of the answer to look at; `order_access` asks for it.
            continue;
        }
        let of_attributes = matches!((from, name), ("Attribute", "choices") | ("AttributeChoice", "attribute"));
        if of_attributes && !seen.first().is_some_and(|first| first.starts_with("Attribute")) {
            // They are public, and would cost too much below lists of lists; they are followed from their own root fields.
            continue;
        }
        if (from, name) == ("Product", "related") && seen.first().is_none_or(|first| first != "Product") {
            // They would cost too much below lists; they are followed from `product`.
            continue;
        }
        chain.push(match name {
            "variant" if from == "Product" => "variant(options: [])".to_owned(),
            _ if paged => format!("{name}(first: 4)"),
            _ => name.to_owned(),
        });
        seen.push(to.to_owned());
        chains(sdl, to, seen, chain, all, taken);
        seen.pop();
        chain.pop();
    }
}

/// What is selected of a type: branches, and at the ends of chains all of its plain values.
#[derive(Default)]
struct Selection {
    ends: bool,
    branches: BTreeMap<String, Selection>,
}

impl Selection {
    fn add(&mut self, chain: &[String]) {
        match chain {
            [] => self.ends = true,
            [first, rest @ ..] => self.branches.entry(first.clone()).or_default().add(rest),
        }
    }

    fn text(&self, sdl: &Sdl, of: &str) -> String {
        let mut parts = vec!["__typename".to_owned()];
        for field in sdl.fields(of) {
            let name = field.name.node.as_str();
            if self.ends && sdl.fields(base(&field.ty.node)).is_empty() {
                parts.push(name.to_owned());
            }
        }
        for (branch, rest) in &self.branches {
            let name = branch.split('(').next().expect("a name");
            let fields = sdl.fields(of);
            let field = fields.iter().find(|field| field.name.node == name).expect("a field");
            parts.push(format!("{branch} {}", rest.text(sdl, base(&field.ty.node))));
        }
        format!("{{ {} }}", parts.join(" "))
    }
}

/// Requests that take all chains from a root field on.
pub fn selections(sdl: &Sdl, from: &str, taken: &mut BTreeSet<String>) -> Vec<String> {
    let mut all = Vec::new();
    chains(sdl, from, &mut vec![from.to_owned()], &mut Chain::new(), &mut all, taken);
    let requests = all.chunks(CHAINS).map(|chains| {
        let mut selection = Selection::default();
        chains.iter().for_each(|chain| selection.add(chain));
        selection.text(sdl, from)
    });
    requests.collect()
}

async fn ask(caller: &Caller<'_>, who: &str, query: &str, leaks: &mut Vec<String>) -> Value {
    let answer = caller.answer(query, json!({})).await;
    for error in answer["errors"].as_array().into_iter().flatten() {
        let code = error["extensions"]["code"].as_str().unwrap_or("?");
        let refused = ["UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND"].contains(&code);
        assert!(refused, "{who} {query}\n{error:#}");
        // A reference that is hidden is null, it does not take its object along.
        assert_ne!(code, "NOT_FOUND", "{who} {query}\n{error:#}");
    }
    let mut found = Vec::new();
    search(&answer["data"], &mut Vec::new(), &mut found);
    leaks.extend(found.into_iter().map(|path| format!("{who} reads {path} by {query}")));
    answer
}

/// Whether a sentence holds an ID such as `store_01h455vb4pex5vsknk084sn02q`.
pub fn holds_id(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let mut parts = words.filter_map(|word| word.rsplit_once('_'));
    parts.any(|(prefix, suffix)| !prefix.is_empty() && suffix.len() == 26 && suffix.starts_with(|c: char| c.is_ascii_digit()))
}

/// The place of the secret.
fn search(value: &Value, path: &mut Vec<String>, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains(SECRET) => found.push(format!("{}: {text}", path.join("."))),
        // Sentences are for people, and people know no IDs.
        Value::String(text) if path.last().is_some_and(|name| name == "message") && holds_id(text) => {
            found.push(format!("{}: {text}", path.join(".")));
        }
        Value::Array(items) => items.iter().for_each(|item| search(item, path, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                path.push(name.clone());
                search(value, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

#[test]
fn no_way_through_the_schema_leads_to_what_the_viewer_may_not_see() {
    let limits = [
        ("SOUK_QUERY_DEPTH", "60"),
        ("SOUK_QUERY_COMPLEXITY", "1000000"),
        ("SOUK_ACCESS_TOKEN_SECONDS", "86400"),
        ("SOUK_GUEST_BUDGET", "0"),
        ("SOUK_USER_BUDGET", "0"),
    ];
    each_with(&limits, async |souk| {
        let (sdl, world) = (Sdl::read(), World::make(souk).await);
        let vera = souk.as_user(&world.vera);
        let callers =
            [("a guest", souk.guest()), ("a customer", souk.as_user(&world.eve)), ("the buyer", souk.as_user(&world.bob))];
        let (mut leaks, mut taken, mut requests) = (Vec::new(), BTreeSet::new(), 0);
        for root in sdl.root_fields().iter().filter(|root| root.operation == "query") {
            let (requires, _) = root.access().expect("every root field says who may call it");
            let ty = base(&root.field.ty.node);
            if !["PUBLIC", "CUSTOMER"].contains(&requires.as_str()) || sdl.fields(ty).is_empty() {
                continue;
            }
            if ["refundPreview", "storeBalance", "storeStatement"].contains(&root.name()) {
                // Errors for all of these callers; `ledger::access` and `refund` ask for them.
                continue;
            }
            let selections = if ty == "Node" {
                let kinds = sdl.objects().into_iter().filter(|name| sdl.implements(name, "Node"));
                let parts = kinds.map(|kind| {
                    let leaf = Selection { ends: true, branches: BTreeMap::new() }.text(&sdl, kind);
                    format!("... on {kind} {leaf}")
                });
                // One type at a time: fields of the same name have other types in each.
                parts.map(|part| format!("{{ __typename {part} }}")).collect()
            } else {
                selections(&sdl, ty, &mut taken)
            };
            for arguments in world.arguments(root) {
                for selection in &selections {
                    let query = format!("{{ {}{arguments} {selection} }}", root.name());
                    for (who, caller) in &callers {
                        requests += 1;
                        if root.name() == "orderTrack" {
                            // Tracking is limited to 30 in 10 minutes from one address.
                            souk.app.clock.advance(std::time::Duration::from_secs(21));
                        }
                        ask(caller, who, &query, &mut leaks).await;
                    }
                }
            }
        }
        leaks.sort();
        leaks.dedup();
        assert!(leaks.is_empty(), "{} leaks in {requests} requests:\n{}", leaks.len(), leaks[..leaks.len().min(20)].join("\n"));
        // Every reference to something that can be hidden was followed.
        let hidden = ["Product", "ProductVariant", "Store", "Review", "Person", "User", "Category", "ProductImage", "SocialPost"];
        let mut missed = Vec::new();
        for object in sdl.objects() {
            let payload = sdl.fields(object).iter().any(|field| field.name.node == "userErrors");
            let root = ["Query", "Mutation", "Subscription"].contains(&object);
            // Lists of the staff alone, and what subscriptions send, are reached by no query that these callers may send.
            let elsewhere = ["UserConnection", "UserEdge", "OrderUpdate", "StoreOrderUpdate", "StoreMember"].contains(&object)
                // Only reached by the store that they refer to.
                || ["ProductImport", "ProductExport"].contains(&object);
            for field in sdl.fields(object) {
                let name = format!("{object}.{}", field.name.node);
                if hidden.contains(&base(&field.ty.node)) && !payload && !root && !elsewhere && !taken.contains(&name) {
                    missed.push(name);
                }
            }
        }
        assert_eq!(missed, Vec::<String>::new(), "these references were not followed");
        // The secrets are there, for those who may read them.
        let mut own = Vec::new();
        let query = format!("{{ product(id: \"{}\") {{ name description images {{ url altText }} }} }}", world.tea.id);
        ask(&vera, "the owner", &query, &mut own).await;
        assert_eq!(own.len(), 4, "{own:?}");
        souk.leaves_work("the orders' mails");
    });
}
