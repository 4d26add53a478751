//! Rating summaries of products and stores: stored in their rows, and updated by arithmetic in the database.

use entity::id::{ProductId, StoreId};
use entity::review::Model;
use entity::value::ReviewStatus;
use entity::{product, store};
use sea_orm::sea_query::{BinOper, Expr, Func, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, QueryFilter, UpdateMany};
use souk_core::db::{Subject, Tx, lock_for_change};
use souk_core::error::Result;

/// The effect of a change of reviews on a summary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Delta {
    sum: i64,
    count: i64,
    stars: [i64; 5],
}

impl Delta {
    /// The difference between two versions of a review; only published ones count.
    pub(super) fn between(before: Option<&Model>, after: Option<&Model>) -> Self {
        let mut delta = Self::default();
        delta.add(before, -1);
        delta.add(after, 1);
        delta
    }

    /// Subtracts all reviews of a product.
    fn without(product: &product::Model) -> Self {
        let stars = [product.rating_1, product.rating_2, product.rating_3, product.rating_4, product.rating_5];
        Self { sum: -product.rating_sum, count: -product.rating_count, stars: stars.map(|stars| -stars) }
    }

    fn add(&mut self, review: Option<&Model>, times: i64) {
        let Some(review) = review.filter(|review| review.status == ReviewStatus::Published) else { return };
        self.sum += times * i64::from(review.rating);
        self.count += times;
        let star = usize::try_from(review.rating - 1).ok().and_then(|index| self.stars.get_mut(index));
        if let Some(star) = star {
            *star += times;
        }
    }
}

/// Serialises changes of the reviews of a product and the summary of its store; locks the store first, see `docs/LOCKS.md`.
/// Returns whether both still exist.
pub(super) async fn lock_subject(tx: &Tx, store_id: StoreId, product_id: ProductId) -> Result<bool> {
    Ok(lock_for_change::<store::Entity>(tx, store_id).await? && lock_for_change::<product::Entity>(tx, product_id).await?)
}

/// Changes the summaries of a product and its store, which must be locked.
pub(super) async fn apply(tx: &Tx, product_id: ProductId, store_id: StoreId, delta: &Delta) -> Result<()> {
    // Its reviews changed, even if the summary did not.
    tx.changed(Subject::Product(product_id));
    if *delta == Delta::default() {
        return Ok(());
    }
    let backend = tx.get_database_backend();
    let columns = {
        use product::Column::{Rating1, Rating2, Rating3, Rating4, Rating5, RatingAverage, RatingCount, RatingSum};
        Columns {
            average: RatingAverage,
            sum: RatingSum,
            count: RatingCount,
            stars: [Rating1, Rating2, Rating3, Rating4, Rating5],
        }
    };
    columns.change::<product::Entity>(backend, delta).filter(product::Column::Id.eq(product_id)).exec(tx).await?;
    apply_to_store(tx, store_id, delta).await
}

/// Subtracts the reviews of a product from its store's summary. The product must be locked, and is deleted with its reviews.
pub(crate) async fn subtract_product(tx: &Tx, product: &product::Model) -> Result<()> {
    apply_to_store(tx, product.store_id, &Delta::without(product)).await
}

async fn apply_to_store(tx: &Tx, store_id: StoreId, delta: &Delta) -> Result<()> {
    if *delta == Delta::default() {
        return Ok(());
    }
    let columns = {
        use store::Column::{Rating1, Rating2, Rating3, Rating4, Rating5, RatingAverage, RatingCount, RatingSum};
        Columns {
            average: RatingAverage,
            sum: RatingSum,
            count: RatingCount,
            stars: [Rating1, Rating2, Rating3, Rating4, Rating5],
        }
    };
    tx.changed(Subject::Store(store_id));
    columns.change::<store::Entity>(tx.get_database_backend(), delta).filter(store::Column::Id.eq(store_id)).exec(tx).await?;
    Ok(())
}

/// The columns of a table's summary.
struct Columns<C> {
    average: C,
    sum: C,
    count: C,
    stars: [C; 5],
}

impl<C: ColumnTrait> Columns<C> {
    fn change<E: EntityTrait<Column = C>>(&self, backend: DbBackend, delta: &Delta) -> UpdateMany<E> {
        // The average first: MariaDB assigns the columns one after the other, and would use the new sum and count.
        let mut update = E::update_many().col_expr(self.average, self.average(backend, delta));
        update = update.col_expr(self.sum, Expr::col(self.sum).add(delta.sum));
        update = update.col_expr(self.count, Expr::col(self.count).add(delta.count));
        for (column, change) in self.stars.into_iter().zip(delta.stars).filter(|(_, change)| *change != 0) {
            update = update.col_expr(column, Expr::col(column).add(change));
        }
        update
    }

    /// Average in hundredths of a star, rounded half up: `(200 * sum + count) / (2 * count)` in integers; 0 without reviews.
    fn average(&self, backend: DbBackend, delta: &Delta) -> SimpleExpr {
        let sum = Expr::col(self.sum).add(delta.sum);
        let count = || Expr::col(self.count).add(delta.count);
        let (upper, lower) = (sum.mul(200_i64).add(count()), count().mul(2_i64));
        let lower: SimpleExpr = Func::cust("NULLIF").arg(lower).arg(0_i64).into();
        // In MariaDB, `/` makes a rounded decimal.
        let divide = if backend == DbBackend::MySql { BinOper::Custom("DIV") } else { BinOper::Div };
        Func::coalesce([upper.binary(divide, lower), Expr::value(0_i64)]).into()
    }
}
