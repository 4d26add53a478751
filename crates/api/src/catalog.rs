//! The catalogue's part of the roots, merged here so that the roots stay small.

use crate::category::{CategoryImageMutation, CategoryMutation, CategoryQuery};
use crate::image::ImageMutation;
use crate::product::{ProductMutation, ProductQuery};
use crate::store::{StoreInvitationQuery, StoreMemberMutation, StoreMutation, StoreQuery};
use crate::upload::UploadMutation;
use crate::variant::VariantMutation;
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
