//! Root fields of the catalog, merged here to keep the root types short.

use crate::category::{CategoryImageMutation, CategoryMutation, CategoryQuery};
use crate::image::ImageMutation;
use crate::product::{ProductMutation, ProductQuery};
use crate::search::SearchQuery;
use crate::store::{StoreInvitationQuery, StoreMemberMutation, StoreMutation, StoreQuery};
use crate::upload::UploadMutation;
use crate::variant::VariantMutation;
use async_graphql::MergedObject;

/// Queries of stores, categories, products and the search.
#[derive(MergedObject, Default)]
pub struct CatalogQuery(CategoryQuery, ProductQuery, SearchQuery, StoreQuery, StoreInvitationQuery);

/// Mutations of stores, categories, products, variants, images and uploads.
#[derive(MergedObject, Default)]
pub struct CatalogMutation(
    CategoryMutation,
    CategoryImageMutation,
    ImageMutation,
    ProductMutation,
    StoreMutation,
    StoreMemberMutation,
    UploadMutation,
    VariantMutation,
);
