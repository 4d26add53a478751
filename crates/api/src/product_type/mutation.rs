//! Mutations of product types.

use crate::context::ContextExt;
use crate::decode::{self, Input};
use crate::enums::AttributeLevel;
use crate::error::Result;
use crate::payloads;
use crate::product_type::ProductType;
use async_graphql::{Context, ID, InputObject};
use souk_core::auth::Staff;
use souk_core::auth::permissions::ManageProducts;
use souk_domain::product_type::{self, NewAssignment, NewProductType, ProductTypePatch};
use souk_macros::root_object;

/// Attribute that the products of a type have.
#[derive(InputObject)]
struct ProductTypeAttributeInput {
    /// ID of the attribute.
    attribute_id: ID,
    /// Whether the product has the value, or each of its variants; `PRODUCT` if left out. At most 5 attributes can be of the level
    /// `VARIANT`, and only of the types `CHOICE`, `NUMBER` and `BOOLEAN`.
    level: Option<AttributeLevel>,
    /// Whether a value is required; `false` if left out. Present products without a value stay as they are until their next change.
    is_required: Option<bool>,
}

/// New product type.
#[derive(InputObject)]
struct ProductTypeCreateInput {
    /// Name of the product type, such as "Clothing", 1 to 100 characters.
    name: String,
    /// Key of the product type in files, unique: lower-case letters, digits and single hyphens, at most 120 characters; made from the
    /// name if left out. It can't be changed, and is not used again after the type is deleted.
    slug: Option<String>,
    /// Attributes of the products, in their order, at most 50.
    attributes: Option<Vec<ProductTypeAttributeInput>>,
}

/// Changes to a product type. Fields that are left out keep their value.
#[derive(InputObject)]
struct ProductTypeUpdateInput {
    /// Name of the product type, 1 to 100 characters.
    name: Option<String>,
    /// Attributes of the products, in their order, at most 50; replace all present ones. An attribute that products of the type have a
    /// value of can be neither removed nor moved to the other level.
    attributes: Option<Vec<ProductTypeAttributeInput>>,
    /// Version of the object that you read; if it has changed since, the error is `STALE`.
    expected_version: Option<i32>,
}

payloads! {
    /// The new product type; null if there are errors.
    ProductTypeCreatePayload { product_type: ProductType } of productTypeCreate;
    /// The changed product type; null if there are errors.
    ProductTypeUpdatePayload { product_type: ProductType } of productTypeUpdate;
    /// ID of the deleted product type; null if there are errors.
    ProductTypeDeletePayload { deleted_id } of productTypeDelete;
}

fn assignments(decoded: &mut Input, all: Vec<ProductTypeAttributeInput>) -> Vec<NewAssignment> {
    let assignment = |(at, input): (usize, ProductTypeAttributeInput)| NewAssignment {
        attribute_id: decoded.id(&format!("attributes.{at}.attributeId"), &input.attribute_id),
        level: input.level.unwrap_or(AttributeLevel::Product).into(),
        required: input.is_required.unwrap_or(false),
    };
    all.into_iter().enumerate().map(assignment).collect()
}

/// Mutations of product types.
#[derive(Default)]
pub struct ProductTypeMutation;

#[root_object]
impl ProductTypeMutation {
    /// Creates a product type. There can be 200.
    async fn product_type_create(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageProducts>,
        #[graphql(desc = "Fields of the new product type.")] input: ProductTypeCreateInput,
    ) -> Result<ProductTypeCreatePayload> {
        let mut decoded = Input::default();
        let attributes = assignments(&mut decoded, input.attributes.unwrap_or_default());
        let new = NewProductType { name: input.name, slug: input.slug, attributes };
        ProductTypeCreatePayload::from_result(decoded.run(product_type::create(ctx.app()?, &staff, new)).await)
    }

    /// Updates a product type.
    async fn product_type_update(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageProducts>,
        #[graphql(desc = "ID of the product type.")] id: ID,
        #[graphql(desc = "Fields to change.")] input: ProductTypeUpdateInput,
    ) -> Result<ProductTypeUpdatePayload> {
        let mut decoded = Input::default();
        let id = decoded.object("id", &id);
        let attributes = input.attributes.map(|all| assignments(&mut decoded, all));
        let patch = ProductTypePatch { name: input.name, attributes, expected_version: input.expected_version };
        ProductTypeUpdatePayload::from_result(decoded.run(product_type::update(ctx.app()?, &staff, id, patch)).await)
    }

    /// Deletes a product type that no product has.
    async fn product_type_delete(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageProducts>,
        #[graphql(desc = "ID of the product type.")] id: ID,
    ) -> Result<ProductTypeDeletePayload> {
        let result = decode::by_id("id", &id, async |id| product_type::delete(ctx.app()?, &staff, id).await);
        ProductTypeDeletePayload::from_result(result.await)
    }
}
