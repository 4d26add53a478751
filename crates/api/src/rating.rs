//! Rating summaries of products and stores.

use async_graphql::SimpleObject;
use souk_core::error::Fault;

/// Rating summary of published reviews.
#[derive(SimpleObject, Clone, Debug)]
pub struct Rating {
    /// Average number of stars, rounded to two decimals; 0 if there are no reviews.
    pub average: f64,
    /// Number of published reviews.
    pub count: i32,
    /// Number of reviews for each number of stars, from 5 to 1.
    #[graphql(directive = crate::cost::ListOf::apply(5))]
    pub by_star: Vec<StarCount>,
}

/// Number of reviews with a given number of stars.
#[derive(SimpleObject, Clone, Debug)]
pub struct StarCount {
    /// Number of stars, 1 to 5.
    pub star: i32,
    /// Number of published reviews with that many stars.
    pub count: i32,
}

impl Rating {
    /// From the columns of a row: the average in hundredths of a star, and the numbers of reviews with one star, two stars, and
    /// so on.
    pub fn new(average: i32, count: i64, by_star: [i64; 5]) -> Self {
        let to_i32 = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
        let mut by_star: Vec<_> = (1..).zip(by_star).map(|(star, count)| StarCount { star, count: to_i32(count) }).collect();
        by_star.reverse();
        Self { average: f64::from(average) / 100.0, count: to_i32(count), by_star }
    }
}

/// Converts the rating in a filter to hundredths of a star, the unit of the columns. `name` is the field, for the error.
pub fn hundredths(name: &str, rating: f64) -> Result<i32, Fault> {
    if !(1.0..=5.0).contains(&rating) {
        let message = format!("{name} must be between 1 and 5; got {rating}.");
        return Err(Fault::BadUserInput { argument: "filter", message });
    }
    #[allow(clippy::cast_possible_truncation, reason = "the range was checked")]
    Ok((rating * 100.0).round() as i32)
}
