//! Mutations of stores.

use crate::access::{AuthRole, Needs, auth};
use crate::address::PostalAddressInput;
use crate::context::ContextExt;
use crate::enums::{Permission, StoreStatus};
use crate::error::Result;
use crate::error::{UserError, missing, split};
use crate::id;
use crate::payload;
use crate::scalar::Html;
use crate::store::Store;
use crate::upload::{ImageSourceInput, Upload, source_or_earlier, within};
use async_graphql::{Context, Enum, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::value::Permission as Stored;
use souk_core::auth::StoreTask;
use souk_domain::store::{self, Ended, NewStore, Placement, StorePatch};

/// New store of a vendor.
#[derive(InputObject)]
struct StoreCreateInput {
    /// Name of the store, 1 to 100 characters.
    name: String,
    /// Description as HTML, at most 20,000 characters; sanitised.
    description: Option<Html>,
    /// Contact email address for customers; your own email address if left out.
    contact_email: Option<String>,
    /// Phone number for customers: 5 to 20 digits, spaces and `+-()./`, at most 32 characters.
    phone: Option<String>,
    /// URL identifier, unique: lower-case letters, digits and single hyphens, at most 120 characters; made from the name if left
    /// out.
    slug: Option<String>,
    /// Business address of the store.
    address: Option<PostalAddressInput>,
    /// Return policy as HTML, at most 20,000 characters; sanitised.
    return_policy: Option<Html>,
    /// Shipping policy as HTML, at most 20,000 characters; sanitised.
    shipping_policy: Option<Html>,
    /// Title for search engines, at most 200 characters.
    seo_title: Option<String>,
    /// Description for search engines, at most 500 characters.
    seo_description: Option<String>,
}

/// Changes to a store. Fields that are left out keep their value.
#[derive(InputObject)]
struct StoreUpdateInput {
    /// Name of the store, 1 to 100 characters.
    name: Option<String>,
    /// URL identifier, unique: lower-case letters, digits and single hyphens, at most 120 characters.
    slug: Option<String>,
    /// Description as HTML, at most 20,000 characters; sanitised.
    description: Option<Html>,
    /// Contact email address for customers.
    contact_email: Option<String>,
    /// Phone number for customers: 5 to 20 digits, spaces and `+-()./`, at most 32 characters; `null` removes it.
    phone: MaybeUndefined<String>,
    /// Business address of the store; `null` removes it.
    address: MaybeUndefined<PostalAddressInput>,
    /// Return policy as HTML, at most 20,000 characters; sanitised.
    return_policy: Option<Html>,
    /// Shipping policy as HTML, at most 20,000 characters; sanitised.
    shipping_policy: Option<Html>,
    /// Title for search engines, at most 200 characters; `null` removes it.
    seo_title: MaybeUndefined<String>,
    /// Description for search engines, at most 500 characters; `null` removes it.
    seo_description: MaybeUndefined<String>,
    /// Version of the object that you read; if it has changed since, the error is `STALE`.
    expected_version: Option<i32>,
}

/// New status of a store.
#[derive(InputObject)]
struct StoreStatusUpdateInput {
    /// New status: `ACTIVE` approves or reopens the store, `SUSPENDED` suspends it, `CLOSED` closes it for good.
    status: StoreStatus,
    /// Version of the object that you read; if it has changed since, the error is `STALE`.
    expected_version: Option<i32>,
}

/// Kind of image of a store.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "Placement")]
enum StorePicture {
    /// Logo, shown beside the name of the store.
    Logo,
    /// Banner, shown across the page of the store.
    Banner,
}

/// New logo or banner of a store. Either `source` or one of the deprecated fields is required.
#[derive(InputObject)]
struct StorePictureSetInput {
    /// ID of the store.
    store_id: ID,
    /// Whether the image is the logo or the banner.
    picture: StorePicture,
    /// Source of the image. Required unless a deprecated field is given.
    source: Option<ImageSourceInput>,
    /// Image file; see `Upload` for what is accepted.
    #[graphql(deprecation = "Use `source`.")]
    file: Option<Upload>,
    /// `StagedUpload.token` of an image that was uploaded before.
    #[graphql(deprecation = "Use `source`.")]
    staged_upload_token: Option<String>,
}

/// Image of a store to remove.
#[derive(InputObject)]
struct StorePictureRemoveInput {
    /// ID of the store.
    store_id: ID,
    /// Whether the image is the logo or the banner.
    picture: StorePicture,
}

payload! {
    /// Result of `storeCreate`.
    StoreCreatePayload {
        /// The new store; null if there are errors.
        store: Store
    }
}

payload! {
    /// Result of `storeUpdate`.
    StoreUpdatePayload {
        /// The changed store; null if there are errors.
        store: Store
    }
}

payload! {
    /// Result of `storeStatusUpdate`.
    StoreStatusUpdatePayload {
        /// The changed store; null if there are errors.
        store: Store
    }
}

payload! {
    /// Result of `storeClose`.
    StoreClosePayload {
        /// The closed store; null if there are errors.
        store: Store
    }
}

payload! {
    /// Result of `storePictureSet`.
    StorePictureSetPayload {
        /// The changed store; null if there are errors.
        store: Store
    }
}

payload! {
    /// Result of `storePictureRemove`.
    StorePictureRemovePayload {
        /// The changed store; null if there are errors.
        store: Store
    }
}

/// Result of `storeDelete`.
#[derive(SimpleObject)]
struct StoreDeletePayload {
    /// ID of the deleted store; null if the store was closed instead, and if there are errors.
    deleted_id: Option<ID>,
    /// The store if it was closed instead of deleted, because it has orders; null otherwise.
    store: Option<Store>,
    /// Validation and business errors. Empty on success.
    user_errors: Vec<UserError>,
}

/// Mutations of stores.
#[derive(Default)]
pub struct StoreMutation;

#[Object]
impl StoreMutation {
    /// Opens a store. Where the marketplace approves stores by hand, it is `PENDING` until then.
    #[graphql(guard = "Needs::Vendor", directive = auth::apply(AuthRole::Vendor, None))]
    async fn store_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new store.")] input: StoreCreateInput,
    ) -> Result<StoreCreatePayload> {
        let vendor = ctx.viewer()?.vendor()?;
        let new = NewStore {
            name: input.name,
            description: input.description.map(Into::into),
            contact_email: input.contact_email,
            phone: input.phone,
            slug: input.slug,
            address: input.address.map(Into::into),
            return_policy: input.return_policy.map(Into::into),
            shipping_policy: input.shipping_policy.map(Into::into),
            seo_title: input.seo_title,
            seo_description: input.seo_description,
        };
        StoreCreatePayload::from_result(store::create(ctx.app()?, &vendor, new).await)
    }

    /// Changes a store of your own.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn store_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The store.")] id: ID,
        #[graphql(desc = "What is to change.")] input: StoreUpdateInput,
    ) -> Result<StoreUpdatePayload> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let result = async {
            let staff = viewer.store_staff(&app.db, id::input("id", &id)?, StoreTask::Settings).await?;
            let patch = StorePatch {
                name: input.name,
                slug: input.slug,
                description: input.description.map(Into::into),
                contact_email: input.contact_email,
                phone: input.phone.as_opt_ref().map(|phone| phone.cloned()),
                address: input.address.as_opt_ref().map(|address| address.cloned().map(Into::into)),
                return_policy: input.return_policy.map(Into::into),
                shipping_policy: input.shipping_policy.map(Into::into),
                seo_title: input.seo_title.as_opt_ref().map(|text| text.cloned()),
                seo_description: input.seo_description.as_opt_ref().map(|text| text.cloned()),
                expected_version: input.expected_version,
            };
            store::update(app, &staff, patch).await
        };
        StoreUpdatePayload::from_result(result.await.map_err(missing("id")))
    }

    /// Approves a store, suspends it, opens it again or closes it. Its products follow at once.
    #[graphql(
        guard = "Needs::Staff(Stored::ManageProducts)",
        directive = auth::apply(AuthRole::Staff, Some(Permission::ManageProducts))
    )]
    async fn store_status_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The store.")] id: ID,
        #[graphql(desc = "What becomes of it.")] input: StoreStatusUpdateInput,
    ) -> Result<StoreStatusUpdatePayload> {
        let staff = ctx.viewer()?.staff(Stored::ManageProducts)?;
        let result = async {
            store::set_status(ctx.app()?, &staff, id::input("id", &id)?, input.status.into(), input.expected_version).await
        };
        StoreStatusUpdatePayload::from_result(result.await.map_err(missing("id")))
    }

    /// Closes a store of your own: it and its products leave the storefront, its orders stay.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn store_close(&self, ctx: &Context<'_>, #[graphql(desc = "The store.")] id: ID) -> Result<StoreClosePayload> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let result = async {
            let staff = viewer.store_staff(&app.db, id::input("id", &id)?, StoreTask::Settings).await?;
            store::close(app, &staff).await
        };
        StoreClosePayload::from_result(result.await.map_err(missing("id")))
    }

    /// Deletes a store of your own with everything in it. One that has orders is closed instead.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn store_delete(&self, ctx: &Context<'_>, #[graphql(desc = "The store.")] id: ID) -> Result<StoreDeletePayload> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let result = async {
            let staff = viewer.store_staff(&app.db, id::input("id", &id)?, StoreTask::Settings).await?;
            store::delete(app, &staff).await
        };
        let (ended, user_errors) = split(result.await.map_err(missing("id")))?;
        let (deleted_id, store) = match ended {
            Some(Ended::Deleted(id)) => (Some(id::output(id)), None),
            Some(Ended::Closed(row)) => (None, Some(Store::from(*row))),
            None => (None, None),
        };
        Ok(StoreDeletePayload { deleted_id, store, user_errors })
    }

    /// Sets the logo or the banner of a store of your own.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn store_picture_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The picture.")] input: StorePictureSetInput,
    ) -> Result<StorePictureSetPayload> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let result = async {
            let id = id::input("storeId", &input.store_id)?;
            let staff = viewer.store_staff(&app.db, id, StoreTask::Settings).await.map_err(missing("storeId"))?;
            let (source, path) = source_or_earlier(ctx, input.source, input.file, input.staged_upload_token)?;
            let set = store::set_picture(app, &staff, input.picture.into(), &source).await;
            set.map_err(within(path))
        };
        StorePictureSetPayload::from_result(result.await)
    }

    /// Takes the logo or the banner of a store of your own away.
    #[graphql(guard = "Needs::Customer", directive = auth::apply(AuthRole::Customer, None))]
    async fn store_picture_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which picture.")] input: StorePictureRemoveInput,
    ) -> Result<StorePictureRemovePayload> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let result = async {
            let id = id::input("storeId", &input.store_id)?;
            let staff = viewer.store_staff(&app.db, id, StoreTask::Settings).await.map_err(missing("storeId"))?;
            store::remove_picture(app, &staff, input.picture.into()).await
        };
        StorePictureRemovePayload::from_result(result.await)
    }
}
