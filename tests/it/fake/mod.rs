//! Servers that behave as the documentation of external services says, and misbehave if a test wants it.

pub mod stripe;
