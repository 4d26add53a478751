//! Properties that all fields of the three root types share.
//!
//! - Root fields are nullable, so that a failed field keeps the results of the other fields of its operation, such as those of
//!   earlier mutations (`crate::mark`).
//! - The description of a root field ends with its access requirement, generated from its directive, because many clients and
//!   GraphiQL don't show directives.

use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaField, MetaType, Registry};
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ObjectType, OutputType, Positioned, Response, ServerResult, SubscriptionType,
    Value,
};
use futures::Stream;
use souk_core::auth::requirement;
use std::borrow::Cow;
use std::pin::Pin;

/// Sorts the fields by name, which begins with the object; merging leaves them in reverse order of the features.
fn sort(registry: &mut Registry, name: &str) {
    if let Some(MetaType::Object { fields, .. }) = registry.types.get_mut(name) {
        fields.sort_keys();
    }
}

/// Root fields that can't fail and stay non-null.
const NEVER_NULL: [&str; 1] = ["version"];

/// A root type whose fields are made nullable and described with their access requirement.
#[derive(Default)]
pub struct Root<T>(T);

fn edit(registry: &mut Registry, name: &str, edit: impl Fn(&mut MetaField)) {
    if let Some(MetaType::Object { fields, .. }) = registry.types.get_mut(name) {
        fields.values_mut().for_each(edit);
    }
}

fn make_nullable(field: &mut MetaField) {
    if !NEVER_NULL.contains(&field.name.as_str())
        && let Some(nullable) = field.ty.strip_suffix('!')
    {
        field.ty = nullable.to_owned();
    }
}

/// Appends the access requirement to the description of a field.
fn tell_access(field: &mut MetaField) {
    let Some(auth) = field.directive_invocations.iter().find(|directive| directive.name == "auth") else { return };
    let name = |argument: &str| match auth.args.get(argument) {
        Some(Value::Enum(name)) => Some(name.as_str()),
        _ => None,
    };
    let Some(role) = name("requires") else { return };
    let sentence = format!("Requires {}.", requirement(role, name("permission")));
    let description = field.description.get_or_insert_default();
    if !description.ends_with(&sentence) {
        let space = if description.contains('\n') { '\n' } else { ' ' };
        *description = format!("{description}{space}{sentence}");
    }
}

impl<T: ObjectType> OutputType for Root<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let name = T::create_type_info(registry);
        sort(registry, &T::type_name());
        edit(registry, &T::type_name(), |field| {
            make_nullable(field);
            tell_access(field);
        });
        name
    }

    fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> impl Future<Output = ServerResult<Value>> + Send {
        self.0.resolve(ctx, field)
    }
}

impl<T: ObjectType> ContainerType for Root<T> {
    fn resolve_field(&self, ctx: &Context<'_>) -> impl Future<Output = ServerResult<Option<Value>>> + Send {
        self.0.resolve_field(ctx)
    }
}

impl<T: ObjectType> ObjectType for Root<T> {}

impl<T: SubscriptionType> SubscriptionType for Root<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    /// Subscription fields stay non-null: an operation has only one, and each event is its own response.
    fn create_type_info(registry: &mut Registry) -> String {
        let name = T::create_type_info(registry);
        sort(registry, &T::type_name());
        edit(registry, &T::type_name(), tell_access);
        name
    }

    fn create_field_stream<'a>(&'a self, ctx: &'a Context<'_>) -> Option<Pin<Box<dyn Stream<Item = Response> + Send + 'a>>> {
        self.0.create_field_stream(ctx)
    }
}
