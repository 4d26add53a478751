//! Links to files: each counts as a download of its grant, and can be used for ten minutes.

use crate::link;
use crate::product_aggregates;
use entity::download::{Column as DownloadColumn, Entity as Downloads, Model as DownloadRow};
use entity::download_grant::{Column, Entity, Model};
use entity::id::{DigitalFileId, DownloadGrantId, DownloadId, ProductId};
use entity::{digital_file, download_grant};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::crypto::keys::Capability;
use souk_core::error::{Code, Fault, Problem, Result, internal};
use souk_core::transact;
use std::time::Duration;

/// How long a link can be used: a download that was interrupted can be resumed until then.
pub const LIFETIME: Duration = Duration::from_secs(600);

/// A link to be created.
#[derive(Clone, Debug)]
pub struct NewLink {
    pub grant_id: DownloadGrantId,
    pub file_id: DigitalFileId,
    /// Required for the order of a guest.
    pub order_token: Option<String>,
}

/// A link that was created.
#[derive(Clone, Debug)]
pub struct Link {
    pub url: String,
    pub expires_at: DateTimeUtc,
    /// The grant, which counts the link.
    pub grant: Model,
}

/// Creates a link for the buyer, or for the holder of the order's token. The grants of others do not exist.
pub async fn create_link(app: &App, viewer: &Viewer, new: NewLink) -> Result<Link> {
    let grant = Entity::find_by_id(new.grant_id).one(app.db.read()).await?;
    let is_own = |grant: &Model| {
        let holds_token = app.keys.opens(Capability::Order, new.order_token.as_deref(), grant.order_id);
        holds_token || (viewer.user_id().is_some() && viewer.user_id() == grant.user_id)
    };
    let Some(grant) = grant.filter(is_own) else {
        return Err(Problem::new("grantId", Code::NotFound, "The download does not exist.").into());
    };
    let file = file_of(app, &grant, new.file_id).await?;
    let now = app.clock.now();
    let id: DownloadId = app.clock.new_id();
    let signed = app.storage.sign_download(&file.storage_key, LIFETIME).await.map_err(internal)?;
    let url = signed.unwrap_or_else(|| link::download(app, &app.keys.capability(Capability::Download, id)));
    let row = DownloadRow { id, grant_id: grant.id, file_id: file.id, created_at: now };
    transact!(app.db, tx, {
        let used = Entity::update_many()
            .col_expr(Column::UsedCount, Expr::col(Column::UsedCount).add(1))
            .filter(Column::Id.eq(grant.id))
            .filter(Expr::col(Column::UsedCount).lt(Expr::col(Column::DownloadLimit)))
            .filter(Column::RevokedAt.is_null())
            .filter(Condition::any().add(Column::ExpiresAt.is_null()).add(Column::ExpiresAt.gt(now)))
            .exec(tx)
            .await?;
        let grant = Entity::find_by_id(grant.id).one(tx).await?.ok_or(Fault::NotFound)?;
        if used.rows_affected == 0 {
            return Err(refusal(&grant, now).into());
        }
        product_aggregates::count_download(tx, ProductId(grant.product_id)).await?;
        Downloads::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
        Ok(Link { url: url.clone(), expires_at: now + LIFETIME, grant })
    })
}

/// A file that a grant gives access to.
async fn file_of(app: &App, grant: &Model, id: DigitalFileId) -> Result<digital_file::Model> {
    use digital_file::Column as File;
    let of_variant = Condition::any().add(File::VariantId.is_null()).add(File::VariantId.eq(grant.variant_id));
    let query = digital_file::Entity::find_by_id(id).filter(File::ProductId.eq(ProductId(grant.product_id))).filter(of_variant);
    let found = query.one(app.db.read()).await?;
    Ok(found.ok_or_else(|| Problem::new("fileId", Code::NotFound, "The download has no such file."))?)
}

/// Why a grant gives no link.
fn refusal(grant: &Model, now: DateTimeUtc) -> Problem {
    let (code, message) = match grant {
        Model { revoked_at: Some(_), .. } => (Code::Unavailable, "The item was cancelled or refunded.".to_owned()),
        Model { expires_at: Some(expired), .. } if *expired <= now => {
            (Code::Unavailable, format!("The download expired on {}.", expired.format("%Y-%m-%d")))
        }
        _ => (Code::LimitReached, format!("All {} downloads are used.", grant.download_limit)),
    };
    Problem::new("grantId", code, message)
}

/// A file that is downloaded. Finding one proves that the link was valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    pub storage_key: String,
    pub filename: String,
    pub content_type: String,
}

/// The file of a link that this server serves. Not found if the link is invalid or older than [`LIFETIME`], or if the line was cancelled or
/// refunded meanwhile.
pub async fn open(app: &App, _viewer: &Viewer, token: &str) -> Result<Download> {
    let id = app.keys.check::<DownloadId>(Capability::Download, token).ok_or(Fault::NotFound)?;
    let fresh = DownloadColumn::CreatedAt.gt(app.clock.now() - LIFETIME);
    let row = Downloads::find_by_id(id).filter(fresh).one(app.db.read()).await?.ok_or(Fault::NotFound)?;
    let query = download_grant::Entity::find_by_id(row.grant_id).filter(Column::RevokedAt.is_null());
    if query.one(app.db.read()).await?.is_none() {
        return Err(Fault::NotFound.into());
    }
    let file = digital_file::Entity::find_by_id(row.file_id).one(app.db.read()).await?.ok_or(Fault::NotFound)?;
    Ok(Download { storage_key: file.storage_key, filename: file.filename, content_type: file.content_type })
}
