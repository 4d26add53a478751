//! The orders of the demo, in every status, with their timelines, payments and reviews.

use crate::demo::market::{Buyer, DemoProduct, Market, opening, parcel};
use crate::demo::random::Random;
use crate::demo::rows::{Ratings, RowBuilder, Rows};
use crate::demo::timeline::{self, Timeline};
use crate::demo::words::{REPLIES, REVIEWS, TAXES};
use crate::fixture;
use entity::id::{OrderId, OrderLineId, RefundId, StoreOrderId, UserId};
use entity::money::Minor;
use entity::value::{
    AttemptKind, CollectedBy, DisputeBearer, OrderStatus, PaymentProvider, PaymentStatus, RefundReason, RefundStatus,
};
use entity::{
    capture, fulfillment, fulfillment_line, order, order_line, payment, payment_attempt, refund, refund_line, review,
    sandbox_charge, sandbox_refund, setting, store_order,
};
use sea_orm::prelude::DateTimeUtc;
use souk_core::error::{Result, internal};
use souk_domain::commission::Commission;
use souk_domain::order::status::is_void;
use souk_domain::posting;
use souk_domain::setting::{MoneySettings, TaxRemitter};
use souk_domain::totals::{self, Line, StoreOrder, TaxTerms};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

/// The commission of the demo: 10 %, with 13 % tax on it.
pub(super) const COMMISSION: MoneySettings = MoneySettings {
    commission_basis_points: 1_000,
    commission_tax_basis_points: 1_300,
    tax_remitter: TaxRemitter::Store,
    earnings_hold_days: 7,
    commission_on_shipping: false,
    provider_fee_passed: false,
    dispute_bearer: DisputeBearer::Stores,
};

/// The rows of [`COMMISSION`].
pub(super) fn money_settings() -> Result<Vec<setting::Model>> {
    let serde_json::Value::Object(values) = serde_json::to_value(COMMISSION).map_err(internal)? else { return Ok(Vec::new()) };
    let row = |(name, value)| setting::Model { name, value, updated_at: opening() };
    Ok(values.into_iter().map(row).collect())
}

/// The statuses of the orders, oldest first. The first order of each status belongs to the buyer whose credentials are printed.
fn plan() -> Vec<OrderStatus> {
    use OrderStatus::{Cancelled, Completed, Confirmed, Delivered, Failed, Pending, Processing, Refunded, Shipped};
    let mut plan = Vec::new();
    for _ in 0..4 {
        plan.extend([Completed; 13]);
        plan.extend([Cancelled, Refunded, Failed]);
        plan.extend([Completed; 5]);
    }
    plan.extend([Delivered; 7]);
    plan.extend([Shipped; 5]);
    plan.extend([Processing; 5]);
    plan.extend([Confirmed; 6]);
    plan.extend([Pending; 3]);
    plan
}

/// The reviews so far, and the ratings of products and stores.
#[derive(Default)]
struct Reviewed {
    by_product_and_user: HashSet<(usize, UserId)>,
    products: BTreeMap<usize, Ratings>,
    stores: BTreeMap<usize, Ratings>,
}

/// Adds the orders and reviews.
pub(super) fn build(builder: &mut RowBuilder, rows: &mut Rows, market: &Market) -> Result<()> {
    let mut reviewed = Reviewed::default();
    let mut seen = HashSet::new();
    for (number, status) in (0u64..).zip(plan()) {
        let at = opening() + Duration::from_secs(86_400 * 45 + number * 172_800);
        let at = builder.random.after(at, 30);
        let buyer = if seen.insert(status) { market.buyers.first() } else { Some(builder.random.one_of(&market.buyers)?) };
        let Some(buyer) = buyer else { continue };
        place(builder, rows, market, &mut reviewed, &DemoOrder { buyer, guest: number % 12 == 11, status, at })?;
    }
    set_aggregates(rows, market, &reviewed);
    Ok(())
}

