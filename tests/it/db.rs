//! The database: connections, transactions, locks and times.

pub mod cut_connection;
pub mod cut_off;
pub mod delete_race;
pub mod durability;
pub mod locks;
pub mod retries;
pub mod savepoint;
pub mod time;
