//! The rows of the demo, collected before they are written, and a builder for them.

use crate::demo::random::Random;
use crate::fixture;
use entity::id::UserId;
use entity::money::CurrencyCode;
use entity::value::Role;
use entity::{
    attribute, attribute_choice, capture, category, event, fulfillment, fulfillment_line, order, order_line, payment,
    payment_attempt, product, product_attribute_value, product_image, product_type, product_type_attribute, product_variant,
    refund, refund_line, review, sandbox_charge, sandbox_refund, setting, shipping_method, store, store_order, tax_rate, user,
    variant_attribute_value,
};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, IntoActiveModel};
use souk_core::app::App;
use souk_core::db::{Subject, SubjectKind, Tx};
use souk_core::error::{Error, Result};
use souk_domain::ledger::{self, NewTransaction};
use souk_domain::product::tag_rows;
use souk_domain::variant::option_rows;

/// Rows per statement. SQLite allows 32,766 values per statement, and a product has 36.
const BATCH: usize = 500;

/// Inserts rows in batches.
async fn insert<R, A>(tx: &Tx, rows: &[R]) -> Result<()>
where
    R: IntoActiveModel<A> + Clone,
    A: ActiveModelTrait + Send,
{
    for batch in rows.chunks(BATCH) {
        let batch = batch.iter().cloned().map(IntoActiveModel::into_active_model);
        match A::Entity::insert_many(batch).exec_without_returning(tx).await {
            Ok(_) | Err(DbErr::RecordNotInserted) => {}
            Err(error) => return Err(Error::from(error)),
        }
    }
    Ok(())
}

/// All rows, in an order that satisfies the foreign keys.
#[derive(Default)]
pub(super) struct Rows {
    pub users: Vec<user::Model>,
    pub categories: Vec<category::Model>,
    pub stores: Vec<store::Model>,
    pub attributes: Vec<attribute::Model>,
    pub choices: Vec<attribute_choice::Model>,
    pub types: Vec<product_type::Model>,
    pub assignments: Vec<product_type_attribute::Model>,
    pub products: Vec<product::Model>,
    pub variants: Vec<product_variant::Model>,
    pub product_values: Vec<product_attribute_value::Model>,
    pub variant_values: Vec<variant_attribute_value::Model>,
    pub images: Vec<product_image::Model>,
    pub methods: Vec<shipping_method::Model>,
    pub taxes: Vec<tax_rate::Model>,
    pub settings: Vec<setting::Model>,
    pub orders: Vec<order::Model>,
    pub store_orders: Vec<store_order::Model>,
    pub order_lines: Vec<order_line::Model>,
    pub payments: Vec<payment::Model>,
    pub attempts: Vec<payment_attempt::Model>,
    pub captures: Vec<capture::Model>,
    /// What the SANDBOX provider knows of the captures, so that they can be refunded.
    pub charges: Vec<sandbox_charge::Model>,
    pub refunds: Vec<refund::Model>,
    pub refund_lines: Vec<refund_line::Model>,
    /// What the SANDBOX provider knows of the refunds.
    pub returned: Vec<sandbox_refund::Model>,
    pub transactions: Vec<NewTransaction>,
    pub fulfillments: Vec<fulfillment::Model>,
    pub fulfillment_lines: Vec<fulfillment_line::Model>,
    pub events: Vec<event::ActiveModel>,
    pub reviews: Vec<review::Model>,
}

impl Rows {
    /// Inserts all rows.
    pub(super) async fn write(&self, tx: &Tx, app: &App) -> Result<()> {
        insert(tx, &self.users).await?;
        insert(tx, &self.categories).await?;
        insert(tx, &self.stores).await?;
        insert(tx, &self.attributes).await?;
        insert(tx, &self.choices).await?;
        insert(tx, &self.types).await?;
        insert(tx, &self.assignments).await?;
        insert(tx, &self.products).await?;
        // The rows by which products are filtered.
        let tags: Vec<_> = self.products.iter().flat_map(|product| tag_rows(product.id, &product.tags)).collect();
        insert(tx, &tags).await?;
        insert(tx, &self.variants).await?;
        let of = |variant: &product_variant::Model| option_rows(variant.product_id, variant.id, &variant.options);
        insert(tx, &self.variants.iter().flat_map(of).collect::<Vec<_>>()).await?;
        insert(tx, &self.product_values).await?;
        insert(tx, &self.variant_values).await?;
        insert(tx, &self.images).await?;
        insert(tx, &self.methods).await?;
        insert(tx, &self.taxes).await?;
        insert(tx, &self.orders).await?;
        insert(tx, &self.store_orders).await?;
        insert(tx, &self.order_lines).await?;
        insert(tx, &self.payments).await?;
        insert(tx, &self.attempts).await?;
        insert(tx, &self.captures).await?;
        insert(tx, &self.charges).await?;
        insert(tx, &self.refunds).await?;
        insert(tx, &self.refund_lines).await?;
        insert(tx, &self.returned).await?;
        ledger::post(tx, app, self.transactions.clone()).await?;
        insert(tx, &self.settings).await?;
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
            (SubjectKind::Settings, !self.taxes.is_empty() || !self.settings.is_empty() || !self.attributes.is_empty()),
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
pub(super) struct Ratings {
    stars: [i64; 5],
}

impl Ratings {
    pub(super) fn add(&mut self, rating: i32) {
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

    pub(super) fn of_product(&self, row: &mut product::Model) {
        let [one, two, three, four, five] = self.stars;
        (row.rating_sum, row.rating_count, row.rating_average) = (self.sum(), self.count(), self.average());
        (row.rating_1, row.rating_2, row.rating_3, row.rating_4, row.rating_5) = (one, two, three, four, five);
    }

    pub(super) fn of_store(&self, row: &mut store::Model) {
        let [one, two, three, four, five] = self.stars;
        (row.rating_sum, row.rating_count, row.rating_average) = (self.sum(), self.count(), self.average());
        (row.rating_1, row.rating_2, row.rating_3, row.rating_4, row.rating_5) = (one, two, three, four, five);
    }
}

/// Builds rows with reproducible IDs and the currency of the marketplace.
pub(super) struct RowBuilder {
    pub random: Random,
    pub currency: CurrencyCode,
    pub password_hash: String,
}

impl RowBuilder {
    pub(super) fn new(app: &App, seed: u64, password_hash: String) -> Self {
        Self { random: Random::new(seed), currency: app.config.currency, password_hash }
    }

    /// A user who can sign in with the password of the demo.
    pub(super) fn user(&mut self, name: &str, email: &str, role: Role, at: DateTimeUtc) -> user::Model {
        user::Model {
            display_name: name.to_owned(),
            password_hash: self.password_hash.clone(),
            ..fixture::user(self.random.id(at), email, role, at)
        }
    }

    /// An active store without reviews.
    pub(super) fn store(&mut self, owner: UserId, name: &str, email: &str, at: DateTimeUtc) -> store::Model {
        store::Model {
            contact_email: email.to_owned(),
            return_policy: "<p>Within 30 days, unused, at your expense; faulty goods at ours.</p>".to_owned(),
            shipping_policy: "<p>Sent within two working days, with tracking.</p>".to_owned(),
            ..fixture::store(self.random.id(at), owner, name, at)
        }
    }
}
