//! Demo data: a small realistic marketplace that is the same at each run, and any number of products for benchmarks.

mod bulk;
mod lists;
mod market;
mod orders;
mod picture;
mod random;
mod rows;
mod timeline;
mod types;
mod words;

pub use bulk::{Progress, Size, fill_bulk};

use crate::demo::market::Sketch;
use crate::demo::rows::{RowBuilder, Rows};
use entity::user;
use futures::stream::{self, StreamExt, TryStreamExt};
use sea_orm::{EntityTrait, QueryFilter};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::crypto::password::Priority;
use souk_core::db::InPadded;
use souk_core::error::{Result, internal};
use souk_core::transact;
use std::collections::HashMap;

/// The password of all demo users.
pub const PASSWORD: &str = "demo-password";

/// Seed of the random numbers. A different one generates a different marketplace.
const SEED: u64 = 83;

/// A demo user whose credentials are printed.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct SignIn {
    /// Role, in lower case; `buyer` for a customer.
    pub role: &'static str,
    pub email: &'static str,
}

/// The demo users whose credentials are printed.
pub const SIGN_INS: [SignIn; 5] = [
    SignIn { role: "owner", email: "owner@souk.example" },
    SignIn { role: "admin", email: "admin@souk.example" },
    SignIn { role: "staff", email: "staff@souk.example" },
    SignIn { role: "vendor", email: "vendor@souk.example" },
    SignIn { role: "buyer", email: "buyer@souk.example" },
];

/// Whether the database has no users.
pub async fn is_empty(app: &App, _system: &System) -> Result<bool> {
    Ok(user::Entity::find().one(app.db.read()).await?.is_none())
}

/// The users of [`SIGN_INS`] that exist: all of them in a demo marketplace, else none.
pub async fn sign_ins(app: &App, _system: &System) -> Result<Vec<SignIn>> {
    let emails: Vec<_> = SIGN_INS.iter().map(|person| person.email).collect();
    let found = user::Entity::find().filter(user::Column::Email.in_padded(&emails)).all(app.db.read()).await?;
    let exists = |person: &SignIn| found.iter().any(|user| user.email == person.email);
    Ok(SIGN_INS.into_iter().filter(exists).collect())
}

/// Fills an empty database in one transaction.
pub async fn fill(app: &App, _system: &System) -> Result<()> {
    let hash = app.passwords.hash(Priority::Reserved, PASSWORD.to_owned()).await?;
    let mut builder = RowBuilder::new(app, SEED, hash);
    let mut rows = Rows::default();
    let market = market::build(&mut builder, &mut rows)?;
    orders::build(&mut builder, &mut rows, &market)?;
    lists::build(&mut rows);
    rows.settings = orders::money_settings()?;
    let sizes = store_images(app, market.sketches).await?;
    for image in &mut rows.images {
        if let Some(size) = sizes.get(&image.storage_key) {
            image.byte_size = *size;
        }
    }
    transact!(app.db, tx, { rows.write(tx, app).await })
}

/// Draws the images and stores them; returns the size in bytes of each key.
async fn store_images(app: &App, sketches: Vec<Sketch>) -> Result<HashMap<String, i64>> {
    let concurrency = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let put = async |sketch: Sketch| {
        let (motif, colours) = (sketch.category.motif, sketch.category.colours);
        let drawn = tokio::task::spawn_blocking(move || picture::draw(motif, colours, sketch.seed)).await.map_err(internal)?;
        let bytes = drawn.map_err(internal)?;
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        app.storage.put(&sketch.key, bytes.into(), "image/jpeg").await.map_err(internal)?;
        Ok((sketch.key, size))
    };
    stream::iter(sketches).map(put).buffer_unordered(concurrency).try_collect().await
}
