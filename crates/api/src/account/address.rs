//! Address books.

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

/// An entry of an address book.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct Address {
    #[graphql(skip)]
    id: AddressId,
    /// Given name.
    first_name: String,
    /// Family name.
    last_name: String,
    /// Where it is an office.
    company: Option<String>,
    /// Street and number.
    #[graphql(name = "line1")]
    line1: String,
    /// Flat, floor, building.
    #[graphql(name = "line2")]
    line2: Option<String>,
    /// Town.
    city: String,
    /// State, province or district.
    region: Option<String>,
    /// Where the country has them.
    postal_code: Option<String>,
    /// ISO 3166-1 alpha-2, such as NP.
    country: String,
    /// For the courier.
    phone: Option<String>,
    /// Whether parcels go there unless another address is chosen; one address at most.
    is_default_shipping: bool,
    /// Whether bills go there unless another address is chosen; one address at most.
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

/// The address book of one person.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressesKey(pub UserId);

/// One entry.
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
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.id)
    }
}

impl Address {
    /// One of the viewer's own; staff who manage users see those of others.
    pub async fn load_visible(ctx: &Context<'_>, id: AddressId) -> Result<Option<Self>> {
        Ok(ctx.load_one(AddressKey(id)).await?.map(Self::from))
    }
}

/// A new entry of your address book, which holds 50 at most.
#[derive(InputObject)]
struct AddressCreateInput {
    /// Given name, 1 to 100 characters.
    first_name: String,
    /// Family name, 1 to 100 characters.
    last_name: String,
    /// Where it is an office, at most 100 characters.
    company: Option<String>,
    /// Street and number, 1 to 200 characters.
    #[graphql(name = "line1")]
    line1: String,
    /// Flat, floor, building, at most 200 characters.
    #[graphql(name = "line2")]
    line2: Option<String>,
    /// Town, 1 to 100 characters.
    city: String,
    /// State, province or district, at most 100 characters.
    region: Option<String>,
    /// Where the country has them, at most 20 characters.
    postal_code: Option<String>,
    /// ISO 3166-1 alpha-2, such as NP.
    country: String,
    /// For the courier: 5 to 20 digits, with spaces and `+-()./` between them.
    phone: Option<String>,
    /// Whether parcels go there unless another is chosen. Left out, it is so for the first address.
    is_default_shipping: Option<bool>,
    /// Whether bills go there unless another is chosen. Left out, it is so for the first address.
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

/// What is to change; what is left out stays.
#[derive(InputObject)]
struct AddressUpdateInput {
    /// Given name, 1 to 100 characters.
    first_name: Option<String>,
    /// Family name, 1 to 100 characters.
    last_name: Option<String>,
    /// Where it is an office, at most 100 characters; `null` takes it away.
    company: MaybeUndefined<String>,
    /// Street and number, 1 to 200 characters.
    #[graphql(name = "line1")]
    line1: Option<String>,
    /// Flat, floor, building, at most 200 characters; `null` takes it away.
    #[graphql(name = "line2")]
    line2: MaybeUndefined<String>,
    /// Town, 1 to 100 characters.
    city: Option<String>,
    /// State, province or district, at most 100 characters; `null` takes it away.
    region: MaybeUndefined<String>,
    /// Where the country has them, at most 20 characters; `null` takes it away.
    postal_code: MaybeUndefined<String>,
    /// ISO 3166-1 alpha-2, such as NP.
    country: Option<String>,
    /// For the courier: 5 to 20 digits, with spaces and `+-()./` between them; `null` takes it away.
    phone: MaybeUndefined<String>,
    /// Whether parcels go there unless another is chosen; `true` takes it from the other.
    is_default_shipping: Option<bool>,
    /// Whether bills go there unless another is chosen; `true` takes it from the other.
    is_default_billing: Option<bool>,
}

fn patched(field: MaybeUndefined<String>) -> Option<Option<String>> {
    field.as_opt_ref().map(|value| value.cloned())
}

impl From<AddressUpdateInput> for AddressPatch {
    fn from(input: AddressUpdateInput) -> Self {
        Self {
            first_name: input.first_name,
            last_name: input.last_name,
            company: patched(input.company),
            line1: input.line1,
            line2: patched(input.line2),
            city: input.city,
            region: patched(input.region),
            postal_code: patched(input.postal_code),
            country: input.country,
            phone: patched(input.phone),
            is_default_shipping: input.is_default_shipping,
            is_default_billing: input.is_default_billing,
        }
    }
}

payload! {
    /// What came of adding an address.
    AddressCreatePayload {
        /// The new address.
        address: Address
    }
}

payload! {
    /// What came of changing an address.
    AddressUpdatePayload {
        /// The changed address.
        address: Address
    }
}

/// What came of removing an address.
#[derive(SimpleObject)]
struct AddressDeletePayload {
    /// The ID of what was removed.
    deleted_id: Option<ID>,
    /// What was wrong; empty where all went well.
    user_errors: Vec<UserError>,
}

/// Changing one's own address book.
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
