//! People: all of an account for the person and for staff who manage users, a name and a picture for everybody else.

use crate::account::address::{Address, AddressesKey};
use crate::account::session::{Session, SessionsKey};
use crate::cart::Cart;
use crate::context::ContextExt;
use crate::cost;
use crate::enums::{Permission, Role, UserStatus};
use crate::error::Result;
use crate::id;
use crate::image::Image;
use crate::loader::Loaders;
use crate::order::OrderConnection;
use crate::page;
use crate::review::{self, ReviewConnection};
use crate::snapshot;
use crate::store::{self, StoreConnection};
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use entity::id::{PersonId, UserId};
use entity::user::Model;
use souk_core::error::{Error, Fault};
use souk_domain::account::{self, Profile};
use std::collections::HashMap;

/// An account, for the person and for staff who manage users. Where others appear, it is as a [`Person`].
pub struct User(pub Model);

impl From<Model> for User {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// An account, as the person and staff who manage users see it.
#[Object]
impl User {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// What they sign in with.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// Whether the email address was verified by the link in a mail.
    async fn is_email_verified(&self) -> bool {
        self.0.email_verified_at.is_some()
    }

    /// As `isEmailVerified`.
    #[graphql(deprecation = "Use `isEmailVerified`.")]
    async fn email_verified(&self) -> bool {
        self.0.email_verified_at.is_some()
    }

    /// What everybody can see of the user.
    async fn person(&self) -> Person {
        let Model { id, display_name, avatar_key, .. } = &self.0;
        Person(Profile { id: *id, display_name: display_name.clone(), avatar_key: avatar_key.clone() })
    }

    /// As others see them.
    async fn display_name(&self) -> &str {
        &self.0.display_name
    }

    /// Their telephone number.
    async fn phone(&self) -> Option<&str> {
        self.0.phone.as_deref()
    }

    /// Picture of the user; null if there is none.
    async fn avatar(&self, ctx: &Context<'_>) -> Result<Option<Image>> {
        let app = ctx.app()?;
        Ok(self.0.avatar_key.as_deref().map(|key| Image::stored(app, key)))
    }

    /// URL of the picture of the user; null if there is none.
    #[graphql(deprecation = "Use `avatar.url`.")]
    async fn avatar_url(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let app = ctx.app()?;
        Ok(self.0.avatar_key.as_deref().map(|key| app.storage.url(key)))
    }

    /// What they are to the marketplace.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// What they may do, if they are of the staff; admins and owners hold all permissions.
    async fn permissions(&self) -> Vec<Permission> {
        self.0.permissions.0.iter().copied().map(Permission::from).collect()
    }

    /// Whether they can sign in.
    async fn status(&self) -> UserStatus {
        self.0.status.into()
    }

    /// Why they are blocked.
    async fn blocked_reason(&self) -> Option<&str> {
        self.0.blocked_reason.as_deref()
    }

    /// When they asked to become a vendor, until the staff decides.
    async fn vendor_applied_at(&self) -> Option<DateTime<Utc>> {
        self.0.vendor_applied_at
    }

    /// Raised by one at every change; for `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When the account was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// The sessions that still can be used, newest first.
    #[graphql(directive = cost::ListOf::apply(10))]
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Vec<Session>> {
        let rows = ctx.load_one(SessionsKey(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Session).collect())
    }

    /// The address book, oldest entry first.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn addresses(&self, ctx: &Context<'_>) -> Result<Vec<Address>> {
        let rows = ctx.load_one(AddressesKey(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Address::from).collect())
    }

    /// What they mean to buy; shown to themselves alone, and absent where nothing was put in yet.
    async fn cart(&self, ctx: &Context<'_>) -> Result<Option<Cart>> {
        if ctx.viewer()?.user_id() == Some(self.0.id) { Box::pin(Cart::of_viewer(ctx)).await } else { Ok(None) }
    }

    /// The reviews they wrote, in every status, newest first; shown to themselves alone.
    #[graphql(directive = cost::Paged::apply())]
    async fn reviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, from 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, from 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<Option<ReviewConnection>> {
        let page = page::arguments(first, after, last, before);
        if ctx.viewer()?.user_id() == Some(self.0.id) { Box::pin(review::of_viewer(ctx, page)).await.map(Some) } else { Ok(None) }
    }

