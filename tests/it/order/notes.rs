//! Notes of stores and staff on orders: who writes and who reads them.

use crate::app::{Caller, Souk, each};
use crate::make::order::{Order, Terms, order, order_on};
use crate::make::{self, Make, User};
use crate::order::Shop;
use crate::ws::TRANSPORT;
use entity::id::UserId;
use entity::value::{ActorKind, NoteVisibility, OrderStatus, Permission, Role, StoreRole};
use entity::{job, order_note};
use futures::future::join_all;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use tokio::sync::Barrier;

const BY_STORE: &str = operation!("order_note", "StoreOrderNoteCreate");
const BY_STAFF: &str = operation!("order_note", "OrderNoteCreate");
const OF_ORDER: &str = operation!("order_note", "OrderNotes");
const OF_STORE_ORDER: &str = operation!("order_note", "StoreOrderNotes");
const NODE: &str = operation!("order_note", "NoteById");
const ORDER_UPDATES: &str = operation!("live", "OrderUpdates");
const STORE_UPDATES: &str = operation!("live", "StoreOrderUpdates");

fn input(id: String, visibility: &str, text: &str) -> Value {
    json!({ "id": id, "input": { "visibility": visibility, "text": text } })
}

fn with_key(mut input: Value, key: &str) -> Value {
    input["input"]["idempotencyKey"] = json!(key);
    input
}

/// An order of two stores, with all who take part.
struct World {
    shop: Shop,
    /// The vendor of the second store.
    carl: User,
    /// A member of the first store who ships.
    mona: User,
    /// Staff who manage orders.
    clerk: User,
    order: Order,
}

impl World {
    async fn make(souk: &Souk) -> Self {
        let shop = Shop::open(souk).await;
        let carl = make::vendor(souk, "carl").await;
        let other = make::store(souk, &carl, "Cups").await;
        let cup = make::product(souk, other, Make { name: "Cup", price: 500, ..Make::default() }).await;
        let order = order(souk, Some(&shop.bob), &[(shop.store, shop.tea, 1), (other, cup, 1)]).await;
        let mona = make::customer(souk, "mona").await;
        make::member(souk, shop.store, &mona, StoreRole::Fulfiller).await;
        let clerk = make::staff(souk, "clerk", Role::Staff, &[Permission::ManageOrders]).await;
        Self { shop, carl, mona, clerk, order }
    }

    fn part(&self, at: usize) -> String {
        self.order.parts[at].id.to_string()
    }
}

async fn write(caller: &Caller<'_>, mutation: &str, input: Value) -> Value {
    caller.run(mutation, input).await["note"].clone()
}

fn texts(notes: &Value) -> Vec<&str> {
    notes.as_array().expect("notes").iter().map(|note| note["text"].as_str().expect("a text")).collect()
}

/// IDs of the notes that mails are about, whether they were sent or not.
async fn mailed(souk: &Souk) -> Vec<String> {
    let jobs = job::Entity::find().order_by_asc(job::Column::Id).all(souk.app.db.read()).await.expect("jobs");
    let mails = jobs.iter().map(|job| &job.payload["mail"]).filter(|mail| mail["type"] == "order_note");
    let id =
        |mail: &Value| serde_json::from_value::<entity::id::OrderNoteId>(mail["note_id"].clone()).expect("an ID").to_string();
    mails.map(id).collect()
}

async fn rows(souk: &Souk) -> Vec<order_note::Model> {
    order_note::Entity::find().order_by_asc(order_note::Column::Id).all(souk.app.db.read()).await.expect("notes")
}

