//! Stores, their members and their lists.

pub mod invitation;
pub mod mutation;
pub mod query;
mod reference;

pub use invitation::{StoreInvitation, StoreInvitationQuery, StoreMemberMutation};
pub use mutation::StoreMutation;
pub use query::StoreQuery;
pub use reference::{is_managed, name};

use crate::account::Person;
use crate::address::PostalAddress;
use crate::commission::StoreCommissionKey;
use crate::context::ContextExt;
use crate::cost;
use crate::enums::{ProductStatus, StoreRole, StoreStatus};
use crate::error::Result;
use crate::id;
use crate::image::Image;
use crate::loader::{loaders, page_loaders};
use crate::page::{self, COUNT_CAP, Counter};
use crate::product::list::ProductSelection;
use crate::product::{self, ProductConnection, ProductFilter, ProductSort};
use crate::product_export::ProductExportConnection;
use crate::product_import::ProductImportConnection;
use crate::rating::Rating;
use crate::review::{self, ReviewConnection, ReviewSort};
use crate::scalar::{CountryCode, Html, Url};
use crate::search::{self, ProductSearchConnection, ProductSearchFilter, ProductSearchSort};
use crate::seo::Seo;
use crate::shipping::{self, ShippingMethod};
use crate::snapshot;
use crate::social::{self, SocialPost};
use crate::store_order::{StoreOrderConnection, StoreOrderFilter};
use crate::variant::{self, ProductVariantConnection};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use entity::id::{StoreId, StoreMemberId, UserId};
use entity::store::Model;
use entity::store_member;
use souk_core::app::App;
use souk_core::auth::{StoreStaff, StoreTask, Viewer};
use souk_core::error::{Error, Fault};
use souk_domain::link;
use souk_domain::page::Page;
use souk_domain::store::{self, Summary, Texts};
use souk_macros::object;
use std::sync::Arc;

/// Store of a vendor.
pub struct Store {
    /// Columns that lists and references need.
    pub row: Summary,
    /// Long texts; `None` if they were not read with the row, then they are loaded on demand.
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

/// Store of a vendor.
#[object]
impl Store {
    /// ID of the store.
    pub async fn id(&self) -> ID {
        id::output(self.row.id)
    }

    /// Name of the store.
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// URL identifier, unique.
    async fn slug(&self) -> &str {
        &self.row.slug
    }

    /// URL of the store's page in the storefront, which ends with `/stores/` and the slug. Null if the marketplace has no
    /// storefront URL.
    async fn url(&self, ctx: &Context<'_>) -> Result<Option<Url>> {
        Ok(link::storefront_store(ctx.app()?, &self.row.slug).map(Url::from))
    }

    /// Description of the store; empty if there is none.
    async fn description(&self, ctx: &Context<'_>) -> Result<Html> {
        Ok(self.texts(ctx).await?.description.as_str().into())
    }

    /// Logo of the store; null if there is none.
    async fn logo(&self) -> Option<Image> {
        self.row.logo_key.as_deref().map(Image::stored)
    }

    /// Banner of the store; null if there is none.
    async fn banner(&self) -> Option<Image> {
        self.row.banner_key.as_deref().map(Image::stored)
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

    /// Contact email address for customers.
    async fn contact_email(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.texts(ctx).await?.contact_email.clone())
    }

    /// Phone number for customers; null if there is none.
    async fn phone(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.texts(ctx).await?.phone.clone())
    }

    /// Business address of the store; null if there is none.
    async fn address(&self, ctx: &Context<'_>) -> Result<Option<PostalAddress>> {
        Ok(self.texts(ctx).await?.address.clone().map(PostalAddress::from))
    }

    /// Return policy of the store; empty if there is none.
    async fn return_policy(&self, ctx: &Context<'_>) -> Result<Html> {
        Ok(self.texts(ctx).await?.return_policy.as_str().into())
    }

    /// Shipping policy of the store; empty if there is none.
    async fn shipping_policy(&self, ctx: &Context<'_>) -> Result<Html> {
        Ok(self.texts(ctx).await?.shipping_policy.as_str().into())
    }

    /// Title, description and URL for search engines.
    async fn seo(&self, ctx: &Context<'_>) -> Result<Seo> {
        let (texts, url) = (self.texts(ctx).await?, link::storefront_store(ctx.app()?, &self.row.slug));
        Ok(Seo::new(&texts.seo_title, &texts.seo_description, url))
    }

    /// Current status of the store.
    async fn status(&self) -> StoreStatus {
        self.row.status.into()
    }

    /// Rating summary of all products of the store.
    async fn rating(&self) -> Rating {
        let row = &self.row;
        Rating::new(row.rating_average, row.rating_count, [row.rating_1, row.rating_2, row.rating_3, row.rating_4, row.rating_5])
    }

    row_fields!(self.row: version, created_at, updated_at);

