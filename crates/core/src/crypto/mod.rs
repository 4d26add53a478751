//! Keys, tokens and passwords. `auth` turns a valid token into an actor.

pub mod keys;
pub mod password;
pub mod token;
