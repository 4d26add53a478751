//! Mails: by SMTP, or in development as files.

use crate::config::{ConfigError, Mail};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::file::AsyncFileTransport;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::path::{Path, PathBuf};

/// Why a mail could not leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailError {
    /// What the server said.
    pub message: String,
    /// Whether the same mail can never leave, such as one to an address the server refuses for good.
    pub permanent: bool,
}

impl std::fmt::Display for MailError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for MailError {}

/// A mail that is ready to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// Names it among all mails: the same one sent twice by a retry can be recognised.
    pub message_id: String,
    /// To whom.
    pub to: String,
    /// One line.
    pub subject: String,
    /// For readers without HTML.
    pub text: String,
    /// For the others.
    pub html: String,
}

enum Transport {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Folder(AsyncFileTransport<Tokio1Executor>, PathBuf),
}

/// Sends mails.
pub struct Mailer {
    transport: Transport,
    from: Mailbox,
}

impl Mailer {
    /// A pool of connections to the server, or a folder.
    pub fn new(mail: &Mail, data_dir: &Path) -> Result<Self, ConfigError> {
        let from = mail.from.parse().map_err(|error| ConfigError(format!("SOUK_MAIL_FROM is not an address: {error}")))?;
        let transport = match &mail.smtp_url {
            Some(url) => {
                let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url.0)
                    .map_err(|_| ConfigError("SOUK_SMTP_URL must be smtp://user:password@host:587 or smtps://...".into()))?;
                Transport::Smtp(builder.timeout(Some(std::time::Duration::from_secs(20))).build())
            }
            None => {
                let folder = data_dir.join("mail");
                std::fs::create_dir_all(&folder)
                    .map_err(|error| ConfigError(format!("SOUK_DATA_DIR: {} can't be used: {error}", folder.display())))?;
                Transport::Folder(AsyncFileTransport::new(&folder), folder)
            }
        };
        Ok(Self { transport, from })
    }

    /// Sends one mail; it may arrive twice if the connection breaks after the server took it.
    pub async fn send(&self, letter: &Email) -> Result<(), MailError> {
        let permanent = |message: String| MailError { message, permanent: true };
        let to: Mailbox = letter.to.parse().map_err(|error| permanent(format!("not an address: {error}")))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(&letter.subject)
            .message_id(Some(format!("<{}>", letter.message_id)))
            .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
            .map_err(|error| permanent(error.to_string()))?;
        match &self.transport {
            Transport::Smtp(smtp) => match smtp.send(message).await {
                Ok(_) => Ok(()),
                Err(error) => Err(MailError { message: error.to_string(), permanent: error.is_permanent() }),
            },
            Transport::Folder(files, folder) => {
                let name =
                    files.send(message).await.map_err(|error| MailError { message: error.to_string(), permanent: false })?;
                tracing::info!(to = letter.to, subject = letter.subject, file = %folder.join(format!("{name}.eml")).display(), "a mail was written");
                Ok(())
            }
        }
    }
}
