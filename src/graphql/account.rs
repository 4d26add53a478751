//! Accounts.

use crate::domain::account;
use crate::error::Error;
use crate::graphql::cart::Cart;
use crate::graphql::context::ContextExt;
use crate::graphql::id;
use crate::graphql::loader::Loaders;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, Result};
use entity::id::UserId;
use entity::user::Model;
use std::collections::HashMap;

/// A person.
pub struct User(pub Model);

impl From<Model> for User {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// A person.
#[Object]
impl User {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// What they mean to buy; shown to themselves alone, and absent where nothing was put in yet.
    async fn cart(&self, ctx: &Context<'_>) -> Result<Option<Cart>> {
        if ctx.viewer()?.user_id() == Some(self.0.id) { Cart::of_viewer(ctx).await } else { Ok(None) }
    }
}

/// Its key for loading.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UserKey(pub UserId);

impl Loader<UserKey> for Loaders {
    type Value = Model;
    type Error = Error;

    async fn load(&self, keys: &[UserKey]) -> Result<HashMap<UserKey, Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = account::by_ids(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (UserKey(row.id), row)).collect())
    }
}

impl User {
    /// Read together with the others that this request asks for; an error where it is gone.
    pub async fn load(ctx: &Context<'_>, id: UserId) -> Result<Self> {
        Self::load_optional(ctx, id).await?.ok_or_else(|| crate::error::Fault::internal("User is gone").into())
    }

    /// As [`User::load`], for what may be gone or hidden.
    pub async fn load_optional(ctx: &Context<'_>, id: UserId) -> Result<Option<Self>> {
        Ok(ctx.loader()?.load_one(UserKey(id)).await?.map(Self))
    }
}
