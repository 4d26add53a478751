//! What the load generator and the attacks share: arguments of the command line, and a database that a binary fills and serves.

pub mod arguments;
pub mod database;
pub mod memory;
