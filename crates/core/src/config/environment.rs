//! Whether Souk runs in development or in production.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Emails are written to files if there is no SMTP server, and a missing secret is generated.
    Development,
    /// A secret, the public URL and an SMTP server are required.
    Production,
}
