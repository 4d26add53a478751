//! Composing emails from the IDs of their subjects.

use crate::link;
use crate::mail::Mail;
use crate::mail::sums::Sums;
use crate::mail::template::render;
use entity::id::{OneTimeTokenId, OrderId, OrderNoteId, ProductVariantId, StoreInvitationId, StoreOrderId};
use entity::money::Money;
use entity::value::{
    ActorKind, OrderStatus, PostalAddress, StoreInvitationStatus, StoreRole, StoreStatus, TokenPurpose, UserStatus,
};
use entity::{
    email_change, fulfillment, one_time_token, order, order_line, order_note, product, product_variant, store, store_invitation,
    store_order, user,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use souk_core::app::App;
use souk_core::crypto::keys::Capability;
use souk_core::error::{Fault, Result};
use souk_core::group::grouped;
use souk_core::provider::mail::Email;
use souk_core::text::country_name;

/// Reads the data of a mail and renders it; `None` if it is obsolete, or has no recipient.
pub(super) async fn compose(app: &App, mail: Mail) -> Result<Option<Email>> {
    let written = match mail {
        Mail::AccountLink { token_id } => account_link(app, token_id).await?,
        Mail::EmailChangeRequested { change_id } => {
            email_change(app, change_id, "email_change_requested", link::forgot_password(app)).await?
        }
        Mail::EmailChanged { change_id } => email_change(app, change_id, "email_changed", link::home(app)).await?,
        Mail::OrderConfirmation { order_id } => order_confirmation(app, order_id).await?,
        Mail::StoreOrderStatus { store_order_id, status } => store_order_status(app, store_order_id, status).await?,
        Mail::NewStoreOrder { store_order_id } => new_store_order(app, store_order_id).await?,
        Mail::LinesCancelled { store_order_id, .. } => lines_cancelled(app, store_order_id).await?,
        Mail::StoreOrderCancelled { store_order_id, .. } => store_order_cancelled(app, store_order_id).await?,
        Mail::OrderNote { note_id } => order_note(app, note_id).await?,
        Mail::LowStock { variant_id, threshold, left, .. } => low_stock(app, variant_id, threshold, left).await?,
        Mail::StoreInvitation { invitation_id } => store_invitation(app, invitation_id).await?,
    };
    let host = app.config.public_url.host_str().unwrap_or("localhost");
    Ok(written.map(|email| Email { message_id: format!("{}@{host}", mail.name()), ..email }))
}

fn write(app: &App, to: &str, template: &str, data: impl Serialize) -> Result<Option<Email>> {
    // An anonymised order has no email address.
    if to.is_empty() {
        return Ok(None);
    }
    let texts = render(template, &app.config.marketplace_name, data)?;
    let (subject, text, html) = (texts.subject, texts.text, texts.html);
    Ok(Some(Email { message_id: String::new(), to: to.to_owned(), subject, text, html }))
}

#[derive(Serialize)]
struct AccountLink {
    name: String,
    email: String,
    url: String,
    token: String,
    hours: i64,
}

async fn account_link(app: &App, id: OneTimeTokenId) -> Result<Option<Email>> {
    let Some(token) = one_time_token::Entity::find_by_id(id).one(app.db.read()).await? else { return Ok(None) };
    let Some(user) = user::Entity::find_by_id(token.user_id).one(app.db.read()).await? else { return Ok(None) };
    if token.used_at.is_some() || token.expires_at <= app.clock.now() || user.status != UserStatus::Active {
        return Ok(None);
    }
    let secret = app.keys.capability(Capability::OneTimeToken, id);
    let (template, url) = match token.purpose {
        TokenPurpose::VerifyEmail => ("verify_email", link::verify_email(app, &secret)),
        TokenPurpose::ResetPassword => ("reset_password", link::reset_password(app, &secret)),
        TokenPurpose::ChangeEmail => ("change_email", link::confirm_email_change(app, &secret)),
    };
    let data = AccountLink {
        name: user.display_name,
        email: token.email.clone(),
        url,
        token: secret,
        hours: (token.expires_at - token.created_at).num_hours(),
    };
    write(app, &token.email, template, data)
}

#[derive(Serialize)]
struct StoreInvitation {
    store: String,
    role: &'static str,
    url: String,
    token: String,
    hours: i64,
}

/// Does not mention an account: the recipient may have none.
async fn store_invitation(app: &App, id: StoreInvitationId) -> Result<Option<Email>> {
    let Some(invitation) = store_invitation::Entity::find_by_id(id).one(app.db.read()).await? else { return Ok(None) };
    let Some(store) = store::Entity::find_by_id(invitation.store_id).one(app.db.read()).await? else { return Ok(None) };
    let open = matches!(store.status, StoreStatus::Pending | StoreStatus::Active);
    let pending = invitation.status == StoreInvitationStatus::Pending && app.clock.now() < invitation.expires_at;
    if !open || !pending {
        return Ok(None);
    }
    let secret = app.keys.capability(Capability::StoreInvitation, id);
    let data = StoreInvitation {
        store: store.name,
        role: match invitation.role {
            StoreRole::Owner => "full control of the store",
            StoreRole::Manager => "its products and orders",
            StoreRole::Fulfiller => "its orders",
        },
        url: link::invitation(app, &secret),
        token: secret,
        hours: (invitation.expires_at - invitation.created_at).num_hours(),
    };
    write(app, &invitation.email, "store_invitation", data)
}

#[derive(Serialize)]
struct EmailChange {
    name: String,
    email: String,
    url: String,
}

/// Notifies the old address of a change.
async fn email_change(app: &App, id: OneTimeTokenId, template: &str, url: String) -> Result<Option<Email>> {
    let Some(change) = email_change::Entity::find_by_id(id).one(app.db.read()).await? else { return Ok(None) };
    let Some(user) = user::Entity::find_by_id(change.user_id).one(app.db.read()).await? else { return Ok(None) };
    let data = EmailChange { name: user.display_name, email: change.new_email, url };
    write(app, &change.old_email, template, data)
}

#[derive(Serialize)]
struct Line {
    name: String,
    sku: String,
    quantity: i32,
    total: String,
}

fn lines(rows: Vec<order_line::Model>) -> Vec<Line> {
    let named = |row: &order_line::Model| match row.variant_name.as_str() {
        "" | "Default" => row.product_name.clone(),
        variant => format!("{} ({variant})", row.product_name),
    };
    rows.into_iter()
        .map(|row| Line {
            name: named(&row),
            total: Money::new(row.line_total, row.currency).to_string(),
            sku: row.sku,
            quantity: row.quantity,
        })
        .collect()
}

/// A postal address, line by line.
fn parcel(address: &PostalAddress) -> Vec<String> {
    let town: Vec<&str> = [address.postal_code.as_deref(), Some(address.city.as_str()), address.region.as_deref()]
        .into_iter()
        .flatten()
        .filter(|text| !text.is_empty())
        .collect();
    let name = format!("{} {}", address.first_name, address.last_name);
    [
        Some(name),
        address.company.clone(),
        Some(address.line1.clone()),
        address.line2.clone(),
        Some(town.join(" ")),
        Some(country_name(&address.country).to_owned()),
    ]
    .into_iter()
    .flatten()
    .filter(|line| !line.trim().is_empty())
    .collect()
}

#[derive(Serialize)]
struct StoreOrder {
    store: String,
    lines: Vec<Line>,
    sums: Sums,
}

#[derive(Serialize)]
struct OrderConfirmation {
    number: String,
    url: String,
    store_orders: Vec<StoreOrder>,
    /// Totals of all store orders.
    order_sums: Sums,
    paid: bool,
    address: Vec<String>,
}

async fn order_confirmation(app: &App, id: OrderId) -> Result<Option<Email>> {
    let db = app.db.read();
    let Some(order) = order::Entity::find_by_id(id).one(db).await? else { return Ok(None) };
    let store_orders = store_order::Entity::find()
        .filter(store_order::Column::OrderId.eq(id))
        .order_by_asc(store_order::Column::Id)
        .find_also_related(store::Entity)
        .all(db)
        .await?;
    let rows = order_line::Entity::find()
        .filter(order_line::Column::OrderId.eq(id))
        .order_by_asc(order_line::Column::Id)
        .all(db)
        .await?;
    let mut by_store_order = grouped(rows, |row| row.store_order_id);
    let store_orders = store_orders.into_iter().map(|(store_order, store)| StoreOrder {
        store: store.map(|store| store.name).unwrap_or_default(),
        lines: lines(by_store_order.remove(&store_order.id).unwrap_or_default()),
        sums: Sums::new(
            (&store_order).into(),
            store_order.currency,
            order.tax_included,
            store_order.shipping_method_name.as_deref(),
        ),
    });
    let data = OrderConfirmation {
        url: link::order(app, order.id, &order.number),
        store_orders: store_orders.collect(),
        order_sums: Sums::new((&order).into(), order.currency, order.tax_included, None),
        paid: order.paid_at.is_some(),
        address: order.shipping_address.as_ref().map(parcel).unwrap_or_default(),
        number: order.number,
    };
    write(app, &order.email, "order_confirmation", data)
}

/// A store order with its order and its store.
async fn find_store_order(app: &App, id: StoreOrderId) -> Result<Option<(store_order::Model, order::Model, store::Model)>> {
    let db = app.db.read();
    let found = store_order::Entity::find_by_id(id).find_also_related(store::Entity).one(db).await?;
    let Some((store_order, Some(store))) = found else { return Ok(None) };
    let order = order::Entity::find_by_id(store_order.order_id).one(db).await?;
    Ok(order.map(|order| (store_order, order, store)))
}

async fn store_order_rows(app: &App, id: StoreOrderId) -> Result<Vec<order_line::Model>> {
    let query = order_line::Entity::find().filter(order_line::Column::StoreOrderId.eq(id));
    Ok(query.order_by_asc(order_line::Column::Id).all(app.db.read()).await?)
}

/// The lines of a store order that are not cancelled; all lines if all are cancelled.
async fn remaining_lines(app: &App, id: StoreOrderId) -> Result<Vec<Line>> {
    let mut rows = store_order_rows(app, id).await?;
    let left = |row: &order_line::Model| row.quantity - row.cancelled_quantity;
    if rows.iter().any(|row| left(row) > 0) {
        rows.retain(|row| left(row) > 0);
        for row in &mut rows {
            row.line_total = row.unit_price.times(left(row))?;
            row.quantity = left(row);
        }
    }
    Ok(lines(rows))
}

/// The cancelled lines of a store order.
async fn cancelled_lines(app: &App, id: StoreOrderId) -> Result<Vec<Line>> {
    let mut rows = store_order_rows(app, id).await?;
    rows.retain(|row| row.cancelled_quantity > 0);
    for row in &mut rows {
        (row.line_total, row.quantity) = (row.cancelled_total, row.cancelled_quantity);
    }
    Ok(lines(rows))
}

#[derive(Serialize)]
struct Cancelled {
    number: String,
    store: String,
    url: String,
    lines: Vec<Line>,
    whole: bool,
}

async fn lines_cancelled(app: &App, id: StoreOrderId) -> Result<Option<Email>> {
    let Some((_, order, store)) = find_store_order(app, id).await? else { return Ok(None) };
    let url = link::order(app, order.id, &order.number);
    let lines = cancelled_lines(app, id).await?;
    let data = Cancelled { number: order.number, store: store.name, url, lines, whole: false };
    write(app, &order.email, "lines_cancelled", data)
}

async fn store_order_cancelled(app: &App, id: StoreOrderId) -> Result<Option<Email>> {
    let Some((store_order, order, store)) = find_store_order(app, id).await? else { return Ok(None) };
    let url = link::store_order(app, id);
    let lines = cancelled_lines(app, id).await?;
    let whole = store_order.status == OrderStatus::Cancelled;
    let data = Cancelled { number: order.number, store: store.name, url, lines, whole };
    write(app, &store.contact_email, "store_order_cancelled", data)
}

#[derive(Serialize)]
struct Parcel {
    courier: Option<String>,
    number: Option<String>,
    url: Option<String>,
}

#[derive(Serialize)]
struct StoreOrderStatus {
    number: String,
    store: String,
    status: &'static str,
    url: String,
    lines: Vec<Line>,
    parcels: Vec<Parcel>,
}

async fn store_order_status(app: &App, id: StoreOrderId, status: OrderStatus) -> Result<Option<Email>> {
    let Some((_, order, store)) = find_store_order(app, id).await? else { return Ok(None) };
    let parcels = fulfillment::Entity::find()
        .filter(fulfillment::Column::StoreOrderId.eq(id))
        .order_by_asc(fulfillment::Column::Id)
        .all(app.db.read())
        .await?;
    let parcels = parcels
        .into_iter()
        .map(|row| Parcel { courier: row.courier, number: row.tracking_number, url: row.tracking_url })
        .filter(|parcel| parcel.courier.is_some() || parcel.number.is_some() || parcel.url.is_some());
    let data = StoreOrderStatus {
        url: link::order(app, order.id, &order.number),
        number: order.number,
        store: store.name,
        status: in_words(status)?,
        lines: remaining_lines(app, id).await?,
        parcels: parcels.collect(),
    };
    write(app, &order.email, "store_order_status", data)
}

/// Continues the sentence "Your order from STORE ...".
fn in_words(status: OrderStatus) -> Result<&'static str> {
    Ok(match status {
        OrderStatus::Pending => return Err(Fault::internal("there is no mail about a pending store order").into()),
        OrderStatus::Confirmed => "is confirmed",
        OrderStatus::Processing => "is being prepared",
        OrderStatus::Shipped => "is on its way",
        OrderStatus::Delivered => "was delivered",
        OrderStatus::Completed => "is complete",
        OrderStatus::Cancelled => "was cancelled",
        OrderStatus::Refunded => "was refunded",
        OrderStatus::Failed => "could not be paid and was cancelled",
    })
}

