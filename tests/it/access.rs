//! The authorization matrix: every root field, called by every kind of caller.

pub mod other_person;

use crate::app::{Souk, each};
use crate::make;
use crate::sdl::{RootField, Sdl};
use entity::value::{Permission, Role};
use serde_json::Value;

/// A caller of the given kind.
#[derive(Clone, Copy, Debug)]
struct Caller {
    role: Option<Role>,
    permission: Option<Permission>,
}

const GUEST: Caller = Caller { role: None, permission: None };

fn callers() -> Vec<Caller> {
    let of = |role| Caller { role: Some(role), permission: None };
    let staff = Permission::ALL.iter().map(|permission| Caller { role: Some(Role::Staff), permission: Some(*permission) });
    [GUEST, of(Role::Customer), of(Role::Vendor), of(Role::Staff), of(Role::Admin), of(Role::Owner)]
        .into_iter()
        .chain(staff)
        .collect()
}

/// What the matrix says of a caller and a field's directive: the code of the refusal, or nothing.
fn expected(caller: Caller, requires: &str, permission: Option<&str>) -> Option<&'static str> {
    let Some(role) = caller.role else { return (requires != "PUBLIC").then_some("UNAUTHENTICATED") };
    let allowed = match requires {
        "PUBLIC" | "CUSTOMER" => true,
        "VENDOR" => matches!(role, Role::Vendor | Role::Admin | Role::Owner),
        "STAFF" => {
            matches!(role, Role::Admin | Role::Owner) || caller.permission.is_some_and(|held| Some(held.as_str()) == permission)
        }
        "OWNER" => role == Role::Owner,
        other => panic!("the directive asks for {other}, which the matrix does not know"),
    };
    (!allowed).then_some("FORBIDDEN")
}

/// What kind of ID an argument takes, by its own name and that of its root field.
pub fn kind_of_id(root: &str, name: &str) -> &'static str {
    use entity::id::*;
    let by_name = name.trim_end_matches("Ids").trim_end_matches("Id");
    let subject = if matches!(name, "id" | "ids") { root } else { by_name };
    let lower = subject.to_lowercase();
    if lower == "file" {
        return DigitalFileId::PREFIX;
    }
    if lower == "line" && root.to_lowercase().contains("order") {
        return OrderLineId::PREFIX;
    }
    if name == "choiceIds" || matches!(name, "fromId" | "intoId") {
        return AttributeChoiceId::PREFIX;
    }
    // The longest name first: a store order is no store.
    let known = [
        ("variantsgenerate", ProductId::PREFIX),
        ("attributechoiceupdate", AttributeChoiceId::PREFIX),
        ("attributechoicedelete", AttributeChoiceId::PREFIX),
        ("producttype", ProductTypeId::PREFIX),
        ("attribute", AttributeId::PREFIX),
        ("productimport", ProductImportId::PREFIX),
        ("searchsynonym", SearchSynonymId::PREFIX),
        ("categoryimage", CategoryId::PREFIX),
        ("digitalfile", DigitalFileId::PREFIX),
        ("grant", DownloadGrantId::PREFIX),
        ("storeorder", StoreOrderId::PREFIX),
        ("storemember", StoreMemberId::PREFIX),
        ("reconciliationfinding", ReconciliationFindingId::PREFIX),
        ("storeinvitation", StoreInvitationId::PREFIX),
        ("shippingmethod", ShippingMethodId::PREFIX),
        ("taxrate", TaxRateId::PREFIX),
        ("productimage", ProductImageId::PREFIX),
        ("image", ProductImageId::PREFIX),
        ("variant", ProductVariantId::PREFIX),
        ("category", CategoryId::PREFIX),
        ("parent", CategoryId::PREFIX),
        ("product", ProductId::PREFIX),
        ("review", ReviewId::PREFIX),
        ("checkout", CheckoutId::PREFIX),
        ("line", CartLineId::PREFIX),
        ("address", AddressId::PREFIX),
        ("session", SessionId::PREFIX),
        ("payment", PaymentId::PREFIX),
        ("order", OrderId::PREFIX),
        ("store", StoreId::PREFIX),
        ("vendor", UserId::PREFIX),
        ("user", UserId::PREFIX),
        ("job", JobId::PREFIX),
    ];
    known.iter().find(|(word, _)| lower.contains(word)).map_or(ProductId::PREFIX, |(_, prefix)| prefix)
}

/// IDs that exist nowhere, of the right type: what is checked here is the role alone.
pub fn unknown_id(root: &str, name: &str) -> String {
    let suffix = entity::id::ProductId(uuid::Uuid::from_u128(7)).to_string();
    format!("{}_{}", kind_of_id(root, name), suffix.rsplit('_').next().expect("a suffix"))
}

