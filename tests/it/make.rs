//! Creates users, stores and products directly in the database.

pub mod order;

use crate::app::Souk;
use entity::id::{
    AddressId, AttributeChoiceId, AttributeId, CartId, CategoryId, CheckoutId, Id, ProductExportId, ProductId, ProductImageId,
    ProductImportId, ProductTypeId, ProductVariantId, SearchSynonymId, SessionId, ShippingMethodId, StoreId, StoreInvitationId,
    StoreMemberId, UserId,
};
use entity::money::Minor;
use entity::value::{
    AttributeInputType, AttributeLevel, CheckoutStatus, EarningKind, FindingKind, LedgerTransactionKind, Permission, Permissions,
    PostalAddress, ProductKind, ProductStatus, ProductTransferStatus, Role, SessionTransport, ShippingChoices, SocialNetwork,
    SocialPostStatus, StoreInvitationStatus, StoreRole,
};
use entity::{
    address, attribute, attribute_choice, cart, cart_line, category, checkout, digital_file, earning, export, import,
    import_problem, ledger_transaction, product, product_attribute_value, product_type, product_type_attribute, product_variant,
    reconciliation_finding, session, shipping_method, social_post, store, store_invitation, store_member, user,
    variant_attribute_value,
};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryFilter};
use souk::fixture;
use souk_core::crypto::keys::Capability;
use souk_core::db::InPadded;
use std::time::Duration;

/// The password of everybody made here.
pub const PASSWORD: &str = "correct horse battery";
/// Its hash, made once.
const PASSWORD_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c291ay10ZXN0LXNhbHQtMQ$yFewepRHtqPG2TGhv4Qg+Lbar7eMGmqtP0DJ5LELQAE";

/// A signed-in user.
#[derive(Clone, Debug)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub token: String,
}

/// Inserts rows of one table.
pub async fn insert<R, A>(souk: &Souk, rows: impl IntoIterator<Item = R>)
where
    R: IntoActiveModel<A>,
    A: ActiveModelTrait + Send,
{
    let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
    A::Entity::insert_many(rows).exec_without_returning(souk.app.db.raw()).await.expect("rows");
}

/// A new ID, and the current time.
fn new<I: Id>(souk: &Souk) -> (I, DateTimeUtc) {
    (souk.app.clock.new_id(), souk.app.clock.now())
}

/// A person with a role, signed in. Their email is `NAME@example.com`.
pub async fn user(souk: &Souk, name: &str, role: Role) -> User {
    staff(souk, name, role, &[]).await
}

pub async fn customer(souk: &Souk, name: &str) -> User {
    user(souk, name, Role::Customer).await
}

pub async fn vendor(souk: &Souk, name: &str) -> User {
    user(souk, name, Role::Vendor).await
}

pub async fn admin(souk: &Souk) -> User {
    user(souk, "admin", Role::Admin).await
}

pub async fn owner(souk: &Souk) -> User {
    user(souk, "owner", Role::Owner).await
}

/// As [`user`], with permissions.
pub async fn staff(souk: &Souk, name: &str, role: Role, permissions: &[Permission]) -> User {
    let (id, now) = new(souk);
    let email = format!("{name}@example.com");
    let row = user::Model {
        display_name: name.into(),
        password_hash: PASSWORD_HASH.into(),
        permissions: Permissions(permissions.to_vec()),
        ..fixture::user(id, &email, role, now)
    };
    insert(souk, [row]).await;
    let session_id = session(souk, id).await;
    let (token, _) = souk.app.access_tokens.issue(id, role, session_id, now).expect("a token");
    User { id, email, token }
}

/// A session of a user that is valid for a day.
pub async fn session(souk: &Souk, user_id: UserId) -> SessionId {
    let (id, now) = new(souk);
    let row = session::Model {
        id,
        user_id,
        user_agent: None,
        ip: None,
        transport: SessionTransport::Token,
        created_at: now,
        last_used_at: now,
        expires_at: now + Duration::from_secs(86_400),
        revoked_at: None,
    };
    insert(souk, [row]).await;
    id
}

/// An active store.
pub async fn store(souk: &Souk, owner: &User, name: &str) -> StoreId {
    let (id, now) = new(souk);
    let row = fixture::store(id, owner.id, name, now);
    insert(souk, [store::Model { contact_email: owner.email.clone(), ..row }]).await;
    id
}