#[derive(Serialize)]
struct NewStoreOrder {
    number: String,
    store: String,
    url: String,
    lines: Vec<Line>,
    total: String,
    shipping_method: Option<String>,
    address: Vec<String>,
    note: String,
}

async fn new_store_order(app: &App, id: StoreOrderId) -> Result<Option<Email>> {
    let Some((store_order, order, store)) = find_store_order(app, id).await? else { return Ok(None) };
    let data = NewStoreOrder {
        url: link::store_order(app, id),
        number: order.number,
        lines: remaining_lines(app, id).await?,
        total: Money::new(store_order.total, store_order.currency).to_string(),
        shipping_method: store_order.shipping_method_name,
        address: order.shipping_address.as_ref().map(parcel).unwrap_or_default(),
        note: order.note,
        store: store.name,
    };
    write(app, &store.contact_email, "new_store_order", data)
}

#[derive(Serialize)]
struct OrderNote {
    number: String,
    /// Name of the store; absent if the note is from the marketplace.
    store: Option<String>,
    note: String,
    url: String,
}

async fn order_note(app: &App, id: OrderNoteId) -> Result<Option<Email>> {
    let db = app.db.read();
    let Some(note) = order_note::Entity::find_by_id(id).one(db).await? else { return Ok(None) };
    let Some(order) = order::Entity::find_by_id(note.order_id).one(db).await? else { return Ok(None) };
    let store = match note.store_order_id.filter(|_| note.author_kind == ActorKind::Store) {
        Some(store_order) => find_store_order(app, store_order).await?.map(|(_, _, store)| store.name),
        None => None,
    };
    let url = link::order(app, order.id, &order.number);
    let data = OrderNote { number: order.number, store, note: note.text, url };
    write(app, &order.email, "order_note", data)
}

#[derive(Serialize)]
struct LowStock {
    product: String,
    variant: String,
    sku: String,
    store: String,
    left: i32,
    threshold: i32,
    url: String,
}

async fn low_stock(app: &App, id: ProductVariantId, threshold: i32, left: i32) -> Result<Option<Email>> {
    let db = app.db.read();
    let Some(variant) = product_variant::Entity::find_by_id(id).one(db).await? else { return Ok(None) };
    let found = product::Entity::find_by_id(variant.product_id).find_also_related(store::Entity).one(db).await?;
    let Some((product, Some(store))) = found else { return Ok(None) };
    let url = link::product(app, &product.slug);
    let (product, variant, sku) = (product.name, variant.name, variant.sku);
    let data = LowStock { product, variant, sku, store: store.name, left, threshold, url };
    write(app, &store.contact_email, "low_stock", data)
}
