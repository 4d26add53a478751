//! Relay connections (<https://relay.dev/graphql/connections.htm>).

use crate::context::ContextExt;
use async_graphql::{Context, SimpleObject};
use futures::future::BoxFuture;
use souk_core::app::App;
use souk_core::error::Fault;
use souk_domain::page::{CursorScope, Page, PageRequest};
use std::fmt::Debug;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// Maximum count of a list; clients show "10,000+" if there are more items.
pub const COUNT_CAP: u64 = 10_000;

/// Position of a page in its list, for pagination.
#[derive(SimpleObject, Clone, Debug)]
pub struct PageInfo {
    /// Whether the list has items after the last item of the page.
    pub has_next_page: bool,
    /// Whether the list has items before the first item of the page.
    pub has_previous_page: bool,
    /// Cursor of the first item, for `before`; null if the page is empty.
    pub start_cursor: Option<String>,
    /// Cursor of the last item, for `after`; null if the page is empty.
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

/// Collects the arguments of a connection; they are validated by [`Arguments::of`].
pub fn arguments(first: Option<i32>, after: Option<String>, last: Option<i32>, before: Option<String>) -> Arguments {
    Arguments { first, after, last, before }
}

impl Arguments {
    /// Validates the arguments for a list. `list` is the name of the field, such as `Store.products`; `question` is everything
    /// else that determines the rows and their order, such as the parent, the filter and the sort order. A cursor of another list
    /// is an error.
    pub fn of(&self, list: &str, question: &impl Debug) -> Result<ListPage, Fault> {
        let scope = CursorScope::new(list, question);
        let request = PageRequest::from_arguments(self.first, self.after.as_deref(), self.last, self.before.as_deref(), scope)?;
        Ok(ListPage { request, scope })
    }
}

/// A page request for a list.
#[derive(Clone, Copy, Debug)]
pub struct ListPage {
    /// The requested page.
    pub request: PageRequest,
    /// The list, which the cursors of the page identify.
    pub scope: CursorScope,
}

/// The number of items of a list, at most [`COUNT_CAP`], and whether it is exact.
type Total = souk_core::error::Result<(u64, bool)>;

trait Count: Send + Sync {
    fn count(&self) -> BoxFuture<'_, Total>;
}

/// Counts with a function that borrows the application and `of`, which is everything that determines the list.
struct CountOf<S, F> {
    app: Arc<App>,
    of: S,
    count: F,
}

impl<S: Send + Sync, F: for<'a> Fn(&'a App, &'a S) -> BoxFuture<'a, Total> + Send + Sync> Count for CountOf<S, F> {
    fn count(&self) -> BoxFuture<'_, Total> {
        (self.count)(&self.app, &self.of)
    }
}

/// A number that is known, because it is stored.
impl Count for u64 {
    fn count(&self) -> BoxFuture<'_, Total> {
        Box::pin(std::future::ready(Ok((*self, true))))
    }
}

/// Counts a list on demand, at most once.
pub struct Counter {
    count: Box<dyn Count>,
    counted: OnceCell<(u64, bool)>,
}

impl Counter {
    /// Counts the items of a list. `of` is everything that determines the list, such as the viewer and the filter.
    pub fn new<S: Send + Sync + 'static>(
        ctx: &Context<'_>,
        of: S,
        count: impl for<'a> Fn(&'a App, &'a S) -> BoxFuture<'a, Total> + Send + Sync + 'static,
    ) -> Result<Self, Fault> {
        Ok(Self { count: Box::new(CountOf { app: Arc::clone(ctx.app()?), of, count }), counted: OnceCell::new() })
    }

    /// A number that is stored with the parent of the list.
    pub fn stored(count: i64) -> Self {
        Self { count: Box::new(u64::try_from(count).unwrap_or(0)), counted: OnceCell::new() }
    }

    /// The number of items and whether it is exact.
    pub async fn get(&self) -> Total {
        self.counted.get_or_try_init(|| self.count.count()).await.copied()
    }
}

/// The items of a page with their cursors, and the page info.
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

/// Defines a connection and its edge for a node type: `connection!(ProductConnection, ProductEdge, Product, "products")`.
/// `ProductConnection::new(rows, page.scope, counter)` builds the connection from a page of rows that convert into nodes.
#[macro_export]
macro_rules! connection {
    ($connection:ident, $edge:ident, $node:ty, $what:literal) => {
        #[doc = concat!("Item of a page of ", $what, ", with its cursor.")]
        #[derive(async_graphql::SimpleObject)]
        pub struct $edge {
            /// Cursor of the item, for `after` and `before`.
            pub cursor: String,
            /// The item itself.
            pub node: $node,
        }

        #[doc = concat!("Page of a list of ", $what, ".")]
        pub struct $connection {
            edges: Vec<$edge>,
            info: $crate::page::PageInfo,
            counter: $crate::page::Counter,
        }

        impl $connection {
            /// Builds the connection from a page of rows.
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

        #[doc = concat!("Page of a list of ", $what, ".")]
        #[async_graphql::Object]
        impl $connection {
            /// Items of the page with their cursors.
            async fn edges(&self) -> &Vec<$edge> {
                &self.edges
            }

            /// Items of the page.
            async fn nodes(&self) -> Vec<&$node> {
                self.edges.iter().map(|edge| &edge.node).collect()
            }

            /// Position of the page in the list.
            async fn page_info(&self) -> &$crate::page::PageInfo {
                &self.info
            }

            /// Number of items in the whole list, counted up to 10,000.
            #[graphql(directive = $crate::cost::Weighs::apply($crate::cost::COUNT))]
            async fn total_count(&self) -> $crate::error::Result<i32> {
                let (total, _) = self.counter.get().await?;
                Ok(i32::try_from(total).unwrap_or(i32::MAX))
            }

            /// Whether `totalCount` is exact; false if the list has more than 10,000 items.
            #[graphql(directive = $crate::cost::Weighs::apply($crate::cost::COUNT))]
            async fn is_total_count_exact(&self) -> $crate::error::Result<bool> {
                Ok(self.counter.get().await?.1)
            }

            /// Same value as `isTotalCountExact`.
            #[graphql(deprecation = "Use `isTotalCountExact`.", directive = $crate::cost::Weighs::apply($crate::cost::COUNT))]
            async fn total_count_is_exact(&self) -> $crate::error::Result<bool> {
                Ok(self.counter.get().await?.1)
            }
        }
    };
}
