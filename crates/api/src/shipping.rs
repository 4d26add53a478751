//! Shipping methods.

use crate::context::ContextExt;
use crate::cost;
use crate::decode::{self, Input};
use crate::error::Result;
use crate::id;
use crate::loader::loaders;
use crate::money::{Decimal, Money};
use crate::payloads;
use crate::renamed;
use crate::scalar::CountryCode;
use crate::store::{Store, is_managed};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use entity::id::{ShippingMethodId, StoreId};
use entity::shipping_method::Model;
use entity::value::Permission;
use souk_core::auth::{Customer, Viewer};
use souk_domain::shipping::{self, MethodPatch, NewMethod};
use souk_macros::root_object;

/// A shipping method.
pub struct ShippingMethod(pub Model);

impl From<Model> for ShippingMethod {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Shipping method that buyers can select for the items of one store.
#[Object]
impl ShippingMethod {
    /// ID of the shipping method.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Store that owns the method; null if the store is not open, and for methods of the marketplace, which all stores offer.
    async fn store(&self, ctx: &Context<'_>) -> Result<Option<Store>> {
        match self.0.store_id {
            Some(store) => Store::load_visible(ctx, store).await,
            None => Ok(None),
        }
    }

    /// Name of the method, shown to buyers.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Flat price for each store order.
    async fn price(&self) -> Money {
        Money::new(self.0.price, self.0.currency)
    }

    /// Item total of a store order from which shipping is free; null if shipping is never free.
    async fn free_over(&self) -> Option<Money> {
        self.0.free_over.map(|amount| Money::new(amount, self.0.currency))
    }

    /// Countries it ships to; empty means everywhere.
    async fn countries(&self) -> Vec<CountryCode> {
        self.0.countries.0.iter().map(|code| code.as_str().into()).collect()
    }

    /// Sort position in lists of shipping methods; lowest first.
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// Whether buyers can select the method.
    async fn is_active(&self) -> bool {
        self.0.active
    }

    /// Same value as `isActive`.
    #[graphql(deprecation = "Use `isActive`.")]
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Version for optimistic locking; pass it as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

loaders! {
    /// Loads a shipping method.
    MethodKey(ShippingMethodId) => row Model, by shipping::by_ids;
    /// Loads the shipping methods that a store offers.
    MethodsKey(StoreId) => value Vec<Model>, by shipping::of_stores;
}

impl ShippingMethod {
    /// Loads a shipping method: an active one of the marketplace or of a store that the viewer may see, or any that the viewer
    /// manages.
    pub async fn load_visible(ctx: &Context<'_>, id: ShippingMethodId) -> Result<Option<Self>> {
        let Some(row) = ctx.load_one(MethodKey(id)).await? else { return Ok(None) };
        let (is_public, is_managed) = match row.store_id {
            Some(store) => (Store::load_visible(ctx, store).await?.is_some(), is_managed(ctx, store).await?),
            None => (true, ctx.viewer()?.may(Permission::ManageProducts)),
        };
        Ok((is_managed || (is_public && row.active)).then_some(Self(row)))
    }

    /// The shipping methods that a store offers: its own and those of the marketplace.
    pub async fn of_store(ctx: &Context<'_>, id: StoreId) -> Result<Vec<Self>> {
        let rows = ctx.load_one(MethodsKey(id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Self).collect())
    }
}

/// The countries that a store ships to, in alphabetical order. Shares the batch of the store's shipping methods.
pub async fn countries_of_store(ctx: &Context<'_>, id: StoreId) -> Result<Vec<CountryCode>> {
    let methods = ctx.load_one(MethodsKey(id)).await?.unwrap_or_default();
    Ok(shipping::countries_of(&methods).into_iter().map(Into::into).collect())
}

/// Queries for shipping methods.
#[derive(Default)]
pub struct ShippingQuery;

#[root_object]
impl ShippingQuery {
    /// Shipping methods of a store: its own and the marketplace's. Without a store, only the marketplace's.
    #[graphql(directive = cost::ListOf::apply(10))]
    async fn shipping_methods(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "ID of the store.")] store_id: Option<ID>,
        #[graphql(
            desc = "Whether to include methods that are not offered at present; default false. For the owner of the store and staff with `MANAGE_PRODUCTS`."
        )]
        include_inactive: Option<bool>,
        #[graphql(desc = "Same as `includeInactive`.", deprecation = "Use `includeInactive`.")] inactive: Option<bool>,
    ) -> Result<Vec<ShippingMethod>> {
        let inactive = renamed::argument("inactive", ("includeInactive", include_inactive), ("inactive", inactive))?;
        let store = store_id.as_ref().map(|store| id::argument("storeId", store)).transpose()?;
        let rows = shipping::list(ctx.app()?, viewer, store, inactive.unwrap_or(false)).await?;
        Ok(rows.into_iter().map(ShippingMethod).collect())
    }

    /// Countries that the marketplace or an open store ships to, in alphabetical order; empty if nothing can be shipped yet. A
    /// single store may ship to fewer: see `Store.shippingCountries`.
    #[graphql(directive = cost::Weighs::apply(cost::COUNT))]
    async fn shipping_countries(&self, ctx: &Context<'_>, #[actor] viewer: &Viewer) -> Result<Option<Vec<CountryCode>>> {
        let countries = shipping::countries(ctx.app()?, viewer).await?;
        Ok(Some(countries.into_iter().map(Into::into).collect()))
    }
}