    /// The stores they own, newest first: those of others where they are open, one's own in any state.
    #[graphql(directive = cost::Paged::apply())]
    async fn stores(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from the beginning: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<StoreConnection> {
        Box::pin(store::of_user(ctx, self.0.id, page::arguments(first, after, last, before))).await
    }

    /// Cursor to follow your orders from this answer on: pass it as `after` to `myOrderUpdates`. No event that the answer does not
    /// show is lost. An event that happened while the answer was read may be in both; compare `OrderEvent.id`. Null for users other
    /// than yourself.
    async fn updates_cursor(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        if ctx.viewer()?.user_id() == Some(self.0.id) { Ok(Some(snapshot::cursor(ctx)?)) } else { Ok(None) }
    }

    /// Their orders, newest first; absent for staff who do not manage orders.
    #[graphql(directive = cost::Paged::apply())]
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<Option<OrderConnection>> {
        Box::pin(OrderConnection::of_user(ctx, self.0.id, page::arguments(first, after, last, before))).await
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
    /// Read together with the others that this request asks for; an error where it is gone or hidden.
    pub async fn load(ctx: &Context<'_>, id: UserId) -> Result<Self> {
        Self::load_optional(ctx, id).await?.ok_or_else(|| Fault::internal("User is gone").into())
    }

    /// As [`User::load`], for what may be gone or hidden.
    pub async fn load_optional(ctx: &Context<'_>, id: UserId) -> Result<Option<Self>> {
        Ok(ctx.load_one(UserKey(id)).await?.map(Self))
    }

    /// Oneself; the staff that manages users sees everybody.
    pub async fn load_visible(ctx: &Context<'_>, id: UserId) -> Result<Option<Self>> {
        let viewer = ctx.viewer()?;
        let seen = viewer.user_id() == Some(id) || viewer.may(entity::value::Permission::ManageUsers);
        if seen { Self::load_optional(ctx, id).await } else { Ok(None) }
    }
}

/// Somebody, as anybody may see them. A closed account appears as "Deleted user".
pub struct Person(pub Profile);

impl From<Profile> for Person {
    fn from(profile: Profile) -> Self {
        Self(profile)
    }
}

/// Somebody, as anybody may see them. A closed account appears as "Deleted user".
#[Object]
impl Person {
    /// ID of the person, which can be passed wherever the ID of a user is asked for. It is not that of the `User`, who has other fields.
    pub async fn id(&self) -> ID {
        id::output(PersonId(self.0.id.0))
    }

    /// Whether this is the signed-in user.
    async fn is_viewer(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(ctx.viewer()?.user_id() == Some(self.0.id))
    }

    /// The name they chose to be seen by.
    async fn display_name(&self) -> &str {
        &self.0.display_name
    }

    /// Picture of the user; null if there is none.
    async fn avatar(&self, ctx: &Context<'_>) -> Result<Option<Image>> {
        let app = ctx.app()?;
        Ok(self.0.avatar_key.as_deref().map(|key| Image::stored(app, key)))
    }

    /// URL of the picture of the user; null if there is none.
    #[graphql(deprecation = "Use `avatar.url`.")]
    async fn avatar_url(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let app = ctx.app()?;
        Ok(self.0.avatar_key.as_deref().map(|key| app.storage.url(key)))
    }
}

/// Its key for loading.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PersonKey(pub UserId);
/// A person whom the viewer meets somewhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct KnownPerson(UserId);

impl Loader<PersonKey> for Loaders {
    type Value = Profile;
    type Error = Error;

    async fn load(&self, keys: &[PersonKey]) -> Result<HashMap<PersonKey, Profile>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let profiles = account::profiles(&self.app, &self.viewer, &ids).await?;
        Ok(profiles.into_iter().map(|profile| (PersonKey(profile.id), profile)).collect())
    }
}

impl Loader<KnownPerson> for Loaders {
    type Value = Profile;
    type Error = Error;

    async fn load(&self, keys: &[KnownPerson]) -> Result<HashMap<KnownPerson, Profile>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let profiles = account::known_profiles(&self.app, &self.viewer, &ids).await?;
        Ok(profiles.into_iter().map(|profile| (KnownPerson(profile.id), profile)).collect())
    }
}

impl Person {
    /// Somebody whom the viewer meets elsewhere, too: an author of reviews, a colleague in a store; staff meet everybody.
    pub async fn load_visible(ctx: &Context<'_>, id: UserId) -> Result<Option<Self>> {
        Ok(ctx.load_one(KnownPerson(id)).await?.map(Self))
    }

    /// Read together with the others that this request asks for; an error where it is gone.
    pub async fn load(ctx: &Context<'_>, id: UserId) -> Result<Self> {
        Self::load_optional(ctx, id).await?.ok_or_else(|| Fault::internal("a person is gone").into())
    }

    /// As [`Person::load`], for who may be gone.
    pub async fn load_optional(ctx: &Context<'_>, id: UserId) -> Result<Option<Self>> {
        Ok(ctx.load_one(PersonKey(id)).await?.map(Self))
    }
}
