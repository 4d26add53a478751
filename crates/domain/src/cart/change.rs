//! Adding, changing and removing cart lines.

use super::line::{self, Line, Offer, Warning, WarningCode, warnings};
use super::{MAX_LINES, create_for_guest, lock_for_guest, lock_for_user, lock_or_create_for_user};
use entity::cart::Model;
use entity::cart_line::{self, Column, Entity};
use entity::id::{CartId, CartLineId, ProductVariantId, UserId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use souk_core::app::App;
use souk_core::auth::{self, Viewer};
use souk_core::check::{Check, MAX_QUANTITY};
use souk_core::crypto::keys::Capability;
use souk_core::db::{InPadded, Tx};
use souk_core::error::{Code, Detail, Fault, Problem, Result, refuse};
use souk_core::transact;
use std::collections::{BTreeMap, HashMap};

/// A variant to add. Carries the problem of an ID that could not be decoded, so that all problems are reported together.
#[derive(Clone, Debug)]
pub struct NewLine {
    pub variant_id: Result<ProductVariantId, Problem>,
    /// Quantity to add.
    pub quantity: i32,
}

/// A new quantity of a line.
#[derive(Clone, Debug)]
pub struct LineQuantity {
    pub line_id: Result<CartLineId, Problem>,
    /// New quantity; 0 removes the line.
    pub quantity: i32,
}

/// A cart after a change.
#[derive(Clone, Debug)]
pub struct Changed {
    pub cart: Model,
    /// All lines of the cart.
    pub lines: Vec<Line>,
    /// Deviations from the request, and notices about the lines.
    pub warnings: Vec<Warning>,
}

/// The cart that a request refers to.
#[derive(Clone, Copy, Debug)]
enum CartOwner {
    User(UserId),
    Guest(CartId),
    /// A guest without a cart.
    NewGuest,
}

impl CartOwner {
    fn of(app: &App, viewer: &Viewer, token: Option<&str>, check: &mut Check) -> Self {
        match (token, viewer.user_id()) {
            (None, Some(user)) => Self::User(user),
            (None, None) => Self::NewGuest,
            (Some(token), _) => match app.keys.check(Capability::Cart, token) {
                Some(id) => Self::Guest(id),
                None => {
                    check.push(no_cart());
                    Self::NewGuest
                }
            },
        }
    }

    /// Locks the cart; `None` if the user has none yet.
    async fn lock(self, app: &App, tx: &Tx) -> Result<Option<Model>> {
        match self {
            Self::User(user) => lock_for_user(app, tx, user).await,
            Self::Guest(id) => Ok(Some(lock_for_guest(app, tx, id).await?.ok_or_else(no_cart)?)),
            Self::NewGuest => Err(no_cart().into()),
        }
    }
}

fn no_cart() -> Problem {
    Problem::new(
        "cartToken",
        Code::NotFound,
        "The cart does not exist; omit cartToken to use the cart of the signed-in user, or a new one.",
    )
}

/// Adds items to the cart that the token opens; without a token to the user's cart, or to a new cart of a guest. Quantities are
/// limited to the stock, with a warning.
pub async fn add(app: &App, viewer: &Viewer, token: Option<&str>, lines: &[NewLine]) -> Result<Changed> {
    let mut check = Check::new();
    let owner = CartOwner::of(app, viewer, token, &mut check);
    let requested = check_new(&mut check, lines);
    check.finish()?;
    let ids: Vec<_> = requested.iter().map(|requested| requested.variant_id).collect();
    let offers = line::offers(app.db.read(), &ids).await?;
    let requested = check_offers(&requested, &offers)?;
    transact!(app.db, tx, {
        let (cart, known) = match owner {
            CartOwner::NewGuest => (create_for_guest(app, tx).await?, Vec::new()),
            CartOwner::User(user) => {
                // The user's row is only locked to create a cart: an existing cart is deleted together with its user.
                let cart = match lock_for_user(app, tx, user).await? {
                    Some(cart) => cart,
                    None => {
                        auth::lock_active(tx, user).await?;
                        lock_or_create_for_user(app, tx, user).await?
                    }
                };
                let known = line::of_carts(tx, &[cart.id]).await?;
                (cart, known)
            }
            CartOwner::Guest(id) => {
                let cart = lock_for_guest(app, tx, id).await?.ok_or_else(no_cart)?;
                (cart, line::of_carts(tx, &[id]).await?)
            }
        };
        let mut edit = Edit::new(cart, known);
        for (offer, quantity) in &requested {
            edit.add(app, offer, *quantity);
        }
        if edit.lines.len() > MAX_LINES {
            return refuse(
                "lines",
                Code::LimitReached,
                format!("A cart can have at most {MAX_LINES} lines; got {}.", edit.lines.len()),
            );
        }
        edit.write(app, tx).await
    })
}

/// A variant with its total quantity in the input, and the index of its first line.
struct Requested {
    variant_id: ProductVariantId,
    quantity: i64,
    index: usize,
}

fn check_new(check: &mut Check, lines: &[NewLine]) -> Vec<Requested> {
    check_list(check, "lines", lines);
    let mut requested: Vec<Requested> = Vec::new();
    let mut indexes: HashMap<ProductVariantId, usize> = HashMap::new();
    for (index, line) in lines.iter().enumerate().take(MAX_LINES) {
        let quantity = i64::from(check.integer(&format!("lines.{index}.quantity"), line.quantity, 1..=MAX_QUANTITY));
        match &line.variant_id {
            Err(problem) => check.push(problem.clone()),
            Ok(variant_id) => {
                let position = *indexes.entry(*variant_id).or_insert(requested.len());
                match requested.get_mut(position) {
                    Some(existing) => existing.quantity += quantity,
                    None => requested.push(Requested { variant_id: *variant_id, quantity, index }),
                }
            }
        }
    }
    requested
}

fn check_list<T>(check: &mut Check, path: &str, items: &[T]) {
    if items.is_empty() {
        check.problem(path, Code::Required, format!("{path} must have from 1 to {MAX_LINES} items; got 0."));
    }
    check.count(path, items, MAX_LINES);
}

fn check_offers<'a>(requested: &[Requested], offers: &'a HashMap<ProductVariantId, Offer>) -> Result<Vec<(&'a Offer, i64)>> {
    let mut check = Check::new();
    let mut found = Vec::new();
    for Requested { variant_id, quantity, index } in requested {
        match offers.get(variant_id) {
            None => check.problem(&format!("lines.{index}.variantId"), Code::NotFound, "The variant does not exist."),
            Some(offer) => match cannot_be_bought(Some(offer), &offer.title(), &format!("lines.{index}")) {
                Some(problem) => check.push(problem),
                None => found.push((offer, *quantity)),
            },
        }
    }
    check.finish().map(|()| found)
}

