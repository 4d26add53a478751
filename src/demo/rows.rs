//! The rows of the demo, collected before they are written, and a builder for them.

use crate::demo::random::Random;
use entity::id::{ProductId, ProductVariantId, StoreId, UserId};
use entity::money::{CurrencyCode, Minor};
use entity::value::{
    Countries, Permission, Permissions, PostalAddress, ProductKind, ProductStatus, ReviewStatus, Role, StoreStatus, UserStatus,
};
use entity::{
    category, event, fulfillment, fulfillment_line, order, order_line, payment, payment_attempt, product, product_image,
    product_tag, product_variant, product_word, review, shipping_method, store, store_order, tax_rate, user, variant_option,
};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{ActiveModelTrait, ActiveValue, DbErr, EntityTrait};
use souk_core::app::App;
use souk_core::db::{Subject, SubjectKind, Tx};
use souk_core::error::{Error, Result};
use souk_domain::product::tag_rows;
use souk_domain::variant::option_rows;

/// Rows per statement. SQLite allows 32,766 values per statement, and a product has 35.
const BATCH: usize = 500;

/// Inserts rows in batches.
pub async fn insert<A>(tx: &Tx, rows: &[A]) -> Result<()>
where
    A: ActiveModelTrait + Clone + Send,
{
    for batch in rows.chunks(BATCH) {
        match A::Entity::insert_many(batch.to_vec()).exec_without_returning(tx).await {
            Ok(_) | Err(DbErr::RecordNotInserted) => {}
            Err(error) => return Err(Error::from(error)),
        }
    }
    Ok(())
}

/// All rows, in an order that satisfies the foreign keys.
#[derive(Default)]
pub struct Rows {
    pub users: Vec<user::ActiveModel>,
    pub categories: Vec<category::ActiveModel>,
    pub stores: Vec<store::ActiveModel>,
    pub products: Vec<product::ActiveModel>,
    pub words: Vec<product_word::ActiveModel>,
    pub variants: Vec<product_variant::ActiveModel>,
    pub images: Vec<product_image::ActiveModel>,
    pub methods: Vec<shipping_method::ActiveModel>,
    pub taxes: Vec<tax_rate::ActiveModel>,
    pub orders: Vec<order::ActiveModel>,
    pub store_orders: Vec<store_order::ActiveModel>,
    pub order_lines: Vec<order_line::ActiveModel>,
    pub payments: Vec<payment::ActiveModel>,
    pub attempts: Vec<payment_attempt::ActiveModel>,
    pub fulfillments: Vec<fulfillment::ActiveModel>,
    pub fulfillment_lines: Vec<fulfillment_line::ActiveModel>,
    pub events: Vec<event::ActiveModel>,
    pub reviews: Vec<review::ActiveModel>,
}

impl Rows {
    /// The rows of the tags by which products are filtered.
    fn tags(&self) -> Vec<product_tag::ActiveModel> {
        let of = |product: &product::ActiveModel| {
            let (id, tags) = (product.id.try_as_ref().copied(), product.tags.try_as_ref());
            id.zip(tags).map(|(id, tags)| tag_rows(id, tags)).unwrap_or_default()
        };
        self.products.iter().flat_map(of).collect()
    }

    fn options(&self) -> Vec<variant_option::ActiveModel> {
        let of = |variant: &product_variant::ActiveModel| {
            let ids = variant.id.try_as_ref().copied().zip(variant.product_id.try_as_ref().copied());
            let options = variant.options.try_as_ref();
            ids.zip(options).map(|((id, product), options)| option_rows(product, id, options)).unwrap_or_default()
        };
        self.variants.iter().flat_map(of).collect()
    }

    /// Inserts all rows.
    pub async fn write(&self, tx: &Tx) -> Result<()> {
        insert(tx, &self.users).await?;
        insert(tx, &self.categories).await?;
        insert(tx, &self.stores).await?;
        insert(tx, &self.products).await?;
        insert(tx, &self.words).await?;
        insert(tx, &self.tags()).await?;
        insert(tx, &self.variants).await?;
        insert(tx, &self.options()).await?;
        insert(tx, &self.images).await?;
        insert(tx, &self.methods).await?;
        insert(tx, &self.taxes).await?;
        insert(tx, &self.orders).await?;
        insert(tx, &self.store_orders).await?;
        insert(tx, &self.order_lines).await?;
        insert(tx, &self.payments).await?;
        insert(tx, &self.attempts).await?;
        insert(tx, &self.fulfillments).await?;
        insert(tx, &self.fulfillment_lines).await?;
        insert(tx, &self.events).await?;
        insert(tx, &self.reviews).await?;
        if !self.events.is_empty() {
            tx.wake_event_readers();
        }
        // Not one by one: there can be a million.
        for (kind, is_written) in [
            (SubjectKind::Product, !self.products.is_empty()),
            (SubjectKind::Store, !self.stores.is_empty() || !self.methods.is_empty()),
            (SubjectKind::Category, !self.categories.is_empty()),
            (SubjectKind::Settings, !self.taxes.is_empty()),
        ] {
            if is_written {
                tx.changed(Subject::All(kind));
            }
        }
        Ok(())
    }
}