/// Input of `shippingMethodCreate`.
#[derive(InputObject)]
struct ShippingMethodCreateInput {
    /// ID of the store that will own the method. If omitted, the method belongs to the marketplace, which requires
    /// `MANAGE_PRODUCTS`.
    store_id: Option<ID>,
    /// Name of the method, shown to buyers; 1 to 100 characters.
    name: String,
    /// Flat price for each store order, in the currency of the marketplace; 0 is free.
    price: Decimal,
    /// Item total of a store order from which shipping is free. If omitted, shipping is never free.
    free_over: Option<Decimal>,
    /// Countries it ships to, at most 250; empty or omitted means everywhere.
    countries: Option<Vec<CountryCode>>,
    /// Sort position in lists of shipping methods, 0 to 1,000,000, lowest first. Default: 0.
    position: Option<i32>,
}

/// Input of `shippingMethodUpdate`. Omitted fields keep their value.
#[derive(InputObject)]
struct ShippingMethodUpdateInput {
    /// Name of the method, shown to buyers; 1 to 100 characters.
    name: Option<String>,
    /// Flat price for each store order, in the currency of the marketplace; 0 is free.
    price: Option<Decimal>,
    /// Item total of a store order from which shipping is free; `null` means never.
    free_over: MaybeUndefined<Decimal>,
    /// Countries it ships to, at most 250; empty means everywhere.
    countries: Option<Vec<CountryCode>>,
    /// Sort position in lists of shipping methods, 0 to 1,000,000, lowest first.
    position: Option<i32>,
    /// Whether buyers can select the method.
    is_active: Option<bool>,
    /// Same as `isActive`.
    #[graphql(deprecation = "Use `isActive`.")]
    active: Option<bool>,
    /// Version of the object that you read; if it has changed since, the error is `STALE`.
    expected_version: Option<i32>,
}

payloads! {
    /// New shipping method; null if the operation failed.
    ShippingMethodCreatePayload { shipping_method: ShippingMethod } of shippingMethodCreate;
    /// Shipping method after the change; null if the operation failed.
    ShippingMethodUpdatePayload { shipping_method: ShippingMethod } of shippingMethodUpdate;
    /// ID of the deleted shipping method; null if the operation failed.
    ShippingMethodDeletePayload { deleted_id } of shippingMethodDelete;
}

/// Mutations of shipping methods.
#[derive(Default)]
pub struct ShippingMutation;

#[root_object]
impl ShippingMutation {
    /// Creates a shipping method: for a store, by its owner or staff with `MANAGE_PRODUCTS`; for the marketplace, by such staff.
    async fn shipping_method_create(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Fields of the new shipping method.")] input: ShippingMethodCreateInput,
    ) -> Result<ShippingMethodCreatePayload> {
        let app = ctx.app()?;
        let currency = app.config.currency;
        let result = async {
            let new = NewMethod {
                store_id: input.store_id.map(|id| decode::read("storeId", &id)).transpose()?,
                name: input.name,
                price: decode::amount("price", &input.price, currency),
                free_over: input.free_over.map(|amount| decode::amount("freeOver", &amount, currency)),
                countries: input.countries.unwrap_or_default().into_iter().map(Into::into).collect(),
                position: input.position,
            };
            Box::pin(shipping::create(app, &customer, new)).await
        };
        ShippingMethodCreatePayload::from_result(decode::found("storeId", result).await)
    }

    /// Updates a shipping method. Existing orders keep the terms they were placed with.
    async fn shipping_method_update(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the shipping method.")] id: ID,
        #[graphql(desc = "Fields to change.")] input: ShippingMethodUpdateInput,
    ) -> Result<ShippingMethodUpdatePayload> {
        let app = ctx.app()?;
        let currency = app.config.currency;
        let result = decode::by_id("id", &id, async |id| {
            let mut decoded = Input::default();
            let active = decoded.renamed("", ("isActive", input.is_active), ("active", input.active));
            decoded.finish()?;
            let patch = MethodPatch {
                name: input.name,
                price: input.price.map(|amount| decode::amount("price", &amount, currency)),
                free_over: input.free_over.map_value(|amount| decode::amount("freeOver", &amount, currency)).into(),
                countries: input.countries.map(|codes| codes.into_iter().map(Into::into).collect()),
                position: input.position,
                active,
                expected_version: input.expected_version,
            };
            Box::pin(shipping::update(app, &customer, id, patch)).await
        });
        ShippingMethodUpdatePayload::from_result(result.await)
    }

    /// Deletes a shipping method. Existing orders keep its name and price.
    async fn shipping_method_delete(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the shipping method.")] id: ID,
    ) -> Result<ShippingMethodDeletePayload> {
        let result = decode::by_id("id", &id, async |id| Box::pin(shipping::delete(ctx.app()?, &customer, id)).await);
        ShippingMethodDeletePayload::from_result(result.await)
    }
}
