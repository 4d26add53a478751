//! Keys, tokens and passwords: what proves something. Who it proves it for is in `auth`.

pub mod keys;
pub mod password;
pub mod token;