/// The vendor vera with an active store.
pub async fn shop(souk: &Souk, name: &str) -> (User, StoreId) {
    let vera = vendor(souk, "vera").await;
    let store = store(souk, &vera, name).await;
    (vera, store)
}

/// A member of a store.
pub async fn member(souk: &Souk, store_id: StoreId, user: &User, role: StoreRole) -> StoreMemberId {
    let (id, created_at) = new(souk);
    insert(souk, [store_member::Model { id, store_id, user_id: user.id, role, created_at }]).await;
    id
}

/// A pending invitation that is valid for a day.
pub async fn invitation(souk: &Souk, store_id: StoreId, by: &User, email: &str, role: StoreRole) -> StoreInvitationId {
    let (id, now) = new(souk);
    let row = store_invitation::Model {
        id,
        store_id,
        email: email.into(),
        role,
        invited_by_id: by.id,
        status: StoreInvitationStatus::Pending,
        created_at: now,
        expires_at: now + Duration::from_secs(86_400),
    };
    insert(souk, [row]).await;
    id
}

/// A post about a store that failed with the given error, or was posted.
pub async fn social_post(souk: &Souk, store_id: StoreId, product_id: Option<ProductId>, error: Option<String>) {
    let (id, now) = new(souk);
    let row = social_post::Model {
        id,
        store_id,
        product_id,
        subject: product_id.map_or(store_id.0, |id| id.0),
        network: SocialNetwork::X,
        status: if error.is_some() { SocialPostStatus::Failed } else { SocialPostStatus::Posted },
        external_id: None,
        url: None,
        posted_at: error.is_none().then_some(now),
        error,
        attempts: 1,
        created_at: now,
        updated_at: now,
    };
    insert(souk, [row]).await;
}

/// An address in the address book of a user.
pub async fn address(souk: &Souk, user: &User, is_default: bool) -> AddressId {
    let (id, now) = new(souk);
    let row = address::Model {
        id,
        user_id: user.id,
        postal: PostalAddress {
            first_name: "Carl".into(),
            line1: "Street 1".into(),
            country: "NP".into(),
            ..PostalAddress::default()
        },
        is_default_shipping: is_default,
        is_default_billing: is_default,
        created_at: now,
        updated_at: now,
    };
    insert(souk, [row]).await;
    id
}

/// A category.
pub async fn category(souk: &Souk, name: &str, parent_id: Option<CategoryId>) -> CategoryId {
    let (id, now) = new(souk);
    insert(souk, [category::Model { parent_id, ..fixture::category(id, name, now) }]).await;
    id
}

/// What a product is to be.
#[derive(Clone, Copy, Debug)]
pub struct Make<'a> {
    pub name: &'a str,
    /// Minor units.
    pub price: i64,
    pub stock: i32,
    pub kind: ProductKind,
    pub status: ProductStatus,
    pub category: Option<CategoryId>,
}

impl Default for Make<'_> {
    fn default() -> Self {
        Self { name: "Tea", price: 1000, stock: 10, kind: ProductKind::Physical, status: ProductStatus::Active, category: None }
    }
}

/// A product with one variant.
#[derive(Clone, Copy, Debug)]
pub struct Product {
    pub id: ProductId,
    pub variant: ProductVariantId,
}

/// A product with one variant.
pub async fn product(souk: &Souk, store: StoreId, make: Make<'_>) -> Product {
    let (id, now) = new(souk);
    let variant: ProductVariantId = souk.app.clock.new_id();
    let active = make.status == ProductStatus::Active;
    let row = fixture::product(id, store, make.name, souk.app.config.currency, now);
    let mut row = product::Model {
        category_id: make.category,
        slug: format!("{}-{}", row.slug, &id.0.simple().to_string()[20..]),
        status: make.status,
        kind: make.kind,
        listed: active,
        published_at: active.then_some(now),
        ..row
    };
    let sku = format!("SKU-{}", &variant.0.simple().to_string()[20..]);
    let of_variant = fixture::variant(variant, &row, sku, Minor(make.price), make.stock);
    fixture::set_aggregates(&mut row, std::slice::from_ref(&of_variant));
    insert(souk, [row]).await;
    insert(souk, [of_variant]).await;
    Product { id, variant }
}

/// Marks the stock of a product as low.
pub async fn low_stock(souk: &Souk, product: Product) {
    let row = product_variant::ActiveModel {
        id: Unchanged(product.variant),
        low_stock_threshold: Set(Some(1_000)),
        low_stock: Set(true),
        ..Default::default()
    };
    row.update(souk.app.db.raw()).await.expect("a change");
}

