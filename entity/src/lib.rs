//! The tables of Souk, one file each, and the values that are stored in them.

pub mod id;
pub mod money;
mod prelude;
pub mod value;

pub mod address;
pub mod cart;
pub mod cart_line;
pub mod category;
pub mod checkout;
pub mod event;
pub mod event_head;
pub mod fulfillment;
pub mod fulfillment_line;
pub mod idempotency_key;
pub mod job;
pub mod one_time_token;
pub mod order;
pub mod order_line;
pub mod payment;
pub mod payment_attempt;
pub mod product;
pub mod product_image;
pub mod product_variant;
pub mod product_word;
pub mod refresh_token;
pub mod review;
pub mod session;
pub mod setting;
pub mod shipping_method;
pub mod social_post;
pub mod staged_upload;
pub mod store;
pub mod store_member;
pub mod store_order;
pub mod tax_rate;
pub mod user;
