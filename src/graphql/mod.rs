//! The API: resolvers decode, call the domain and encode. No SQL here, and no rule.

pub mod access;
pub mod account;
pub mod address;
pub mod cart;
pub mod catalog;
pub mod category;
pub mod checkout;
pub mod context;
pub mod cookie;
pub mod enums;
pub mod error;
pub mod execute;
pub mod fulfillment;
pub mod id;
pub mod image;
pub mod live;
pub mod loader;
pub mod money;
pub mod node;
pub mod order;
pub mod page;
pub mod payment;
pub mod product;
pub mod rating;
pub mod review;
pub mod root;
pub mod setting;
pub mod shipping;
pub mod store;
pub mod store_order;
pub mod tax;
pub mod totals;
pub mod upload;
pub mod variant;

pub use execute::Api;
pub use root::{build, sdl};
