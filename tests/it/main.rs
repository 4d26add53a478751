//! Tests against a running Souk, on each database of `SOUK_TEST_DATABASES` (SQLite alone where it is not set).

mod access;
mod app;
mod database;
mod make;
mod s3;
mod sdl;
mod ws;

mod account;
mod bad_input;
mod cart;
mod category;
mod checkout;
mod checkout_race;
mod live;
mod payment;
mod review;
mod shipping;
mod image;
mod live;
mod plan;
mod product;
mod review;
mod store;
