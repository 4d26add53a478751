//! Address books of users.

use crate::address::{postal_address, postal_fields};
use crate::context::ContextExt;
use crate::decode;
use crate::error::Result;
use crate::id;
use crate::loader::loaders;
use crate::payloads;
use async_graphql::{ComplexObject, Context, ID, InputObject, SimpleObject};
use entity::address::Model;
use entity::id::{AddressId, UserId};
use entity::value::PostalAddress;
use souk_core::auth::Customer;
use souk_domain::address::{self, AddressPatch, NewAddress};
use souk_macros::root_object;

postal_address! {
    output, country: String = "ISO 3166-1 alpha-2 code of the country, such as NP.";
    /// Address in the address book of a user.
    #[derive(SimpleObject)]
    #[graphql(complex)]
    pub struct Address {
        {
            #[graphql(skip)]
            id: AddressId
        }
        /// Whether this is the default shipping address. A user has at most one.
        is_default_shipping: bool,
        /// Whether this is the default billing address. A user has at most one.
        is_default_billing: bool,
    }
}

impl From<Model> for Address {
    fn from(row: Model) -> Self {
        let (is_default_shipping, is_default_billing) = (row.is_default_shipping, row.is_default_billing);
        postal_fields!(row.postal => Self id: row.id, is_default_shipping, is_default_billing,)
    }
}

loaders! {
    /// Loads the addresses of a user.
    pub AddressesKey(UserId) => value Vec<Model>, by address::of_users;
    /// Loads an address.
    AddressKey(AddressId) => row Model, by address::by_ids;
}

#[ComplexObject]
impl Address {
    /// ID of the address.
    pub async fn id(&self) -> ID {
        id::output(self.id)
    }
}

impl Address {
    /// An address of the viewer; for staff with `ManageUsers`, of any user.
    pub async fn load_visible(ctx: &Context<'_>, id: AddressId) -> Result<Option<Self>> {
        Ok(ctx.load_one(AddressKey(id)).await?.map(Self::from))
    }
}

postal_address! {
    input, country: String = "ISO 3166-1 alpha-2 code of the country, such as NP.";
    /// New address for your address book, which can hold at most 50.
    #[derive(InputObject)]
    struct AddressCreateInput {
        /// Whether this becomes the default shipping address. If left out, only the first address in the book does.
        is_default_shipping: Option<bool>,
        /// Whether this becomes the default billing address. If left out, only the first address in the book does.
        is_default_billing: Option<bool>,
    }
}

impl From<AddressCreateInput> for NewAddress {
    fn from(input: AddressCreateInput) -> Self {
        let (is_default_shipping, is_default_billing) = (input.is_default_shipping, input.is_default_billing);
        Self { postal: postal_fields!(input => PostalAddress), is_default_shipping, is_default_billing }
    }
}

postal_address! {
    update, country: String = "ISO 3166-1 alpha-2 code of the country, such as NP.";
    /// Changes to an address. Fields that are left out keep their value.
    #[derive(InputObject)]
    struct AddressUpdateInput {
        /// Whether this is the default shipping address; `true` replaces the present default.
        is_default_shipping: Option<bool>,
        /// Whether this is the default billing address; `true` replaces the present default.
        is_default_billing: Option<bool>,
    }
}

impl From<AddressUpdateInput> for AddressPatch {
    fn from(input: AddressUpdateInput) -> Self {
        let (is_default_shipping, is_default_billing) = (input.is_default_shipping, input.is_default_billing);
        postal_fields!(input => Self is_default_shipping, is_default_billing,)
    }
}

payloads! {
    /// The new address; null if there are errors.
    AddressCreatePayload { address: Address } of addressCreate;
    /// The changed address; null if there are errors.
    AddressUpdatePayload { address: Address } of addressUpdate;
    /// ID of the deleted address; null if there are errors.
    AddressDeletePayload { deleted_id } of addressDelete;
}

/// Mutations of the user's address book.
#[derive(Default)]
pub struct AddressMutation;

#[root_object]
impl AddressMutation {
    /// Adds an address to your address book.
    async fn address_create(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Fields of the new address.")] input: AddressCreateInput,
    ) -> Result<AddressCreatePayload> {
        AddressCreatePayload::from_result(address::create(ctx.app()?, &customer, input.into()).await)
    }

    /// Updates an address in your address book.
    async fn address_update(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the address.")] id: ID,
        #[graphql(desc = "Fields to change.")] input: AddressUpdateInput,
    ) -> Result<AddressUpdatePayload> {
        let result = decode::by_id("id", &id, async |id| address::update(ctx.app()?, &customer, id, input.into()).await);
        AddressUpdatePayload::from_result(result.await)
    }

    /// Deletes an address from your address book.
    async fn address_delete(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the address.")] id: ID,
    ) -> Result<AddressDeletePayload> {
        let result = decode::by_id("id", &id, async |id| address::delete(ctx.app()?, &customer, id).await);
        AddressDeletePayload::from_result(result.await)
    }
}
