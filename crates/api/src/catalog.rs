//! Root fields of the catalog, merged here to keep the root types short.

use crate::attribute::{AttributeChoiceMutation, AttributeMutation, AttributeQuery};
use crate::category::{CategoryImageMutation, CategoryMutation, CategoryQuery};
use crate::digital::{DigitalFileMutation, DownloadMutation};
use crate::image::ImageMutation;
use crate::product::{HighlightMutation, ProductMutation, ProductQuery, ViewMutation};
use crate::product_export::ProductExportMutation;
use crate::product_import::ProductImportMutation;
use crate::product_type::{ProductTypeMutation, ProductTypeQuery};
use crate::search::{SearchQuery, SearchStatusQuery, SynonymMutation, SynonymQuery};
use crate::store::{StoreInvitationQuery, StoreMemberMutation, StoreMutation, StoreQuery};
use crate::upload::UploadMutation;
use crate::variant::{GenerateMutation, VariantMutation};
use async_graphql::MergedObject;

/// Queries of stores, categories, products, product types, attributes and the search.
#[derive(MergedObject, Default)]
pub struct CatalogQuery(
    AttributeQuery,
    CategoryQuery,
    ProductQuery,
    ProductTypeQuery,
    SearchQuery,
    SearchStatusQuery,
    SynonymQuery,
    StoreQuery,
    StoreInvitationQuery,
);

/// Mutations of stores, categories, products with their imports and exports, product types, attributes, variants, images, files and uploads.
#[derive(MergedObject, Default)]
pub struct CatalogMutation(
    AttributeMutation,
    AttributeChoiceMutation,
    CategoryMutation,
    CategoryImageMutation,
    DigitalFileMutation,
    DownloadMutation,
    ImageMutation,
    HighlightMutation,
    ProductMutation,
    ViewMutation,
    ProductExportMutation,
    ProductImportMutation,
    ProductTypeMutation,
    StoreMutation,
    StoreMemberMutation,
    SynonymMutation,
    UploadMutation,
    GenerateMutation,
    VariantMutation,
);
