//! Root fields of the catalog, merged here to keep the root types short.

use crate::category::{CategoryImageMutation, CategoryMutation, CategoryQuery};
use crate::digital::{DigitalFileMutation, DownloadMutation};
use crate::image::ImageMutation;
use crate::product::{ProductMutation, ProductQuery};
use crate::store::{StoreInvitationQuery, StoreMemberMutation, StoreMutation, StoreQuery};
use crate::upload::UploadMutation;
use crate::variant::VariantMutation;
use async_graphql::MergedObject;

/// Queries of stores, categories and products.
#[derive(MergedObject, Default)]
pub struct CatalogQuery(CategoryQuery, ProductQuery, StoreQuery, StoreInvitationQuery);

/// Mutations of stores, categories, products, variants, images, files and uploads.
#[derive(MergedObject, Default)]
pub struct CatalogMutation(
    CategoryMutation,
    CategoryImageMutation,
    DigitalFileMutation,
    DownloadMutation,
    ImageMutation,
    ProductMutation,
    StoreMutation,
    StoreMemberMutation,
    UploadMutation,
    VariantMutation,
);
