//! Current prices of a checkout.

use crate::cart::LineStatus;
use crate::checkout::cart_snapshot::{self, CartLineSnapshot, Contents, UnavailableLine};
use crate::checkout::quoted::{Quote, QuotedLine, QuotedStoreOrder};
use crate::checkout::ready;
use crate::setting::{self, Settings};
use crate::shipping::{self, OfferedMethod};
use crate::tax;
use crate::totals::{self, Line, PricedLine, StoreOrder, TaxTerms};
use entity::checkout::Model;
use entity::id::{CheckoutId, ProductVariantId, ShippingMethodId, StoreId};
use entity::money::Minor;
use entity::value::{CheckoutStatus, ProductKind, ShippingChoices};
use entity::{order, order_line, shipping_method, store_order};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::error::Result;
use std::collections::{BTreeMap, HashMap};

/// The quote of a checkout that the viewer may see; for a completed checkout, the totals of its order.
pub async fn of(app: &App, _viewer: &Viewer, row: &Model) -> Result<Quote> {
    let db = app.db.read();
    if row.status == CheckoutStatus::Completed
        && let Some(order) = order_of(db, row.id).await?
    {
        return of_order(app, &order).await;
    }
    let contents = match row.cart_id {
        Some(cart) => cart_snapshot::lines(db, cart).await?,
        None => Contents::default(),
    };
    let settings = setting::load(db).await?;
    of_contents(db, app, &settings, row, &contents).await
}

/// The data of a checkout, apart from the cart, that determine prices.
#[derive(Clone, Copy, Default)]
pub(crate) struct Terms<'a> {
    /// Country of the shipping address.
    pub shipping_country: Option<&'a str>,
    /// Country of the billing address.
    pub billing_country: Option<&'a str>,
    /// The shipping methods that the buyer chose; without a choice the cheapest of each store.
    pub choices: Option<&'a ShippingChoices>,
}

impl<'a> Terms<'a> {
    fn of(row: &'a Model) -> Self {
        Self {
            shipping_country: row.shipping_address.as_ref().map(|address| address.country.as_str()),
            billing_country: row.billing_address.as_ref().map(|address| address.country.as_str()),
            choices: Some(&row.shipping_choices),
        }
    }

    /// Country whose tax applies: of the shipping address, or of the billing address if nothing is shipped.
    fn tax_country(self, ships: bool) -> Option<&'a str> {
        if ships { self.shipping_country } else { self.billing_country.or(self.shipping_country) }
    }
}

/// Prices the content of the cart with current shipping methods and taxes, and lists the problems that prevent an order.
pub(crate) async fn of_contents(
    db: &impl ConnectionTrait,
    app: &App,
    settings: &Settings,
    row: &Model,
    contents: &Contents,
) -> Result<Quote> {
    let mut quote = priced(db, app, settings, Terms::of(row), contents).await?;
    quote.problems = ready::problems(row, contents, &quote);
    Ok(quote)
}

/// Prices the content of the cart with current shipping methods and taxes.
pub(crate) async fn priced(
    db: &impl ConnectionTrait,
    app: &App,
    settings: &Settings,
    terms: Terms<'_>,
    contents: &Contents,
) -> Result<Quote> {
    let currency = app.config.currency;
    let stores = by_store(&contents.lines);
    let shipping_to: Vec<_> = stores.iter().filter(|(_, lines)| ships(lines)).map(|(store, _)| *store).collect();
    let methods = match shipping_to.as_slice() {
        [] => HashMap::new(),
        stores => shipping::offered(db, stores).await?,
    };
    let country = terms.tax_country(!shipping_to.is_empty());
    let basis_points = match country {
        Some(country) => tax::basis_points(db, country).await?,
        None => 0,
    };
    let sends_nothing = shipping_to.is_empty() && !stores.is_empty();
    let needs_billing_country = sends_nothing && country.is_none() && tax::is_asked_anywhere(db).await?;
    let tax = TaxTerms { basis_points, included: settings.prices_include_tax };
    let mut offers = Vec::new();
    for (store, lines) in &stores {
        offers.push(offers_for(terms, *store, lines, methods.get(store).map_or(&[], Vec::as_slice))?);
    }
    let store_orders: Vec<_> = stores.iter().zip(&offers).map(|((_, lines), offer)| priced_lines(lines, offer)).collect();
    let priced = totals::price(&store_orders, tax)?;
    let mut store_orders = Vec::new();
    for (((store_id, lines), (offered, chosen)), store_order) in stores.into_iter().zip(offers).zip(priced.store_orders) {
        let ships = ships(&lines);
        let lines = lines.into_iter().map(|line| quoted(line, tax)).collect::<Result<Vec<_>>>()?;
        store_orders.push(QuotedStoreOrder { store_id, lines, ships, offered, chosen, totals: store_order.totals });
    }
    let unavailable = contents.unavailable.iter().map(unavailable).collect::<Result<Vec<_>>>()?;
    let totals = priced.totals;
    let physical = contents.lines.iter().filter(|line| line.kind == ProductKind::Physical);
    let physical_units = physical.map(|line| i64::from(line.quantity)).sum();
    let problems = Vec::new();
    Ok(Quote { store_orders, unavailable, totals, tax, needs_billing_country, currency, physical_units, problems })
}

/// Lines by store, in the order in which the stores first appear.
fn by_store(lines: &[CartLineSnapshot]) -> Vec<(StoreId, Vec<&CartLineSnapshot>)> {
    let mut stores: Vec<(StoreId, Vec<&CartLineSnapshot>)> = Vec::new();
    for line in lines {
        match stores.iter_mut().find(|(store, _)| *store == line.store_id) {
            Some((_, of_store)) => of_store.push(line),
            None => stores.push((line.store_id, vec![line])),
        }
    }
    stores
}

