//! Validation of input: collects all problems at once, each with the field, what is allowed and the value it got.

use crate::error::{Code, Problem, Refusal, Result};
use crate::length;
use crate::text::truncate;
use entity::money::{CurrencyCode, Minor, Money};
use entity::value::PostalAddress;
use std::ops::RangeInclusive;

/// The highest price of a single item, in minor units: a billion of a currency with two decimals.
pub const MAX_PRICE: Minor = Minor(100_000_000_000);

/// The highest quantity of one line, and the highest stock of one variant.
pub const MAX_QUANTITY: i32 = 1_000_000;

/// An amount of money from a client, with its currency, or the problem of an invalid one, which is reported together with the other
/// problems of the input.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Amount(std::result::Result<Money, Problem>);

impl Amount {
    /// Parses an exact decimal with at most as many decimals as the currency has.
    pub fn parse(path: &str, text: &str, currency: CurrencyCode) -> Self {
        Self(currency.parse(text.trim()).map(|amount| Money::new(amount, currency)).ok_or_else(|| {
            let message = format!(
                "{} must be an amount in {currency} with at most {} decimals, such as {}; got {:?}.",
                name_of(path),
                currency.exponent(),
                currency.format(Minor(1990)),
                truncate(text, 30)
            );
            Problem::new(path, Code::Invalid, message)
        }))
    }

    /// Whether the text was a valid amount.
    pub fn is_amount(&self) -> bool {
        self.0.is_ok()
    }
}

/// Collects the problems of one input.
#[derive(Debug, Default)]
pub struct Check {
    problems: Vec<Problem>,
}

impl Check {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a problem of the field at `path`.
    pub fn problem(&mut self, path: &str, code: Code, message: impl Into<String>) {
        self.problems.push(Problem::new(path, code, message));
    }