/// Why a variant can't be bought at all; `None` if it can.
fn cannot_be_bought(offer: Option<&Offer>, title: &str, path: &str) -> Option<Problem> {
    let Some(offer) = offer.filter(|offer| offer.for_sale()) else {
        return Some(Problem::new(path, Code::Unavailable, format!("{title} is not for sale.")));
    };
    if offer.available_quantity() == 0 {
        let problem = Problem::new(&format!("{path}.quantity"), Code::InsufficientStock, format!("{title} is sold out."));
        return Some(problem.with(Detail::StockAvailable(0)));
    }
    None
}

/// Sets the quantities of lines; 0 removes a line.
pub async fn update(app: &App, viewer: &Viewer, token: Option<&str>, lines: &[LineQuantity]) -> Result<Changed> {
    let mut check = Check::new();
    let owner = CartOwner::of(app, viewer, token, &mut check);
    let requested = check_quantities(&mut check, lines);
    finish_with_owner(check, owner)?;
    transact!(app.db, tx, {
        let cart = owner.lock(app, tx).await?;
        let mut edit = Edit::of(tx, cart).await?;
        let mut check = Check::new();
        for (index, id, quantity) in &requested {
            edit.set(app, &mut check, &format!("lines.{index}"), *id, *quantity);
        }
        check.finish()?;
        edit.write(app, tx).await
    })
}

fn check_quantities(check: &mut Check, lines: &[LineQuantity]) -> Vec<(usize, CartLineId, i32)> {
    check_list(check, "lines", lines);
    let mut requested: Vec<(usize, CartLineId, i32)> = Vec::new();
    for (index, line) in lines.iter().enumerate().take(MAX_LINES) {
        let quantity = check.integer(&format!("lines.{index}.quantity"), line.quantity, 0..=MAX_QUANTITY);
        match &line.line_id {
            Err(problem) => check.push(problem.clone()),
            Ok(id) if requested.iter().any(|(_, other, _)| other == id) => {
                check.problem(
                    &format!("lines.{index}.lineId"),
                    Code::Invalid,
                    "lineId must name each line once; the line is given twice.",
                );
            }
            Ok(id) => requested.push((index, *id, quantity)),
        }
    }
    requested
}

/// Refuses a guest without a cart; other problems are reported first.
fn finish_with_owner(mut check: Check, owner: CartOwner) -> Result<()> {
    if matches!(owner, CartOwner::NewGuest) && check.is_clean() {
        check.problem("cartToken", Code::Required, "cartToken is required for guests.");
    }
    check.finish()
}

/// Removes lines.
pub async fn remove(
    app: &App,
    viewer: &Viewer,
    token: Option<&str>,
    line_ids: &[Result<CartLineId, Problem>],
) -> Result<Changed> {
    let mut check = Check::new();
    let owner = CartOwner::of(app, viewer, token, &mut check);
    check_list(&mut check, "lineIds", line_ids);
    let mut ids: Vec<(usize, CartLineId)> = Vec::new();
    for (index, id) in line_ids.iter().enumerate().take(MAX_LINES) {
        match id {
            Err(problem) => check.push(problem.clone()),
            Ok(id) if ids.iter().any(|(_, other)| other == id) => {}
            Ok(id) => ids.push((index, *id)),
        }
    }
    finish_with_owner(check, owner)?;
    transact!(app.db, tx, {
        let cart = owner.lock(app, tx).await?;
        let mut edit = Edit::of(tx, cart).await?;
        let mut check = Check::new();
        for (index, id) in &ids {
            if !edit.remove(*id) {
                check.push(no_line(&format!("lineIds.{index}")));
            }
        }
        check.finish()?;
        edit.write(app, tx).await
    })
}