#[test]
fn everyone_reads_the_notes_that_are_for_them() {
    each(async |souk| {
        let world = World::make(souk).await;
        let (vera, carl, clerk) = (souk.as_user(&world.shop.vera), souk.as_user(&world.carl), souk.as_user(&world.clerk));
        let (bob, mona) = (souk.as_user(&world.shop.bob), souk.as_user(&world.mona));
        let id = world.order.id.to_string();
        let mut notes = Vec::new();
        for (caller, mutation, id, visibility, text) in [
            (&vera, BY_STORE, world.part(0), "INTERNAL", "teas only"),
            (&vera, BY_STORE, world.part(0), "CUSTOMER", "teas to the buyer"),
            (&carl, BY_STORE, world.part(1), "INTERNAL", "cups only"),
            (&mona, BY_STORE, world.part(0), "INTERNAL", "teas by a member"),
            (&clerk, BY_STAFF, id.clone(), "INTERNAL", "staff only"),
            (&clerk, BY_STAFF, id.clone(), "CUSTOMER", "staff to the buyer"),
            (&clerk, BY_STORE, world.part(1), "INTERNAL", "staff to the cups"),
        ] {
            notes.push(write(caller, mutation, input(id, visibility, text)).await);
        }
        assert_eq!(
            notes[1],
            json!({ "id": notes[1]["id"], "text": "teas to the buyer", "visibility": "CUSTOMER", "storeOrderId": world.part(0),
                "authorKind": "STORE", "author": { "displayName": "vera" } })
        );
        assert_eq!((&notes[4]["storeOrderId"], &notes[4]["authorKind"]), (&Value::Null, &json!("STAFF")));

        let all: Vec<_> = notes.iter().map(|note| note["text"].as_str().expect("a text")).collect();
        let (buyer, teas, cups) = (vec![all[1], all[5]], vec![all[0], all[1], all[3]], vec![all[2], all[6]]);
        let eve = make::vendor(souk, "eve").await;
        let token = Some(world.order.token.as_str());
        for (who, caller, token, expected) in [
            ("buyer", bob.clone(), None, buyer.clone()),
            ("guest", souk.guest(), token, buyer.clone()),
            ("another vendor with the token", souk.as_user(&eve), token, buyer.clone()),
            ("staff", clerk.clone(), None, all.clone()),
            ("store with the token", vera.clone(), token, vec![all[0], all[1], all[3], all[5]]),
        ] {
            let found = caller.data(OF_ORDER, json!({ "id": id, "token": token })).await["order"].clone();
            assert_eq!(texts(&found["notes"]), expected, "{who}");
            let mut of_parts: Vec<_> =
                found["storeOrders"].as_array().expect("store orders").iter().flat_map(|part| texts(&part["notes"])).collect();
            of_parts.sort_unstable();
            let mut expected: Vec<_> = expected.into_iter().filter(|text| ![all[4], all[5]].contains(text)).collect();
            expected.sort_unstable();
            assert_eq!(of_parts, expected, "{who}");
            let is_staff = who == "staff";
            assert_eq!(found["notes"].as_array().expect("notes").iter().all(|note| !note["author"].is_null()), is_staff, "{who}");
        }
        for (who, caller, at, expected) in [
            ("store", &vera, 0, Some(&teas)),
            ("member", &mona, 0, Some(&teas)),
            ("other store", &carl, 1, Some(&cups)),
            ("staff", &clerk, 0, Some(&teas)),
            ("buyer", &bob, 0, Some(&vec![all[1]])),
            ("store of the other's", &vera, 1, None),
            ("other store of the first's", &carl, 0, None),
        ] {
            let found = caller.data(OF_STORE_ORDER, json!({ "id": world.part(at) })).await["storeOrder"].clone();
            match expected {
                Some(expected) => assert_eq!(&texts(&found["notes"]), expected, "{who}"),
                None => assert_eq!(found, Value::Null, "{who}"),
            }
        }
        for (who, caller, seen) in [
            ("buyer", bob.clone(), &buyer),
            ("store", vera.clone(), &teas),
            ("member", mona.clone(), &teas),
            ("other store", carl.clone(), &cups),
            ("staff", clerk.clone(), &all),
            ("guest", souk.guest(), &vec![]),
            ("another vendor", souk.as_user(&eve), &vec![]),
        ] {
            for note in &notes {
                let found = caller.data(NODE, json!({ "id": note["id"] })).await["node"].clone();
                let text = note["text"].as_str().expect("a text");
                assert_eq!(!found.is_null(), seen.contains(&text), "{who}: {text}");
            }
        }
        assert_eq!(mailed(souk).await, [1, 5].map(|at: usize| notes[at]["id"].as_str().expect("an ID").to_owned()));
        souk.work().await;
    });
}

