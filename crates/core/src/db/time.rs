//! Times as parameters of statements, alike on all three databases.

use sea_orm::prelude::DateTimeUtc;
use sea_orm::{DbBackend, Statement, Value};

/// The first moment that all databases and the API can name: the beginning of the year 1.
pub const EARLIEST: DateTimeUtc = moment(-62_135_596_800_000_000);
/// The last one, in microseconds: the end of the year 9999.
pub const LATEST: DateTimeUtc = moment(253_402_300_799_999_999);

const fn moment(micros: i64) -> DateTimeUtc {
    match DateTimeUtc::from_timestamp_micros(micros) {
        Some(time) => time,
        None => DateTimeUtc::UNIX_EPOCH,
    }
}

/// The same statement with times that the database compares and stores as they are.
///
/// - MariaDB: sqlx sends a time with a zone as TIMESTAMP, which ends in 1970 and 2038; a DATETIME does not, and is what the columns
///   are. The connection's zone is UTC either way.
/// - SQLite compares times as text, and MariaDB has no years of five digits: a time beyond [`EARLIEST`] or [`LATEST`] becomes that
///   one. No row has such a time, so a comparison finds the same rows.
pub(super) fn portable(mut statement: Statement) -> Statement {
    let naive = statement.db_backend == DbBackend::MySql;
    for value in statement.values.iter_mut().flat_map(|values| values.0.iter_mut()) {
        let Value::ChronoDateTimeUtc(time) = value else { continue };
        let time = time.map(|time| time.clamp(EARLIEST, LATEST));
        *value = if naive { Value::ChronoDateTime(time.map(|time| time.naive_utc())) } else { Value::ChronoDateTimeUtc(time) };
    }
    statement
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_the_first_and_the_last_microsecond_of_four_digit_years() {
        assert_eq!(EARLIEST.to_rfc3339(), "0001-01-01T00:00:00+00:00");
        assert_eq!(LATEST.to_rfc3339(), "9999-12-31T23:59:59.999999+00:00");
    }

    #[test]
    fn times_reach_mariadb_without_a_zone_and_no_database_with_five_digits() {
        let year = |year: i32| chrono::NaiveDate::from_ymd_opt(year, 3, 1).expect("a day").and_hms_opt(0, 0, 0).expect("a time");
        let sent = |backend, at: i32| {
            let value = Value::ChronoDateTimeUtc(Some(year(at).and_utc()));
            let statement = portable(Statement::from_sql_and_values(backend, "SELECT ?, ?", [value, Value::Int(Some(1))]));
            statement.values.expect("values").0
        };
        assert_eq!(sent(DbBackend::MySql, 2040), [Value::ChronoDateTime(Some(year(2040))), Value::Int(Some(1))]);
        assert_eq!(sent(DbBackend::MySql, 12_000)[0], Value::ChronoDateTime(Some(LATEST.naive_utc())));
        for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
            assert_eq!(sent(backend, 2040)[0], Value::ChronoDateTimeUtc(Some(year(2040).and_utc())));
            assert_eq!(sent(backend, 12_000)[0], Value::ChronoDateTimeUtc(Some(LATEST)));
            assert_eq!(sent(backend, -3)[0], Value::ChronoDateTimeUtc(Some(EARLIEST)));
        }
        let absent = Statement::from_sql_and_values(DbBackend::MySql, "SELECT ?", [Value::ChronoDateTimeUtc(None)]);
        assert_eq!(portable(absent).values.expect("values").0, [Value::ChronoDateTime(None)]);
    }
}