/// Writes the sales figures of products and the ratings of products and stores.
fn set_aggregates(rows: &mut Rows, market: &Market, reviewed: &Reviewed) {
    for item in &market.products {
        let (first, count) = item.variants;
        let variants = rows.variants.get(first..first + count).unwrap_or_default().to_vec();
        if let Some(row) = rows.products.get_mut(item.product) {
            fixture::set_aggregates(row, &variants);
        }
    }
    for (product, ratings) in &reviewed.products {
        if let Some(row) = rows.products.get_mut(*product) {
            ratings.of_product(row);
        }
    }
    for (store, ratings) in &reviewed.stores {
        if let Some(row) = rows.stores.get_mut(*store) {
            ratings.of_store(row);
        }
    }
}

/// A product to be ordered; `variant` is the index in [`Rows::variants`].
struct Choice<'a> {
    item: &'a DemoProduct,
    variant: usize,
    quantity: i32,
}

/// Chooses one to three products. The first one is physical; those of the first store are preferred.
fn choose<'a>(random: &mut Random, market: &'a Market) -> Result<Vec<Choice<'a>>> {
    let count = usize::try_from(random.between(1, 3)).unwrap_or(1);
    let mut chosen: Vec<Choice> = Vec::new();
    while chosen.len() < count {
        let of_first_store = random.percent(35);
        let item = random.one_of(&market.products)?;
        let fits = (!of_first_store || item.store == 0) && (!chosen.is_empty() || !item.digital);
        if !fits || chosen.iter().any(|choice| choice.item.id == item.id) {
            continue;
        }
        let (first, variants) = item.variants;
        let quantity = if item.digital { 1 } else { random.between(1, 3) };
        chosen.push(Choice { item, variant: first + random.below(variants), quantity });
    }
    chosen.sort_by_key(|choice| choice.item.store);
    Ok(chosen)
}

/// An order to be generated.
struct DemoOrder<'a> {
    buyer: &'a Buyer,
    guest: bool,
    status: OrderStatus,
    at: DateTimeUtc,
}

/// A store order to be generated.
struct DemoStoreOrder<'a> {
    id: StoreOrderId,
    lines: Vec<&'a Choice<'a>>,
    priced: &'a totals::PricedStoreOrder,
}

fn place(builder: &mut RowBuilder, rows: &mut Rows, market: &Market, reviewed: &mut Reviewed, wanted: &DemoOrder) -> Result<()> {
    let (buyer, status, at) = (wanted.buyer, wanted.status, wanted.at);
    let choices = choose(&mut builder.random, market)?;
    let stores: Vec<usize> = choices.iter().map(|choice| choice.item.store).collect::<BTreeSet<_>>().into_iter().collect();
    let parts: Vec<StoreOrder> = stores.iter().map(|store| checkout_part(rows, &choices, *store)).collect();
    let basis_points = TAXES.iter().find(|(country, ..)| *country == buyer.address.country).map_or(0, |(.., rate)| *rate);
    let priced = totals::price(&parts, TaxTerms { basis_points, included: false })?;
    let id: OrderId = builder.random.id(at);
    let mut timeline = Timeline::new(id, (!wanted.guest).then_some(buyer.id), at);
    let mut store_orders = Vec::new();
    for (store, priced) in stores.iter().zip(&priced.store_orders) {
        let Some(demo_store) = market.stores.get(*store) else { continue };
        let lines: Vec<&Choice> = choices.iter().filter(|choice| choice.item.store == *store).collect();
        let ships = lines.iter().any(|choice| !choice.item.digital);
        let store_order_id = builder.random.id(at);
        timeline.add_store_order(store_order_id, demo_store.id, demo_store.owner, ships, priced.totals.total);
        store_orders.push(DemoStoreOrder { id: store_order_id, lines, priced });
    }
    let manual =
        !matches!(status, OrderStatus::Pending | OrderStatus::Failed | OrderStatus::Refunded) && builder.random.percent(40);
    let number = number(&mut builder.random);
    let total = format!("{} {}", builder.currency.format(priced.totals.total), builder.currency);
    timeline.run(&mut builder.random, status, manual, (&number, &total, builder.currency));
    let order = order_row(builder, &timeline, wanted, number, &priced.totals);
    for (store_order, state) in store_orders.iter().zip(&timeline.store_orders) {
        add_store_order(builder, rows, &order, (store_order, state), basis_points)?;
    }
    let provider = if manual { PaymentProvider::Manual } else { PaymentProvider::Sandbox };
    add_payment(builder, rows, &order, (provider, status))?;
    rows.orders.push(order);
    let received = timeline.now;
    rows.events.extend(timeline.into_rows(&mut builder.random));
    if matches!(status, OrderStatus::Delivered | OrderStatus::Completed) && !wanted.guest {
        for choice in &choices {
            add_review(builder, rows, market, reviewed, (choice.item, buyer.id), received)?;
        }
    }
    Ok(())
}

