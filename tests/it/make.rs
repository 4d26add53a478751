//! Creates users, stores and products directly in the database.

use crate::app::Souk;
use entity::id::{CartId, CategoryId, ProductId, ProductImageId, ProductVariantId, SessionId, ShippingMethodId, StoreId, UserId};
use entity::money::Minor;
use entity::value::{
    Countries, Options, Permission, Permissions, ProductKind, ProductStatus, Role, Sections, SessionTransport, StoreStatus, Tags,
    UserStatus,
};
use entity::{
    cart, cart_line, category, product, product_image, product_variant, product_word, session, shipping_method, store, tax_rate,
    user,
};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use souk_core::crypto::keys::Capability;
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
    let app = &souk.app;
    let now = app.clock.now();
    let id: UserId = app.clock.new_id();
    let email = format!("{name}@example.com");
    let row = user::ActiveModel {
        id: Set(id),
        email: Set(email.clone()),
        password_hash: Set(PASSWORD_HASH.into()),
        display_name: Set(name.into()),
        phone: Set(None),
        avatar_key: Set(None),
        role: Set(role),
        status: Set(UserStatus::Active),
        permissions: Set(Permissions(permissions.to_vec())),
        email_verified_at: Set(Some(now)),
        vendor_applied_at: Set(None),
        blocked_reason: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    user::Entity::insert(row).exec_without_returning(app.db.raw()).await.expect("a user");
    let session_id = session(souk, id).await;
    let (token, _) = app.access_tokens.issue(id, role, session_id, now).expect("a token");
    User { id, email, token }
}

/// A session of a user that is valid for a day.
pub async fn session(souk: &Souk, user_id: UserId) -> SessionId {
    let (app, now, id) = (&souk.app, souk.app.clock.now(), souk.app.clock.new_id());
    let row = session::ActiveModel {
        id: Set(id),
        user_id: Set(user_id),
        user_agent: Set(None),
        ip: Set(None),
        transport: Set(SessionTransport::Token),
        created_at: Set(now),
        last_used_at: Set(now),
        expires_at: Set(now + Duration::from_secs(86_400)),
        revoked_at: Set(None),
    };
    session::Entity::insert(row).exec_without_returning(app.db.raw()).await.expect("a session");
    id
}

