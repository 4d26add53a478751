//! Sends emails by SMTP, or writes them to files if no server is configured.

use crate::config::{ConfigError, Mail};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::file::AsyncFileTransport;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::ExposeSecret;
use std::path::{Path, PathBuf};

/// An email could not be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailError {
    /// The error message, usually of the server.
    pub message: String,
    /// Whether a retry is pointless, for example because the server rejected the recipient permanently.
    pub permanent: bool,
}

impl std::fmt::Display for MailError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for MailError {}

/// A rendered email.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// The Message-ID. It stays the same when the email is sent again, so that duplicates can be recognised.
    pub message_id: String,
    /// The recipient's address.
    pub to: String,
    pub subject: String,
    /// The plain text version.
    pub text: String,
    pub html: String,
}

enum Transport {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Folder(AsyncFileTransport<Tokio1Executor>, PathBuf),
}

/// Sends emails.
pub struct Mailer {
    transport: Transport,
    from: Mailbox,
}

impl Mailer {
    /// Creates the connection pool, or the folder for the files.
    ///
    /// # Errors
    ///
    /// If the sender or the server's URL is invalid, or the folder cannot be created.
    pub fn new(mail: &Mail, data_dir: &Path) -> Result<Self, ConfigError> {
        let from =
            mail.from.parse().map_err(|error| ConfigError(format!("SOUK_MAIL_FROM must be an email address: {error}.")))?;
        let transport = match &mail.smtp_url {
            Some(url) => {
                let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret()).map_err(|_| {
                    ConfigError("SOUK_SMTP_URL must be smtp://user:password@host:587 or smtps://user:password@host.".into())
                })?;
                Transport::Smtp(builder.timeout(Some(std::time::Duration::from_secs(20))).build())
            }
            None => {
                let folder = data_dir.join("mail");
                std::fs::create_dir_all(&folder).map_err(|error| {
                    ConfigError(format!("SOUK_DATA_DIR: the folder {} cannot be created: {error}.", folder.display()))
                })?;
                Transport::Folder(AsyncFileTransport::new(&folder), folder)
            }
        };
        Ok(Self { transport, from })
    }

    /// Sends an email. If the connection breaks after the server accepted it, a retry delivers it twice.
    ///
    /// # Errors
    ///
    /// If it was not accepted; [`MailError::permanent`] says whether a retry is pointless.
    pub async fn send(&self, email: &Email) -> Result<(), MailError> {
        let permanent = |message: String| MailError { message, permanent: true };
        let to: Mailbox =
            email.to.parse().map_err(|error| permanent(format!("the recipient is not an email address: {error}")))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(&email.subject)
            .message_id(Some(format!("<{}>", email.message_id)))
            .multipart(MultiPart::alternative_plain_html(email.text.clone(), email.html.clone()))
            .map_err(|error| permanent(error.to_string()))?;
        match &self.transport {
            Transport::Smtp(smtp) => match smtp.send(message).await {
                Ok(_) => Ok(()),
                Err(error) => Err(MailError { message: error.to_string(), permanent: error.is_permanent() }),
            },
            Transport::Folder(files, folder) => {
                let name =
                    files.send(message).await.map_err(|error| MailError { message: error.to_string(), permanent: false })?;
                let file = folder.join(format!("{name}.eml"));
                tracing::info!(to = email.to, subject = email.subject, file = %file.display(), "email written to a file");
                Ok(())
            }
        }
    }
}