/// Number of ratings with one to five stars, of a product or store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ratings {
    stars: [i64; 5],
}

impl Ratings {
    pub fn add(&mut self, rating: i32) {
        if let Some(star) = usize::try_from(rating - 1).ok().and_then(|at| self.stars.get_mut(at)) {
            *star += 1;
        }
    }

    fn count(&self) -> i64 {
        self.stars.iter().sum()
    }

    fn sum(&self) -> i64 {
        self.stars.iter().zip(1..).map(|(count, star): (&i64, i64)| count * star).sum()
    }

    /// Average in hundredths of a star, rounded half up, as `souk_domain::review` computes it.
    fn average(&self) -> i32 {
        let count = self.count();
        (200 * self.sum() + count).checked_div(2 * count).and_then(|average| i32::try_from(average).ok()).unwrap_or(0)
    }

    pub fn of_product(&self, row: &mut product::ActiveModel) {
        let [one, two, three, four, five] = self.stars;
        (row.rating_sum, row.rating_count, row.rating_average) = (Set(self.sum()), Set(self.count()), Set(self.average()));
        (row.rating_1, row.rating_2, row.rating_3) = (Set(one), Set(two), Set(three));
        (row.rating_4, row.rating_5) = (Set(four), Set(five));
    }

    pub fn of_store(&self, row: &mut store::ActiveModel) {
        let [one, two, three, four, five] = self.stars;
        (row.rating_sum, row.rating_count, row.rating_average) = (Set(self.sum()), Set(self.count()), Set(self.average()));
        (row.rating_1, row.rating_2, row.rating_3) = (Set(one), Set(two), Set(three));
        (row.rating_4, row.rating_5) = (Set(four), Set(five));
    }
}

/// Builds rows with reproducible IDs and the currency of the marketplace.
pub struct RowBuilder {
    pub random: Random,
    pub currency: CurrencyCode,
    pub password_hash: String,
}

impl RowBuilder {
    pub fn new(app: &App, seed: u64, password_hash: String) -> Self {
        Self { random: Random::new(seed), currency: app.config.currency, password_hash }
    }

    /// A user with a verified email address.
    pub fn user(
        &mut self,
        name: &str,
        email: &str,
        role: Role,
        permissions: &[Permission],
        at: DateTimeUtc,
    ) -> user::ActiveModel {
        user::ActiveModel {
            id: Set(self.random.id(at)),
            email: Set(email.to_owned()),
            password_hash: Set(self.password_hash.clone()),
            display_name: Set(name.to_owned()),
            phone: Set(None),
            avatar_key: Set(None),
            role: Set(role),
            status: Set(UserStatus::Active),
            permissions: Set(Permissions(permissions.to_vec())),
            email_verified_at: Set(Some(at)),
            version: Set(1),
            created_at: Set(at),
            updated_at: Set(at),
            ..Default::default()
        }
    }

    /// An active store without reviews.
    pub fn store(&mut self, owner: UserId, name: &str, slug: String, email: &str, at: DateTimeUtc) -> store::ActiveModel {
        let mut row = store::ActiveModel {
            id: Set(self.random.id(at)),
            owner_id: Set(owner),
            name: Set(name.to_owned()),
            slug: Set(slug),
            description: Set(String::new()),
            logo_key: Set(None),
            banner_key: Set(None),
            contact_email: Set(email.to_owned()),
            phone: Set(None),
            address: Set(None),
            return_policy: Set("<p>Within 30 days, unused, at your expense; faulty goods at ours.</p>".into()),
            shipping_policy: Set("<p>Sent within two working days, with tracking.</p>".into()),
            seo_title: Set(None),
            seo_description: Set(None),
            status: Set(StoreStatus::Active),
            commission_basis_points: Set(None),
            version: Set(1),
            created_at: Set(at),
            updated_at: Set(at),
            ..Default::default()
        };
        Ratings::default().of_store(&mut row);
        row
    }

