//! Views, bestsellers and new arrivals of the demo.

use crate::demo::rows::Rows;
use entity::product;
use entity::value::ProductKind;
use std::cmp::Reverse;

/// One of this number of products is a bestseller, and as many are new arrivals.
const ONE_OF: usize = 20;

/// Sets views and downloads by what was sold. The best-selling and the newest products are pinned: the orders of the demo are of fixed days,
/// so that the nightly computation would find none.
pub(super) fn build(rows: &mut Rows) {
    for (at, row) in (0_i64..).zip(&mut rows.products) {
        row.view_count = 40 + at * 7_919 % 900 + row.sales_count * 25;
        row.indexed_view_count = row.view_count;
        if row.kind == ProductKind::Digital {
            row.download_count = row.sales_count;
        }
    }
    let places = rows.products.len().div_ceil(ONE_OF);
    pin(
        &mut rows.products,
        places,
        |row| row.sales_count,
        |row| {
            (row.bestseller, row.pinned_bestseller) = (true, Some(true));
        },
    );
    pin(
        &mut rows.products,
        places,
        |row| row.created_at.timestamp(),
        |row| {
            (row.new_arrival, row.pinned_new_arrival) = (true, Some(true));
        },
    );
    for variant in &mut rows.variants {
        // Only physical products have thresholds here.
        variant.low_stock = variant.low_stock_threshold.is_some_and(|threshold| variant.stock_quantity <= threshold);
    }
}

/// Changes the first products by the highest number, then by ID.
fn pin(
    products: &mut [product::Model],
    places: usize,
    number: impl Fn(&product::Model) -> i64,
    set: impl Fn(&mut product::Model),
) {
    let mut order: Vec<&mut product::Model> = products.iter_mut().collect();
    order.sort_by_key(|row| (Reverse(number(row)), row.id));
    order.into_iter().take(places).for_each(set);
}
