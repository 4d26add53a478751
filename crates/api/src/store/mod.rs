//! Stores.

pub mod invitation;
pub mod mutation;
pub mod query;

pub use invitation::{StoreInvitation, StoreInvitationQuery, StoreMemberMutation};
pub use mutation::StoreMutation;
pub use query::StoreQuery;

use crate::account::Person;
use crate::address::PostalAddress;
use crate::context::ContextExt;
use crate::cost;
use crate::enums::{ProductStatus, StoreRole, StoreStatus};
use crate::error::Result;
use crate::id;
use crate::image::Image;
use crate::loader::Loaders;
use crate::page::{self, COUNT_CAP, Counter};
use crate::product::list::Question;
use crate::product::{self, ProductConnection, ProductFilter, ProductSort};
use crate::rating::Rating;
use crate::review::{self, ReviewConnection, ReviewSort};
use crate::scalar::{CountryCode, Html, Url};
use crate::seo::Seo;
use crate::shipping::{self, ShippingMethod};
use crate::snapshot;
use crate::social::{self, SocialPost};
use crate::store_order::{StoreOrderConnection, StoreOrderFilter};
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use entity::id::{StoreId, StoreMemberId, UserId};
use entity::store::Model;
use entity::store_member;
use souk_core::auth::StoreTask;
use souk_core::error::{Error, Fault};
use souk_domain::link;
use souk_domain::page::{Page, PageRequest};
use souk_domain::store::{self, Summary, Texts};
use std::collections::HashMap;
use std::sync::Arc;

/// A vendor's shop.
pub struct Store {
    /// What references need of it.
    pub row: Summary,
    /// Absent where they were not read with it; then they are when somebody asks for them.
    texts: Option<Arc<Texts>>,
}

impl From<Model> for Store {
    fn from(row: Model) -> Self {
        let (row, texts) = store::split_texts(row);
        Self { row, texts: Some(Arc::new(texts)) }
    }
}

impl From<Summary> for Store {
    fn from(row: Summary) -> Self {
        Self { row, texts: None }
    }
}

/// A vendor's shop.
#[Object]
impl Store {
    /// Its ID.
    pub async fn id(&self) -> ID {
        id::output(self.row.id)
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// URL identifier, unique.
    async fn slug(&self) -> &str {
        &self.row.slug
    }

    /// URL of the page of the store in the storefront: `SOUK_STOREFRONT_URL` followed by `/stores/` and the slug. Null if no storefront is
    /// configured.
    async fn url(&self, ctx: &Context<'_>) -> Result<Option<Url>> {
        Ok(link::storefront_store(ctx.app()?, &self.row.slug).map(Url::from))
    }

    /// Description; empty if there is none.
    async fn description(&self, ctx: &Context<'_>) -> Result<Html> {
        Ok(self.texts(ctx).await?.description.as_str().into())
    }

    /// Logo; null if there is none.
    async fn logo(&self, ctx: &Context<'_>) -> Result<Option<Image>> {
        let app = ctx.app()?;
        Ok(self.row.logo_key.as_ref().map(|key| Image::stored(app, key)))
    }

    /// Banner; null if there is none.
    async fn banner(&self, ctx: &Context<'_>) -> Result<Option<Image>> {
        let app = ctx.app()?;
        Ok(self.row.banner_key.as_ref().map(|key| Image::stored(app, key)))
    }

    /// URL of the logo; null if there is none.
    #[graphql(deprecation = "Use `logo.url`.")]
    async fn logo_url(&self, ctx: &Context<'_>) -> Result<Option<Url>> {
        let app = ctx.app()?;
        Ok(self.row.logo_key.as_ref().map(|key| app.storage.url(key).into()))
    }

    /// URL of the banner; null if there is none.
    #[graphql(deprecation = "Use `banner.url`.")]
    async fn banner_url(&self, ctx: &Context<'_>) -> Result<Option<Url>> {
        let app = ctx.app()?;
        Ok(self.row.banner_key.as_ref().map(|key| app.storage.url(key).into()))
    }

    /// Where customers can write to.
    async fn contact_email(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.texts(ctx).await?.contact_email.clone())
    }

