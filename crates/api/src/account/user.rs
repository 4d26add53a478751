//! Users: the whole account for the user and for staff with `ManageUsers`, the public profile for everyone.

use crate::account::address::{Address, AddressesKey};
use crate::account::session::{Session, SessionsKey};
use crate::cart::Cart;
use crate::context::ContextExt;
use crate::cost;
use crate::digital::DownloadGrantConnection;
use crate::enums::{Permission, Role, UserStatus};
use crate::error::Result;
use crate::id;
use crate::image::Image;
use crate::loader::loaders;
use crate::order::OrderConnection;
use crate::page;
use crate::product::{self, ProductConnection};
use crate::review::{self, ReviewConnection};
use crate::snapshot;
use crate::store::{self, StoreConnection};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use entity::id::{PersonId, UserId};
use entity::user::Model;
use souk_core::error::Fault;
use souk_domain::account::{self, Profile};
use souk_macros::object;

/// User account, visible to the user and to staff with `ManageUsers`. Other users are exposed as [`Person`].
pub struct User(pub Model);

impl From<Model> for User {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// User account, visible to the user and to staff with `MANAGE_USERS`. Others see a `Person`.
#[object]
impl User {
    /// ID of the user.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Email address, which is used to sign in.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// Whether the user verified the email address.
    async fn is_email_verified(&self) -> bool {
        self.0.email_verified_at.is_some()
    }

    /// Same as `isEmailVerified`.
    #[graphql(deprecation = "Use `isEmailVerified`.")]
    async fn email_verified(&self) -> bool {
        self.0.email_verified_at.is_some()
    }

    /// Public profile of the user.
    async fn person(&self) -> Person {
        let Model { id, display_name, avatar_key, .. } = &self.0;
        Person(Profile { id: *id, display_name: display_name.clone(), avatar_key: avatar_key.clone() })
    }

    /// Name that other users see.
    async fn display_name(&self) -> &str {
        &self.0.display_name
    }

    /// Phone number of the user; null if there is none.
    async fn phone(&self) -> Option<&str> {
        self.0.phone.as_deref()
    }

    /// Avatar of the user; null if there is none.
    async fn avatar(&self) -> Option<Image> {
        self.0.avatar_key.as_deref().map(Image::stored)
    }

    /// URL of the avatar; null if there is none.
    #[graphql(deprecation = "Use `avatar.url`.")]
    async fn avatar_url(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let app = ctx.app()?;
        Ok(self.0.avatar_key.as_deref().map(|key| app.storage.url(key)))
    }

    /// Role of the user in the marketplace.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// Permissions of a user with the role `STAFF`; empty for every other role. Admins and owners hold every permission.
    async fn permissions(&self) -> Vec<Permission> {
        self.0.permissions.0.iter().copied().map(Permission::from).collect()
    }

    /// Current status of the account.
    async fn status(&self) -> UserStatus {
        self.0.status.into()
    }

    /// Reason of the block; null if the user is not blocked.
    async fn blocked_reason(&self) -> Option<&str> {
        self.0.blocked_reason.as_deref()
    }

    /// Time of the pending application to become a vendor; null if there is none.
    async fn vendor_applied_at(&self) -> Option<DateTime<Utc>> {
        self.0.vendor_applied_at
    }

    row_fields!(self.0: version, created_at, updated_at);

    /// Valid sessions of the user, newest first.
    #[graphql(directive = cost::ListOf::apply(10))]
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Vec<Session>> {
        let rows = ctx.load_one(SessionsKey(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Session).collect())
    }

    /// Address book of the user, oldest first, at most 50 addresses.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn addresses(&self, ctx: &Context<'_>) -> Result<Vec<Address>> {
        let rows = ctx.load_one(AddressesKey(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Address::from).collect())
    }

    /// Cart of the user; null for every other user, and if the user has no cart yet.
    async fn cart(&self, ctx: &Context<'_>) -> Result<Option<Cart>> {
        if ctx.viewer()?.user_id() == Some(self.0.id) { Box::pin(Cart::of_viewer(ctx)).await } else { Ok(None) }
    }

    /// Reviews by the user in every status, newest first; null for every other user.
    async fn reviews(&self, ctx: &Context<'_>, #[page] page: page::Arguments) -> Result<Option<ReviewConnection>> {
        if ctx.viewer()?.user_id() == Some(self.0.id) { Box::pin(review::of_viewer(ctx, page)).await.map(Some) } else { Ok(None) }
    }

    /// Stores that the user owns, newest first. The user and staff with `MANAGE_PRODUCTS` see stores in every status; others see
    /// open stores.
    async fn stores(&self, ctx: &Context<'_>, #[page] page: page::Arguments) -> Result<StoreConnection> {
        Box::pin(store::of_user(ctx, self.0.id, page)).await
    }

