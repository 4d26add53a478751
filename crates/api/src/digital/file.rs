//! Files of digital products.

use crate::context::ContextExt;
use crate::decode::{self, Input};
use crate::error::Result;
use crate::id;
use crate::loader::loaders;
use crate::payloads;
use crate::product::Product;
use crate::variant::ProductVariant;
use async_graphql::{Context, ID, InputObject, MaybeUndefined};
use entity::digital_file::Model;
use entity::id::{DigitalFileId, ProductId, ProductVariantId};
use souk_core::auth::Customer;
use souk_domain::digital_file::{self, FilePatch, NewFile};
use souk_domain::product;
use souk_macros::{object, root_object};

/// A file of a digital product.
pub struct DigitalFile(pub Model);

impl From<Model> for DigitalFile {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// File of a digital product, which buyers download with `downloadLinkCreate`.
#[object]
impl DigitalFile {
    /// ID of the file.
    pub async fn id(&self) -> ID {
        id::output(self.0.id)
    }

    /// Name of the file, under which it is downloaded.
    async fn filename(&self) -> &str {
        &self.0.filename
    }

    /// MIME type by the content of the file; `application/octet-stream` if it is not known.
    async fn content_type(&self) -> &str {
        &self.0.content_type
    }

    /// Size of the file in bytes.
    async fn byte_size(&self) -> i32 {
        i32::try_from(self.0.byte_size).unwrap_or(i32::MAX)
    }

    /// SHA-256 of the file in hexadecimal, 64 digits, to verify a download.
    async fn sha256(&self) -> &str {
        &self.0.sha256
    }

    /// Version of the file, such as `2.1`; null if none was given.
    async fn version(&self) -> Option<&str> {
        self.0.version.as_deref()
    }

    /// Position among the files of the product, lowest first.
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// The only variant that the file belongs to; null if it belongs to all variants, and if the variant was deleted or you cannot see it.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Option<ProductVariant>> {
        match self.0.variant_id {
            Some(variant) => ProductVariant::load_visible(ctx, ProductVariantId(variant)).await,
            None => Ok(None),
        }
    }

    row_fields!(self.0: created_at);
}

loaders! {
    /// Loads a file that the viewer may see.
    VisibleFile(DigitalFileId) => row Model, by digital_file::visible;
    /// Loads the files of a product that the viewer manages.
    OfProduct(ProductId) => value Vec<Model>, by digital_file::of_products;
    /// Loads the files of a product that was bought.
    OfBoughtProduct(ProductId) => value Vec<Model>, by digital_file::of_bought_products;
}

impl DigitalFile {
    /// Loads a file of a product that the viewer manages or bought.
    pub async fn load_visible(ctx: &Context<'_>, id: DigitalFileId) -> Result<Option<Self>> {
        Ok(ctx.load_one(VisibleFile(id)).await?.map(Self))
    }

    /// The files of a product that the viewer manages, by position; empty for all other viewers.
    pub async fn of_product(ctx: &Context<'_>, id: ProductId) -> Result<Vec<Self>> {
        Ok(ctx.load_one(OfProduct(id)).await?.unwrap_or_default().into_iter().map(Self).collect())
    }

    /// The files of a variant that was bought, by position.
    pub(super) async fn of_bought(ctx: &Context<'_>, product: ProductId, variant: ProductVariantId) -> Result<Vec<Self>> {
        let rows = ctx.load_one(OfBoughtProduct(product)).await?.unwrap_or_default();
        let of_variant = |row: &Model| row.variant_id.is_none_or(|only| only == variant.0);
        Ok(rows.into_iter().filter(of_variant).map(Self).collect())
    }
}

/// New file of a digital product.
#[derive(InputObject)]
struct DigitalFileAddInput {
    /// ID of the digital product.
    product_id: ID,
    /// ID of the only variant that the file belongs to; it belongs to all variants if left out.
    variant_id: Option<ID>,
    /// `StagedUpload.token` of a file that was uploaded before, with the purpose `DIGITAL_FILE`.
    staged_upload_token: String,
    /// Version of the file, at most 20 characters.
    version: Option<String>,
}

/// Changes to a file of a digital product. Fields that are left out keep their value.
#[derive(InputObject)]
struct DigitalFileUpdateInput {
    /// Name of the file without a path, 1 to 255 characters.
    filename: Option<String>,
    /// Version of the file, at most 20 characters; `null` removes it.
    version: MaybeUndefined<String>,
    /// Position among the files of the product, lowest first, 0 to 1,000,000.
    position: Option<i32>,
}

payloads! {
    /// The new file; null if there are errors.
    DigitalFileAddPayload { digital_file: DigitalFile } of digitalFileAdd;
    /// The changed file; null if there are errors.
    DigitalFileUpdatePayload { digital_file: DigitalFile } of digitalFileUpdate;
    /// The product without the file; null if there are errors.
    DigitalFileDeletePayload { product: Product } of digitalFileDelete;
}

/// Mutations of the files of digital products.
#[derive(Default)]
pub struct DigitalFileMutation;

#[root_object]
impl DigitalFileMutation {
    /// Adds a file to a digital product of your store; a product has at most 50. Buyers always download the present files of the product.
    /// Copying a large file takes time: repeat the request if it times out.
    async fn digital_file_add(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "Fields of the new file.")] input: DigitalFileAddInput,
    ) -> Result<DigitalFileAddPayload> {
        let app = ctx.app()?;
        let mut decoded = Input::default();
        let product_id = decoded.object("productId", &input.product_id);
        let variant_id = input.variant_id.map(|variant| decoded.id("variantId", &variant));
        let add = async {
            let staff = product::staff(app, &customer, product_id).await?;
            let new = NewFile { token: input.staged_upload_token, variant_id, version: input.version };
            digital_file::add(app, &staff, product_id, new).await
        };
        DigitalFileAddPayload::from_result(decoded.run(add).await)
    }

    /// Updates the name, the version or the position of a file.
    async fn digital_file_update(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the file.")] id: ID,
        #[graphql(desc = "Fields to change.")] input: DigitalFileUpdateInput,
    ) -> Result<DigitalFileUpdatePayload> {
        let app = ctx.app()?;
        let result = decode::by_id("id", &id, async |id: DigitalFileId| {
            let staff = digital_file::staff(app, &customer, id).await?;
            let patch = FilePatch { filename: input.filename, version: input.version.into(), position: input.position };
            digital_file::update(app, &staff, id, patch).await
        });
        DigitalFileUpdatePayload::from_result(result.await)
    }

    /// Deletes a file; its buyers can no longer download it. An active product keeps a file for every active variant: add the new file
    /// before you delete the old one.
    async fn digital_file_delete(
        &self,
        ctx: &Context<'_>,
        #[actor] customer: Customer,
        #[graphql(desc = "ID of the file.")] id: ID,
    ) -> Result<DigitalFileDeletePayload> {
        let app = ctx.app()?;
        let result = decode::by_id("id", &id, async |id: DigitalFileId| {
            let staff = digital_file::staff(app, &customer, id).await?;
            digital_file::delete(app, &staff, id).await
        });
        DigitalFileDeletePayload::from_result(result.await)
    }
}