/// Adds a store order with its lines and its fulfillment.
fn add_store_order(
    builder: &mut RowBuilder,
    rows: &mut Rows,
    order: &order::Model,
    (store_order, state): (&DemoStoreOrder, &timeline::StoreOrderState),
    basis_points: i32,
) -> Result<()> {
    let totals = &store_order.priced.totals;
    let row = store_order::Model {
        status: state.status,
        shipping_method_id: rows.methods.first().filter(|_| state.ships).map(|row| row.id.0),
        shipping_method_name: state.ships.then(|| "Standard".to_owned()),
        items_total: totals.items,
        discount_total: totals.discount,
        shipping_total: totals.shipping,
        tax_total: totals.tax,
        total: totals.total,
        shipping_tax_total: totals.tax.minus(Minor::sum(store_order.priced.lines.iter().map(|line| line.tax))?)?,
        payable_at: state.delivered_at.map(|at| at + Duration::from_secs(7 * 86_400)),
        ..fixture::store_order(store_order.id, order, state.store)
    };
    let shipped = add_lines(builder, rows, &row, (store_order, state), basis_points)?;
    rows.store_orders.push(row);
    match state.shipped_at {
        Some(at) => add_fulfillment(builder, rows, store_order.id, &shipped, at),
        None => Ok(()),
    }
}

fn order_row(
    builder: &RowBuilder,
    timeline: &Timeline,
    wanted: &DemoOrder,
    number: String,
    totals: &totals::Totals,
) -> order::Model {
    order::Model {
        number,
        user_id: (!wanted.guest).then_some(wanted.buyer.id),
        email: wanted.buyer.email.clone(),
        phone: wanted.guest.then(|| "+977 1 5550142".to_owned()),
        shipping_address: Some(wanted.buyer.address.clone()),
        billing_address: Some(wanted.buyer.address.clone()),
        status: timeline.order_status(),
        items_total: totals.items,
        discount_total: totals.discount,
        shipping_total: totals.shipping,
        tax_total: totals.tax,
        total: totals.total,
        paid_at: timeline.paid_at,
        // Unpaid orders of the demo never expire, so that there always are some.
        hold_expires_at: None,
        updated_at: timeline.now,
        ..fixture::order(timeline.order, builder.currency, timeline.placed_at)
    }
}

/// The priced lines of one store.
fn checkout_part(rows: &Rows, choices: &[Choice], store: usize) -> StoreOrder {
    let of_store = || choices.iter().filter(|choice| choice.item.store == store);
    let price = |choice: &Choice| rows.variants.get(choice.variant).map(|row| row.price).unwrap_or_default();
    let lines: Vec<Line> =
        of_store().map(|choice| Line { unit_price: price(choice), quantity: choice.quantity, discount: Minor::ZERO }).collect();
    let items: i64 = lines.iter().map(|line| line.unit_price.0 * i64::from(line.quantity)).sum();
    let ships = of_store().any(|choice| !choice.item.digital);
    let standard = rows.methods.first();
    let price = standard.map(|row| row.price).unwrap_or_default();
    let free = standard.and_then(|row| row.free_over).is_some_and(|over| items >= over.0);
    StoreOrder { lines, shipping: if ships && !free { price } else { Minor::ZERO } }
}

