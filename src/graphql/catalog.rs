//! The catalogue's part of the roots, merged here so that the roots stay small.

use crate::graphql::category::{CategoryImageMutation, CategoryMutation, CategoryQuery};
use crate::graphql::image::ImageMutation;
use crate::graphql::product::{ProductMutation, ProductQuery};
use crate::graphql::store::{StoreInvitationQuery, StoreMemberMutation, StoreMutation, StoreQuery};
use crate::graphql::upload::UploadMutation;
use crate::graphql::variant::VariantMutation;
use async_graphql::MergedObject;

/// Reading stores, categories and products.
#[derive(MergedObject, Default)]
pub struct CatalogQuery(CategoryQuery, ProductQuery, StoreQuery, StoreInvitationQuery);

/// Changing stores, categories and products.
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
