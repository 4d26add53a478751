//! Changing stores.

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
use souk_domain::store::{self, NewStore, Placement, Removed, StorePatch};

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
            Some(Removed::Deleted(id)) => (Some(id::output(id)), None),
            Some(Removed::Closed(row)) => (None, Some(Store::from(*row))),
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