/// The cancelled amount of a line; prices do not include tax here.
fn cancelled_total(priced: &totals::PricedLine, status: OrderStatus) -> Result<Minor> {
    if status != OrderStatus::Cancelled {
        return Ok(Minor::ZERO);
    }
    Ok(priced.total.minus(priced.discount)?.plus(priced.tax)?)
}

/// Adds the lines of a store order and counts sales; returns the lines and quantities that are shipped.
fn add_lines(
    builder: &mut RowBuilder,
    rows: &mut Rows,
    row: &store_order::Model,
    (store_order, state): (&DemoStoreOrder, &timeline::StoreOrderState),
    basis_points: i32,
) -> Result<Vec<(OrderLineId, i32)>> {
    let mut shipped = Vec::new();
    for (choice, priced) in store_order.lines.iter().zip(&store_order.priced.lines) {
        let Some(variant) = rows.variants.get_mut(choice.variant) else { continue };
        let Some(product) = rows.products.get(choice.item.product) else { continue };
        let id: OrderLineId = builder.random.id(opening());
        let is_shipped = state.shipped_at.is_some() && !choice.item.digital;
        if is_shipped {
            shipped.push((id, choice.quantity));
        }
        if !is_void(state.status) {
            variant.sold_count += i64::from(choice.quantity);
        }
        let commission = Commission::of(priced.total.minus(priced.discount)?, COMMISSION.commission_basis_points, &COMMISSION)?;
        rows.order_lines.push(order_line::Model {
            fulfilled_quantity: if is_shipped { choice.quantity } else { 0 },
            cancelled_quantity: if state.status == OrderStatus::Cancelled { choice.quantity } else { 0 },
            line_total: priced.total,
            discount_total: priced.discount,
            tax_total: priced.tax,
            tax_basis_points: basis_points,
            cancelled_total: cancelled_total(priced, state.status)?,
            commission_basis_points: commission.basis_points,
            commission_total: commission.total,
            commission_tax_total: commission.tax,
            ..fixture::order_line(id, row, (product, variant), choice.quantity)
        });
    }
    Ok(shipped)
}

fn add_fulfillment(
    builder: &mut RowBuilder,
    rows: &mut Rows,
    store_order_id: StoreOrderId,
    lines: &[(OrderLineId, i32)],
    at: DateTimeUtc,
) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let id = builder.random.id(at);
    let (courier, number, url) = parcel(&mut builder.random)?;
    rows.fulfillments.push(fulfillment::Model {
        id,
        store_order_id,
        courier: Some(courier),
        tracking_number: Some(number),
        tracking_url: Some(url),
        created_at: at,
    });
    rows.fulfillment_lines.extend(lines.iter().map(|(order_line_id, quantity)| fulfillment_line::Model {
        id: builder.random.id(at),
        fulfillment_id: id,
        order_line_id: *order_line_id,
        quantity: *quantity,
    }));
    Ok(())
}