    /// An active product without reviews. [`RowBuilder::set_aggregates`] must be called when its variants are known.
    pub fn product(
        &mut self,
        store: StoreId,
        name: &str,
        slug: String,
        kind: ProductKind,
        at: DateTimeUtc,
    ) -> product::ActiveModel {
        let mut row = product::ActiveModel {
            id: Set(self.random.id(at)),
            store_id: Set(store),
            category_id: Set(None),
            name: Set(name.to_owned()),
            slug: Set(slug),
            short_description: Set(String::new()),
            description: Set(String::new()),
            details: Set(Default::default()),
            tags: Set(Default::default()),
            status: Set(ProductStatus::Active),
            kind: Set(kind),
            listed: Set(true),
            featured: Set(false),
            seo_title: Set(None),
            seo_description: Set(None),
            currency: Set(self.currency),
            min_price: Set(Minor::ZERO),
            max_price: Set(Minor::ZERO),
            min_compare_at_price: Set(None),
            max_compare_at_price: Set(None),
            on_sale: Set(false),
            in_stock: Set(false),
            sales_count: Set(0),
            published_at: Set(Some(at)),
            version: Set(1),
            created_at: Set(at),
            updated_at: Set(at),
            ..Default::default()
        };
        Ratings::default().of_product(&mut row);
        row
    }

    /// A variant without sales.
    pub fn variant(
        &mut self,
        product: (ProductId, StoreId),
        sku: String,
        position: i32,
        price: Minor,
        stock: i32,
        at: DateTimeUtc,
    ) -> product_variant::ActiveModel {
        product_variant::ActiveModel {
            id: Set(self.random.id::<ProductVariantId>(at)),
            product_id: Set(product.0),
            store_id: Set(product.1),
            name: Set("Default".into()),
            sku: Set(sku),
            options: Set(Default::default()),
            price: Set(price),
            compare_at_price: Set(None),
            stock_quantity: Set(stock),
            low_stock_threshold: Set(None),
            sold_count: Set(0),
            weight_grams: Set(None),
            barcode: Set(None),
            active: Set(true),
            position: Set(position),
            version: Set(1),
            created_at: Set(at),
            updated_at: Set(at),
        }
    }

    /// Sets the columns of a product that are computed from its variants.
    pub fn set_aggregates(product: &mut product::ActiveModel, variants: &[product_variant::ActiveModel]) {
        let prices = || variants.iter().map(|variant| value(&variant.price));
        let digital = product.kind.try_as_ref() == Some(&ProductKind::Digital);
        product.min_price = Set(prices().min().unwrap_or_default());
        product.max_price = Set(prices().max().unwrap_or_default());
        let compare = || variants.iter().filter_map(|variant| variant.compare_at_price.try_as_ref().copied().flatten());
        product.min_compare_at_price = Set(compare().min());
        product.max_compare_at_price = Set(compare().max());
        product.on_sale = Set(compare().next().is_some());
        product.in_stock = Set(digital || variants.iter().any(|variant| value(&variant.stock_quantity) > 0));
        product.sales_count = Set(variants.iter().map(|variant| value(&variant.sold_count)).sum());
    }

    /// A published review of a verified purchase.
    pub fn review(
        &mut self,
        product: (ProductId, StoreId),
        user: UserId,
        (rating, title, body): (i32, &str, &str),
        at: DateTimeUtc,
    ) -> review::ActiveModel {
        review::ActiveModel {
            id: Set(self.random.id(at)),
            product_id: Set(product.0),
            store_id: Set(product.1),
            user_id: Set(user),
            rating: Set(rating),
            title: Set(title.to_owned()),
            body: Set(body.to_owned()),
            verified_purchase: Set(true),
            status: Set(ReviewStatus::Published),
            reply_body: Set(None),
            reply_user_id: Set(None),
            replied_at: Set(None),
            version: Set(1),
            created_at: Set(at),
            updated_at: Set(at),
        }
    }

    /// A shipping method of the marketplace or of a store.
    pub fn method(
        &mut self,
        store: Option<StoreId>,
        name: &str,
        (price, free_over): (i64, Option<i64>),
        position: i32,
        at: DateTimeUtc,
    ) -> shipping_method::ActiveModel {
        shipping_method::ActiveModel {
            id: Set(self.random.id(at)),
            store_id: Set(store),
            name: Set(name.to_owned()),
            price: Set(Minor(price)),
            free_over: Set(free_over.map(Minor)),
            currency: Set(self.currency),
            countries: Set(Countries::default()),
            position: Set(position),
            active: Set(true),
            version: Set(1),
            created_at: Set(at),
            updated_at: Set(at),
        }
    }
}

/// The value that a column was set to, or the default.
pub fn value<V: Copy + Default + Into<sea_orm::Value>>(column: &ActiveValue<V>) -> V {
    column.try_as_ref().copied().unwrap_or_default()
}

/// A postal address.
pub fn address(name: &str, line1: String, city: &str, country: &str) -> PostalAddress {
    let (first, last) = name.split_once(' ').unwrap_or((name, name));
    PostalAddress {
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        line1,
        city: city.to_owned(),
        country: country.to_owned(),
        ..PostalAddress::default()
    }
}
