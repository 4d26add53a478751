//! How mails are sent.

use super::read::Reader;
use super::{Environment, Secret};

/// How mails leave.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The server; without one, files are written.
    pub smtp_url: Option<Secret>,
    /// The sender.
    pub from: String,
}

pub(super) fn mail(reader: &Reader<'_>, environment: Environment) -> Mail {
    let smtp_url = reader.secret("SOUK_SMTP_URL");
    match &smtp_url {
        Some(Secret(url)) if !url.starts_with("smtp://") && !url.starts_with("smtps://") => {
            reader.problem("SOUK_SMTP_URL must begin with smtp:// or smtps://");
        }
        None if environment == Environment::Production => {
            reader.problem("SOUK_SMTP_URL must be set in production: without it nobody gets a mail");
        }
        _ => {}
    }
    let from = reader.text("SOUK_MAIL_FROM");
    if from.parse::<lettre::message::Mailbox>().is_err() {
        reader.problem(format!("SOUK_MAIL_FROM must be an address such as Souk <no-reply@example.com>; found {from:?}"));
    }
    Mail { smtp_url, from: from.to_owned() }
}
