//! Creates orders directly in the database: confirmed, paid on delivery, with their stock taken.

use crate::app::Souk;
use crate::make::{Product, User};
use entity::id::{OrderId, OrderLineId, PaymentId, StoreId, StoreOrderId};
use entity::money::Minor;
use entity::value::{OrderStatus, PaymentProvider, PaymentStatus, PostalAddress, ProductKind};
use entity::{order, order_line, payment, product, product_variant, store_order};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter};
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

/// As [`order`], on other terms.
pub async fn order_on(souk: &Souk, buyer: Option<&User>, wanted: &[(StoreId, Product, i32)], terms: Terms) -> Order {
    let app = &souk.app;
    let (db, now, currency) = (app.db.raw(), app.clock.now(), app.config.currency);
    let id: OrderId = app.clock.new_id();
    let mut parts: Vec<(store_order::Model, Vec<order_line::Model>)> = Vec::new();
    for (store, product, quantity) in wanted {
        if !parts.iter().any(|(part, _)| part.store_id == *store) {
            parts.push((empty_part(souk, id, *store, terms.status), Vec::new()));
        }
        let (part, lines) = parts.iter_mut().find(|(part, _)| part.store_id == *store).expect("a part");
        let line = take(souk, part, *product, *quantity).await;
        part.items_total = Minor(part.items_total.0 + line.line_total.0);
        part.total = part.items_total;
        lines.push(line);
    }
    let total = Minor(parts.iter().map(|(part, _)| part.total.0).sum());
    let paid = terms.payment == PaymentStatus::Captured;
    let letters = id.0.simple().to_string()[20..28].to_uppercase();
    let number = format!("SK-{}-{}", &letters[..4], &letters[4..]);
    let email = buyer.map_or_else(|| "guest@example.com".to_owned(), |buyer| buyer.email.clone());
    let row = order::Model {
        id,
        number: number.clone(),
        checkout_id: Some(app.clock.new_uuid()),
        user_id: buyer.map(|buyer| buyer.id),
        email,
        phone: Some("+977 1 4123456".into()),
        shipping_address: Some(address()),
        billing_address: None,
        note: "Ring twice".into(),
        status: terms.status,
        currency,
        items_total: total,
        discount_total: Minor::ZERO,
        shipping_total: Minor::ZERO,
        tax_total: Minor::ZERO,
        total,
        tax_included: false,
        paid_at: paid.then_some(now),
        hold_expires_at: None,
        client_network: None,
        refund_due: Minor::ZERO,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    order::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await.expect("an order");
    for (part, lines) in &parts {
        let part = part.clone().into_active_model().reset_all();
        store_order::Entity::insert(part).exec_without_returning(db).await.expect("a part");
        let lines = lines.iter().map(|line| line.clone().into_active_model().reset_all());
        order_line::Entity::insert_many(lines).exec_without_returning(db).await.expect("lines");
    }
    let payment = payment::ActiveModel {
        id: Set(app.clock.new_id()),
        order_id: Set(id),
        provider: Set(terms.provider),
        status: Set(terms.payment),
        amount: Set(total),
        captured_amount: Set(if paid { total } else { Minor::ZERO }),
        refunded_amount: Set(Minor::ZERO),
        currency: Set(currency),
        provider_reference: Set(Some("reference".into())),
        method_token: Set(terms.token.map(str::to_owned)),
        redirect_url: Set(None),
        client_secret: Set(None),
        failure_reason: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let payment_id = payment.id.clone().unwrap();
    payment::Entity::insert(payment).exec_without_returning(db).await.expect("a payment");
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

fn empty_part(souk: &Souk, order_id: OrderId, store_id: StoreId, status: OrderStatus) -> store_order::Model {
    let now = souk.app.clock.now();
    store_order::Model {
        id: souk.app.clock.new_id(),
        order_id,
        store_id,
        status,
        shipping_method_id: None,
        shipping_method_name: None,
        currency: souk.app.config.currency,
        items_total: Minor::ZERO,
        discount_total: Minor::ZERO,
        shipping_total: Minor::ZERO,
        tax_total: Minor::ZERO,
        total: Minor::ZERO,
        version: 1,
        created_at: now,
        updated_at: now,
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
    order_line::Model {
        id: souk.app.clock.new_id(),
        order_id: part.order_id,
        store_order_id: part.id,
        product_id: item.id.0,
        variant_id: item.variant.0,
        product_name: product.name,
        variant_name: variant.name,
        sku: variant.sku,
        kind: product.kind,
        options: variant.options,
        quantity,
        fulfilled_quantity: 0,
        cancelled_quantity: 0,
        unit_price: variant.price,
        line_total: Minor(variant.price.0 * i64::from(quantity)),
        discount_total: Minor::ZERO,
        tax_total: Minor::ZERO,
        tax_basis_points: 0,
        cancelled_total: Minor::ZERO,
        currency: part.currency,
    }
}

/// What is left of a product, and how many count as sold.
pub async fn stock(souk: &Souk, item: Product) -> (i32, i64) {
    let row = product_variant::Entity::find_by_id(item.variant).one(souk.app.db.read()).await.expect("a query");
    row.map(|row| (row.stock_quantity, row.sold_count)).expect("a variant")
}
