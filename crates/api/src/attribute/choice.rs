//! Choices of attributes.

use crate::attribute::Attribute;
use crate::context::ContextExt;
use crate::decode::{self, Input};
use crate::error::Result;
use crate::id;
use crate::loader::loaders;
use crate::payloads;
use async_graphql::{Context, ID, InputObject, MaybeUndefined};
use entity::attribute_choice::Model;
use entity::id::AttributeChoiceId;
use souk_core::auth::Staff;
use souk_core::auth::permissions::ManageProducts;
use souk_core::error::Fault;
use souk_domain::attribute::{self, ChoicePatch, NewChoice};
use souk_macros::{object, root_object};

/// Value that can be chosen for an attribute, such as "Red".
pub struct AttributeChoice(pub Model);

impl From<Model> for AttributeChoice {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Value that can be chosen for an attribute, such as "Red".
#[object]
impl AttributeChoice {
    /// ID of the choice.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Name of the choice, such as "Red".
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Key of the choice in inputs, filters and files, unique within the attribute; it never changes.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// Colour to show for the choice, as `#` and six hexadecimal digits; null if there is none.
    async fn swatch(&self) -> Option<&str> {
        self.0.swatch.as_deref()
    }

    /// Position among the choices of the attribute, lowest first.
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// Attribute that the choice belongs to.
    async fn attribute(&self, ctx: &Context<'_>) -> Result<Attribute> {
        // Deleted between the two statements otherwise.
        Ok(Attribute::load_visible(ctx, self.0.attribute_id).await?.ok_or(Fault::NotFound)?)
    }
}

loaders! {
    /// Loads a choice of an attribute.
    ChoiceKey(AttributeChoiceId) => row Model, by attribute::choices_by_ids;
}

impl AttributeChoice {
    /// Loads a choice; all choices are public.
    pub async fn load_visible(ctx: &Context<'_>, id: AttributeChoiceId) -> Result<Option<Self>> {
        Ok(ctx.load_one(ChoiceKey(id)).await?.map(Self))
    }
}

/// New choice of an attribute.
#[derive(InputObject)]
struct AttributeChoiceInput {
    /// Name of the choice, such as "Red", 1 to 100 characters.
    name: String,
    /// Key of the choice, unique within the attribute: lower-case letters, digits and single hyphens, at most 64 characters; made from the
    /// name if left out. It can't be changed, and is not used again after the choice is deleted.
    slug: Option<String>,
    /// Colour to show for the choice, such as "#1e90ff".
    swatch: Option<String>,
}

/// Choices to add to an attribute.
#[derive(InputObject)]
struct AttributeChoicesAddInput {
    /// ID of the attribute, whose `inputType` is `CHOICE` or `MULTI_CHOICE`.
    attribute_id: ID,
    /// New choices, which follow the present ones. An attribute can have 1,000.
    choices: Vec<AttributeChoiceInput>,
}

/// Changes to a choice. Fields that are left out keep their value.
#[derive(InputObject)]
struct AttributeChoiceUpdateInput {
    /// Name of the choice, 1 to 100 characters. The options of variants that have it follow in a moment.
    name: Option<String>,
    /// Colour to show for the choice, such as "#1e90ff"; `null` removes it.
    swatch: MaybeUndefined<String>,
}

/// Order of the choices of an attribute.
#[derive(InputObject)]
struct AttributeChoicesReorderInput {
    /// ID of the attribute.
    attribute_id: ID,
    /// IDs of all choices of the attribute, in the new order.
    choice_ids: Vec<ID>,
}

/// Two choices of one attribute that mean the same.
#[derive(InputObject)]
struct AttributeChoiceMergeInput {
    /// ID of the choice that is deleted.
    from_id: ID,
    /// ID of the choice that products get in its place.
    into_id: ID,
}

payloads! {
    /// The attribute with its choices; null if there are errors.
    AttributeChoicesAddPayload { attribute: Attribute } of attributeChoicesAdd;
    /// The changed choice; null if there are errors.
    AttributeChoiceUpdatePayload { choice: AttributeChoice } of attributeChoiceUpdate;
    /// ID of the deleted choice; null if there are errors.
    AttributeChoiceDeletePayload { deleted_id } of attributeChoiceDelete;
    /// The attribute with its choices in the new order; null if there are errors.
    AttributeChoicesReorderPayload { attribute: Attribute } of attributeChoicesReorder;
    /// The choice that remains; null if there are errors.
    AttributeChoiceMergePayload { choice: AttributeChoice } of attributeChoiceMerge;
}

/// Mutations of the choices of attributes.
#[derive(Default)]
pub struct AttributeChoiceMutation;

#[root_object]
impl AttributeChoiceMutation {
    /// Adds choices to an attribute.
    async fn attribute_choices_add(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageProducts>,
        #[graphql(desc = "Choices to add.")] input: AttributeChoicesAddInput,
    ) -> Result<AttributeChoicesAddPayload> {
        let new = input.choices.into_iter();
        let new = new.map(|choice| NewChoice { name: choice.name, slug: choice.slug, swatch: choice.swatch }).collect();
        let result = decode::by_id("attributeId", &input.attribute_id, async |id| {
            attribute::add_choices(ctx.app()?, &staff, id, new).await
        });
        AttributeChoicesAddPayload::from_result(result.await)
    }

    /// Updates a choice of an attribute.
    async fn attribute_choice_update(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageProducts>,
        #[graphql(desc = "ID of the choice.")] id: ID,
        #[graphql(desc = "Fields to change.")] input: AttributeChoiceUpdateInput,
    ) -> Result<AttributeChoiceUpdatePayload> {
        let patch = ChoicePatch { name: input.name, swatch: input.swatch.into() };
        let result = decode::by_id("id", &id, async |id| attribute::update_choice(ctx.app()?, &staff, id, patch).await);
        AttributeChoiceUpdatePayload::from_result(result.await)
    }

    /// Deletes a choice that no product has. To remove one that products have, use `attributeChoiceMerge`.
    async fn attribute_choice_delete(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageProducts>,
        #[graphql(desc = "ID of the choice.")] id: ID,
    ) -> Result<AttributeChoiceDeletePayload> {
        let result = decode::by_id("id", &id, async |id| attribute::delete_choice(ctx.app()?, &staff, id).await);
        AttributeChoiceDeletePayload::from_result(result.await)
    }

    /// Sets the order of the choices of an attribute.
    async fn attribute_choices_reorder(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageProducts>,
        #[graphql(desc = "New order of the choices.")] input: AttributeChoicesReorderInput,
    ) -> Result<AttributeChoicesReorderPayload> {
        let mut decoded = Input::default();
        let id = decoded.object("attributeId", &input.attribute_id);
        let order = decoded.ids("choiceIds", &input.choice_ids);
        let result = decoded.run(attribute::reorder_choices(ctx.app()?, &staff, id, &order)).await;
        AttributeChoicesReorderPayload::from_result(result)
    }

    /// Replaces a choice by another one of the same attribute in all products and variants, and deletes it. The options of variants follow
    /// in a moment.
    async fn attribute_choice_merge(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageProducts>,
        #[graphql(desc = "Choices to merge.")] input: AttributeChoiceMergeInput,
    ) -> Result<AttributeChoiceMergePayload> {
        let mut decoded = Input::default();
        let from = decoded.id("fromId", &input.from_id);
        let into = decoded.id("intoId", &input.into_id);
        let result = decoded.run(attribute::merge_choices(ctx.app()?, &staff, from, into)).await;
        AttributeChoiceMergePayload::from_result(result)
    }
}