    /// Where customers can call.
    async fn phone(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.texts(ctx).await?.phone.clone())
    }

    /// Where it trades from.
    async fn address(&self, ctx: &Context<'_>) -> Result<Option<PostalAddress>> {
        Ok(self.texts(ctx).await?.address.clone().map(PostalAddress::from))
    }

    /// Rules for returns; empty if there are none.
    async fn return_policy(&self, ctx: &Context<'_>) -> Result<Html> {
        Ok(self.texts(ctx).await?.return_policy.as_str().into())
    }

    /// Rules for shipping; empty if there are none.
    async fn shipping_policy(&self, ctx: &Context<'_>) -> Result<Html> {
        Ok(self.texts(ctx).await?.shipping_policy.as_str().into())
    }

    /// Texts for search engines.
    async fn seo(&self, ctx: &Context<'_>) -> Result<Seo> {
        let texts = self.texts(ctx).await?;
        Ok(Seo::new(&texts.seo_title, &texts.seo_description))
    }

    /// Whether it trades.
    async fn status(&self) -> StoreStatus {
        self.row.status.into()
    }

    /// What the reviews of its products come to.
    async fn rating(&self) -> Rating {
        let row = &self.row;
        Rating::new(row.rating_average, row.rating_count, [row.rating_1, row.rating_2, row.rating_3, row.rating_4, row.rating_5])
    }

    /// Raised by one at every change; for `expectedVersion`.
    async fn version(&self) -> i32 {
        self.row.version
    }

    /// When it was opened.
    async fn created_at(&self) -> DateTime<Utc> {
        self.row.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.row.updated_at
    }

    /// What was posted about it on social networks. Posts that wait or failed are for those who manage the store.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn social_posts(&self, ctx: &Context<'_>) -> Result<Vec<SocialPost>> {
        social::of_store(ctx, self.row.id).await
    }

    /// Whose it is; shown to those who work for it, and to the marketplace's staff.
    async fn owner(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        if is_managed(ctx, self.row.id).await? { Ok(Some(Person::load(ctx, self.row.owner_id).await?)) } else { Ok(None) }
    }

    /// Who works for it besides its owner; shown to those who do, and to the marketplace's staff.
    #[graphql(directive = cost::ListOf::apply(10))]
    async fn members(&self, ctx: &Context<'_>) -> Result<Option<Vec<StoreMember>>> {
        if !is_managed(ctx, self.row.id).await? {
            return Ok(None);
        }
        let rows = ctx.load_one(MembersKey(self.row.id)).await?.unwrap_or_default();
        Ok(Some(rows.into_iter().map(StoreMember).collect()))
    }

    /// Pending invitations to work for the store, oldest first, at most 50. Null unless you may change the store's settings.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn invitations(&self, ctx: &Context<'_>) -> Result<Option<Vec<StoreInvitation>>> {
        if ctx.viewer()?.user_id().is_none() {
            return Ok(None);
        }
        let rows = ctx.load_one(invitation::PendingKey(self.row.id)).await?;
        Ok(rows.map(|rows| rows.into_iter().map(StoreInvitation).collect()))
    }

    /// The shipping methods it offers: its own, and those of the marketplace.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn shipping_methods(&self, ctx: &Context<'_>) -> Result<Vec<ShippingMethod>> {
        ShippingMethod::of_store(ctx, self.row.id).await
    }

    /// Countries that it ships to, in alphabetical order; empty if it offers no shipping method.
    async fn shipping_countries(&self, ctx: &Context<'_>) -> Result<Vec<CountryCode>> {
        shipping::countries_of_store(ctx, self.row.id).await
    }

    /// Number of products for sale, counted up to 10,000.
    #[graphql(directive = cost::Weighs::apply(cost::COUNT))]
    async fn product_count(&self, ctx: &Context<'_>) -> Result<i32> {
        product::list::count_of_store(ctx, self.row.id).await
    }

    /// Products of the store. Those who work for it see products in every status, everybody else what is for sale.
    #[graphql(directive = cost::Paged::apply())]
    #[allow(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn products(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, from the beginning: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those in one of these states.")] status: Option<Vec<ProductStatus>>,
        #[graphql(desc = "Which of them.")] filter: Option<ProductFilter>,
        #[graphql(desc = "In which order; NEWEST when left out.")] sort_by: Option<ProductSort>,
    ) -> Result<ProductConnection> {
        let question = Question::new(status, filter, sort_by, ctx.app()?.config.currency)?;
        let page = page::arguments(first, after, last, before);
        Box::pin(product::list::of_store(ctx, self.row.id, question, page)).await
    }

    /// What people say of its products: published reviews.
    #[graphql(directive = cost::Paged::apply())]
    #[allow(clippy::too_many_arguments, reason = "those of a connection")]
    async fn reviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, from 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, from 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Their order; the newest first when left out.")] sort_by: Option<ReviewSort>,
    ) -> Result<ReviewConnection> {
        Box::pin(review::of_store(ctx, &self.row, sort_by, page::arguments(first, after, last, before))).await
    }

    /// Its orders, newest first, for those who do the store's orders; an error for everybody else.
    #[graphql(directive = cost::Paged::apply())]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which orders.")] filter: Option<StoreOrderFilter>,
    ) -> Result<Option<StoreOrderConnection>> {
        let page = page::arguments(first, after, last, before);
        Box::pin(StoreOrderConnection::of_store(ctx, self.row.id, filter, page)).await.map(Some)
    }

    /// Cursor to follow the store's orders from this answer on: pass it as `after` to `storeOrderUpdates`. No event that the answer
    /// does not show is lost. An event that happened while the answer was read may be in both; compare `OrderEvent.id`. Null unless
    /// you are the store's owner, a member, or staff with `MANAGE_ORDERS`.
    async fn updates_cursor(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        if ctx.viewer()?.user_id().is_none() || ctx.load_one(OrdersKey(self.row.id)).await?.is_none() {
            return Ok(None);
        }
        Ok(Some(snapshot::cursor(ctx)?))
    }
}

