//! Validation of times in inputs.

use async_graphql::registry::Registry;
use async_graphql::{InputObject, InputType, InputValueError, InputValueResult, Value};
use chrono::{DateTime, Utc};
use std::borrow::Cow;

/// The scalar `DateTime` as input, limited to the years 1 to 9999 in UTC, which all supported databases can compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTimeInput(pub DateTime<Utc>);

impl InputType for DateTimeInput {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        <DateTime<Utc> as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <DateTime<Utc> as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let time = <DateTime<Utc> as InputType>::parse(value).map_err(InputValueError::propagate)?;
        if (souk_core::db::EARLIEST..=souk_core::db::LATEST).contains(&time) {
            return Ok(Self(time));
        }
        let message = format!("The time must be in the years 1 to 9999 in UTC; got {}.", time.to_rfc3339());
        Err(InputValueError::custom(message))
    }

    fn to_value(&self) -> Value {
        InputType::to_value(&self.0)
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

/// Range of time within the years 1 to 9999.
#[derive(InputObject, Clone, Copy, Debug)]
pub struct DateTimeRange {
    /// Start of the range, inclusive; null for no start.
    pub from: Option<DateTimeInput>,
    /// End of the range, exclusive; null for no end.
    pub before: Option<DateTimeInput>,
}

impl DateTimeRange {
    /// The start and the end of an optional range.
    pub fn ends(range: Option<Self>) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
        let end = |time: Option<DateTimeInput>| time.map(|time| time.0);
        range.map_or((None, None), |range| (end(range.from), end(range.before)))
    }
}
