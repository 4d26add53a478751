//! Emails. `snapshots/` has the texts of every kind; `INSTA_UPDATE=always cargo test --test it mail` writes them after a change.

mod sums;

use crate::app::{Souk, each_with};
use crate::make;
use entity::id::{OneTimeTokenId, OrderId, OrderNoteId, ProductVariantId, StoreId, StoreInvitationId, StoreOrderId};
use entity::money::Minor;
use entity::value::{
    ActorKind, NoteVisibility, OrderStatus, PaymentProvider, Role, StoreInvitationStatus, StoreRole, TokenPurpose,
};
use entity::{
    email_change, fulfillment, one_time_token, order, order_line, order_note, product, product_variant, store, store_invitation,
    store_order, user,
};
use souk::fixture;
use souk_core::error::Result;
use souk_core::transact;
use souk_domain::mail::{self, Mail};
use std::time::Duration;
use uuid::Uuid;

const VERIFY: OneTimeTokenId = OneTimeTokenId(Uuid::from_u128(1));
const RESET: OneTimeTokenId = OneTimeTokenId(Uuid::from_u128(2));
const CHANGE: OneTimeTokenId = OneTimeTokenId(Uuid::from_u128(3));
const INVITATION: StoreInvitationId = StoreInvitationId(Uuid::from_u128(4));
const ORDER: OrderId = OrderId(Uuid::from_u128(5));
const STORE_ORDER: StoreOrderId = StoreOrderId(Uuid::from_u128(6));
const VARIANT: ProductVariantId = ProductVariantId(Uuid::from_u128(13));
const NOTE: OrderNoteId = OrderNoteId(Uuid::from_u128(18));
const STORE: StoreId = StoreId(Uuid::from_u128(7));

/// Every kind of email, with the name of its snapshot.
const MAILS: [(&str, Mail); 13] = [
    ("verify_email", Mail::AccountLink { token_id: VERIFY }),
    ("reset_password", Mail::AccountLink { token_id: RESET }),
    ("change_email", Mail::AccountLink { token_id: CHANGE }),
    ("email_change_requested", Mail::EmailChangeRequested { change_id: CHANGE }),
    ("email_changed", Mail::EmailChanged { change_id: CHANGE }),
    ("store_invitation", Mail::StoreInvitation { invitation_id: INVITATION }),
    ("order_confirmation", Mail::OrderConfirmation { order_id: ORDER }),
    ("new_store_order", Mail::NewStoreOrder { store_order_id: STORE_ORDER }),
    ("store_order_status", Mail::StoreOrderStatus { store_order_id: STORE_ORDER, status: OrderStatus::Shipped }),
    ("lines_cancelled", Mail::LinesCancelled { store_order_id: STORE_ORDER, version: 2 }),
    ("order_note", Mail::OrderNote { note_id: NOTE }),
    ("low_stock", Mail::LowStock { variant_id: VARIANT, threshold: 5, left: 3, alert_id: Uuid::from_u128(17) }),
    ("store_order_cancelled", Mail::StoreOrderCancelled { store_order_id: STORE_ORDER, version: 2 }),
];

/// The subjects of the emails, with IDs that are the same at each run, as the links depend on them.
async fn make_subjects(souk: &Souk) {
    let (now, currency) = (souk.app.clock.now(), souk.app.config.currency);
    let maya = user::Model {
        display_name: "Maya <Rai>".into(),
        ..fixture::user(Uuid::from_u128(10).into(), "maya@example.com", Role::Customer, now)
    };
    let vera = fixture::user(Uuid::from_u128(11).into(), "vera@example.com", Role::Vendor, now);
    let shop = store::Model { contact_email: "orders@teas.example".into(), ..fixture::store(STORE, vera.id, "Teas & Cups", now) };
    let token = |(id, purpose, email): (OneTimeTokenId, TokenPurpose, &str)| one_time_token::Model {
        id,
        user_id: maya.id,
        purpose,
        email: email.into(),
        requested_from: None,
        created_at: now,
        expires_at: now + Duration::from_secs(24 * 3600),
        used_at: None,
    };
    let tokens = [
        (VERIFY, TokenPurpose::VerifyEmail, "maya@example.com"),
        (RESET, TokenPurpose::ResetPassword, "maya@example.com"),
        (CHANGE, TokenPurpose::ChangeEmail, "maya@new.example"),
    ];
    let tokens = tokens.map(token);
    let change = email_change::Model {
        id: CHANGE,
        user_id: maya.id,
        old_email: "maya@example.com".into(),
        new_email: "maya@new.example".into(),
        requested_at: now,
        confirmed_at: None,
    };
    let invitation = store_invitation::Model {
        id: INVITATION,
        store_id: STORE,
        email: "mona@example.com".into(),
        role: StoreRole::Fulfiller,
        invited_by_id: vera.id,
        status: StoreInvitationStatus::Pending,
        created_at: now,
        expires_at: now + Duration::from_secs(168 * 3600),
    };
    make::insert(souk, [maya.clone(), vera]).await;
    make::insert(souk, [shop]).await;
    make::insert(souk, tokens).await;
    make::insert(souk, [change]).await;
    make::insert(souk, [invitation]).await;
    let tea = fixture::product(Uuid::from_u128(12).into(), STORE, "Tea", currency, now);
    let green = fixture::variant(VARIANT, &tea, "TEA-G".into(), Minor(1255), 9);
    let green = product_variant::Model { name: "Green".into(), ..green };
    make::insert(souk, [tea.clone()]).await;
    make::insert(souk, [green.clone()]).await;
    make_order(souk, &maya, (tea, green)).await;
}