fn add_payment(
    builder: &mut RowBuilder,
    rows: &mut Rows,
    order: &order::Model,
    (provider, order_status): (PaymentProvider, OrderStatus),
) -> Result<()> {
    let status = match order_status {
        OrderStatus::Failed => PaymentStatus::Failed,
        OrderStatus::Refunded => PaymentStatus::Refunded,
        OrderStatus::Cancelled => PaymentStatus::Cancelled,
        _ if order.paid_at.is_some() => PaymentStatus::Captured,
        _ if provider == PaymentProvider::Manual => PaymentStatus::Authorized,
        _ => PaymentStatus::Pending,
    };
    let (id, at) = (builder.random.id(order.created_at), order.created_at);
    let captured = matches!(status, PaymentStatus::Captured | PaymentStatus::Refunded);
    let mut row = fixture::payment(id, order, provider);
    row.status = status;
    row.authorized_amount = if status == PaymentStatus::Authorized { order.total } else { Minor::ZERO };
    row.captured_amount = if captured { order.total } else { Minor::ZERO };
    row.refunded_amount = if status == PaymentStatus::Refunded { order.total } else { Minor::ZERO };
    row.provider_reference = (provider == PaymentProvider::Sandbox).then(|| format!("sandbox_{}", id.0.simple()));
    row.failure_reason = (status == PaymentStatus::Failed).then(|| "the card was declined".to_owned());
    if provider == PaymentProvider::Sandbox && status != PaymentStatus::Pending {
        rows.attempts.push(payment_attempt::Model {
            id: builder.random.id(at),
            payment_id: id,
            kind: Some(AttemptKind::Confirm),
            outcome: if captured { PaymentStatus::Captured } else { status },
            amount: None,
            error_kind: None,
            provider_reference: row.provider_reference.clone(),
            message: row.failure_reason.clone(),
            created_at: at,
        });
    }
    if captured {
        add_captures(builder, rows, &row, order.paid_at.unwrap_or(at));
        match status {
            PaymentStatus::Refunded => add_refunds(builder, rows, order, &row)?,
            _ => post_captures(rows, order, &row)?,
        }
    }
    rows.payments.push(row);
    Ok(())
}

/// Adds the transactions of the captures of a payment.
fn post_captures(rows: &mut Rows, order: &order::Model, payment: &payment::Model) -> Result<()> {
    let lines = rows.order_lines.iter().filter(|line| line.order_id == order.id).cloned().collect();
    let captures: Vec<_> = rows.captures.iter().filter(|capture| capture.payment_id == payment.id).cloned().collect();
    // The store orders of an order are added together.
    let Some(first) = rows.store_orders.iter().position(|row| row.order_id == order.id) else { return Ok(()) };
    let Some(store_orders) = rows.store_orders.get_mut(first..) else { return Ok(()) };
    rows.transactions.extend(posting::of_order(order, store_orders, lines, payment, &captures)?);
    Ok(())
}

/// Adds the refund of each store order of a payment that the SANDBOX provider refunded as a whole, and the transactions of captures and
/// refunds.
fn add_refunds(builder: &mut RowBuilder, rows: &mut Rows, order: &order::Model, payment: &payment::Model) -> Result<()> {
    let captures: Vec<_> = rows.captures.iter().filter(|capture| capture.payment_id == payment.id).cloned().collect();
    // The store orders of an order are added together, and so are their lines.
    let (Some(first), Some(first_line)) = (
        rows.store_orders.iter().position(|row| row.order_id == order.id),
        rows.order_lines.iter().position(|row| row.order_id == order.id),
    ) else {
        return Ok(());
    };
    let (Some(store_orders), Some(lines)) = (rows.store_orders.get_mut(first..), rows.order_lines.get_mut(first_line..)) else {
        return Ok(());
    };
    let at = order.updated_at;
    let mut refunds = Vec::new();
    for row in store_orders.iter() {
        let id: RefundId = builder.random.id(at);
        refunds.push(refund::Model {
            id,
            payment_id: payment.id,
            order_id: order.id,
            store_order_id: Some(row.id),
            reason: RefundReason::Other,
            status: RefundStatus::Succeeded,
            amount: row.total,
            shipping_amount: row.shipping_total.plus(row.shipping_tax_total)?,
            currency: payment.currency,
            restocked: true,
            requested_by_id: None,
            retry_of_id: None,
            note: Some("Ordered by mistake.".to_owned()),
            provider_reference: Some(format!("sandbox_refund_{}", id.0.simple())),
            failure_reason: None,
            unknown_calls: 0,
            version: 1,
            created_at: at,
            updated_at: at,
        });
    }
    rows.transactions.extend(posting::of_refunded_order(order, store_orders, lines, payment, &captures, &refunds)?);
    for refund in &refunds {
        for line in lines.iter().filter(|line| Some(line.store_order_id) == refund.store_order_id) {
            rows.refund_lines.push(refund_line::Model {
                id: builder.random.id(at),
                refund_id: refund.id,
                order_line_id: line.id,
                quantity: line.refunded_quantity,
                amount: line.refunded_total,
            });
        }
        let returned =
            sandbox_refund::Model { refund_id: refund.id.0, payment_id: payment.id, amount: refund.amount, created_at: at };
        rows.returned.push(returned);
    }
    rows.refunds.extend(refunds);
    Ok(())
}