#[test]
fn others_write_no_notes() {
    each(async |souk| {
        let world = World::make(souk).await;
        let products = make::staff(souk, "sam", Role::Staff, &[Permission::ManageProducts]).await;
        let of_part = input(world.part(0), "CUSTOMER", "hello");
        for user in [&world.shop.bob, &world.carl, &products] {
            assert_eq!(souk.as_user(user).refused(BY_STORE, of_part.clone()).await, ["id NOT_FOUND"], "{}", user.email);
        }
        assert_eq!(souk.guest().error_code(BY_STORE, of_part.clone()).await, "UNAUTHENTICATED");
        let of_order = input(world.order.id.to_string(), "INTERNAL", "hello");
        assert_eq!(souk.guest().error_code(BY_STAFF, of_order.clone()).await, "UNAUTHENTICATED");
        for user in [&world.shop.bob, &world.shop.vera, &products] {
            assert_eq!(souk.as_user(user).error_code(BY_STAFF, of_order.clone()).await, "FORBIDDEN", "{}", user.email);
        }
        let vera = souk.as_user(&world.shop.vera);
        assert_eq!(vera.refused(BY_STORE, input(world.part(0), "CUSTOMER", &"x".repeat(2001))).await, ["text TOO_LONG"]);
        assert!(vera.refused(BY_STORE, input(world.part(0), "CUSTOMER", "  ")).await[0].starts_with("text "));
        assert_eq!(rows(souk).await.len(), 0);
        write(&vera, BY_STORE, input(world.part(0), "INTERNAL", &"x".repeat(2000))).await;
    });
}

#[test]
fn a_note_for_the_buyer_is_an_event_and_an_internal_one_is_not() {
    each(async |souk| {
        let world = World::make(souk).await;
        let id = world.order.id.to_string();
        let store = json!({ "storeId": world.shop.store.to_string() });
        let mut buyer = souk.follow(TRANSPORT, Some(&world.shop.bob.token), ORDER_UPDATES, json!({ "orderId": id })).await;
        let mut guest = souk.follow(TRANSPORT, None, ORDER_UPDATES, json!({ "orderToken": world.order.token })).await;
        let mut teas = souk.follow(TRANSPORT, Some(&world.shop.vera.token), STORE_UPDATES, store).await;
        let (vera, carl, clerk) = (souk.as_user(&world.shop.vera), souk.as_user(&world.carl), souk.as_user(&world.clerk));
        write(&vera, BY_STORE, input(world.part(0), "INTERNAL", "a secret of the teas")).await;
        write(&carl, BY_STORE, input(world.part(1), "INTERNAL", "a secret of the cups")).await;
        write(&clerk, BY_STAFF, input(id.clone(), "INTERNAL", "a secret of the staff")).await;
        write(&vera, BY_STORE, input(world.part(0), "CUSTOMER", "It is packed.")).await;
        write(&clerk, BY_STAFF, input(id.clone(), "CUSTOMER", "Sorry for the delay.")).await;
        let messages = ["A note was added to the store order.", "A note was added to the order."];
        for stream in [&mut buyer, &mut guest] {
            for message in messages {
                let update = stream.update().await;
                assert_eq!((&update["event"]["type"], &update["event"]["message"]), (&json!("NOTE_ADDED"), &json!(message)));
            }
            stream.is_quiet().await;
        }
        let update = teas.update().await;
        assert_eq!((&update["event"]["type"], &update["event"]["message"]), (&json!("NOTE_ADDED"), &json!(messages[0])));
        teas.is_quiet().await;
        let found = souk.as_user(&world.shop.bob).data(OF_ORDER, json!({ "id": id })).await["order"].clone();
        let expected = messages.map(|message| json!({ "type": "NOTE_ADDED", "message": message }));
        assert_eq!(found["events"], json!(expected));
        assert!(!found.to_string().contains("secret"), "{found}");
        let found = carl.data(OF_STORE_ORDER, json!({ "id": world.part(1) })).await["storeOrder"].clone();
        assert_eq!((texts(&found["notes"]), &found["events"]), (vec!["a secret of the cups"], &json!([])));
        assert_eq!(mailed(souk).await.len(), 2);
        souk.work().await;
    });
}

