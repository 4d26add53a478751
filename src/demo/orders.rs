//! The orders of the demo, in every status, with what happened to them.

use crate::demo::market::{Buyer, Market, Ware, opening, parcel};
use crate::demo::random::Random;
use crate::demo::timeline::{self, Timeline};
use crate::demo::words::{REPLIES, REVIEWS, TAXES};
use crate::demo::world::{Maker, Ratings, World, value};
use entity::id::{FulfillmentId, OrderId, OrderLineId, PaymentId, StoreOrderId, UserId};
use entity::money::Minor;
use entity::value::{OrderStatus, PaymentProvider, PaymentStatus, ProductKind};
use entity::{fulfillment, fulfillment_line, order, order_line, payment, payment_attempt, store_order};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::DateTimeUtc;
use souk_core::error::Result;
use souk_domain::order::status::is_void;
use souk_domain::totals::{self, Line, StoreOrder, TaxTerms};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

/// Where the orders stand, the oldest first. The first of each status is by the buyer whose sign-in is printed.
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

/// Who wrote which reviews, and what came of them.
#[derive(Default)]
struct Reviewed {
    pairs: HashSet<(usize, UserId)>,
    products: BTreeMap<usize, Ratings>,
    shops: BTreeMap<usize, Ratings>,
}

/// Adds the orders and the reviews that followed them.
pub fn build(maker: &mut Maker, world: &mut World, market: &Market) -> Result<()> {
    let mut reviewed = Reviewed::default();
    let mut seen = HashSet::new();
    for (number, status) in (0u64..).zip(plan()) {
        let at = opening() + Duration::from_secs(86_400 * 45 + number * 172_800);
        let at = maker.random.after(at, 30);
        let buyer = if seen.insert(status) { market.buyers.first() } else { Some(maker.random.one_of(&market.buyers)?) };
        let Some(buyer) = buyer else { continue };
        place(maker, world, market, &mut reviewed, &Wanted { buyer, guest: number % 12 == 11, status, at })?;
    }
    set_aggregates(world, market, &reviewed);
    Ok(())
}

/// Sales into the products, stars into products and stores.
fn set_aggregates(world: &mut World, market: &Market, reviewed: &Reviewed) {
    for ware in &market.wares {
        let (first, count) = ware.variants;
        let variants = world.variants.get(first..first + count).unwrap_or_default().to_vec();
        if let Some(row) = world.products.get_mut(ware.product) {
            Maker::set_aggregates(row, &variants);
        }
    }
    for (product, ratings) in &reviewed.products {
        if let Some(row) = world.products.get_mut(*product) {
            ratings.of_product(row);
        }
    }
    for (shop, ratings) in &reviewed.shops {
        if let Some(row) = world.stores.get_mut(*shop) {
            ratings.of_store(row);
        }
    }
}

/// What was chosen: a variant's row of a ware, and how many.
struct Choice<'a> {
    ware: &'a Ware,
    variant: usize,
    quantity: i32,
}

/// One to three products, the first one physical, often of the first store.
fn choose<'a>(random: &mut Random, market: &'a Market) -> Result<Vec<Choice<'a>>> {
    let count = usize::try_from(random.between(1, 3)).unwrap_or(1);
    let mut chosen: Vec<Choice> = Vec::new();
    while chosen.len() < count {
        let of_first_shop = random.percent(35);
        let ware = random.one_of(&market.wares)?;
        let fits = (!of_first_shop || ware.shop == 0) && (!chosen.is_empty() || !ware.digital);
        if !fits || chosen.iter().any(|choice| choice.ware.id == ware.id) {
            continue;
        }
        let (first, variants) = ware.variants;
        let quantity = if ware.digital { 1 } else { random.between(1, 3) };
        chosen.push(Choice { ware, variant: first + random.below(variants), quantity });
    }
    chosen.sort_by_key(|choice| choice.ware.shop);
    Ok(chosen)
}

/// What is to be placed.
struct Wanted<'a> {
    buyer: &'a Buyer,
    guest: bool,
    status: OrderStatus,
    at: DateTimeUtc,
}

/// What one store gets of an order.
struct Piece<'a> {
    id: StoreOrderId,
    lines: Vec<&'a Choice<'a>>,
    priced: &'a totals::PricedStoreOrder,
}

