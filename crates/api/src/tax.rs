//! Tax rates.

use crate::context::ContextExt;
use crate::cost;
use crate::decode;
use crate::error::Result;
use crate::id;
use crate::loader::loaders;
use crate::payloads;
use crate::scalar::CountryCode;
use async_graphql::{Context, ID, InputObject, Object};
use entity::id::TaxRateId;
use entity::tax_rate::Model;
use souk_core::auth::{Owner, Viewer};
use souk_domain::tax::{self, NewRate};
use souk_macros::root_object;

/// A tax rate.
pub struct TaxRate(pub Model);

impl From<Model> for TaxRate {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Tax rate of a country.
#[Object]
impl TaxRate {
    /// ID of the tax rate.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Country that the rate is for.
    async fn country(&self) -> CountryCode {
        self.0.country.as_str().into()
    }

    /// Name of the tax, such as VAT.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Tax rate in basis points (hundredths of a percent): 1300 is 13 %.
    async fn basis_points(&self) -> i32 {
        self.0.basis_points
    }

    /// Version number, incremented by every change.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

loaders! {
    /// Loads a tax rate.
    RateKey(TaxRateId) => row Model, by tax::by_ids;
}

impl TaxRate {
    /// Loads a tax rate; all tax rates are public.
    pub async fn load_visible(ctx: &Context<'_>, id: TaxRateId) -> Result<Option<Self>> {
        Ok(ctx.load_one(RateKey(id)).await?.map(Self))
    }
}

/// Queries for tax rates.
#[derive(Default)]
pub struct TaxQuery;

#[root_object]
impl TaxQuery {
    /// Tax rates by country. A country without a rate is not taxed.
    #[graphql(directive = cost::ListOf::apply(20))]
    async fn tax_rates(&self, ctx: &Context<'_>, #[actor] viewer: &Viewer) -> Result<Vec<TaxRate>> {
        let rows = tax::list(ctx.app()?, viewer).await?;
        Ok(rows.into_iter().map(TaxRate).collect())
    }
}

/// Input of `taxRateSet`.
#[derive(InputObject)]
struct TaxRateSetInput {
    /// Country that the rate is for. An existing rate of the country is replaced.
    country: CountryCode,
    /// Name of the tax, such as VAT; 1 to 50 characters.
    name: String,
    /// Tax rate in basis points (hundredths of a percent), 0 to 10,000: 1300 is 13 %.
    basis_points: i32,
}

payloads! {
    /// Tax rate after the change; null if the operation failed.
    TaxRateSetPayload { tax_rate: TaxRate } of taxRateSet;
    /// ID of the deleted tax rate; null if the operation failed.
    TaxRateDeletePayload { deleted_id } of taxRateDelete;
}

/// Mutations of tax rates.
#[derive(Default)]
pub struct TaxMutation;

#[root_object]
impl TaxMutation {
    /// Sets the tax rate of a country. Existing orders keep their tax.
    async fn tax_rate_set(
        &self,
        ctx: &Context<'_>,
        #[actor] owner: Owner,
        #[graphql(desc = "Country and its tax rate.")] input: TaxRateSetInput,
    ) -> Result<TaxRateSetPayload> {
        let new = NewRate { country: input.country.into(), name: input.name, basis_points: input.basis_points };
        TaxRateSetPayload::from_result(tax::set(ctx.app()?, &owner, new).await)
    }

    /// Deletes the tax rate of a country, which is then not taxed.
    async fn tax_rate_delete(
        &self,
        ctx: &Context<'_>,
        #[actor] owner: Owner,
        #[graphql(desc = "ID of the tax rate.")] id: ID,
    ) -> Result<TaxRateDeletePayload> {
        let result = decode::by_id("id", &id, async |id| tax::delete(ctx.app()?, &owner, id).await);
        TaxRateDeletePayload::from_result(result.await)
    }
}