/// Whether the viewer may see the orders of a store.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OrdersKey(StoreId);

impl Loader<OrdersKey> for Loaders {
    type Value = ();
    type Error = Error;

    async fn load(&self, keys: &[OrdersKey]) -> Result<HashMap<OrdersKey, ()>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let staff = self.viewer.staff_of_stores(&self.app.db, &ids, StoreTask::Orders).await?;
        Ok(staff.iter().map(|staff| (OrdersKey(staff.store_id()), ())).collect())
    }
}

/// Somebody who works for a store.
pub struct StoreMember(pub store_member::Model);

impl From<store_member::Model> for StoreMember {
    fn from(row: store_member::Model) -> Self {
        Self(row)
    }
}

/// Somebody who works for a store.
#[Object]
impl StoreMember {
    /// The ID of the membership.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Who.
    async fn user(&self, ctx: &Context<'_>) -> Result<Person> {
        Person::load(ctx, self.0.user_id).await
    }

    /// What they may do there.
    async fn role(&self) -> StoreRole {
        self.0.role.into()
    }

    /// Since when.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

crate::connection!(StoreConnection, StoreEdge, Store, "stores");

/// A store, if the viewer may see it. There is no other way from an ID to a store.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct VisibleStore(pub StoreId);
/// The texts of a store.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct TextsKey(StoreId);
/// The name of a store.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct NameKey(StoreId);
/// Whether the viewer works for a store.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct ManagedKey(StoreId);
/// Who works for a store.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct MembersKey(StoreId);
/// One membership.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct MemberKey(StoreMemberId);
/// A page of somebody's stores.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct StoresOfUser {
    owner: UserId,
    page: PageRequest,
}

impl Loader<VisibleStore> for Loaders {
    type Value = Summary;
    type Error = Error;

    async fn load(&self, keys: &[VisibleStore]) -> Result<HashMap<VisibleStore, Summary>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = store::visible(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (VisibleStore(row.id), row)).collect())
    }
}

impl Loader<TextsKey> for Loaders {
    type Value = Arc<Texts>;
    type Error = Error;

    async fn load(&self, keys: &[TextsKey]) -> Result<HashMap<TextsKey, Arc<Texts>>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = store::texts(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (TextsKey(row.id), Arc::new(row))).collect())
    }
}

impl Loader<NameKey> for Loaders {
    type Value = String;
    type Error = Error;