    /// Posts about the store on social networks, without those about its products, oldest first. Only the store's owner and
    /// members, and staff with `MANAGE_PRODUCTS`, see posts that are pending or failed.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn social_posts(&self, ctx: &Context<'_>) -> Result<Vec<SocialPost>> {
        social::of_store(ctx, self.row.id).await
    }

    /// Owner of the store. Null unless you own the store, are a member of it, or are staff with `MANAGE_PRODUCTS`.
    async fn owner(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        if is_managed(ctx, self.row.id).await? { Ok(Some(Person::load(ctx, self.row.owner_id).await?)) } else { Ok(None) }
    }

    /// Members of the store besides its owner, oldest first, at most 100. Null unless you own the store, are a member of it, or
    /// are staff with `MANAGE_PRODUCTS`.
    #[graphql(directive = cost::ListOf::apply(10))]
    async fn members(&self, ctx: &Context<'_>) -> Result<Option<Vec<StoreMember>>> {
        if !is_managed(ctx, self.row.id).await? {
            return Ok(None);
        }
        let rows = ctx.load_one(MembersKey(self.row.id)).await?.unwrap_or_default();
        Ok(Some(rows.into_iter().map(StoreMember).collect()))
    }

    /// Pending invitations to become a member, oldest first, at most 50. Null unless you own the store, are a member with the
    /// role `OWNER`, or are staff with `MANAGE_PRODUCTS`.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn invitations(&self, ctx: &Context<'_>) -> Result<Option<Vec<StoreInvitation>>> {
        if ctx.viewer()?.user_id().is_none() {
            return Ok(None);
        }
        let rows = ctx.load_one(invitation::PendingKey(self.row.id)).await?;
        Ok(rows.map(|rows| rows.into_iter().map(StoreInvitation).collect()))
    }

    /// Commission of the marketplace that was agreed with the store, in hundredths of a percent; null if there is none, or if you are
    /// neither its owner nor staff with `MANAGE_FINANCE`.
    async fn commission_basis_points(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        Ok(ctx.load_one(StoreCommissionKey(self.row.id)).await?)
    }

    /// Shipping methods that the store offers: its own and those of the marketplace.
    #[graphql(directive = cost::ListOf::apply(5))]
    async fn shipping_methods(&self, ctx: &Context<'_>) -> Result<Vec<ShippingMethod>> {
        ShippingMethod::of_store(ctx, self.row.id).await
    }

    /// Countries that the store ships to, in alphabetical order; empty if it offers no shipping method.
    async fn shipping_countries(&self, ctx: &Context<'_>) -> Result<Vec<CountryCode>> {
        shipping::countries_of_store(ctx, self.row.id).await
    }

    /// Number of products for sale, counted up to 10,000.
    #[graphql(directive = cost::Weighs::apply(cost::COUNT))]
    async fn product_count(&self, ctx: &Context<'_>) -> Result<i32> {
        product::list::count_of_store(ctx, self.row.id).await
    }

    /// Products of the store. Its owner and members, and staff with `MANAGE_PRODUCTS`, see products in every status; others see
    /// products for sale.
    async fn products(
        &self,
        ctx: &Context<'_>,
        #[page] page: page::Arguments,
        #[graphql(desc = "Statuses of the products; all that you can see if left out.")] status: Option<Vec<ProductStatus>>,
        #[graphql(desc = "Conditions on the products.")] filter: Option<ProductFilter>,
        #[graphql(
            desc = "Whether the stock of an active variant is at or below its `lowStockThreshold`; all products if left out. For those who \
                    see products in every status; others find no products with it."
        )]
        is_low_stock: Option<bool>,
        #[graphql(desc = "Order of the products; `NEWEST` if left out.")] sort_by: Option<ProductSort>,
    ) -> Result<ProductConnection> {
        let selection = ProductSelection::new(status, filter, sort_by, ctx.app()?.config.currency)?.with_low_stock(is_low_stock);
        Box::pin(product::list::of_store(ctx, self.row.id, selection, page)).await
    }

    /// Finds products of the store by words, with counts, as `productSearch` does. The facets leave out the store. Nobody finds products
    /// that are not for sale.
    #[graphql(directive = cost::Weighs::apply(cost::LOOKUP))]
    async fn product_search(
        &self,
        ctx: &Context<'_>,
        #[page] page: page::Arguments,
        #[graphql(desc = "What a person typed, as in `productSearch`. Without words, all products of the store are found.")]
        query: Option<String>,
        #[graphql(desc = "Conditions that the products must meet.")] filter: Option<ProductSearchFilter>,
        #[graphql(desc = "Sort order; default RELEVANCE.")] sort_by: Option<ProductSearchSort>,
    ) -> Result<ProductSearchConnection> {
        Box::pin(search::in_store(ctx, self.row.id, query, filter, sort_by, page)).await
    }

    /// Active variants of the store whose stock is at or below their `lowStockThreshold`, newest first. Null unless you own the store,
    /// are a member with the role `OWNER` or `MANAGER`, or are staff with `MANAGE_PRODUCTS`.
    async fn low_stock_variants(
        &self,
        ctx: &Context<'_>,
        #[page] page: page::Arguments,
    ) -> Result<Option<ProductVariantConnection>> {
        Box::pin(variant::low_of_store(ctx, self.row.id, page)).await
    }

    /// Imports of products, newest first. Null unless you own the store, are a member with the role `OWNER` or `MANAGER`, or are
    /// staff with `MANAGE_PRODUCTS`.
    async fn product_imports(&self, ctx: &Context<'_>, #[page] page: page::Arguments) -> Result<Option<ProductImportConnection>> {
        Box::pin(ProductImportConnection::of_store(ctx, self.row.id, page)).await
    }

    /// Exports of products, newest first. Null unless you own the store, are a member with the role `OWNER` or `MANAGER`, or are
    /// staff with `MANAGE_PRODUCTS`.
    async fn product_exports(&self, ctx: &Context<'_>, #[page] page: page::Arguments) -> Result<Option<ProductExportConnection>> {
        Box::pin(ProductExportConnection::of_store(ctx, self.row.id, page)).await
    }

    /// Published reviews of the store's products for sale. Its owner and members, and staff with `MANAGE_PRODUCTS`, also see
    /// those of its other products.
    async fn reviews(
        &self,
        ctx: &Context<'_>,
        #[page] page: page::Arguments,
        #[graphql(desc = "Order of the reviews; `NEWEST` if left out.")] sort_by: Option<ReviewSort>,
    ) -> Result<ReviewConnection> {
        Box::pin(review::of_store(ctx, &self.row, sort_by, page)).await
    }

    /// Orders of the store, newest first. For the store's owner and members, and staff with `MANAGE_ORDERS`; an error for others.
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[page] page: page::Arguments,
        #[graphql(desc = "Conditions on the orders.")] filter: Option<StoreOrderFilter>,
    ) -> Result<Option<StoreOrderConnection>> {
        Box::pin(StoreOrderConnection::of_store(ctx, self.row.id, filter, page)).await.map(Some)
    }

    /// Cursor for following the store's orders after this response: pass it as `after` to `storeOrderUpdates`, which then
    /// delivers every event that the response does not show. An event that happens during the request may be in both; compare
    /// `OrderEvent.id`. Null unless you own the store, are a member of it, or are staff with `MANAGE_ORDERS`.
    async fn updates_cursor(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        if ctx.viewer()?.user_id().is_none() || ctx.load_one(OrderAccessKey(self.row.id)).await?.is_none() {
            return Ok(None);
        }
        Ok(Some(snapshot::cursor(ctx)?))
    }
}

