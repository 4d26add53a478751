//! Mutations of attributes.

use crate::attribute::Attribute;
use crate::context::ContextExt;
use crate::decode::{self, Input};
use crate::enums::AttributeInputType;
use crate::error::Result;
use crate::payloads;
use async_graphql::{Context, ID, InputObject, MaybeUndefined};
use souk_core::auth::Staff;
use souk_core::auth::permissions::ManageProducts;
use souk_domain::attribute::{self, AttributePatch, NewAttribute};
use souk_macros::root_object;

/// New attribute of the marketplace.
#[derive(InputObject)]
struct AttributeCreateInput {
    /// Name of the attribute, such as "Colour", 1 to 100 characters.
    name: String,
    /// Key of the attribute in inputs, filters and files, unique: lower-case letters, digits and single hyphens, at most 64 characters;
    /// made from the name if left out. It can't be changed, and is not used again after the attribute is deleted.
    slug: Option<String>,
    /// Kind of the values.
    input_type: AttributeInputType,
    /// Unit of numbers, such as "kg", at most 16 characters; only for `NUMBER`.
    unit: Option<String>,
    /// Whether searches can be filtered by the attribute; `true` if left out, except for `TEXT`, which can't be filtered.
    is_filterable: Option<bool>,
}

/// Changes to an attribute. Fields that are left out keep their value.
#[derive(InputObject)]
struct AttributeUpdateInput {
    /// Name of the attribute, 1 to 100 characters. The options of variants that have a value of it follow in a moment.
    name: Option<String>,
    /// Kind of the values; it can be changed only while no product has a value.
    input_type: Option<AttributeInputType>,
    /// Unit of numbers, such as "kg", at most 16 characters; `null` removes it.
    unit: MaybeUndefined<String>,
    /// Whether searches can be filtered by the attribute; `TEXT` can't be filtered.
    is_filterable: Option<bool>,
    /// Version of the object that you read; if it has changed since, the error is `STALE`.
    expected_version: Option<i32>,
}

payloads! {
    /// The new attribute; null if there are errors.
    AttributeCreatePayload { attribute: Attribute } of attributeCreate;
    /// The changed attribute; null if there are errors.
    AttributeUpdatePayload { attribute: Attribute } of attributeUpdate;
    /// ID of the deleted attribute; null if there are errors.
    AttributeDeletePayload { deleted_id } of attributeDelete;
}

/// Mutations of attributes.
#[derive(Default)]
pub struct AttributeMutation;

#[root_object]
impl AttributeMutation {
    /// Creates an attribute. There can be 500.
    async fn attribute_create(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageProducts>,
        #[graphql(desc = "Fields of the new attribute.")] input: AttributeCreateInput,
    ) -> Result<AttributeCreatePayload> {
        let new = NewAttribute {
            name: input.name,
            slug: input.slug,
            input_type: input.input_type.into(),
            unit: input.unit,
            filterable: input.is_filterable,
        };
        AttributeCreatePayload::from_result(attribute::create(ctx.app()?, &staff, new).await)
    }

    /// Updates an attribute.
    async fn attribute_update(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageProducts>,
        #[graphql(desc = "ID of the attribute.")] id: ID,
        #[graphql(desc = "Fields to change.")] input: AttributeUpdateInput,
    ) -> Result<AttributeUpdatePayload> {
        let mut decoded = Input::default();
        let id = decoded.object("id", &id);
        let patch = AttributePatch {
            name: input.name,
            input_type: input.input_type.map(Into::into),
            unit: input.unit.into(),
            filterable: input.is_filterable,
            expected_version: input.expected_version,
        };
        AttributeUpdatePayload::from_result(decoded.run(attribute::update(ctx.app()?, &staff, id, patch)).await)
    }

    /// Deletes an attribute with its choices. It must not be in use by a product type or a product.
    async fn attribute_delete(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageProducts>,
        #[graphql(desc = "ID of the attribute.")] id: ID,
    ) -> Result<AttributeDeletePayload> {
        let result = decode::by_id("id", &id, async |id| attribute::delete(ctx.app()?, &staff, id).await);
        AttributeDeletePayload::from_result(result.await)
    }
}
