//! Writing notes.

use crate::idempotency::Key;
use crate::mail::{self, Mail};
use crate::order::locked::{By, LockedOrder};
use entity::id::{OrderId, OrderNoteId, StoreId, StoreOrderId};
use entity::order_note::{ActiveModel, Column, Entity, Model};
use entity::store_order;
use entity::value::{ActorKind, EventType, NoteVisibility};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};
use souk_core::app::App;
use souk_core::auth::permissions::ManageOrders;
use souk_core::auth::{Customer, Staff, StoreTask};
use souk_core::check::Check;
use souk_core::db::Tx;
use souk_core::error::{Code, Fault, Result, refuse};
use souk_core::{length, live, transact};

/// Maximum number of notes on a store order, and on a whole order: the lists of notes have no pages.
const MAX_NOTES: u64 = 100;

/// A note to be written.
#[derive(Clone, Debug)]
pub struct NewNote {
    pub visibility: NoteVisibility,
    /// From 1 to 2,000 characters.
    pub text: String,
    /// A repeated request with the same key and input returns the first note.
    pub idempotency_key: Option<String>,
}

/// Writes a note on a store order, by a store member with the order role or by staff.
pub async fn create_for_store_order(app: &App, customer: &Customer, id: StoreOrderId, new: NewNote) -> Result<Model> {
    use store_order::Column;
    let query = store_order::Entity::find_by_id(id).select_only().column(Column::OrderId).column(Column::StoreId);
    let found: Option<(OrderId, StoreId)> = query.into_tuple().one(app.db.read()).await?;
    let (order_id, store_id) = found.ok_or(Fault::NotFound)?;
    let staff = customer.store_staff(&app.db, store_id, StoreTask::Orders).await?;
    create(app, order_id, Some(id), format!("storeOrderNoteCreate:{id}"), new, (staff.kind(), Some(staff.user_id()))).await
}

/// Writes a note on a whole order, by staff.
pub async fn create_for_order(app: &App, staff: &Staff<ManageOrders>, id: OrderId, new: NewNote) -> Result<Model> {
    create(app, id, None, format!("orderNoteCreate:{id}"), new, (ActorKind::Staff, Some(staff.user_id()))).await
}

async fn create(
    app: &App,
    order_id: OrderId,
    store_order_id: Option<StoreOrderId>,
    scope: String,
    new: NewNote,
    by: By,
) -> Result<Model> {
    let mut check = Check::new();
    let text = check.text("text", &new.text, 1..=length::NOTE);
    if let Some(key) = &new.idempotency_key {
        check.line("idempotencyKey", key, 1..=length::KEY);
    }
    check.finish()?;
    let key = new.idempotency_key.map(|key| Key::new(scope, key, &(by.1, new.visibility, &text))).transpose()?;
    transact!(app.db, tx, {
        // Locked: concurrent requests can't exceed the limit or repeat the key, and the event gets the next number.
        let locked = LockedOrder::lock(tx, order_id).await?;
        if let Some(key) = &key
            && let Some(first) = key.result(tx).await?
        {
            return Ok(Entity::find_by_id(OrderNoteId(first)).one(tx).await?.ok_or(Fault::NotFound)?);
        }
        check_number(tx, order_id, store_order_id).await?;
        let row = ActiveModel {
            id: Set(app.clock.new_id()),
            order_id: Set(order_id),
            store_order_id: Set(store_order_id),
            created_by_id: Set(by.1),
            author_kind: Set(by.0),
            visibility: Set(new.visibility),
            text: Set(text.clone()),
            created_at: Set(app.clock.now()),
        };
        let note = Entity::insert(row).exec_with_returning(tx).await?;
        if note.visibility == NoteVisibility::Customer {
            announce(tx, app, &locked, &note, by).await?;
        }
        if let Some(key) = &key {
            key.record(tx, app, note.id.0).await?;
        }
        Ok(note)
    })
}

async fn check_number(tx: &Tx, order_id: OrderId, store_order_id: Option<StoreOrderId>) -> Result<()> {
    let of = match store_order_id {
        Some(id) => Column::StoreOrderId.eq(id),
        None => Column::StoreOrderId.is_null(),
    };
    let query = Entity::find().filter(Column::OrderId.eq(order_id)).filter(of);
    if query.count(tx).await? >= MAX_NOTES {
        let what = if store_order_id.is_some() { "A store order" } else { "An order" };
        return refuse("id", Code::LimitReached, format!("{what} can have at most {MAX_NOTES} notes."));
    }
    Ok(())
}

/// The event and the mail of a note that the buyer sees. Neither the event nor the job of the mail contains the text: it is erased with
/// the note alone.
async fn announce(tx: &Tx, app: &App, locked: &LockedOrder, note: &Model, by: By) -> Result<()> {
    let event = match note.store_order_id {
        Some(id) => locked.store_order_event(id, EventType::NoteAdded, "A note was added to the store order.", by)?,
        None => locked.event(EventType::NoteAdded, "A note was added to the order.", by),
    };
    live::append(tx, &app.clock, vec![event]).await?;
    mail::enqueue(tx, app, Mail::OrderNote { note_id: note.id }).await
}
