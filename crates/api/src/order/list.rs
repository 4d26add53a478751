//! Lists of orders.

use crate::connection;
use crate::context::ContextExt;
use crate::enums::OrderStatus;
use crate::error::Result;
use crate::id;
use crate::loader::page_loaders;
use crate::order::Order;
use crate::page::{self, COUNT_CAP, Counter};
use crate::time::DateTimeRange;
use async_graphql::{Context, ID, InputObject};
use entity::id::UserId;
use entity::order::Model;
use entity::value::OrderStatus as Stored;
use souk_core::error::Fault;
use souk_core::length;
use souk_domain::order::{self, OrderFilter as Filter};

connection!(OrderConnection, OrderEdge, Order, "orders");

/// Filter for orders. An order must match all conditions that are set.
#[derive(InputObject, Clone, Debug)]
pub struct OrderFilter {
    /// Order number, such as `SK-7F3K-92QD`; hyphens, spaces and case are ignored.
    pub number: Option<String>,
    /// Contact email of the order, 1 to 254 characters; case is ignored.
    pub email: Option<String>,
    /// ID of a store that has a store order in the order.
    pub store_id: Option<ID>,
    /// Statuses of the order, any of which matches.
    pub status: Option<Vec<OrderStatus>>,
    /// Whether the order must be paid (`true`) or unpaid (`false`).
    pub is_paid: Option<bool>,
    /// Range for the time at which the order was placed.
    pub created_at: Option<DateTimeRange>,
}

impl OrderFilter {
    /// Converts the filter for the domain.
    ///
    /// # Errors
    ///
    /// `BAD_USER_INPUT` for a malformed ID and for texts of an invalid length.
    pub fn decode(self) -> Result<Filter, Fault> {
        let (created_from, created_before) = DateTimeRange::ends(self.created_at);
        Ok(Filter {
            number: self.number.map(|typed| number("number", &typed)).transpose()?,
            email: self.email.map(|email| text("email", &email).map(str::to_lowercase)).transpose()?,
            store: self.store_id.map(|id| id::argument("storeId", &id)).transpose()?,
            status: statuses(self.status),
            is_paid: self.is_paid,
            created_from,
            created_before,
        })
    }
}

/// Sorts the statuses and removes duplicates, so that equal filters give equal cursors.
pub fn statuses(given: Option<Vec<OrderStatus>>) -> Vec<Stored> {
    let mut all: Vec<Stored> = given.unwrap_or_default().into_iter().map(Into::into).collect();
    all.sort();
    all.dedup();
    all
}

/// Normalizes an order number to its stored form.
pub fn number(name: &'static str, typed: &str) -> Result<String, Fault> {
    text(name, typed).map(order::number::normalize)
}

fn text<'a>(name: &'static str, given: &'a str) -> Result<&'a str, Fault> {
    let length = given.trim().chars().count();
    if (1..=length::EMAIL).contains(&length) {
        return Ok(given.trim());
    }
    let message = format!("{name} must have 1 to {} characters; got {length}.", length::EMAIL);
    Err(Fault::BadUserInput { argument: name, message })
}

page_loaders! {
    /// Loads a page of the orders of a user.
    OfUser(UserId) => Model, by order::of_users;
}

impl OrderConnection {
    /// The orders of a user, newest first; `None` if the viewer may not see them.
    pub async fn of_user(ctx: &Context<'_>, user: UserId, page: page::Arguments) -> Result<Option<Self>> {
        let page = page.of("User.orders", &user)?;
        let Some(rows) = ctx.load_one(OfUser::new(user, (), page.request)).await? else { return Ok(None) };
        let counter = Counter::new(ctx, ctx.viewer()?.clone(), move |app, viewer| {
            Box::pin(order::count_of_user(app, viewer, user, COUNT_CAP))
        })?;
        Ok(Some(Self::new(rows, page.scope, counter)))
    }
}