/// An order of two units, of which one is sent and one was cancelled.
async fn make_order(souk: &Souk, maya: &user::Model, (tea, green): (product::Model, product_variant::Model)) {
    let address = fixture::address("Maya Rai", "Durbar Marg 1".into(), "Kathmandu", "NP");
    let whole = order::Model {
        number: "SK-7F3K-92QD".into(),
        user_id: Some(maya.id),
        email: maya.email.clone(),
        shipping_address: Some(address),
        note: "Ring twice".into(),
        status: OrderStatus::Shipped,
        items_total: Minor(2510),
        shipping_total: Minor(590),
        tax_total: Minor(403),
        total: Minor(3503),
        ..fixture::order(ORDER, souk.app.config.currency, souk.app.clock.now())
    };
    let part = store_order::Model {
        shipping_method_name: Some("Post".into()),
        items_total: whole.items_total,
        shipping_total: whole.shipping_total,
        tax_total: whole.tax_total,
        total: whole.total,
        ..fixture::store_order(STORE_ORDER, &whole, STORE)
    };
    let line = order_line::Model {
        cancelled_quantity: 1,
        cancelled_total: Minor(1418),
        ..fixture::order_line(Uuid::from_u128(14).into(), &part, (&tea, &green), 2)
    };
    let parcel = fulfillment::Model {
        id: Uuid::from_u128(15).into(),
        store_order_id: STORE_ORDER,
        courier: Some("Hill courier".into()),
        tracking_number: Some("HC 42".into()),
        tracking_url: Some("https://courier.example/42".into()),
        created_at: whole.created_at,
    };
    let payment = fixture::payment(Uuid::from_u128(16).into(), &whole, PaymentProvider::Manual);
    make::insert(souk, [whole]).await;
    make::insert(souk, [part]).await;
    make::insert(souk, [line]).await;
    make::insert(souk, [parcel]).await;
    make::insert(souk, [payment]).await;
    let note = order_note::Model {
        id: NOTE,
        order_id: ORDER,
        store_order_id: Some(STORE_ORDER),
        created_by_id: None,
        author_kind: ActorKind::Store,
        visibility: NoteVisibility::Customer,
        text: "The <green> tea\nfollows in a second parcel.".into(),
        created_at: souk.app.clock.now(),
    };
    make::insert(souk, [note]).await;
}

/// Recipient, subject, text and HTML of the only email in the folder, which is then removed.
fn take_mail(souk: &Souk) -> String {
    let folder = souk.folder.path().join("mail");
    let files = std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("a file").path());
    let files: Vec<_> = files.filter(|path| path.extension().is_some_and(|ending| ending == "eml")).collect();
    let [file] = files.as_slice() else { panic!("one email: {files:?}") };
    let mail = std::fs::read_to_string(file).expect("an email");
    std::fs::remove_file(file).expect("the email can be removed");
    let (head, body) = mail.split_once("\r\n\r\n").expect("a head");
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name} in {head}"));
    let boundary = head.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a boundary");
    let parts: Vec<_> = body.split(&format!("--{boundary}")).filter_map(decoded).collect();
    let [text, html] = parts.as_slice() else { panic!("a text and HTML: {parts:?}") };
    format!("To: {}\nSubject: {}\n\n{text}\n----\n\n{html}", header("To: "), header("Subject: "))
}

/// The content of a part, which may be quoted-printable (RFC 2045, section 6.7).
fn decoded(part: &str) -> Option<String> {
    let (head, body) = part.split_once("\r\n\r\n")?;
    if !head.contains("quoted-printable") {
        assert!(head.contains("7bit"), "{head}");
        return Some(body.replace('\r', ""));
    }
    let joined = body.replace("=\r\n", "").replace('\r', "");
    let (mut bytes, mut rest) = (Vec::new(), joined.as_str());
    while let Some((before, after)) = rest.split_once('=') {
        bytes.extend_from_slice(before.as_bytes());
        bytes.push(u8::from_str_radix(&after[..2], 16).expect("two digits"));
        rest = &after[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    Some(String::from_utf8(bytes).expect("UTF-8"))
}

async fn enqueue(souk: &Souk, mail: Mail) -> Result<()> {
    transact!(souk.app.db, tx, { mail::enqueue(tx, &souk.app, mail).await })
}

#[test]
fn every_kind_of_mail_reads_as_its_snapshot() {
    each_with(&[("SOUK_PUBLIC_URL", "https://souk.example")], async |souk| {
        make_subjects(souk).await;
        for (name, mail) in MAILS {
            enqueue(souk, mail).await.expect("it is enqueued");
            assert_eq!(souk.work().await, 1, "{name}");
            insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!(name, take_mail(souk));
            });
        }
    });
}