/// A product's primary picture, whose file lies under the key.
pub async fn picture(souk: &Souk, product: ProductId, key: &str) -> ProductImageId {
    let (id, now) = new(souk);
    insert(souk, [fixture::image(id, product, key, now)]).await;
    id
}

/// Gives products a type and a text that is a value of a new attribute of theirs, and their variants a choice.
pub async fn typed(
    souk: &Souk,
    products: &[(Product, String)],
    product_type: ProductTypeId,
    attribute_id: AttributeId,
    choice: AttributeChoiceId,
) {
    let (note, now): (AttributeId, _) = new(souk);
    let (name, slug, input_type) = ("Note".into(), "note".into(), AttributeInputType::Text);
    let row = attribute::Model {
        id: note,
        name,
        slug,
        input_type,
        unit: None,
        filterable: false,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    insert(souk, [row]).await;
    let row = product_type_attribute::Model {
        product_type_id: product_type,
        attribute_id: note,
        level: AttributeLevel::Product,
        required: false,
        position: 1,
    };
    insert(souk, [row]).await;
    for (item, text) in products {
        let row = product::ActiveModel { id: Unchanged(item.id), product_type_id: Set(Some(product_type)), ..Default::default() };
        row.update(souk.app.db.raw()).await.expect("a change");
        let (choice_id, product_id) = (Some(choice), item.id);
        let row = product_attribute_value::Model {
            product_id,
            attribute_id: note,
            position: 0,
            choice_id: None,
            text: Some(text.clone()),
            number: None,
        };
        insert(souk, [row]).await;
        let row = variant_attribute_value::Model {
            variant_id: item.variant,
            attribute_id,
            position: 0,
            product_id,
            choice_id,
            text: None,
            number: None,
        };
        insert(souk, [row]).await;
    }
}

/// A group of synonyms of the search.
pub async fn synonym(souk: &Souk, words: &[&str]) -> SearchSynonymId {
    let (id, now) = new(souk);
    insert(souk, [fixture::search_synonym(id, words, now)]).await;
    id
}

/// The product type "Clothing" with the attribute "Colour", which distinguishes variants and has two choices.
pub async fn product_type(souk: &Souk) -> (ProductTypeId, AttributeId, AttributeChoiceId) {
    let (id, now): (AttributeId, _) = new(souk);
    let row = attribute::Model {
        id,
        name: "Colour".into(),
        slug: "colour".into(),
        input_type: AttributeInputType::Choice,
        unit: None,
        filterable: true,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    insert(souk, [row]).await;
    let choices = [("Red", "red"), ("Blue", "blue")].map(|(name, slug)| attribute_choice::Model {
        id: souk.app.clock.new_id(),
        attribute_id: id,
        name: name.into(),
        slug: slug.into(),
        swatch: None,
        position: i32::from(slug == "blue"),
    });
    let choice = choices[0].id;
    insert(souk, choices).await;
    let (type_id, now): (ProductTypeId, _) = new(souk);
    let (name, slug) = ("Clothing".into(), "clothing".into());
    insert(souk, [product_type::Model { id: type_id, name, slug, version: 1, created_at: now, updated_at: now }]).await;
    let (product_type_id, attribute_id, level) = (type_id, id, AttributeLevel::Variant);
    let row = product_type_attribute::Model { product_type_id, attribute_id, level, required: false, position: 0 };
    insert(souk, [row]).await;
    (type_id, id, choice)
}

/// A file of a product, which is not in the storage.
pub async fn digital_file(souk: &Souk, product: ProductId) {
    let (id, now) = new(souk);
    let row = digital_file::Model {
        id,
        product_id: product,
        variant_id: None,
        storage_key: "private/digital/none".into(),
        filename: "tea.pdf".into(),
        content_type: "application/pdf".into(),
        byte_size: 1,
        sha256: "0".repeat(64),
        version: None,
        position: 0,
        created_at: now,
    };
    insert(souk, [row]).await;
}

/// A shipping method of a store, or of the marketplace; prices in minor units.
pub async fn shipping_method(
    souk: &Souk,
    store_id: Option<StoreId>,
    name: &str,
    price: i64,
    free_over: Option<i64>,
) -> ShippingMethodId {
    let (id, now) = new(souk);
    let row = fixture::shipping_method(id, name, Minor(price), souk.app.config.currency, now);
    insert(souk, [shipping_method::Model { store_id, free_over: free_over.map(Minor), ..row }]).await;
    id
}

/// The tax of a country.
pub async fn tax_rate(souk: &Souk, country: &str, basis_points: i32) {
    let (id, now) = new(souk);
    insert(souk, [fixture::tax_rate(id, country, basis_points, now)]).await;
}

/// A cart with lines; a guest's if there is no buyer.
pub async fn cart(souk: &Souk, buyer: Option<&User>, lines: &[(ProductVariantId, i32)]) -> CartId {
    let (id, now) = new(souk);
    let row = cart::Model { id, user_id: buyer.map(|buyer| buyer.id), version: 1, created_at: now, updated_at: now };
    insert(souk, [row]).await;
    let variants: Vec<_> = lines.iter().map(|(variant, _)| *variant).collect();
    let names = product_variant::Entity::find()
        .filter(product_variant::Column::Id.in_padded(&variants))
        .find_also_related(product::Entity)
        .all(souk.app.db.read())
        .await
        .expect("variants");
    let rows = lines.iter().map(|(variant_id, quantity)| {
        let (variant, product) = names.iter().find(|(variant, _)| variant.id == *variant_id).expect("a variant");
        cart_line::Model {
            id: souk.app.clock.new_id(),
            cart_id: id,
            variant_id: *variant_id,
            product_name: product.as_ref().expect("a product").name.clone(),
            variant_name: variant.name.clone(),
            quantity: *quantity,
            price_seen: Minor::ZERO,
            created_at: now,
            updated_at: now,
        }
    });
    insert(souk, rows).await;
    id
}

/// A guest's cart with lines; the token that opens it.
pub async fn guest_cart(souk: &Souk, lines: &[(ProductVariantId, i32)]) -> String {
    let id = cart(souk, None, lines).await;
    souk.app.keys.capability(Capability::Cart, id)
}

/// An open checkout of a cart.
pub async fn checkout(souk: &Souk, cart: CartId, buyer: Option<&User>) -> CheckoutId {
    let (id, now) = new(souk);
    let row = checkout::Model {
        id,
        cart_id: Some(cart),
        user_id: buyer.map(|buyer| buyer.id),
        email: Some("bob@example.com".into()),
        phone: None,
        shipping_address: None,
        billing_address: None,
        shipping_choices: ShippingChoices::default(),
        note: String::new(),
        status: CheckoutStatus::Open,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    insert(souk, [row]).await;
    id
}

/// A transaction of the ledger without entries, a finding, and an earning of a store.
pub async fn money_records(souk: &Souk, store_id: StoreId) {
    let (currency, now) = (souk.app.config.currency, souk.app.clock.now());
    let row = ledger_transaction::Model {
        id: souk.app.clock.new_id(),
        kind: LedgerTransactionKind::Capture,
        source_id: souk.app.clock.new_uuid(),
        order_id: None,
        currency,
        note: None,
        created_at: now,
    };
    insert(souk, [row]).await;
    let finding = reconciliation_finding::Model {
        id: souk.app.clock.new_id(),
        kind: FindingKind::AmountDiffers,
        subject_type: "CAPTURE".into(),
        subject_id: souk.app.clock.new_uuid(),
        expected: Minor(1),
        found: Minor(2),
        currency,
        first_seen_at: now,
        last_seen_at: now,
        resolved_at: None,
        note: None,
    };
    insert(souk, [finding]).await;
    let earning = earning::Model {
        id: souk.app.clock.new_id(),
        store_id,
        store_order_id: None,
        kind: EarningKind::Sale,
        source_id: souk.app.clock.new_uuid(),
        amount: Minor(1),
        currency,
        available_at: None,
        created_at: now,
    };
    insert(souk, [earning]).await;
}

/// An import with a problem, and an export, both of a store and failed; the ID of the import.
pub async fn transfers(souk: &Souk, store: StoreId, user: &User) -> String {
    let (id, now): (ProductImportId, _) = new(souk);
    insert(souk, [import::Model { status: ProductTransferStatus::Failed, ..fixture::import(id, store, user.id, now) }]).await;
    let problem = import_problem::Model {
        import_id: id,
        number: 1,
        line: 2,
        column_name: Some("price".into()),
        value: Some("x".into()),
        code: "INVALID".into(),
        message: "price must be a number.".into(),
    };
    insert(souk, [problem]).await;
    let (export, now): (ProductExportId, _) = new(souk);
    insert(souk, [export::Model { status: ProductTransferStatus::Failed, ..fixture::export(export, store, user.id, now) }]).await;
    id.to_string()
}