fn no_line(path: &str) -> Problem {
    Problem::new(path, Code::NotFound, "The line does not exist in this cart.")
}

/// A cart that is being changed, and the lines to be written.
struct Edit {
    cart: Option<Model>,
    lines: Vec<Line>,
    /// Lines to write; `true` for new ones.
    touched: BTreeMap<CartLineId, bool>,
    removed: Vec<CartLineId>,
    limited: Vec<Warning>,
}

impl Edit {
    fn new(cart: impl Into<Option<Model>>, lines: Vec<Line>) -> Self {
        Self { cart: cart.into(), lines, touched: BTreeMap::new(), removed: Vec::new(), limited: Vec::new() }
    }

    async fn of(tx: &Tx, cart: Option<Model>) -> Result<Self> {
        let lines = match &cart {
            Some(cart) => line::of_carts(tx, &[cart.id]).await?,
            None => Vec::new(),
        };
        Ok(Self::new(cart, lines))
    }

    fn add(&mut self, app: &App, offer: &Offer, more: i64) {
        let existing = self.lines.iter().position(|line| line.row.variant_id == offer.variant.id);
        let current = existing.and_then(|position| self.lines.get(position)).map_or(0, |line| i64::from(line.row.quantity));
        let total = current + more;
        match existing.and_then(|position| self.lines.get_mut(position)) {
            Some(line) => {
                line.offer = Some(offer.clone());
                let id = line.row.id;
                self.touched.insert(id, false);
                self.set_quantity(app, id, total);
            }
            None => {
                let Some(cart) = &self.cart else { return };
                let now = app.clock.now();
                let row = cart_line::Model {
                    id: app.clock.new_id(),
                    cart_id: cart.id,
                    variant_id: offer.variant.id,
                    product_name: offer.product_name.clone(),
                    variant_name: offer.variant.name.clone(),
                    quantity: 0,
                    price_seen: offer.variant.price,
                    created_at: now,
                    updated_at: now,
                };
                let id = row.id;
                self.lines.push(Line { row, offer: Some(offer.clone()) });
                self.touched.insert(id, true);
                self.set_quantity(app, id, total);
            }
        }
    }

    fn set(&mut self, app: &App, check: &mut Check, path: &str, id: CartLineId, quantity: i32) {
        let Some(line) = self.lines.iter().find(|line| line.row.id == id) else {
            check.push(no_line(&format!("{path}.lineId")));
            return;
        };
        if quantity == 0 {
            self.remove(id);
        } else if let Some(problem) = cannot_be_bought(line.offer.as_ref(), &line.title(), path) {
            check.push(problem);
        } else {
            self.touched.insert(id, false);
            self.set_quantity(app, id, i64::from(quantity));
        }
    }

    /// Sets the quantity of a line, limited to the stock.
    fn set_quantity(&mut self, app: &App, id: CartLineId, total: i64) {
        let Some(line) = self.lines.iter_mut().find(|line| line.row.id == id) else { return };
        let Some(offer) = line.for_sale().cloned() else { return };
        let left = offer.available_quantity();
        let quantity = i32::try_from(total).unwrap_or(i32::MAX).min(left);
        line.row.quantity = quantity;
        line.row.price_seen = offer.variant.price;
        line.row.product_name.clone_from(&offer.product_name);
        line.row.variant_name.clone_from(&offer.variant.name);
        line.row.updated_at = app.clock.now();
        if i64::from(quantity) < total {
            self.limited.push(Warning {
                code: WarningCode::QuantityClamped,
                line_id: id,
                message: format!("The quantity of {} was limited to {left}, the items in stock; got {total}.", offer.title()),
                stock_available: Some(left),
            });
        }
    }

    fn remove(&mut self, id: CartLineId) -> bool {
        let before = self.lines.len();
        self.lines.retain(|line| line.row.id != id);
        let found = self.lines.len() < before;
        if found {
            self.removed.push(id);
        }
        found
    }

    async fn write(self, app: &App, tx: &Tx) -> Result<Changed> {
        let cart = self.cart.ok_or(Fault::NotFound)?;
        let rows = self.lines.iter().filter_map(|line| {
            let new = self.touched.get(&line.row.id)?;
            let id = if *new { line.row.id } else { app.clock.new_id() };
            Some(cart_line::Model { id, ..line.row.clone() })
        });
        line::write(tx, rows).await?;
        if !self.removed.is_empty() {
            Entity::delete_many().filter(Column::CartId.eq(cart.id)).filter(Column::Id.in_padded(&self.removed)).exec(tx).await?;
        }
        let warnings = self.limited.into_iter().chain(warnings(&self.lines)).collect();
        Ok(Changed { cart, lines: self.lines, warnings })
    }
}
