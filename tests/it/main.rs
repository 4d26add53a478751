//! Tests against a running Souk, on each database of `SOUK_TEST_DATABASES` (SQLite alone where it is not set).

mod app;
mod database;
mod journey_file;
mod make;
mod make_order;
mod process;
mod s3;
mod sdl;
mod ws;

mod access;
mod account;
mod bad_input;
mod cart;
mod category;
mod checkout;
mod checkout_race;
mod cli;
mod http;
mod image;
mod job;
mod journey;
mod live;
mod order;
mod order_access;
mod order_list;
mod order_race;
mod payment;
mod plan;
mod product;
mod readme;
mod review;
mod schema;
mod shipping;
mod social;
mod store;
