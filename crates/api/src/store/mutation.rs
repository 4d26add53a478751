//! Mutations of stores.

use crate::address::PostalAddressInput;
use crate::context::ContextExt;
use crate::decode;
use crate::enums::StoreStatus;
use crate::error::Result;
use crate::error::{UserError, split};
use crate::id;
use crate::payloads;
use crate::scalar::Html;
use crate::store::Store;
use crate::upload::{ImageSourceInput, Upload, source_or_earlier, within};
use async_graphql::{Context, Enum, ID, InputObject, MaybeUndefined, SimpleObject};
use souk_core::auth::permissions::ManageProducts;
use souk_core::auth::{Customer, Staff, StoreTask, Vendor};
use souk_domain::store::{self, NewStore, Placement, Removed, StorePatch};
use souk_macros::root_object;

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

payloads! {
    /// The new store; null if there are errors.
    StoreCreatePayload { store: Store } of storeCreate;
    /// The changed store; null if there are errors.
    StoreUpdatePayload { store: Store } of storeUpdate;
    /// The changed store; null if there are errors.
    StoreStatusUpdatePayload { store: Store } of storeStatusUpdate;
    /// The closed store; null if there are errors.
    StoreClosePayload { store: Store } of storeClose;
    /// The changed store; null if there are errors.
    StorePictureSetPayload { store: Store } of storePictureSet;
    /// The changed store; null if there are errors.
    StorePictureRemovePayload { store: Store } of storePictureRemove;
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

#[root_object]
impl StoreMutation {
    /// Creates a store. If the marketplace approves stores manually, its status is `PENDING` until then.
    async fn store_create(
        &self,
        ctx: &Context<'_>,
        #[actor] vendor: Vendor,
        #[graphql(desc = "Fields of the new store.")] input: StoreCreateInput,
    ) -> Result<StoreCreatePayload> {
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

    /// Updates your store.
    async fn store_update(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the store.")] id: ID,
        #[graphql(desc = "Fields to change.")] input: StoreUpdateInput,
    ) -> Result<StoreUpdatePayload> {
        let app = ctx.app()?;
        let result = decode::by_id("id", &id, async |id| {
            let staff = customer.store_staff(&app.db, id, StoreTask::Settings).await?;
            let patch = StorePatch {
                name: input.name,
                slug: input.slug,
                description: input.description.map(Into::into),
                contact_email: input.contact_email,
                phone: input.phone.into(),
                address: input.address.map_value(Into::into).into(),
                return_policy: input.return_policy.map(Into::into),
                shipping_policy: input.shipping_policy.map(Into::into),
                seo_title: input.seo_title.into(),
                seo_description: input.seo_description.into(),
                expected_version: input.expected_version,
            };
            store::update(app, &staff, patch).await
        });
        StoreUpdatePayload::from_result(result.await)
    }

    /// Approves, suspends, reopens or closes a store. The change applies to its products immediately.
    async fn store_status_update(
        &self,
        ctx: &Context<'_>,
        #[actor] staff: Staff<ManageProducts>,
        #[graphql(desc = "ID of the store.")] id: ID,
        #[graphql(desc = "New status of the store.")] input: StoreStatusUpdateInput,
    ) -> Result<StoreStatusUpdatePayload> {
        let result = decode::by_id("id", &id, async |id| {
            store::set_status(ctx.app()?, &staff, id, input.status.into(), input.expected_version).await
        });
        StoreStatusUpdatePayload::from_result(result.await)
    }

    /// Closes your store: it and its products are removed from the storefront, and its orders stay.
    async fn store_close(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the store.")] id: ID,
    ) -> Result<StoreClosePayload> {
        let app = ctx.app()?;
        let result = decode::by_id("id", &id, async |id| {
            let staff = customer.store_staff(&app.db, id, StoreTask::Settings).await?;
            store::close(app, &staff).await
        });
        StoreClosePayload::from_result(result.await)
    }

    /// Deletes your store with everything in it. A store that has orders is closed instead.
    async fn store_delete(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the store.")] id: ID,
    ) -> Result<StoreDeletePayload> {
        let app = ctx.app()?;
        let result = decode::by_id("id", &id, async |id| {
            let staff = customer.store_staff(&app.db, id, StoreTask::Settings).await?;
            store::delete(app, &staff).await
        });
        let (ended, user_errors) = split(result.await)?;
        let (deleted_id, store) = match ended {
            Some(Removed::Deleted(id)) => (Some(id::output(id)), None),
            Some(Removed::Closed(row)) => (None, Some(Store::from(*row))),
            None => (None, None),
        };
        Ok(StoreDeletePayload { deleted_id, store, user_errors })
    }

    /// Sets the logo or the banner of your store.
    async fn store_picture_set(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Store and its new picture.")] input: StorePictureSetInput,
    ) -> Result<StorePictureSetPayload> {
        let app = ctx.app()?;
        let result = decode::by_id("storeId", &input.store_id, async |id| {
            let staff = customer.store_staff(&app.db, id, StoreTask::Settings).await?;
            let (source, path) = source_or_earlier(ctx, input.source, input.file, input.staged_upload_token)?;
            let set = store::set_picture(app, &staff, input.picture.into(), &source).await;
            set.map_err(within(path))
        });
        StorePictureSetPayload::from_result(result.await)
    }

    /// Removes the logo or the banner of your store.
    async fn store_picture_remove(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Picture to remove.")] input: StorePictureRemoveInput,
    ) -> Result<StorePictureRemovePayload> {
        let app = ctx.app()?;
        let result = decode::by_id("storeId", &input.store_id, async |id| {
            let staff = customer.store_staff(&app.db, id, StoreTask::Settings).await?;
            store::remove_picture(app, &staff, input.picture.into()).await
        });
        StorePictureRemovePayload::from_result(result.await)
    }
}
