//! Changing stores.

use crate::address::PostalAddressInput;
use crate::context::ContextExt;
use crate::decode;
use crate::enums::StoreStatus;
use crate::error::Result;
use crate::error::{UserError, split};
use crate::id;
use crate::payload;
use crate::scalar::Html;
use crate::store::Store;
use crate::upload::{ImageSourceInput, Upload, source_or_earlier, within};
use async_graphql::{Context, Enum, ID, InputObject, MaybeUndefined, SimpleObject};
use souk_core::auth::permissions::ManageProducts;
use souk_core::auth::{Customer, Staff, StoreTask, Vendor};
use souk_domain::store::{self, Ended, NewStore, Placement, StorePatch};
use souk_macros::root_object;

/// A new store.
#[derive(InputObject)]
struct StoreCreateInput {
    /// 1 to 100 characters.
    name: String,
    /// HTML of at most 20,000 characters; sanitised.
    description: Option<Html>,
    /// Where customers can write to; your own address when left out.
    contact_email: Option<String>,
    /// Where customers can call: 5 to 20 digits, with spaces and `+-()./` between them.
    phone: Option<String>,
    /// Lower-case letters, digits and hyphens, at most 120; made from the name when left out.
    slug: Option<String>,
    /// Where it trades from.
    address: Option<PostalAddressInput>,
    /// HTML of at most 20,000 characters; sanitised.
    return_policy: Option<Html>,
    /// HTML of at most 20,000 characters; sanitised.
    shipping_policy: Option<Html>,
    /// Title for search engines, at most 200 characters.
    seo_title: Option<String>,
    /// Description for search engines, at most 500 characters.
    seo_description: Option<String>,
}

/// What is to change; what is left out stays.
#[derive(InputObject)]
struct StoreUpdateInput {
    /// 1 to 100 characters.
    name: Option<String>,
    /// Lower-case letters, digits and hyphens, at most 120.
    slug: Option<String>,
    /// HTML of at most 20,000 characters; sanitised.
    description: Option<Html>,
    /// Where customers can write to.
    contact_email: Option<String>,
    /// Where customers can call: 5 to 20 digits, with spaces and `+-()./` between them; `null` takes it away.
    phone: MaybeUndefined<String>,
    /// Where it trades from; `null` takes it away.
    address: MaybeUndefined<PostalAddressInput>,
    /// HTML of at most 20,000 characters; sanitised.
    return_policy: Option<Html>,
    /// HTML of at most 20,000 characters; sanitised.
    shipping_policy: Option<Html>,
    /// Title for search engines, at most 200 characters; `null` removes it.
    seo_title: MaybeUndefined<String>,
    /// Description for search engines, at most 500 characters; `null` removes it.
    seo_description: MaybeUndefined<String>,
    /// The version the change is based on: refused as `STALE` when it has moved on.
    expected_version: Option<i32>,
}

/// What the marketplace makes of a store.
#[derive(InputObject)]
struct StoreStatusUpdateInput {
    /// `ACTIVE` approves it or opens it again, `SUSPENDED` stops it, `CLOSED` ends it.
    status: StoreStatus,
    /// The version the change is based on: refused as `STALE` when it has moved on.
    expected_version: Option<i32>,
}

/// Which of a store's pictures.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "Placement")]
enum StorePicture {
    /// Beside its name.
    Logo,
    /// Across its page.
    Banner,
}

/// A picture for a store. `source` is required, or one of the deprecated fields instead.
#[derive(InputObject)]
struct StorePictureSetInput {
    /// The store.
    store_id: ID,
    /// Which of its pictures.
    picture: StorePicture,
    /// Where the picture comes from.
    source: Option<ImageSourceInput>,
    /// Picture file: see `Upload` for what is accepted.
    #[graphql(deprecation = "Use `source`.")]
    file: Option<Upload>,
    /// `StagedUpload.token` of a picture that was uploaded before.
    #[graphql(deprecation = "Use `source`.")]
    staged_upload_token: Option<String>,
}

/// Which picture is to go.
#[derive(InputObject)]
struct StorePictureRemoveInput {
    /// The store.
    store_id: ID,
    /// Which of its pictures.
    picture: StorePicture,
}

payload! {
    /// What came of opening a store.
    StoreCreatePayload {
        /// The new store.
        store: Store
    }
}

payload! {
    /// What came of changing a store.
    StoreUpdatePayload {
        /// The changed store.
        store: Store
    }
}

payload! {
    /// What came of approving, suspending or closing a store.
    StoreStatusUpdatePayload {
        /// The changed store.
        store: Store
    }
}

payload! {
    /// What came of closing a store.
    StoreClosePayload {
        /// The closed store.
        store: Store
    }
}

payload! {
    /// What came of setting a store's picture.
    StorePictureSetPayload {
        /// The changed store.
        store: Store
    }
}

payload! {
    /// What came of taking a store's picture away.
    StorePictureRemovePayload {
        /// The changed store.
        store: Store
    }
}

/// What came of deleting a store.
#[derive(SimpleObject)]
struct StoreDeletePayload {
    /// The ID of what was deleted; absent where the store was closed instead.
    deleted_id: Option<ID>,
    /// The store, where it has orders and was closed instead.
    store: Option<Store>,
    /// What was wrong; empty where all went well.
    user_errors: Vec<UserError>,
}

/// Changing stores.
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
                phone: input.phone.as_opt_ref().map(|phone| phone.cloned()),
                address: input.address.as_opt_ref().map(|address| address.cloned().map(Into::into)),
                return_policy: input.return_policy.map(Into::into),
                shipping_policy: input.shipping_policy.map(Into::into),
                seo_title: input.seo_title.as_opt_ref().map(|text| text.cloned()),
                seo_description: input.seo_description.as_opt_ref().map(|text| text.cloned()),
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
            Some(Ended::Deleted(id)) => (Some(id::output(id)), None),
            Some(Ended::Closed(row)) => (None, Some(Store::from(*row))),
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