fn place(maker: &mut Maker, world: &mut World, market: &Market, reviewed: &mut Reviewed, wanted: &Wanted) -> Result<()> {
    let (buyer, status, at) = (wanted.buyer, wanted.status, wanted.at);
    let choices = choose(&mut maker.random, market)?;
    let shops: Vec<usize> = choices.iter().map(|choice| choice.ware.shop).collect::<BTreeSet<_>>().into_iter().collect();
    let parts: Vec<StoreOrder> = shops.iter().map(|shop| part(world, &choices, *shop)).collect();
    let basis_points = TAXES.iter().find(|(country, ..)| *country == buyer.address.country).map_or(0, |(.., rate)| *rate);
    let priced = totals::price(&parts, TaxTerms { basis_points, included: false })?;
    let id: OrderId = maker.random.id(at);
    let mut timeline = Timeline::new(id, (!wanted.guest).then_some(buyer.id), at);
    let mut pieces = Vec::new();
    for (shop, priced) in shops.iter().zip(&priced.store_orders) {
        let Some(shop_words) = market.shops.get(*shop) else { continue };
        let lines: Vec<&Choice> = choices.iter().filter(|choice| choice.ware.shop == *shop).collect();
        let ships = lines.iter().any(|choice| !choice.ware.digital);
        let part_id = maker.random.id(at);
        timeline.add_part(part_id, shop_words.id, shop_words.owner, ships, priced.totals.total);
        pieces.push(Piece { id: part_id, lines, priced });
    }
    let manual =
        !matches!(status, OrderStatus::Pending | OrderStatus::Failed | OrderStatus::Refunded) && maker.random.percent(40);
    let number = number(&mut maker.random);
    let total = format!("{} {}", maker.currency.format(priced.totals.total), maker.currency);
    timeline.run(&mut maker.random, status, manual, (&number, &total, maker.currency));
    for (piece, standing) in pieces.iter().zip(&timeline.parts) {
        add_part(maker, world, &timeline, (piece, standing), basis_points)?;
    }
    add_order(maker, world, &timeline, wanted, number, &priced.totals);
    let provider = if manual { PaymentProvider::Manual } else { PaymentProvider::Sandbox };
    add_payment(maker, world, id, (provider, status), priced.totals.total, &timeline, at);
    let received = timeline.now;
    world.events.extend(timeline.into_rows(&mut maker.random));
    if matches!(status, OrderStatus::Delivered | OrderStatus::Completed) && !wanted.guest {
        for choice in &choices {
            add_review(maker, world, market, reviewed, (choice.ware, buyer.id), received)?;
        }
    }
    Ok(())
}

/// A store's part with its lines and its parcel.
fn add_part(
    maker: &mut Maker,
    world: &mut World,
    timeline: &Timeline,
    (piece, standing): (&Piece, &timeline::Part),
    basis_points: i32,
) -> Result<()> {
    let method = world.methods.first().and_then(|row| row.id.try_as_ref()).filter(|_| standing.ships).map(|id| id.0);
    let totals = &piece.priced.totals;
    world.store_orders.push(store_order::ActiveModel {
        id: Set(piece.id),
        order_id: Set(timeline.order),
        store_id: Set(standing.store),
        status: Set(standing.status),
        shipping_method_id: Set(method),
        shipping_method_name: Set(standing.ships.then(|| "Standard".to_owned())),
        currency: Set(maker.currency),
        items_total: Set(totals.items),
        discount_total: Set(totals.discount),
        shipping_total: Set(totals.shipping),
        tax_total: Set(totals.tax),
        total: Set(totals.total),
        version: Set(1),
        created_at: Set(timeline.placed_at),
        updated_at: Set(timeline.now),
    });
    let sent = add_lines(maker, world, timeline.order, (piece, standing), basis_points)?;
    match standing.shipped_at {
        Some(at) => add_parcel(maker, world, piece.id, &sent, at),
        None => Ok(()),
    }
}