#[test]
fn a_repeated_note_is_written_once() {
    each(async |souk| {
        let world = World::make(souk).await;
        let (vera, clerk) = (souk.as_user(&world.shop.vera), souk.as_user(&world.clerk));
        let barrier = Barrier::new(16);
        let same = with_key(input(world.part(0), "CUSTOMER", "once"), "k");
        let notes = join_all((0..16).map(async |_| {
            barrier.wait().await;
            write(&vera, BY_STORE, same.clone()).await
        }))
        .await;
        assert!(notes.iter().all(|note| note["id"] == notes[0]["id"]), "{notes:#?}");
        assert_eq!((rows(souk).await.len(), mailed(souk).await.len()), (1, 1));
        let other = with_key(input(world.part(0), "CUSTOMER", "twice"), "k");
        assert_eq!(vera.error_code(BY_STORE, other).await, "IDEMPOTENCY_KEY_REUSED");
        let of_order = with_key(input(world.order.id.to_string(), "INTERNAL", "once"), "k");
        let first = write(&clerk, BY_STAFF, of_order.clone()).await;
        assert_eq!(write(&clerk, BY_STAFF, of_order).await, first);
        assert_eq!(rows(souk).await.len(), 2);
        souk.work().await;
    });
}

#[test]
fn an_order_has_a_limited_number_of_notes() {
    each(async |souk| {
        let world = World::make(souk).await;
        let note = |_| order_note::Model {
            id: souk.app.clock.new_id(),
            order_id: world.order.id,
            store_order_id: Some(world.order.parts[0].id),
            created_by_id: Some(world.shop.vera.id),
            author_kind: ActorKind::Store,
            visibility: NoteVisibility::Internal,
            text: "again".into(),
            created_at: souk.app.clock.now(),
        };
        make::insert(souk, (0..99).map(note)).await;
        let barrier = Barrier::new(8);
        let vera = souk.as_user(&world.shop.vera);
        let answers = join_all((0..8).map(async |_| {
            barrier.wait().await;
            vera.data(BY_STORE, input(world.part(0), "INTERNAL", "the last")).await["storeOrderNoteCreate"].clone()
        }))
        .await;
        let refused: Vec<_> = answers.iter().filter(|answer| answer["note"].is_null()).collect();
        assert!(refused.iter().all(|answer| answer["userErrors"][0]["code"] == "LIMIT_REACHED"), "{refused:#?}");
        assert_eq!((refused.len(), rows(souk).await.len()), (7, 100));
        // The other store and the staff have their own.
        write(&souk.as_user(&world.carl), BY_STORE, input(world.part(1), "INTERNAL", "the first")).await;
        write(&souk.as_user(&world.clerk), BY_STAFF, input(world.order.id.to_string(), "INTERNAL", "the first")).await;
    });
}

#[test]
fn a_closed_account_leaves_no_notes_on_its_orders_and_no_name_on_others() {
    const CLOSE: &str = crate::account::close::CLOSE;
    each(async |souk| {
        let shop = Shop::open(souk).await;
        let mona = make::customer(souk, "mona").await;
        make::member(souk, shop.store, &mona, StoreRole::Fulfiller).await;
        let done = Terms { status: OrderStatus::Completed, ..Terms::default() };
        let of_bob = order_on(souk, Some(&shop.bob), &[(shop.store, shop.tea, 1)], done).await;
        let of_guest = order_on(souk, None, &[(shop.store, shop.tea, 1)], done).await;
        for order in [&of_bob, &of_guest] {
            for visibility in ["INTERNAL", "CUSTOMER"] {
                let text = "Bob Lee, second floor";
                write(&souk.as_user(&mona), BY_STORE, input(order.parts[0].id.to_string(), visibility, text)).await;
            }
        }
        souk.work().await;
        let password = json!({ "input": { "password": make::PASSWORD } });
        souk.as_user(&shop.bob).run(CLOSE, password.clone()).await;
        let left = rows(souk).await;
        assert_eq!(left.iter().map(|note| note.order_id).collect::<Vec<_>>(), [of_guest.id; 2]);
        assert!(left.iter().all(|note| note.created_by_id == Some(mona.id)));
        souk.as_user(&mona).run(CLOSE, password).await;
        assert_eq!(rows(souk).await.iter().map(|note| note.created_by_id).collect::<Vec<_>>(), [None::<UserId>; 2]);
        let of_mona = order_note::Entity::find().filter(order_note::Column::CreatedById.eq(mona.id));
        assert_eq!(of_mona.count(souk.app.db.read()).await.expect("a count"), 0);
    });
}
