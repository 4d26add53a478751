//! `/statements`: statements of stores as CSV (RFC 4180), at the URLs of `StoreStatement.csvUrl`.

use crate::http::answer::SentBy;
use crate::http::server::{RequestId, Server};
use axum::body::Body;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::SecondsFormat;
use csv::{Terminator, WriterBuilder};
use futures::stream;
use headers::{HeaderMapExt, RetryAfter};
use sea_orm::prelude::DateTimeUtc;
use souk_core::error::{Error, Fault};
use souk_core::queue::Permit;
use souk_domain::ledger::Period;
use souk_domain::ledger::download::{self, Row, Rows};
use std::borrow::Cow;
use std::io;

const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
const COLUMNS: [&str; 8] = ["created_at", "kind", "order_number", "amount", "currency", "balance", "available_at", "id"];

/// Handles `GET` of a statement. The rows are read from the database while they are sent, so that its size does not matter; if reading
/// fails, the response is cut off.
pub(super) async fn get(
    State(server): State<Server>,
    Extension(request_id): Extension<RequestId>,
    Path(token): Path<String>,
) -> Response {
    let app = &server.app;
    let download = match download::open(app, &token) {
        Ok(download) => download,
        Err(Error::Fault(Fault::NotFound)) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            failed(&request_id, &error);
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let permit = match app.queues.statements.acquire(&download.user_id().to_string()).await {
        Ok(permit) => permit,
        Err(fault) => return busy(&fault),
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, CONTENT_TYPE);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{}\"", file_name(download.period()))) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    let user = Extension(SentBy(download.user_id()));
    let sending = Sending { rows: download.rows(app.clone()), begun: false, request_id, _permit: permit };
    (user, headers, Body::from_stream(stream::try_unfold(sending, Sending::next))).into_response()
}

/// A statement that is being sent.
struct Sending {
    rows: Rows,
    /// Whether the header was sent.
    begun: bool,
    request_id: RequestId,
    _permit: Permit,
}

impl Sending {
    /// The next part of the file; `None` after the last.
    async fn next(mut self) -> io::Result<Option<(Vec<u8>, Self)>> {
        let rows = self.rows.next().await.map_err(|error| {
            failed(&self.request_id, &error);
            io::Error::other("the statement could not be read")
        })?;
        if self.begun && rows.is_empty() {
            return Ok(None);
        }
        let bytes = lines(!self.begun, &rows).map_err(io::Error::other)?;
        self.begun = true;
        Ok(Some((bytes, self)))
    }
}

fn lines(with_header: bool, rows: &[Row]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    if with_header {
        writer.write_record(COLUMNS)?;
    }
    for Row { earning, order_number, balance } in rows {
        let amount = |amount| earning.currency.format(amount);
        writer.write_record([
            time(earning.created_at).as_str(),
            earning.kind.as_str(),
            &text(order_number.as_deref().unwrap_or_default()),
            &amount(earning.amount),
            &earning.currency.to_string(),
            &amount(*balance),
            &earning.available_at.map(time).unwrap_or_default(),
            &earning.id.to_string(),
        ])?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn time(time: DateTimeUtc) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A text that spreadsheets do not take for a formula: an apostrophe precedes the characters with which formulas begin
/// (<https://owasp.org/www-community/attacks/CSV_Injection>). Amounts are no texts: they can begin with a minus sign.
fn text(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// Such as `statement-2026-11-01-2026-12-01.csv`.
fn file_name(period: &Period) -> String {
    let day = |time: DateTimeUtc| time.format("%Y-%m-%d");
    format!("statement-{}-{}.csv", day(period.from), day(period.before))
}

/// The response if too many statements are being sent.
fn busy(fault: &Fault) -> Response {
    let mut response = (StatusCode::TOO_MANY_REQUESTS, "Too many statements are being downloaded.").into_response();
    if let Fault::RateLimited { retry_after } = fault {
        response.headers_mut().typed_insert(RetryAfter::delay(*retry_after));
    }
    response
}

fn failed(request_id: &RequestId, error: &Error) {
    tracing::error!(request_id = request_id.0, ?error, "failed to read a statement");
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::earning;
    use entity::id::{EarningId, StoreId};
    use entity::money::{CurrencyCode, Minor};
    use entity::value::EarningKind;
    use uuid::Uuid;

    #[test]
    fn rows_are_quoted_and_no_text_is_a_formula() {
        let currency: CurrencyCode = "USD".parse().expect("a currency");
        let row = |number: Option<&str>, amount, balance| Row {
            earning: earning::Model {
                id: EarningId(Uuid::from_u128(7)),
                store_id: StoreId(Uuid::from_u128(1)),
                store_order_id: None,
                kind: EarningKind::Refund,
                source_id: Uuid::from_u128(2),
                amount: Minor(amount),
                currency,
                available_at: None,
                created_at: DateTimeUtc::from_timestamp_micros(1_000_001).expect("a time"),
            },
            order_number: number.map(str::to_owned),
            balance: Minor(balance),
        };
        let rows = [row(Some("=1+1,\"a\""), -4016, -1), row(None, 5, 4), row(Some("SK-1"), 5, 9)];
        let id = EarningId(Uuid::from_u128(7));
        let expected = format!(
            "created_at,kind,order_number,amount,currency,balance,available_at,id\r\n\
             1970-01-01T00:00:01.000001Z,REFUND,\"'=1+1,\"\"a\"\"\",-40.16,USD,-0.01,,{id}\r\n\
             1970-01-01T00:00:01.000001Z,REFUND,,0.05,USD,0.04,,{id}\r\n\
             1970-01-01T00:00:01.000001Z,REFUND,SK-1,0.05,USD,0.09,,{id}\r\n"
        );
        assert_eq!(String::from_utf8(lines(true, &rows).expect("lines")).expect("UTF-8"), expected);
        assert!(lines(false, &[]).expect("no lines").is_empty());
        for formula in ["=1", "+1", "-1", "@a", "\ta", "\ra", "\na", "＝1"] {
            assert_eq!(text(formula), format!("'{formula}"));
        }
    }
}
