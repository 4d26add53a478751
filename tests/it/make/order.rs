//! Creates orders directly in the database: confirmed, paid on delivery, with their stock taken.

use crate::app::Souk;
use crate::make::{Product, User, insert, new};
use entity::id::{OrderId, OrderLineId, PaymentId, StoreId, StoreOrderId};
use entity::money::Minor;
use entity::value::{OrderStatus, PaymentProvider, PaymentStatus, PostalAddress, ProductKind};
use entity::{capture, download_grant, order, order_line, payment, product, product_variant, store_order};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter};
use souk::fixture;
use souk_core::crypto::keys::Capability;

/// An order.
#[derive(Clone, Debug)]
pub struct Order {
    pub id: OrderId,
    pub number: String,
    /// Opens it for guests.
    pub token: String,
    pub payment: PaymentId,
    /// One for each store, in the order of the builder's parts.
    pub parts: Vec<Part>,
}

/// A store order of it.
#[derive(Clone, Debug)]
pub struct Part {
    pub id: StoreOrderId,
    /// In the order of the builder's parts.
    pub lines: Vec<OrderLineId>,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    pub status: OrderStatus,
    pub provider: PaymentProvider,
    pub payment: PaymentStatus,
    /// What the provider is asked with.
    pub token: Option<&'static str>,
}

impl Default for Terms {
    fn default() -> Self {
        let (provider, payment) = (PaymentProvider::Manual, PaymentStatus::Authorized);
        Self { status: OrderStatus::Confirmed, provider, payment, token: None }
    }
}

/// A confirmed order of some products with one store order per store; of a guest if there is no buyer.
pub async fn order(souk: &Souk, buyer: Option<&User>, parts: &[(StoreId, Product, i32)]) -> Order {
    order_on(souk, buyer, parts, Terms::default()).await
}

/// The right of a buyer to download a product, the first line of an order.
pub async fn download_grant(souk: &Souk, order: &Order, buyer: &User, product: Product) {
    let (id, now) = new(souk);
    let grant = download_grant::Model {
        id,
        order_line_id: order.parts[0].lines[0],
        order_id: order.id,
        user_id: Some(buyer.id),
        product_id: product.id.0,
        variant_id: product.variant.0,
        download_limit: 5,
        used_count: 0,
        expires_at: None,
        revoked_at: None,
        created_at: now,
    };
    insert(souk, [grant]).await;
}

/// As [`order`], on other terms.
pub async fn order_on(souk: &Souk, buyer: Option<&User>, wanted: &[(StoreId, Product, i32)], terms: Terms) -> Order {
    let app = &souk.app;
    let (id, now): (OrderId, _) = new(souk);
    let letters = id.0.simple().to_string()[20..28].to_uppercase();
    let number = format!("SK-{}-{}", &letters[..4], &letters[4..]);
    let mut row = order::Model {
        number: number.clone(),
        checkout_id: Some(app.clock.new_uuid()),
        failed_checkout_id: None,
        phone: Some("+977 1 4123456".into()),
        shipping_address: Some(address()),
        note: "Ring twice".into(),
        status: terms.status,
        ..fixture::order(id, app.config.currency, now)
    };
    if let Some(buyer) = buyer {
        (row.user_id, row.email) = (Some(buyer.id), buyer.email.clone());
    }
    let mut parts: Vec<(store_order::Model, Vec<order_line::Model>)> = Vec::new();
    for (store, product, quantity) in wanted {
        if !parts.iter().any(|(part, _)| part.store_id == *store) {
            parts.push((fixture::store_order(app.clock.new_id(), &row, *store), Vec::new()));
        }
        let (part, lines) = parts.iter_mut().find(|(part, _)| part.store_id == *store).expect("a part");
        let line = take(souk, part, *product, *quantity).await;
        part.items_total = Minor(part.items_total.0 + line.line_total.0);
        part.total = part.items_total;
        part.paid_total = if terms.payment == PaymentStatus::Captured { part.total } else { Minor::ZERO };
        lines.push(line);
    }
    let paid = terms.payment == PaymentStatus::Captured;
    row.total = Minor(parts.iter().map(|(part, _)| part.total.0).sum());
    row.items_total = row.total;
    row.paid_at = paid.then_some(now);
    let payment_id = app.clock.new_id();
    let payment = payment::Model {
        status: terms.payment,
        authorized_amount: if terms.payment == PaymentStatus::Authorized { row.total } else { Minor::ZERO },
        captured_amount: if paid { row.total } else { Minor::ZERO },
        provider_reference: Some(format!("reference_{payment_id}")),
        method_token: terms.token.map(str::to_owned),
        ..fixture::payment(payment_id, &row, terms.provider)
    };
    insert(souk, [row]).await;
    for (part, lines) in &parts {
        insert(souk, [part.clone()]).await;
        insert(souk, lines.clone()).await;
    }
    let capture = capture::Model {
        id: app.clock.new_id(),
        payment_id,
        store_order_id: None,
        amount: payment.captured_amount,
        provider_reference: "reference".into(),
        // As in rows from before the ledger.
        collected_by: None,
        fee: None,
        created_at: now,
    };
    insert(souk, [payment]).await;
    if paid {
        insert(souk, [capture]).await;
    }
    let parts =
        parts.into_iter().map(|(part, lines)| Part { id: part.id, lines: lines.into_iter().map(|line| line.id).collect() });
    Order { id, number, token: app.keys.capability(Capability::Order, id), payment: payment_id, parts: parts.collect() }
}

fn address() -> PostalAddress {
    PostalAddress {
        first_name: "Asha".into(),
        last_name: "Rai".into(),
        line1: "Durbar Marg 1".into(),
        city: "Kathmandu".into(),
        country: "NP".into(),
        phone: Some("+977 980 0000000".into()),
        ..PostalAddress::default()
    }
}

/// A line, with what it takes from the stock.
async fn take(souk: &Souk, part: &store_order::Model, item: Product, quantity: i32) -> order_line::Model {
    let db = souk.app.db.raw();
    let product = product::Entity::find_by_id(item.id).one(db).await.expect("a query").expect("a product");
    let variant = product_variant::Entity::find_by_id(item.variant).one(db).await.expect("a query").expect("a variant");
    let taken = if product.kind == ProductKind::Physical { quantity } else { 0 };
    product_variant::Entity::update_many()
        .col_expr(product_variant::Column::StockQuantity, Expr::col(product_variant::Column::StockQuantity).sub(taken))
        .col_expr(product_variant::Column::SoldCount, Expr::col(product_variant::Column::SoldCount).add(i64::from(quantity)))
        .filter(product_variant::Column::Id.eq(item.variant))
        .exec(db)
        .await
        .expect("stock");
    fixture::order_line(souk.app.clock.new_id(), part, (&product, &variant), quantity)
}

/// What is left of a product, and how many count as sold.
pub async fn stock(souk: &Souk, item: Product) -> (i32, i64) {
    let row = product_variant::Entity::find_by_id(item.variant).one(souk.app.db.read()).await.expect("a query");
    row.map(|row| (row.stock_quantity, row.sold_count)).expect("a variant")
}
