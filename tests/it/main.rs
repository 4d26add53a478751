//! Tests against a running Souk, on each database of `SOUK_TEST_DATABASES` (by default SQLite).

#![allow(unreachable_pub, reason = "a program, of which no other crate can use anything")]

#[macro_use]
mod operations;

mod app;
mod at_once;
mod charges;
mod database;
mod fake;
mod journey_file;
mod make;
mod process;
mod s3;
mod sdl;
mod ws;

mod access;
mod account;
mod admission;
mod attribute;
mod bad_input;
mod cart;
mod category;
mod checkout;
mod cli;
mod connection;
mod cursor;
mod db;
mod dispute;
mod docs;
mod document;
mod download;
mod http;
mod image;
mod input_path;
mod job;
mod journey;
mod kill;
mod ledger;
mod length;
mod link;
mod live;
mod log;
mod mail;
mod money;
mod node;
mod order;
mod page;
mod partial;
mod payment;
mod plan;
mod product;
mod product_export;
mod product_import;
mod product_list;
mod product_type;
mod random;
mod readme;
mod refund;
mod renamed;
mod review;
mod schema;
mod search;
mod shipping;
mod social;
mod store;
mod visibility;
mod webhook;