fn add_order(
    maker: &mut Maker,
    world: &mut World,
    timeline: &Timeline,
    wanted: &Wanted,
    number: String,
    totals: &totals::Totals,
) {
    world.orders.push(order::ActiveModel {
        id: Set(timeline.order),
        number: Set(number),
        checkout_id: Set(None),
        user_id: Set((!wanted.guest).then_some(wanted.buyer.id)),
        email: Set(wanted.buyer.email.clone()),
        phone: Set(wanted.guest.then(|| "+977 1 5550142".to_owned())),
        shipping_address: Set(Some(wanted.buyer.address.clone())),
        billing_address: Set(Some(wanted.buyer.address.clone())),
        note: Set(String::new()),
        status: Set(timeline.order_status()),
        currency: Set(maker.currency),
        items_total: Set(totals.items),
        discount_total: Set(totals.discount),
        shipping_total: Set(totals.shipping),
        tax_total: Set(totals.tax),
        total: Set(totals.total),
        tax_included: Set(false),
        paid_at: Set(timeline.paid_at),
        // The demo's unpaid orders wait for ever, so that there always are some.
        hold_expires_at: Set(None),
        client_network: Set(None),
        refund_due: Set(Minor::ZERO),
        version: Set(1),
        created_at: Set(timeline.placed_at),
        updated_at: Set(timeline.now),
    });
}

/// What of the choice is one store's.
fn part(world: &World, choices: &[Choice], shop: usize) -> StoreOrder {
    let of_shop = || choices.iter().filter(|choice| choice.ware.shop == shop);
    let price = |choice: &Choice| world.variants.get(choice.variant).map(|row| value(&row.price)).unwrap_or_default();
    let lines: Vec<Line> =
        of_shop().map(|choice| Line { unit_price: price(choice), quantity: choice.quantity, discount: Minor::ZERO }).collect();
    let items: i64 = lines.iter().map(|line| line.unit_price.0 * i64::from(line.quantity)).sum();
    let ships = of_shop().any(|choice| !choice.ware.digital);
    let standard = world.methods.first();
    let price = standard.map(|row| value(&row.price)).unwrap_or_default();
    let free = standard.and_then(|row| row.free_over.try_as_ref().copied().flatten()).is_some_and(|over| items >= over.0);
    StoreOrder { lines, shipping: if ships && !free { price } else { Minor::ZERO } }
}

/// What a line of a cancelled part came to; prices are without tax here.
fn cancelled_total(priced: &totals::PricedLine, status: OrderStatus) -> Result<Minor> {
    if status != OrderStatus::Cancelled {
        return Ok(Minor::ZERO);
    }
    Ok(priced.total.minus(priced.discount)?.plus(priced.tax)?)
}

/// Writes the lines of a part, and counts what was sold; answers with what is in its parcel.
fn add_lines(
    maker: &mut Maker,
    world: &mut World,
    order_id: OrderId,
    (piece, standing): (&Piece, &timeline::Part),
    basis_points: i32,
) -> Result<Vec<(OrderLineId, i32)>> {
    let mut in_parcel = Vec::new();
    for (choice, priced) in piece.lines.iter().zip(&piece.priced.lines) {
        let Some(variant) = world.variants.get_mut(choice.variant) else { continue };
        let Some(product) = world.products.get(choice.ware.product) else { continue };
        let id: OrderLineId = maker.random.id(opening());
        let goes = standing.shipped_at.is_some() && !choice.ware.digital;
        if goes {
            in_parcel.push((id, choice.quantity));
        }
        if !is_void(standing.status) {
            variant.sold_count = Set(value(&variant.sold_count) + i64::from(choice.quantity));
        }
        world.order_lines.push(order_line::ActiveModel {
            id: Set(id),
            order_id: Set(order_id),
            store_order_id: Set(piece.id),
            product_id: Set(choice.ware.id.0),
            variant_id: Set(variant.id.try_as_ref().map(|id| id.0).unwrap_or_default()),
            product_name: Set(product.name.try_as_ref().cloned().unwrap_or_default()),
            variant_name: Set(variant.name.try_as_ref().cloned().unwrap_or_default()),
            sku: Set(variant.sku.try_as_ref().cloned().unwrap_or_default()),
            kind: Set(if choice.ware.digital { ProductKind::Digital } else { ProductKind::Physical }),
            options: Set(variant.options.try_as_ref().cloned().unwrap_or_default()),
            quantity: Set(choice.quantity),
            fulfilled_quantity: Set(if goes { choice.quantity } else { 0 }),
            cancelled_quantity: Set(if standing.status == OrderStatus::Cancelled { choice.quantity } else { 0 }),
            unit_price: Set(value(&variant.price)),
            line_total: Set(priced.total),
            discount_total: Set(priced.discount),
            tax_total: Set(priced.tax),
            tax_basis_points: Set(basis_points),
            cancelled_total: Set(cancelled_total(priced, standing.status)?),
            currency: Set(maker.currency),
        });
    }
    Ok(in_parcel)
}

