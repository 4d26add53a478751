//! Order tracking without signing in: by the order number, and the email address or phone number of the order.

use entity::order::{Column, Entity, Model};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::error::{Fault, Result};
use souk_core::limit::Attempt;
use subtle::{Choice, ConstantTimeEq};

/// Maximum length of the inputs; longer ones match nothing.
const MAX_LENGTH: usize = 254;

/// Finds the order with this number if the given email address and phone number match. A wrong number and a wrong email address
/// have the same result. Counted by the viewer's address: [`Fault::RateLimited`] after too many attempts.
pub async fn track(app: &App, viewer: &Viewer, number: &str, email: Option<&str>, phone: Option<&str>) -> Result<Option<Model>> {
    if email.is_none() && phone.is_none() {
        let message = "email or phone is required.".to_owned();
        return Err(Fault::BadUserInput { argument: "email", message }.into());
    }
    let address = viewer.client().ip.map_or_else(|| "unknown".to_owned(), |ip| ip.to_string());
    app.limits.count(Attempt::TrackOrder, &address)?;
    if [Some(number), email, phone].into_iter().flatten().any(|text| text.len() > MAX_LENGTH) {
        return Ok(None);
    }
    let row = Entity::find().filter(Column::Number.eq(super::number::normalize(number))).one(app.db.read()).await?;
    Ok(row.filter(|row| matches(row, email, phone)))
}

/// All given values must match.
fn matches(row: &Model, email: Option<&str>, phone: Option<&str>) -> bool {
    let by_email = email.map(|email| same(&email.trim().to_lowercase(), &row.email));
    let on_address = row.shipping_address.as_ref().and_then(|address| address.phone.as_deref());
    let by_phone = phone.map(|phone| {
        let phone = digits(phone);
        let phones = [row.phone.as_deref(), on_address];
        phones.into_iter().flatten().fold(Choice::from(0), |found, known| found | same(&phone, &digits(known)))
    });
    [by_email, by_phone].into_iter().flatten().fold(Choice::from(1), |all, one| all & one).into()
}

/// Compares in constant time; an empty value matches nothing.
fn same(given: &str, known: &str) -> Choice {
    given.as_bytes().ct_eq(known.as_bytes()) & Choice::from(u8::from(!given.is_empty()))
}

/// The digits of a telephone number, so that spaces and signs are ignored; the prefix `00` is the same as `+`.
fn digits(phone: &str) -> String {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    match digits.strip_prefix("00") {
        Some(rest) => rest.to_owned(),
        None => digits,
    }
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn telephone_numbers_are_compared_by_their_digits() {
        assert_eq!(digits("+977 1-4123456"), digits("00977 14123456"));
        assert_eq!(digits("n/a"), "");
    }
}