/// An active store.
pub async fn store(souk: &Souk, owner: &User, name: &str) -> StoreId {
    let app = &souk.app;
    let now = app.clock.now();
    let id: StoreId = app.clock.new_id();
    let row = store::ActiveModel {
        id: Set(id),
        owner_id: Set(owner.id),
        name: Set(name.into()),
        slug: Set(souk_core::text::slugify(name)),
        description: Set(String::new()),
        logo_key: Set(None),
        banner_key: Set(None),
        contact_email: Set(owner.email.clone()),
        phone: Set(None),
        address: Set(None),
        return_policy: Set(String::new()),
        shipping_policy: Set(String::new()),
        seo_title: Set(None),
        seo_description: Set(None),
        status: Set(StoreStatus::Active),
        commission_basis_points: Set(None),
        rating_sum: Set(0),
        rating_count: Set(0),
        rating_average: Set(0),
        rating_1: Set(0),
        rating_2: Set(0),
        rating_3: Set(0),
        rating_4: Set(0),
        rating_5: Set(0),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    store::Entity::insert(row).exec_without_returning(app.db.raw()).await.expect("a store");
    id
}

/// A category.
pub async fn category(souk: &Souk, name: &str, parent: Option<CategoryId>) -> CategoryId {
    let app = &souk.app;
    let now = app.clock.now();
    let id: CategoryId = app.clock.new_id();
    let row = category::ActiveModel {
        id: Set(id),
        parent_id: Set(parent),
        name: Set(name.into()),
        slug: Set(souk_core::text::slugify(name)),
        description: Set(String::new()),
        image_key: Set(None),
        icon: Set(None),
        seo_title: Set(None),
        seo_description: Set(None),
        position: Set(0),
        active: Set(true),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    category::Entity::insert(row).exec_without_returning(app.db.raw()).await.expect("a category");
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
    let app = &souk.app;
    let now = app.clock.now();
    let (id, variant): (ProductId, ProductVariantId) = (app.clock.new_id(), app.clock.new_id());
    let active = make.status == ProductStatus::Active;
    let row = product::ActiveModel {
        id: Set(id),
        store_id: Set(store),
        category_id: Set(make.category),
        name: Set(make.name.into()),
        slug: Set(format!("{}-{}", souk_core::text::slugify(make.name), &id.0.simple().to_string()[20..])),
        short_description: Set(String::new()),
        description: Set(String::new()),
        details: Set(Sections::default()),
        tags: Set(Tags::default()),
        status: Set(make.status),
        kind: Set(make.kind),
        listed: Set(active),
        featured: Set(false),
        seo_title: Set(None),
        seo_description: Set(None),
        currency: Set(app.config.currency),
        min_price: Set(Minor(make.price)),
        max_price: Set(Minor(make.price)),
        min_compare_at_price: Set(None),
        max_compare_at_price: Set(None),
        on_sale: Set(false),
        in_stock: Set(make.stock > 0 || make.kind == ProductKind::Digital),
        rating_sum: Set(0),
        rating_count: Set(0),
        rating_average: Set(0),
        rating_1: Set(0),
        rating_2: Set(0),
        rating_3: Set(0),
        rating_4: Set(0),
        rating_5: Set(0),
        sales_count: Set(0),
        published_at: Set(active.then_some(now)),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    product::Entity::insert(row).exec_without_returning(app.db.raw()).await.expect("a product");
    let mut words = souk_core::text::words(make.name);
    words.sort();
    words.dedup();
    let words = words.into_iter().map(|word| product_word::ActiveModel { word: Set(word), product_id: Set(id) });
    product_word::Entity::insert_many(words).exec_without_returning(app.db.raw()).await.expect("words");
    let row = product_variant::ActiveModel {
        id: Set(variant),
        product_id: Set(id),
        store_id: Set(store),
        name: Set("Default".into()),
        sku: Set(format!("SKU-{}", &variant.0.simple().to_string()[20..])),
        options: Set(Options::default()),
        price: Set(Minor(make.price)),
        compare_at_price: Set(None),
        stock_quantity: Set(make.stock),
        low_stock_threshold: Set(None),
        sold_count: Set(0),
        weight_grams: Set(None),
        barcode: Set(None),
        active: Set(true),
        position: Set(0),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    product_variant::Entity::insert(row).exec_without_returning(app.db.raw()).await.expect("a variant");
    Product { id, variant }
}

/// A product's primary picture, whose file lies under the key.
pub async fn picture(souk: &Souk, product: ProductId, key: &str) -> ProductImageId {
    let (app, id) = (&souk.app, souk.app.clock.new_id());
    let row = product_image::ActiveModel {
        id: Set(id),
        product_id: Set(product),
        storage_key: Set(key.into()),
        alt_text: Set(String::new()),
        is_primary: Set(true),
        position: Set(0),
        content_type: Set("image/png".into()),
        width: Set(1),
        height: Set(1),
        byte_size: Set(1),
        created_at: Set(app.clock.now()),
    };
    product_image::Entity::insert(row).exec_without_returning(app.db.raw()).await.expect("a picture");
    id
}

/// A shipping method of a store, or of the marketplace; prices in minor units.
pub async fn shipping_method(
    souk: &Souk,
    store: Option<StoreId>,
    name: &str,
    price: i64,
    free_over: Option<i64>,
) -> ShippingMethodId {
    let app = &souk.app;
    let now = app.clock.now();
    let id: ShippingMethodId = app.clock.new_id();
    let row = shipping_method::ActiveModel {
        id: Set(id),
        store_id: Set(store),
        name: Set(name.into()),
        price: Set(Minor(price)),
        free_over: Set(free_over.map(Minor)),
        currency: Set(app.config.currency),
        countries: Set(Countries::default()),
        position: Set(0),
        active: Set(true),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    shipping_method::Entity::insert(row).exec_without_returning(app.db.raw()).await.expect("a shipping method");
    id
}

/// The tax of a country.
pub async fn tax_rate(souk: &Souk, country: &str, basis_points: i32) {
    let app = &souk.app;
    let now = app.clock.now();
    let row = tax_rate::ActiveModel {
        id: Set(app.clock.new_id()),
        country: Set(country.into()),
        name: Set("VAT".into()),
        basis_points: Set(basis_points),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    tax_rate::Entity::insert(row).exec_without_returning(app.db.raw()).await.expect("a tax rate");
}

/// A guest's cart with lines; the token that opens it.
pub async fn guest_cart(souk: &Souk, lines: &[(ProductVariantId, i32)]) -> String {
    let app = &souk.app;
    let now = app.clock.now();
    let id: CartId = app.clock.new_id();
    let row = cart::ActiveModel { id: Set(id), user_id: Set(None), version: Set(1), created_at: Set(now), updated_at: Set(now) };
    cart::Entity::insert(row).exec_without_returning(app.db.raw()).await.expect("a cart");
    let names = product_variant::Entity::find()
        .filter(product_variant::Column::Id.is_in(lines.iter().map(|(variant, _)| *variant)))
        .find_also_related(product::Entity)
        .all(app.db.read())
        .await
        .expect("variants");
    let name = |id: ProductVariantId| {
        let found = names.iter().find(|(variant, _)| variant.id == id);
        found.map_or_else(Default::default, |(variant, product)| {
            (product.as_ref().map_or_else(String::new, |product| product.name.clone()), variant.name.clone())
        })
    };
    let rows = lines.iter().map(|(variant, quantity)| cart_line::ActiveModel {
        id: Set(app.clock.new_id()),
        cart_id: Set(id),
        variant_id: Set(*variant),
        product_name: Set(name(*variant).0),
        variant_name: Set(name(*variant).1),
        quantity: Set(*quantity),
        price_seen: Set(Minor(0)),
        created_at: Set(now),
        updated_at: Set(now),
    });
    cart_line::Entity::insert_many(rows).exec_without_returning(app.db.raw()).await.expect("lines");
    app.keys.capability(Capability::Cart, id)
}