    /// Adds an existing problem.
    pub fn push(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Whether no problem was added.
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    /// Refuses with all problems, if there are any.
    pub fn finish(self) -> Result<()> {
        if self.problems.is_empty() { Ok(()) } else { Err(crate::error::Error::Refused(Refusal(self.problems))) }
    }

    pub fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// One line of text: trimmed, without control characters; `length` is the allowed number of characters.
    pub fn line(&mut self, path: &str, value: &str, length: RangeInclusive<usize>) -> String {
        let text = value.trim();
        if text.chars().any(is_forbidden_in_line) {
            self.problem(path, Code::Invalid, format!("{} must not contain control characters.", name_of(path)));
        }
        self.length(path, text, length);
        text.to_owned()
    }

    /// As [`Check::line`], for an optional field; an empty text counts as absent.
    pub fn optional_line(&mut self, path: &str, value: Option<&str>, longest: usize) -> Option<String> {
        let text = value.map(str::trim).filter(|text| !text.is_empty())?;
        Some(self.line(path, text, 1..=longest))
    }

    /// Title for search engines.
    pub fn seo_title(&mut self, path: &str, value: Option<&str>) -> Option<String> {
        self.optional_line(path, value, length::SEO_TITLE)
    }

    /// Description for search engines.
    pub fn seo_description(&mut self, path: &str, value: Option<&str>) -> Option<String> {
        self.optional_line(path, value, length::SEO_DESCRIPTION)
    }

    /// Several lines of plain text: trimmed, without control characters other than line breaks and tabs.
    pub fn text(&mut self, path: &str, value: &str, length: RangeInclusive<usize>) -> String {
        let text = value.trim().replace("\r\n", "\n");
        if text.chars().any(|c| is_forbidden_in_line(c) && c != '\n' && c != '\t') {
            self.problem(path, Code::Invalid, format!("{} must not contain control characters.", name_of(path)));
        }
        self.length(path, &text, length);
        text
    }

    /// HTML: checked as text, then sanitised.
    pub fn html(&mut self, path: &str, value: &str, longest: usize) -> String {
        let text = self.text(path, value, 0..=longest);
        if text.chars().count() > longest { text } else { ammonia::clean(&text) }
    }

    /// An email address, lower-cased, of at most [`length::EMAIL`] characters.
    pub fn email(&mut self, path: &str, value: &str) -> String {
        let text = value.trim().to_lowercase();
        let plain = text.is_ascii() && !text.contains(['"', '<', '>', ' ', '\\']);
        if text.len() > length::EMAIL || !plain || !email_address::EmailAddress::is_valid(&text) || !text.contains('.') {
            let message = format!(
                "{} must be an email address such as name@example.com, of at most {} characters.",
                name_of(path),
                length::EMAIL
            );
            self.problem(path, Code::Invalid, message);
        }
        text
    }

    /// A telephone number: digits, spaces and `+-()./`, 5 to 20 digits in all.
    pub fn phone(&mut self, path: &str, value: Option<&str>) -> Option<String> {
        let text = value.map(str::trim).filter(|text| !text.is_empty())?;
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let allowed = text.chars().all(|c| c.is_ascii_digit() || " +-()./".contains(c));
        if !allowed || !(5..=20).contains(&digits) || text.len() > length::PHONE {
            let message = format!("{} must be a telephone number of 5 to 20 digits, such as +977 1 4123456.", name_of(path));
            self.problem(path, Code::Invalid, message);
        }
        Some(text.to_owned())
    }

    /// An ISO 3166-1 alpha-2 country code, upper-cased.
    pub fn country(&mut self, path: &str, value: &str) -> String {
        let code = value.trim().to_uppercase();
        if !is_country(&code) {
            let message = format!("{} must be a country code of two letters (ISO 3166-1 alpha-2), such as NP.", name_of(path));
            self.problem(path, Code::Invalid, message);
        }
        code
    }

    /// An `http` or `https` URL of at most [`length::URL`] characters.
    pub fn url(&mut self, path: &str, value: Option<&str>) -> Option<String> {
        let text = value.map(str::trim).filter(|text| !text.is_empty())?;
        let valid = url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !valid || text.len() > length::URL {
            let message = format!(
                "{} must be a URL that begins with https:// or http://, of at most {} characters.",
                name_of(path),
                length::URL
            );
            self.problem(path, Code::Invalid, message);
        }
        Some(text.to_owned())
    }

    /// A slug that a client chose: lower-case letters and digits, in groups joined by single hyphens.
    pub fn slug(&mut self, path: &str, value: &str) -> String {
        self.slug_within(path, value, length::SLUG)
    }

    /// As [`Check::slug`], of at most `longest` characters.
    pub fn slug_within(&mut self, path: &str, value: &str, longest: usize) -> String {
        let slug = value.trim().to_owned();
        if slug.is_empty() || slug.len() > longest || slug != crate::text::slugify(&slug) {
            let message = format!(
                "{} must be lower-case letters, digits and single hyphens, of at most {longest} characters.",
                name_of(path)
            );
            self.problem(path, Code::Invalid, message);
        }
        slug
    }

    /// A price in the currency, from zero (or just above it) to [`MAX_PRICE`]; zero if it is invalid.
    pub fn price(&mut self, path: &str, value: &Amount, currency: CurrencyCode, zero: bool) -> Minor {
        let Some(amount) = self.amount(path, value, currency) else { return Minor::ZERO };
        let least = if zero { Minor::ZERO } else { Minor(1) };
        if amount < least || amount > MAX_PRICE {
            let message = format!(
                "{} must be from {} to {} {currency}; got {}.",
                name_of(path),
                currency.format(least),
                currency.format(MAX_PRICE),
                currency.format(amount)
            );
            self.problem(path, Code::OutOfRange, message);
        }
        amount
    }

    /// An amount in the currency, of any size; `None` if it is invalid.
    pub fn amount(&mut self, path: &str, value: &Amount, currency: CurrencyCode) -> Option<Minor> {
        match &value.0 {
            Ok(money) if money.currency == currency => return Some(money.amount),
            Ok(money) => {
                let message = format!("{} must be an amount in {currency}; got one in {}.", name_of(path), money.currency);
                self.problem(path, Code::Invalid, message);
            }
            Err(problem) => self.push(problem.clone()),
        }
        None
    }

    /// A whole number within the range.
    pub fn integer(&mut self, path: &str, value: i32, range: RangeInclusive<i32>) -> i32 {
        if !range.contains(&value) {
            let message = format!("{} must be from {} to {}; got {value}.", name_of(path), range.start(), range.end());
            self.problem(path, Code::OutOfRange, message);
        }
        value
    }

    /// A list of at most `most` items.
    pub fn count<T>(&mut self, path: &str, items: &[T], most: usize) {
        if items.len() > most {
            self.problem(path, Code::TooLong, format!("{} must have at most {most} items; got {}.", name_of(path), items.len()));
        }
    }

    /// A postal address; `path` is the path of the address, empty if its fields belong to the input itself.
    pub fn address(&mut self, path: &str, value: &PostalAddress) -> PostalAddress {
        let at = |field: &str| if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
        PostalAddress {
            first_name: self.line(&at("firstName"), &value.first_name, 1..=length::NAME),
            last_name: self.line(&at("lastName"), &value.last_name, 1..=length::NAME),
            company: self.optional_line(&at("company"), value.company.as_deref(), length::NAME),
            line1: self.line(&at("line1"), &value.line1, 1..=length::ADDRESS_LINE),
            line2: self.optional_line(&at("line2"), value.line2.as_deref(), length::ADDRESS_LINE),
            city: self.line(&at("city"), &value.city, 1..=length::NAME),
            region: self.optional_line(&at("region"), value.region.as_deref(), length::NAME),
            postal_code: self.optional_line(&at("postalCode"), value.postal_code.as_deref(), length::POSTAL_CODE),
            country: self.country(&at("country"), &value.country),
            phone: self.phone(&at("phone"), value.phone.as_deref()),
        }
    }

    fn length(&mut self, path: &str, text: &str, length: RangeInclusive<usize>) {
        let found = text.chars().count();
        let (least, most) = (*length.start(), *length.end());
        if found == 0 && least > 0 {
            self.problem(path, Code::Required, format!("{} is required.", name_of(path)));
        } else if found < least {
            self.problem(path, Code::TooShort, format!("{} must have at least {least} characters; got {found}.", name_of(path)));
        } else if found > most {
            self.problem(path, Code::TooLong, format!("{} must have at most {most} characters; got {found}.", name_of(path)));
        }
    }
}

/// All ISO 3166-1 alpha-2 codes, in alphabetical order.
pub fn countries() -> impl Iterator<Item = &'static str> {
    COUNTRIES.split(' ')
}

/// Refuses a change if the object is no longer of the version that the caller read.
pub fn check_version(expected: Option<i32>, found: i32) -> Result<()> {
    if expected.is_some_and(|expected| expected != found) { Err(stale().into()) } else { Ok(()) }
}

/// The problem of a version that is no longer the current one.
pub fn stale() -> Problem {
    Problem::new("expectedVersion", Code::Stale, "The object was changed in the meantime; read it again before changing it.")
}

/// Control characters, and invisible ones that change the direction of the surrounding text.
fn is_forbidden_in_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Whether this is a code of ISO 3166-1 alpha-2, in capital letters.
pub fn is_country(code: &str) -> bool {
    COUNTRIES.split(' ').any(|known| known == code)
}

/// The last field name of a path, without list indexes: the name that users know.
fn name_of(path: &str) -> &str {
    path.rsplit('.').find(|part| !part.is_empty() && !part.bytes().all(|b| b.is_ascii_digit())).unwrap_or("The value")
}

/// ISO 3166-1 alpha-2, as of 2024.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS \
                         BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE \
                         EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM \
                         HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC \
                         LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA \
                         NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW \
                         SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO \
                         TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";
