//! Definitions of keys and their loaders.

/// Defines keys and implements `Loader` for them, in one line each:
///
/// ```text
/// loaders! {
///     /// Loads a parcel.
///     FulfillmentKey(FulfillmentId) => row Model, by fulfillment::visible;
///     /// Loads the parcels of a store order.
///     OfStoreOrder(StoreOrderId) => value Vec<Model>, by fulfillment::of_store_orders;
///     /// Loads whether the viewer can review a product.
///     CanReviewKey(ProductId) => flag, by review::reviewable;
/// }
/// ```
///
/// The function after `by` is called with the application, the viewer, the IDs of the batch and further arguments, if any. It
/// returns rows that have the ID of their key (`row`), pairs of an ID and its value (`value`), or IDs (`flag`). Keys that it does
/// not return have no value.
macro_rules! loaders {
    ($(
        $(#[doc = $doc:literal])+
        $vis:vis $key:ident($id:ty) => $kind:ident $($value:ty)?, by $load:path $(, $argument:expr)*;
    )+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        $vis struct $key($vis $id);

        impl ::async_graphql::dataloader::Loader<$key> for $crate::loader::Loaders {
            type Value = $crate::loader::loaders!(@value $kind $($value)?);
            type Error = ::souk_core::error::Error;

            async fn load(&self, keys: &[$key]) -> Result<::std::collections::HashMap<$key, Self::Value>, Self::Error> {
                let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
                let found = $load(&self.app, &self.viewer, &ids $(, $argument)*).await?;
                Ok(found.into_iter().map(|found| $crate::loader::loaders!(@entry $kind $key found)).collect())
            }
        }
    )+};
    (@value flag) => { () };
    (@value $kind:ident $value:ty) => { $value };
    (@entry flag $key:ident $found:ident) => { ($key($found), ()) };
    (@entry row $key:ident $found:ident) => { ($key($found.id), $found.into()) };
    (@entry value $key:ident $found:ident) => { ($key($found.0), $found.1.into()) };
}

/// Defines keys for a page of a list of a parent, and implements `Loader` for them. The pages of all parents that have the same
/// page request, and the same filter or sort order (`with`), are loaded together:
///
/// ```text
/// page_loaders! {
///     /// Loads a page of the orders of a store.
///     OfStore(StoreId, with Filter) => Model, by store_order::of_stores;
/// }
/// ```
macro_rules! page_loaders {
    ($(
        $(#[doc = $doc:literal])+
        $key:ident($parent:ty $(, with $selection:ty)?) => $row:ty, by $load:path;
    )+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, PartialEq, Eq, Hash)]
        struct $key {
            parent: $parent,
            selection: $crate::loader::page_loaders!(@selection $($selection)?),
            page: ::souk_domain::page::PageRequest,
        }

        impl $key {
            fn new(parent: $parent, selection: $crate::loader::page_loaders!(@selection $($selection)?), page: ::souk_domain::page::PageRequest) -> Self {
                Self { parent, selection, page }
            }
        }

        impl ::async_graphql::dataloader::Loader<$key> for $crate::loader::Loaders {
            type Value = ::souk_domain::page::Page<$row>;
            type Error = ::souk_core::error::Error;

            async fn load(&self, keys: &[$key]) -> Result<::std::collections::HashMap<$key, Self::Value>, Self::Error> {
                let mut found = ::std::collections::HashMap::new();
                for ((selection, page), keys) in ::souk_core::group::grouped(keys, |key| (&key.selection, key.page)) {
                    let parents: Vec<_> = keys.iter().map(|key| key.parent).collect();
                    let pages = $load(&self.app, &self.viewer, &parents $(, selection as &$selection)?, &page).await?;
                    found.extend(pages.into_iter().map(|(parent, rows)| ($key::new(parent, selection.clone(), page), rows)));
                }
                Ok(found)
            }
        }
    )+};
    (@selection) => { () };
    (@selection $selection:ty) => { $selection };
}

pub(crate) use {loaders, page_loaders};