fn add_parcel(
    maker: &mut Maker,
    world: &mut World,
    part_id: StoreOrderId,
    lines: &[(OrderLineId, i32)],
    at: DateTimeUtc,
) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let id: FulfillmentId = maker.random.id(at);
    let (courier, number, url) = parcel(&mut maker.random)?;
    world.fulfillments.push(fulfillment::ActiveModel {
        id: Set(id),
        store_order_id: Set(part_id),
        courier: Set(Some(courier)),
        tracking_number: Set(Some(number)),
        tracking_url: Set(Some(url)),
        created_at: Set(at),
    });
    for (line, quantity) in lines {
        world.fulfillment_lines.push(fulfillment_line::ActiveModel {
            id: Set(maker.random.id(at)),
            fulfillment_id: Set(id),
            order_line_id: Set(*line),
            quantity: Set(*quantity),
        });
    }
    Ok(())
}

fn add_payment(
    maker: &mut Maker,
    world: &mut World,
    order_id: OrderId,
    (provider, order_status): (PaymentProvider, OrderStatus),
    amount: Minor,
    timeline: &Timeline,
    at: DateTimeUtc,
) {
    let status = match order_status {
        OrderStatus::Failed => PaymentStatus::Failed,
        OrderStatus::Refunded => PaymentStatus::Refunded,
        OrderStatus::Cancelled => PaymentStatus::Cancelled,
        _ if timeline.paid_at.is_some() => PaymentStatus::Captured,
        _ => PaymentStatus::Pending,
    };
    let id: PaymentId = maker.random.id(at);
    let captured = matches!(status, PaymentStatus::Captured | PaymentStatus::Refunded);
    let reference = (provider == PaymentProvider::Sandbox).then(|| format!("sandbox_{}", id.0.simple()));
    let reason = (status == PaymentStatus::Failed).then(|| "The card was declined.".to_owned());
    world.payments.push(payment::ActiveModel {
        id: Set(id),
        order_id: Set(order_id),
        provider: Set(provider),
        status: Set(status),
        amount: Set(amount),
        captured_amount: Set(if captured { amount } else { Minor::ZERO }),
        refunded_amount: Set(if status == PaymentStatus::Refunded { amount } else { Minor::ZERO }),
        currency: Set(maker.currency),
        provider_reference: Set(reference.clone()),
        method_token: Set(None),
        redirect_url: Set(None),
        client_secret: Set(None),
        failure_reason: Set(reason.clone()),
        version: Set(1),
        created_at: Set(at),
        updated_at: Set(timeline.now),
    });
    if provider == PaymentProvider::Sandbox && status != PaymentStatus::Pending {
        world.attempts.push(payment_attempt::ActiveModel {
            id: Set(maker.random.id(at)),
            payment_id: Set(id),
            outcome: Set(if captured { PaymentStatus::Captured } else { status }),
            provider_reference: Set(reference),
            message: Set(reason),
            created_at: Set(at),
        });
    }
}

/// Most of those who received something say what they think, once for each product.
fn add_review(
    maker: &mut Maker,
    world: &mut World,
    market: &Market,
    reviewed: &mut Reviewed,
    (ware, user): (&Ware, UserId),
    received: DateTimeUtc,
) -> Result<()> {
    let Some(shop) = market.shops.get(ware.shop) else { return Ok(()) };
    if !maker.random.percent(80) || !reviewed.pairs.insert((ware.product, user)) {
        return Ok(());
    }
    let said = *maker.random.one_of(&REVIEWS)?;
    let at = maker.random.after(received, 72);
    let mut row = maker.review((ware.id, shop.id), user, said, at);
    if maker.random.percent(30) {
        row.reply_body = Set(Some((*maker.random.one_of(&REPLIES)?).to_owned()));
        row.reply_user_id = Set(Some(shop.owner));
        row.replied_at = Set(Some(maker.random.after(at, 48)));
    }
    world.reviews.push(row);
    reviewed.products.entry(ware.product).or_default().add(said.0);
    reviewed.shops.entry(ware.shop).or_default().add(said.0);
    Ok(())
}

/// As real ones, of the same alphabet (Crockford's base 32).
fn number(random: &mut Random) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut group = || -> String { (0..4).map(|_| ALPHABET.get(random.below(32)).copied().map_or('0', char::from)).collect() };
    format!("SK-{}-{}", group(), group())
}
