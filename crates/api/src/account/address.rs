//! Address books of users.

use crate::context::ContextExt;
use crate::decode;
use crate::error::Result;
use crate::error::{UserError, split};
use crate::id;
use crate::loader::Loaders;
use crate::payload;
use async_graphql::dataloader::Loader;
use async_graphql::{ComplexObject, Context, ID, InputObject, MaybeUndefined, SimpleObject};
use entity::address::Model;
use entity::id::{AddressId, UserId};
use entity::value::PostalAddress;
use souk_core::auth::Customer;
use souk_core::error::Error;
use souk_domain::address::{self, AddressPatch, NewAddress};
use souk_macros::root_object;
use std::collections::HashMap;

/// Address in the address book of a user.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct Address {
    #[graphql(skip)]
    id: AddressId,
    /// Given name of the addressee.
    first_name: String,
    /// Family name of the addressee.
    last_name: String,
    /// Company name; null if there is none.
    company: Option<String>,
    /// Street and house number.
    #[graphql(name = "line1")]
    line1: String,
    /// Apartment, floor or building; null if there is none.
    #[graphql(name = "line2")]
    line2: Option<String>,
    /// City or town.
    city: String,
    /// State, province or district; null if there is none.
    region: Option<String>,
    /// Postal code; null if there is none.
    postal_code: Option<String>,
    /// ISO 3166-1 alpha-2 code of the country, such as NP.
    country: String,
    /// Phone number for the carrier; null if there is none.
    phone: Option<String>,
    /// Whether this is the default shipping address. A user has at most one.
    is_default_shipping: bool,
    /// Whether this is the default billing address. A user has at most one.
    is_default_billing: bool,
}

impl From<Model> for Address {
    fn from(row: Model) -> Self {
        let PostalAddress { first_name, last_name, company, line1, line2, city, region, postal_code, country, phone } =
            row.postal;
        let (is_default_shipping, is_default_billing) = (row.is_default_shipping, row.is_default_billing);
        let id = row.id;
        Self {
            id,
            first_name,
            last_name,
            company,
            line1,
            line2,
            city,
            region,
            postal_code,
            country,
            phone,
            is_default_shipping,
            is_default_billing,
        }
    }
}

/// Loads the addresses of a user.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressesKey(pub UserId);

/// Loads an address.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct AddressKey(AddressId);

impl Loader<AddressKey> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[AddressKey]) -> Result<HashMap<AddressKey, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = address::by_ids(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (AddressKey(row.id), row)).collect())
    }
}

impl Loader<AddressesKey> for Loaders {
    type Value = Vec<Model>;
    type Error = Error;

    async fn load(&self, keys: &[AddressesKey]) -> Result<HashMap<AddressesKey, Vec<Model>>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = address::of_users(&self.app, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|(id, rows)| (AddressesKey(id), rows)).collect())
    }
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

/// New address for your address book, which can hold at most 50.
#[derive(InputObject)]
struct AddressCreateInput {
    /// Given name of the addressee, 1 to 100 characters.
    first_name: String,
    /// Family name of the addressee, 1 to 100 characters.
    last_name: String,
    /// Company name, at most 100 characters.
    company: Option<String>,
    /// Street and house number, 1 to 200 characters.
    #[graphql(name = "line1")]
    line1: String,
    /// Apartment, floor or building, at most 200 characters.
    #[graphql(name = "line2")]
    line2: Option<String>,
    /// City or town, 1 to 100 characters.
    city: String,
    /// State, province or district, at most 100 characters.
    region: Option<String>,
    /// Postal code, at most 20 characters.
    postal_code: Option<String>,
    /// ISO 3166-1 alpha-2 code of the country, such as NP.
    country: String,
    /// Phone number for the carrier: 5 to 20 digits, spaces and `+-()./`, at most 32 characters.
    phone: Option<String>,
    /// Whether this becomes the default shipping address. If left out, only the first address in the book does.
    is_default_shipping: Option<bool>,
    /// Whether this becomes the default billing address. If left out, only the first address in the book does.
    is_default_billing: Option<bool>,
}

impl From<AddressCreateInput> for NewAddress {
    fn from(input: AddressCreateInput) -> Self {
        let AddressCreateInput {
            first_name, last_name, company, line1, line2, city, region, postal_code, country, phone, ..
        } = input;
        Self {
            postal: PostalAddress { first_name, last_name, company, line1, line2, city, region, postal_code, country, phone },
            is_default_shipping: input.is_default_shipping,
            is_default_billing: input.is_default_billing,
        }
    }
}

/// Changes to an address. Fields that are left out keep their value.
#[derive(InputObject)]
struct AddressUpdateInput {
    /// Given name of the addressee, 1 to 100 characters.
    first_name: Option<String>,
    /// Family name of the addressee, 1 to 100 characters.
    last_name: Option<String>,
    /// Company name, at most 100 characters; `null` removes it.
    company: MaybeUndefined<String>,
    /// Street and house number, 1 to 200 characters.
    #[graphql(name = "line1")]
    line1: Option<String>,
    /// Apartment, floor or building, at most 200 characters; `null` removes it.
    #[graphql(name = "line2")]
    line2: MaybeUndefined<String>,
    /// City or town, 1 to 100 characters.
    city: Option<String>,
    /// State, province or district, at most 100 characters; `null` removes it.
    region: MaybeUndefined<String>,
    /// Postal code, at most 20 characters; `null` removes it.
    postal_code: MaybeUndefined<String>,
    /// ISO 3166-1 alpha-2 code of the country, such as NP.
    country: Option<String>,
    /// Phone number for the carrier: 5 to 20 digits, spaces and `+-()./`, at most 32 characters; `null` removes it.
    phone: MaybeUndefined<String>,
    /// Whether this is the default shipping address; `true` replaces the present default.
    is_default_shipping: Option<bool>,
    /// Whether this is the default billing address; `true` replaces the present default.
    is_default_billing: Option<bool>,
}

fn to_patch(field: MaybeUndefined<String>) -> Option<Option<String>> {
    field.as_opt_ref().map(|value| value.cloned())
}

impl From<AddressUpdateInput> for AddressPatch {
    fn from(input: AddressUpdateInput) -> Self {
        Self {
            first_name: input.first_name,
            last_name: input.last_name,
            company: to_patch(input.company),
            line1: input.line1,
            line2: to_patch(input.line2),
            city: input.city,
            region: to_patch(input.region),
            postal_code: to_patch(input.postal_code),
            country: input.country,
            phone: to_patch(input.phone),
            is_default_shipping: input.is_default_shipping,
            is_default_billing: input.is_default_billing,
        }
    }
}

payload! {
    /// Result of `addressCreate`.
    AddressCreatePayload {
        /// The new address; null if there are errors.
        address: Address
    }
}

payload! {
    /// Result of `addressUpdate`.
    AddressUpdatePayload {
        /// The changed address; null if there are errors.
        address: Address
    }
}

/// Result of `addressDelete`.
#[derive(SimpleObject)]
struct AddressDeletePayload {
    /// ID of the deleted address; null if there are errors.
    deleted_id: Option<ID>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
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
        let (deleted, user_errors) = split(result.await)?;
        Ok(AddressDeletePayload { deleted_id: deleted.map(id::output), user_errors })
    }
}
