//! What the reviews of something come to.

use async_graphql::SimpleObject;
use souk_core::error::Fault;

/// What the reviews of something come to.
#[derive(SimpleObject, Clone, Debug)]
pub struct Rating {
    /// The mean of the stars, with two decimals; 0 where there is no review.
    pub average: f64,
    /// How many published reviews there are.
    pub count: i32,
    /// How many reviews gave each number of stars, from five to one.
    #[graphql(directive = crate::cost::ListOf::apply(5))]
    pub by_star: Vec<StarCount>,
}

/// How many reviews gave this many stars.
#[derive(SimpleObject, Clone, Debug)]
pub struct StarCount {
    /// 1 to 5.
    pub star: i32,
    /// How many.
    pub count: i32,
}

impl Rating {
    /// From the columns of a row: the average in hundredths, and how many gave one star, two stars, and so on.
    pub fn new(average: i32, count: i64, by_star: [i64; 5]) -> Self {
        let small = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
        let mut by_star: Vec<_> = (1..).zip(by_star).map(|(star, count)| StarCount { star, count: small(count) }).collect();
        by_star.reverse();
        Self { average: f64::from(average) / 100.0, count: small(count), by_star }
    }
}

/// The lowest average of a filter, as rows keep it: in hundredths of a star.
pub fn hundredths(name: &str, rating: f64) -> Result<i32, Fault> {
    if !(1.0..=5.0).contains(&rating) {
        let message = format!("{name} must be from 1 to 5; found {rating}.");
        return Err(Fault::BadUserInput { argument: "filter", message });
    }
    #[allow(clippy::cast_possible_truncation, reason = "it is in the range")]
    Ok((rating * 100.0).round() as i32)
}
