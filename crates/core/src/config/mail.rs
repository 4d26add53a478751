//! The email server and the sender.

use super::Environment;
use super::read::Reader;
use secrecy::{ExposeSecret, SecretString};

#[derive(Clone, Debug)]
pub struct Mail {
    /// The SMTP server. If `None`, emails are written to files.
    pub smtp_url: Option<SecretString>,
    /// The sender, such as `Souk <no-reply@example.com>`.
    pub from: String,
}

pub(super) fn mail(reader: &Reader<'_>, environment: Environment) -> Mail {
    let smtp_url = reader.secret("SOUK_SMTP_URL");
    match &smtp_url {
        Some(url) if !["smtp://", "smtps://"].iter().any(|scheme| url.expose_secret().starts_with(scheme)) => {
            reader.problem("SOUK_SMTP_URL must begin with smtp:// or smtps://.");
        }
        None if environment == Environment::Production => {
            reader.problem("SOUK_SMTP_URL must be set in production; otherwise no emails are sent.");
        }
        _ => {}
    }
    let from = reader.text("SOUK_MAIL_FROM");
    if from.parse::<lettre::message::Mailbox>().is_err() {
        reader.problem(format!("SOUK_MAIL_FROM must be an email address such as Souk <no-reply@example.com>; got {from:?}."));
    }
    Mail { smtp_url, from: from.to_owned() }
}