fn ships(lines: &[&CartLineSnapshot]) -> bool {
    lines.iter().any(|line| line.kind == ProductKind::Physical)
}

type Offer = (Vec<OfferedMethod>, Option<OfferedMethod>);

fn offers_for(
    terms: Terms<'_>,
    store: StoreId,
    lines: &[&CartLineSnapshot],
    methods: &[shipping_method::Model],
) -> Result<Offer> {
    let counted = lines.iter().filter(|line| line.in_stock());
    let totals = counted.map(|line| line.unit_price.times(line.quantity)).collect::<Result<Vec<_>, _>>()?;
    let items = Minor::sum(totals)?;
    let methods = methods.iter().filter(|method| shipping::sends_to(method, terms.shipping_country));
    let offered: Vec<_> = methods.map(|method| OfferedMethod::new(method, items)).collect();
    let chosen = match terms.choices.and_then(|choices| choices.0.get(&store.0)) {
        Some(choice) => offered.iter().find(|method| method.id == ShippingMethodId(*choice)),
        None => offered.iter().min_by_key(|method| method.price),
    };
    let chosen = chosen.cloned();
    Ok((offered, chosen))
}

/// The lines that can be bought; the others are shown, but not counted.
fn priced_lines(lines: &[&CartLineSnapshot], (_, chosen): &Offer) -> StoreOrder {
    let lines = lines.iter().filter(|line| line.in_stock()).map(|line| priced_as(line));
    StoreOrder { lines: lines.collect(), shipping: chosen.as_ref().map_or(Minor::ZERO, |method| method.price) }
}

fn priced_as(line: &CartLineSnapshot) -> Line {
    Line { unit_price: line.unit_price, quantity: line.quantity, discount: Minor::ZERO }
}

fn quoted(line: &CartLineSnapshot, tax: TaxTerms) -> Result<QuotedLine> {
    Ok(QuotedLine {
        variant_id: line.variant_id,
        quantity: line.quantity,
        unit_price: line.unit_price,
        product_name: line.product_name.clone(),
        variant_name: line.variant_name.clone(),
        status: line.status(),
        priced: totals::price_line(&priced_as(line), tax)?,
    })
}

fn unavailable(line: &UnavailableLine) -> Result<QuotedLine> {
    Ok(QuotedLine {
        variant_id: line.variant_id,
        quantity: line.quantity,
        unit_price: line.unit_price,
        product_name: line.product_name.clone(),
        variant_name: line.variant_name.clone(),
        status: LineStatus::Unavailable,
        priced: PricedLine { total: line.unit_price.times(line.quantity)?, discount: Minor::ZERO, tax: Minor::ZERO },
    })
}

/// The order of a checkout, if it is completed.
pub(crate) async fn order_of(db: &impl ConnectionTrait, id: CheckoutId) -> Result<Option<order::Model>> {
    Ok(order::Entity::find().filter(order::Column::CheckoutId.eq(id.0)).one(db).await?)
}

/// The totals with which an order was placed.
async fn of_order(app: &App, order: &order::Model) -> Result<Quote> {
    let db = app.db.read();
    let store_orders = store_order::Entity::find().filter(store_order::Column::OrderId.eq(order.id));
    let store_orders = store_orders.order_by_asc(store_order::Column::Id).all(db).await?;
    let lines = order_line::Entity::find().filter(order_line::Column::OrderId.eq(order.id));
    let lines = lines.order_by_asc(order_line::Column::Id).all(db).await?;
    let mut by_store_order: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for line in &lines {
        by_store_order.entry(line.store_order_id).or_default().push(line);
    }
    let basis_points = lines.iter().map(|line| line.tax_basis_points).max().unwrap_or(0);
    let store_orders = store_orders
        .iter()
        .map(|store_order| ordered_store_order(store_order, by_store_order.get(&store_order.id).map_or(&[], Vec::as_slice)))
        .collect();
    let tax = TaxTerms { basis_points, included: order.tax_included };
    Ok(Quote {
        store_orders,
        unavailable: Vec::new(),
        totals: order.into(),
        tax,
        needs_billing_country: false,
        currency: order.currency,
        physical_units: 0,
        problems: Vec::new(),
    })
}

fn ordered_store_order(store_order: &store_order::Model, lines: &[&order_line::Model]) -> QuotedStoreOrder {
    let chosen = store_order.shipping_method_id.zip(store_order.shipping_method_name.clone()).map(|(id, name)| OfferedMethod {
        id: ShippingMethodId(id),
        name,
        price: store_order.shipping_total,
        currency: store_order.currency,
    });
    QuotedStoreOrder {
        store_id: store_order.store_id,
        ships: lines.iter().any(|line| line.kind == ProductKind::Physical),
        lines: lines.iter().map(|line| ordered_line(line)).collect(),
        offered: chosen.iter().cloned().collect(),
        chosen,
        totals: store_order.into(),
    }
}

fn ordered_line(line: &order_line::Model) -> QuotedLine {
    QuotedLine {
        variant_id: ProductVariantId(line.variant_id),
        quantity: line.quantity,
        unit_price: line.unit_price,
        product_name: line.product_name.clone(),
        variant_name: line.variant_name.clone(),
        status: LineStatus::Available,
        priced: PricedLine { total: line.line_total, discount: line.discount_total, tax: line.tax_total },
    }
}