    async fn load(&self, keys: &[NameKey]) -> Result<HashMap<NameKey, String>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = store::names(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|(id, name)| (NameKey(id), name)).collect())
    }
}

impl Loader<ManagedKey> for Loaders {
    type Value = ();
    type Error = Error;

    async fn load(&self, keys: &[ManagedKey]) -> Result<HashMap<ManagedKey, ()>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let managed = souk_core::auth::managed(&self.app, &self.viewer, &ids).await?;
        Ok(managed.into_iter().map(|id| (ManagedKey(id), ())).collect())
    }
}

impl Loader<MemberKey> for Loaders {
    type Value = store_member::Model;
    type Error = Error;

    async fn load(&self, keys: &[MemberKey]) -> Result<HashMap<MemberKey, store_member::Model>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = store::members_by_ids(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|row| (MemberKey(row.id), row)).collect())
    }
}

impl StoreMember {
    /// One of a store that the viewer works for.
    pub async fn load_visible(ctx: &Context<'_>, id: StoreMemberId) -> Result<Option<Self>> {
        Ok(ctx.load_one(MemberKey(id)).await?.map(Self))
    }
}

impl Loader<MembersKey> for Loaders {
    type Value = Vec<store_member::Model>;
    type Error = Error;

    async fn load(&self, keys: &[MembersKey]) -> Result<HashMap<MembersKey, Vec<store_member::Model>>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = store::members(&self.app, &self.viewer, &ids).await?;
        Ok(found.into_iter().map(|(id, rows)| (MembersKey(id), rows)).collect())
    }
}

impl Loader<StoresOfUser> for Loaders {
    type Value = Page<Model>;
    type Error = Error;

    async fn load(&self, keys: &[StoresOfUser]) -> Result<HashMap<StoresOfUser, Page<Model>>, Error> {
        let mut groups: HashMap<PageRequest, Vec<UserId>> = HashMap::new();
        for key in keys {
            groups.entry(key.page).or_default().push(key.owner);
        }
        let mut all = HashMap::new();
        for (page, owners) in groups {
            let found = store::owned(&self.app, &self.viewer, &owners, &page).await?;
            all.extend(found.into_iter().map(|(owner, rows)| (StoresOfUser { owner, page }, rows)));
        }
        Ok(all)
    }
}

/// Whether the viewer owns, works for or watches over a store. Takes no statement for guests.
pub async fn is_managed(ctx: &Context<'_>, id: StoreId) -> Result<bool> {
    if ctx.viewer()?.user_id().is_none() {
        return Ok(false);
    }
    Ok(ctx.load_one(ManagedKey(id)).await?.is_some())
}

/// The name of a store for its buyers, whatever status the store has.
pub async fn name(ctx: &Context<'_>, id: StoreId) -> Result<String> {
    let name = ctx.load_one(NameKey(id)).await?;
    name.ok_or_else(|| Fault::internal("a store with orders is gone").into())
}

/// A page of somebody's stores: one's own in any state, those of others where they are open.
pub async fn of_user(ctx: &Context<'_>, owner: UserId, page: page::Arguments) -> Result<StoreConnection> {
    let page = page.of("User.stores", &owner)?;
    let found = ctx.load_one(StoresOfUser { owner, page: page.request }).await?.unwrap_or_else(Page::empty);
    let (app, viewer) = (Arc::clone(ctx.app()?), ctx.viewer()?.clone());
    let counter = Counter::new(move || {
        let (app, viewer) = (Arc::clone(&app), viewer.clone());
        Box::pin(async move { store::count_owned(&app, &viewer, owner, COUNT_CAP).await })
    });
    Ok(StoreConnection::new(found, page.scope, counter))
}

impl Store {
    /// If the viewer may see it; read together with the others that this request asks for.
    pub async fn load_visible(ctx: &Context<'_>, id: StoreId) -> Result<Option<Self>> {
        Ok(ctx.load_one(VisibleStore(id)).await?.map(Self::from))
    }

    async fn texts(&self, ctx: &Context<'_>) -> Result<Arc<Texts>> {
        if let Some(texts) = &self.texts {
            return Ok(Arc::clone(texts));
        }
        let found = ctx.load_one(TextsKey(self.row.id)).await?;
        Ok(found.ok_or(Fault::NotFound)?)
    }
}