/// Adds the capture of a payment; for a manual payment, one for each store order.
fn add_captures(builder: &mut RowBuilder, rows: &mut Rows, payment: &payment::Model, at: DateTimeUtc) {
    let mut add = |store_order_id: Option<StoreOrderId>, amount, reference: String| {
        rows.captures.push(capture::Model {
            id: builder.random.id(at),
            payment_id: payment.id,
            store_order_id,
            amount,
            provider_reference: reference,
            collected_by: Some(CollectedBy::Marketplace),
            fee: None,
            created_at: at,
        });
    };
    match &payment.provider_reference {
        Some(reference) => {
            add(None, payment.captured_amount, reference.clone());
            rows.charges.push(sandbox_charge::Model {
                payment_id: payment.id,
                outcome: PaymentStatus::Captured,
                authorized_amount: Minor::ZERO,
                captured_amount: payment.captured_amount,
                token: None,
                created_at: at,
            });
        }
        None => {
            for store_order in rows.store_orders.iter().filter(|store_order| store_order.order_id == payment.order_id) {
                add(Some(store_order.id), store_order.total, store_order.id.to_string());
            }
        }
    }
}

/// Adds a review for most of the delivered products, at most one per user and product.
fn add_review(
    builder: &mut RowBuilder,
    rows: &mut Rows,
    market: &Market,
    reviewed: &mut Reviewed,
    (item, user): (&DemoProduct, UserId),
    received: DateTimeUtc,
) -> Result<()> {
    let Some(store) = market.stores.get(item.store) else { return Ok(()) };
    if !builder.random.percent(80) || !reviewed.by_product_and_user.insert((item.product, user)) {
        return Ok(());
    }
    let text = *builder.random.one_of(&REVIEWS)?;
    let at = builder.random.after(received, 72);
    let mut row = review_row(fixture::review(builder.random.id(at), (item.id, store.id), user, at), text);
    if builder.random.percent(30) {
        row.reply_body = Some((*builder.random.one_of(&REPLIES)?).to_owned());
        row.reply_user_id = Some(store.owner);
        row.replied_at = Some(builder.random.after(at, 48));
    }
    reviewed.products.entry(item.product).or_default().add(row.rating);
    reviewed.stores.entry(item.store).or_default().add(row.rating);
    rows.reviews.push(row);
    Ok(())
}

/// A review with one of the texts of [`REVIEWS`].
pub(super) fn review_row(row: review::Model, (rating, title, body): (i32, &str, &str)) -> review::Model {
    review::Model { rating, title: title.to_owned(), body: body.to_owned(), ..row }
}

/// An order number in the format of real ones (Crockford's base 32).
fn number(random: &mut Random) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut group = || -> String { (0..4).map(|_| ALPHABET.get(random.below(32)).copied().map_or('0', char::from)).collect() };
    format!("SK-{}-{}", group(), group())
}