    /// Cursor for following your orders after this response: pass it as `after` to `myOrderUpdates`, which then delivers every
    /// event that the response does not show. An event that happens during the request may be in both; compare `OrderEvent.id`.
    /// Null for every other user.
    async fn updates_cursor(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        if ctx.viewer()?.user_id() == Some(self.0.id) { Ok(Some(snapshot::cursor(ctx)?)) } else { Ok(None) }
    }

    /// Orders of the user, newest first; null for staff without `MANAGE_ORDERS`.
    async fn orders(&self, ctx: &Context<'_>, #[page] page: page::Arguments) -> Result<Option<OrderConnection>> {
        Box::pin(OrderConnection::of_user(ctx, self.0.id, page)).await
    }

    /// Products for sale that the user viewed, newest view first, at most 50; null for every other user.
    async fn recently_viewed(&self, ctx: &Context<'_>, #[page] page: page::Arguments) -> Result<Option<ProductConnection>> {
        Box::pin(product::viewed_by(ctx, self.0.id, page)).await
    }

    /// Rights to download what the user bought, newest first; null for staff without `MANAGE_ORDERS`.
    async fn downloads(&self, ctx: &Context<'_>, #[page] page: page::Arguments) -> Result<Option<DownloadGrantConnection>> {
        Box::pin(DownloadGrantConnection::of_user(ctx, self.0.id, page)).await
    }
}

loaders! {
    /// Loads a user, if the viewer may see the account.
    pub UserKey(UserId) => row Model, by account::by_ids;
    /// Loads the public profile of a user.
    pub PersonKey(UserId) => row Profile, by account::profiles;
    /// Loads the public profile of a user whom the viewer may look up by ID.
    VisiblePersonKey(UserId) => row Profile, by account::known_profiles;
}

impl User {
    /// Loads a user in a batch with others; an error if the user does not exist or is not visible.
    pub async fn load(ctx: &Context<'_>, id: UserId) -> Result<Self> {
        Self::load_optional(ctx, id).await?.ok_or_else(|| Fault::internal("the referenced user does not exist").into())
    }

    /// As [`User::load`], but `None` if the user does not exist or is not visible.
    pub async fn load_optional(ctx: &Context<'_>, id: UserId) -> Result<Option<Self>> {
        Ok(ctx.load_one(UserKey(id)).await?.map(Self))
    }

    /// The viewer's own account; for staff with `ManageUsers`, any account.
    pub async fn load_visible(ctx: &Context<'_>, id: UserId) -> Result<Option<Self>> {
        let viewer = ctx.viewer()?;
        let is_visible = viewer.user_id() == Some(id) || viewer.may(entity::value::Permission::ManageUsers);
        if is_visible { Self::load_optional(ctx, id).await } else { Ok(None) }
    }
}

/// Public profile of a user. A closed account has the name "Deleted user".
pub struct Person(pub Profile);

impl From<Profile> for Person {
    fn from(profile: Profile) -> Self {
        Self(profile)
    }
}

/// Public profile of a user. A closed account has the name "Deleted user".
#[Object]
impl Person {
    /// ID of the person. It is accepted wherever the ID of a user is, but differs from `User.id`.
    pub async fn id(&self) -> ID {
        id::output(PersonId(self.0.id.0))
    }

    /// Whether the person is the signed-in user.
    async fn is_viewer(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(ctx.viewer()?.user_id() == Some(self.0.id))
    }

    /// Name that other users see.
    async fn display_name(&self) -> &str {
        &self.0.display_name
    }

    /// Avatar of the user; null if there is none.
    async fn avatar(&self) -> Option<Image> {
        self.0.avatar_key.as_deref().map(Image::stored)
    }

    /// URL of the avatar; null if there is none.
    #[graphql(deprecation = "Use `avatar.url`.")]
    async fn avatar_url(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let app = ctx.app()?;
        Ok(self.0.avatar_key.as_deref().map(|key| app.storage.url(key)))
    }
}

impl Person {
    /// A person whom the viewer may look up by ID: the viewer, authors of published reviews, and owners, members and buyers of
    /// stores that the viewer works for; for staff, everyone.
    pub async fn load_visible(ctx: &Context<'_>, id: UserId) -> Result<Option<Self>> {
        Ok(ctx.load_one(VisiblePersonKey(id)).await?.map(Self))
    }

    /// Loads a person in a batch with others; an error if the user does not exist.
    pub async fn load(ctx: &Context<'_>, id: UserId) -> Result<Self> {
        Self::load_optional(ctx, id).await?.ok_or_else(|| Fault::internal("the referenced user does not exist").into())
    }

    /// As [`Person::load`], but `None` if the user does not exist.
    pub async fn load_optional(ctx: &Context<'_>, id: UserId) -> Result<Option<Self>> {
        Ok(ctx.load_one(PersonKey(id)).await?.map(Self))
    }
}
