//! Relay connections (<https://relay.dev/graphql/connections.htm>).

use async_graphql::SimpleObject;
use futures::future::BoxFuture;
use souk_core::error::Fault;
use souk_domain::page::{CursorScope, Page, PageRequest};
use std::fmt::Debug;
use tokio::sync::OnceCell;

/// Counting stops here; a shop shows "10,000+".
pub const COUNT_CAP: u64 = 10_000;

/// Where a page stands in its list.
#[derive(SimpleObject, Clone, Debug)]
pub struct PageInfo {
    /// Whether something comes after the last item.
    pub has_next_page: bool,
    /// Whether something comes before the first item.
    pub has_previous_page: bool,
    /// The cursor of the first item, for `before`.
    pub start_cursor: Option<String>,
    /// The cursor of the last item, for `after`.
    pub end_cursor: Option<String>,
}

/// The arguments of a connection.
#[derive(Clone, Debug)]
pub struct Arguments {
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
}

/// The arguments of a connection, as they were given.
pub fn arguments(first: Option<i32>, after: Option<String>, last: Option<i32>, before: Option<String>) -> Arguments {
    Arguments { first, after, last, before }
}

impl Arguments {
    /// Checks them for one list: `list` is the name of the field, such as `Store.products`; `question` is everything else that
    /// decides which rows the list has and in which order, such as its parent, filter and sort order. A cursor of another list is
    /// refused.
    pub fn of(&self, list: &str, question: &impl Debug) -> Result<ListPage, Fault> {
        let scope = CursorScope::new(list, question);
        let request = PageRequest::from_arguments(self.first, self.after.as_deref(), self.last, self.before.as_deref(), scope)?;
        Ok(ListPage { request, scope })
    }
}

/// Which page of which list.
#[derive(Clone, Copy, Debug)]
pub struct ListPage {
    /// The page.
    pub request: PageRequest,
    /// The list, which the cursors of the page will name.
    pub scope: CursorScope,
}

type Count = Box<dyn Fn() -> BoxFuture<'static, souk_core::error::Result<(u64, bool)>> + Send + Sync>;

/// Counts a list when it is asked for, and once.
pub struct Counter {
    count: Count,
    counted: OnceCell<(u64, bool)>,
}

impl Counter {
    /// `count` answers with the number, at most [`COUNT_CAP`], and whether it is exact.
    pub fn new(count: impl Fn() -> BoxFuture<'static, souk_core::error::Result<(u64, bool)>> + Send + Sync + 'static) -> Self {
        Self { count: Box::new(count), counted: OnceCell::new() }
    }

    /// The number and whether it is exact.
    pub async fn get(&self) -> souk_core::error::Result<(u64, bool)> {
        self.counted.get_or_try_init(|| (self.count)()).await.copied()
    }
}

/// The items of a page with their cursors, and where the page stands.
pub fn parts<T>(page: Page<T>, scope: CursorScope) -> (Vec<(String, T)>, PageInfo) {
    let (has_next_page, has_previous_page) = (page.has_next, page.has_previous);
    let items: Vec<_> = page.items.into_iter().map(|(cursor, item)| (cursor.encode(scope), item)).collect();
    let info = PageInfo {
        has_next_page,
        has_previous_page,
        start_cursor: items.first().map(|(cursor, _)| cursor.clone()),
        end_cursor: items.last().map(|(cursor, _)| cursor.clone()),
    };
    (items, info)
}

/// A connection and its edge for a type of node: `connection!(ProductConnection, ProductEdge, Product, "products")`.
/// `ProductConnection::new(rows, page.scope, counter)` makes it from a page of anything that turns into a node.
#[macro_export]
macro_rules! connection {
    ($connection:ident, $edge:ident, $node:ty, $what:literal) => {
        #[doc = concat!("An item of a page of ", $what, " and its place.")]
        #[derive(async_graphql::SimpleObject)]
        pub struct $edge {
            /// Its place in the list, for `after` and `before`.
            pub cursor: String,
            /// The item.
            pub node: $node,
        }

        #[doc = concat!("A page of ", $what, ".")]
        pub struct $connection {
            edges: Vec<$edge>,
            info: $crate::page::PageInfo,
            counter: $crate::page::Counter,
        }

        impl $connection {
            /// From a page of rows.
            pub fn new<T: Into<$node>>(
                page: ::souk_domain::page::Page<T>,
                scope: ::souk_domain::page::CursorScope,
                counter: $crate::page::Counter,
            ) -> Self {
                let (items, info) = $crate::page::parts(page, scope);
                let edges = items.into_iter().map(|(cursor, item)| $edge { cursor, node: item.into() }).collect();
                Self { edges, info, counter }
            }
        }

        #[doc = concat!("A page of ", $what, ".")]
        #[async_graphql::Object]
        impl $connection {
            /// The items with their cursors.
            async fn edges(&self) -> &Vec<$edge> {
                &self.edges
            }

            /// The items.
            async fn nodes(&self) -> Vec<&$node> {
                self.edges.iter().map(|edge| &edge.node).collect()
            }

            /// Where the page stands in the list.
            async fn page_info(&self) -> &$crate::page::PageInfo {
                &self.info
            }

            /// How many there are in the whole list; counted only when asked for, and up to 10,000.
            #[graphql(directive = $crate::cost::Weighs::apply($crate::cost::COUNT))]
            async fn total_count(&self) -> crate::error::Result<i32> {
                let (total, _) = self.counter.get().await?;
                Ok(i32::try_from(total).unwrap_or(i32::MAX))
            }

            /// Whether `totalCount` is exact; false if there are more.
            #[graphql(directive = $crate::cost::Weighs::apply($crate::cost::COUNT))]
            async fn is_total_count_exact(&self) -> crate::error::Result<bool> {
                Ok(self.counter.get().await?.1)
            }

            /// Whether `totalCount` is exact; false if there are more.
            #[graphql(
                                                                deprecation = "Use `isTotalCountExact`.",
                                                                directive = $crate::cost::Weighs::apply($crate::cost::COUNT)
                                                            )]
            async fn total_count_is_exact(&self) -> crate::error::Result<bool> {
                Ok(self.counter.get().await?.1)
            }
        }
    };
}