loaders! {
    /// Loads whether the viewer may see the orders of a store.
    OrderAccessKey(StoreId) => flag, by with_access_to_orders;
}

async fn with_access_to_orders(app: &App, viewer: &Viewer, ids: &[StoreId]) -> Result<Vec<StoreId>, Error> {
    let staff = viewer.staff_of_stores(&app.db, ids, StoreTask::Orders).await?;
    Ok(staff.iter().map(StoreStaff::store_id).collect())
}

/// Member of a store.
pub struct StoreMember(pub store_member::Model);

impl From<store_member::Model> for StoreMember {
    fn from(row: store_member::Model) -> Self {
        Self(row)
    }
}

/// Member of a store.
#[Object]
impl StoreMember {
    /// ID of the membership.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Person who is the member.
    async fn user(&self, ctx: &Context<'_>) -> Result<Person> {
        Person::load(ctx, self.0.user_id).await
    }

    /// Role of the member in the store.
    async fn role(&self) -> StoreRole {
        self.0.role.into()
    }

    /// Time at which the person became a member.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

crate::connection!(StoreConnection, StoreEdge, Store, "stores");

loaders! {
    /// Loads a store, if the viewer may see it. Resolvers turn an ID into a store only by this key.
    pub VisibleStore(StoreId) => row Summary, by store::visible;
    /// Loads the long texts of a store.
    TextsKey(StoreId) => row Arc<Texts>, by store::texts;
    /// Loads the members of a store.
    MembersKey(StoreId) => value Vec<store_member::Model>, by store::members;
    /// Loads a membership.
    MemberKey(StoreMemberId) => row store_member::Model, by store::members_by_ids;
}

impl StoreMember {
    /// A membership in a store that the viewer manages.
    pub async fn load_visible(ctx: &Context<'_>, id: StoreMemberId) -> Result<Option<Self>> {
        Ok(ctx.load_one(MemberKey(id)).await?.map(Self))
    }
}

page_loaders! {
    /// Loads a page of the stores of a user.
    StoresOfUser(UserId) => Model, by store::owned;
}

/// A page of the stores of a user, as far as the viewer may see them.
pub async fn of_user(ctx: &Context<'_>, owner: UserId, page: page::Arguments) -> Result<StoreConnection> {
    let page = page.of("User.stores", &owner)?;
    let found = ctx.load_one(StoresOfUser::new(owner, (), page.request)).await?.unwrap_or_else(Page::empty);
    let counter =
        Counter::new(ctx, ctx.viewer()?.clone(), move |app, viewer| Box::pin(store::count_owned(app, viewer, owner, COUNT_CAP)))?;
    Ok(StoreConnection::new(found, page.scope, counter))
}

impl Store {
    /// Loads a store in a batch with others, if the viewer may see it.
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
