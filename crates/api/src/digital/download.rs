//! Downloads of digital products.

use super::file::DigitalFile;
use crate::connection;
use crate::context::ContextExt;
use crate::cost;
use crate::decode::Input;
use crate::error::{Result, UserError, split};
use crate::id;
use crate::loader::{loaders, page_loaders};
use crate::order::{Order, OrderLine};
use crate::page::{self, COUNT_CAP, Counter};
use crate::scalar::Url;
use async_graphql::{Context, ID, InputObject, SimpleObject};
use chrono::{DateTime, Utc};
use entity::download_grant::Model;
use entity::id::{DownloadGrantId, OrderId, ProductId, ProductVariantId, UserId};
use souk_core::auth::Viewer;
use souk_domain::download::{self, NewLink};
use souk_macros::{object, root_object};

connection!(DownloadGrantConnection, DownloadGrantEdge, DownloadGrant, "downloads");

/// The right to download what was bought.
pub struct DownloadGrant(Model);

impl From<Model> for DownloadGrant {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Right to download the files of a digital order line. It exists once the line is paid.
#[object]
impl DownloadGrant {
    /// ID of the grant.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Order line that was bought.
    async fn line(&self, ctx: &Context<'_>) -> Result<OrderLine> {
        OrderLine::load(ctx, self.0.order_line_id).await
    }

    /// Order of the line.
    async fn order(&self, ctx: &Context<'_>) -> Result<Order> {
        Order::load(ctx, self.0.order_id).await
    }

    /// Present files of the product that belong to the variant that was bought, in order of their position.
    #[graphql(directive = cost::ListOf::apply(3))]
    async fn files(&self, ctx: &Context<'_>) -> Result<Vec<DigitalFile>> {
        DigitalFile::of_bought(ctx, ProductId(self.0.product_id), ProductVariantId(self.0.variant_id)).await
    }

    /// Maximum number of links that can be created with `downloadLinkCreate`, for all files together.
    async fn download_limit(&self) -> i32 {
        self.0.download_limit
    }

    /// Number of links that were created.
    async fn used_count(&self) -> i32 {
        self.0.used_count
    }

    /// Time from which no links can be created; null if there is no end.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// Time at which the line was cancelled or refunded in full, so that no links can be created; null if it was not.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.revoked_at
    }

    row_fields!(self.0: created_at);
}

loaders! {
    /// Loads a grant that the viewer may see.
    VisibleGrant(DownloadGrantId) => row Model, by download::visible;
    /// Loads the grants of an order.
    OfOrder(OrderId) => value Vec<Model>, by download::of_orders;
}

page_loaders! {
    /// Loads a page of the grants of a user.
    OfUser(UserId) => Model, by download::of_users;
}

impl DownloadGrant {
    /// Loads a grant of an order that the viewer may see.
    pub async fn load_visible(ctx: &Context<'_>, id: DownloadGrantId) -> Result<Option<Self>> {
        Ok(ctx.load_one(VisibleGrant(id)).await?.map(Self))
    }

    /// The grants of an order, oldest first.
    pub async fn of_order(ctx: &Context<'_>, id: OrderId) -> Result<Vec<Self>> {
        Ok(ctx.load_one(OfOrder(id)).await?.unwrap_or_default().into_iter().map(Self).collect())
    }
}

impl DownloadGrantConnection {
    /// The grants of a user, newest first; `None` if the viewer may not see them.
    pub async fn of_user(ctx: &Context<'_>, user: UserId, page: page::Arguments) -> Result<Option<Self>> {
        let page = page.of("User.downloads", &user)?;
        let Some(rows) = ctx.load_one(OfUser::new(user, (), page.request)).await? else { return Ok(None) };
        let counter = Counter::new(ctx, ctx.viewer()?.clone(), move |app, viewer| {
            Box::pin(download::count_of_user(app, viewer, user, COUNT_CAP))
        })?;
        Ok(Some(Self::new(rows, page.scope, counter)))
    }
}

/// File to be downloaded.
#[derive(InputObject)]
struct DownloadLinkCreateInput {
    /// ID of the grant.
    grant_id: ID,
    /// ID of one of the files of the grant.
    file_id: ID,
    /// `Order.token` of the order. Required for the order of a guest.
    order_token: Option<String>,
}

/// Result of `downloadLinkCreate`.
#[derive(SimpleObject)]
struct DownloadLinkCreatePayload {
    /// URL of the file, which needs no other authentication and supports requests of ranges; null if there are errors.
    url: Option<Url>,
    /// Time until which the URL can be used, 10 minutes from now; null if there are errors.
    expires_at: Option<DateTime<Utc>>,
    /// The grant, which counts the link; null if there are errors.
    grant: Option<DownloadGrant>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

/// Mutations of downloads.
#[derive(Default)]
pub struct DownloadMutation;

#[root_object]
impl DownloadMutation {
    /// Creates a URL to download a file that you bought. It counts as one download of the grant, however often the URL is used: an
    /// interrupted download can be resumed.
    async fn download_link_create(
        &self,
        ctx: &Context<'_>,
        #[actor] viewer: &Viewer,
        #[graphql(desc = "File to be downloaded.")] input: DownloadLinkCreateInput,
    ) -> Result<DownloadLinkCreatePayload> {
        let app = ctx.app()?;
        let mut decoded = Input::default();
        let (grant_id, file_id) = (decoded.id("grantId", &input.grant_id), decoded.id("fileId", &input.file_id));
        let new = NewLink { grant_id, file_id, order_token: input.order_token };
        let (link, user_errors) = split(decoded.run(download::create_link(app, viewer, new)).await)?;
        let (url, rest) = link.map(|link| (link.url.into(), (link.expires_at, DownloadGrant(link.grant)))).unzip();
        let (expires_at, grant) = rest.unzip();
        Ok(DownloadLinkCreatePayload { url, expires_at, grant, user_errors })
    }
}