async fn code_of(souk: &Souk, sdl: &Sdl, root: &RootField<'_>, caller: Caller, number: usize) -> Option<String> {
    let (query, variables) = sdl.call(root, &unknown_id);
    let answer = match caller.role {
        None => souk.guest().answer(&query, variables).await,
        // A new one for each call: some of these end their own account.
        Some(role) => {
            let held: Vec<_> = caller.permission.into_iter().collect();
            let user = make::staff(souk, &format!("caller{number}"), role, &held).await;
            souk.as_user(&user).answer(&query, variables).await
        }
    };
    let error = &answer["errors"][0];
    if error.is_null() {
        return None;
    }
    let code = error["extensions"]["code"].as_str().unwrap_or("?");
    assert_ne!(code, "INTERNAL", "{} failed inside: {answer:#}", root.name());
    let invalid = code == "BAD_USER_INPUT" && error["path"] == Value::Null;
    assert!(!invalid, "the call of {} is not valid: {answer:#}\n{query}", root.name());
    if code == "FORBIDDEN" {
        let message = error["message"].as_str().unwrap_or_default();
        let needs = message.strip_prefix("You are not allowed to do this: it requires ").unwrap_or_else(|| panic!("{message}"));
        let description = description(root);
        assert!(description.ends_with(&format!("Requires {needs}")), "{}: {message} {description}", root.name());
    }
    Some(code.to_owned())
}

fn description<'a>(root: &'a RootField<'_>) -> &'a str {
    root.field.description.as_ref().map_or("", |description| description.node.as_str())
}

#[test]
fn the_description_of_a_root_field_repeats_what_its_directive_requires() {
    let sdl = Sdl::read();
    for root in sdl.root_fields() {
        let (requires, permission) = root.access().expect("checked by another test");
        let sentence = match (requires.as_str(), permission) {
            ("PUBLIC", _) => {
                assert!(!description(&root).contains("Requires "), "{}", root.name());
                continue;
            }
            ("CUSTOMER", None) => "Requires a signed-in user.".to_owned(),
            (role, None) => format!("Requires {role}."),
            (role, Some(permission)) => format!("Requires {role} with {permission}."),
        };
        assert!(description(&root).ends_with(&sentence), "{}: {}", root.name(), description(&root));
    }
}

#[test]
fn every_root_field_says_who_may_call_it() {
    let sdl = Sdl::read();
    let silent: Vec<_> =
        sdl.root_fields().iter().filter(|root| root.access().is_none()).map(|root| root.name().to_owned()).collect();
    assert!(silent.is_empty(), "without @public or @auth: {silent:?}");
}

#[test]
fn everybody_may_call_what_the_directives_say_and_nothing_else() {
    each(async |souk| {
        let sdl = Sdl::read();
        let mut number = 0;
        let mut wrong = Vec::new();
        // Subscriptions do not travel by POST; their refusals are tested over WebSocket.
        for root in sdl.root_fields().iter().filter(|root| root.operation != "subscription") {
            let (requires, permission) = root.access().expect("checked by another test");
            for caller in callers() {
                number += 1;
                let found = code_of(souk, &sdl, root, caller, number).await;
                let refusal = found.as_deref().filter(|code| ["UNAUTHENTICATED", "FORBIDDEN"].contains(code));
                let expected = expected(caller, &requires, permission.as_deref());
                // What anybody signed in may call can still refuse a role: a customer owns no store.
                if refusal != expected {
                    wrong.push(format!("{} as {caller:?}: {found:?}, expected {expected:?}", root.name()));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        souk.leaves_work("registrations and requests of these calls send mails");
    });
}

/// Source files of the program, by their paths in the repository.
fn sources() -> Vec<(String, String)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src"), root.join("crates")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).expect("a path in the repository").to_string_lossy().replace('\\', "/");
                found.push((name, std::fs::read_to_string(&path).expect("a source file")));
            }
        }
    }
    found
}

/// The compiler can't see it, as the command line is another crate than the actors.
#[test]
fn the_program_acts_for_itself_only_in_jobs_and_on_the_command_line() {
    let allowed = [
        ("System::for_job", "crates/core/src/job/registry.rs"),
        ("System::for_command_line", "src/cli/"),
        ("ProviderPayment::from_provider", "crates/core/src/provider/payment/"),
    ];
    let sources = sources();
    assert!(sources.len() > 300, "only {} files were found", sources.len());
    for (name, home) in allowed {
        for (path, text) in &sources {
            assert!(path.starts_with(home) || !text.contains(name), "{name} is used in {path}, and belongs to {home}");
        }
    }
}
