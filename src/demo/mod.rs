//! An invented marketplace: a believable small one to look at, the same at each run, and as many products as a benchmark needs.

mod bulk;
mod market;
mod orders;
mod picture;
mod random;
mod timeline;
mod words;
mod world;

pub use bulk::{Size, fill_bulk};

use crate::demo::market::Sketch;
use crate::demo::world::{Maker, World};
use entity::user;
use futures::stream::{self, StreamExt, TryStreamExt};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use souk_core::app::App;
use souk_core::auth::System;
use souk_core::crypto::password::Asker;
use souk_core::error::{Result, internal};
use souk_core::transact;
use std::collections::HashMap;

/// The password of everybody in the demo.
pub const PASSWORD: &str = "demo-password";

/// Chosen once; another one makes another marketplace.
const SEED: u64 = 83;

/// Somebody to sign in as.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct SignIn {
    /// What they are.
    pub what: &'static str,
    /// What they sign in with.
    pub email: &'static str,
}

/// Those whose sign-ins are printed.
pub const SIGN_INS: [SignIn; 5] = [
    SignIn { what: "owner", email: "owner@souk.example" },
    SignIn { what: "admin", email: "admin@souk.example" },
    SignIn { what: "staff", email: "staff@souk.example" },
    SignIn { what: "vendor", email: "vendor@souk.example" },
    SignIn { what: "buyer", email: "buyer@souk.example" },
];

/// Whether nobody is there yet.
pub async fn is_empty(app: &App, _system: &System) -> Result<bool> {
    Ok(user::Entity::find().one(app.db.read()).await?.is_none())
}

/// Those of [`SIGN_INS`] who have an account: all of them in a demo marketplace, none in another one.
pub async fn sign_ins(app: &App, _system: &System) -> Result<Vec<SignIn>> {
    let emails = SIGN_INS.iter().map(|person| person.email);
    let found = user::Entity::find().filter(user::Column::Email.is_in(emails)).all(app.db.read()).await?;
    let is_there = |person: &SignIn| found.iter().any(|user| user.email == person.email);
    Ok(SIGN_INS.into_iter().filter(is_there).collect())
}

/// Fills an empty database: all of it, or nothing.
pub async fn fill(app: &App, _system: &System) -> Result<()> {
    let hash = app.passwords.hash(Asker::Known, PASSWORD.to_owned()).await?;
    let mut maker = Maker::new(app, SEED, hash);
    let mut world = World::default();
    let market = market::build(&mut maker, &mut world)?;
    orders::build(&mut maker, &mut world, &market)?;
    let sizes = put_pictures(app, market.sketches).await?;
    for image in &mut world.images {
        if let Some(size) = image.storage_key.try_as_ref().and_then(|key| sizes.get(key)) {
            image.byte_size = Set(*size);
        }
    }
    transact!(app.db, tx, { world.write(tx).await })
}

/// Draws the pictures, as many at once as there are processors, and puts them into the storage; answers with their sizes.
async fn put_pictures(app: &App, sketches: Vec<Sketch>) -> Result<HashMap<String, i64>> {
    let at_once = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let put = async |sketch: Sketch| {
        let (motif, colours) = (sketch.category.motif, sketch.category.colours);
        let drawn = tokio::task::spawn_blocking(move || picture::draw(motif, colours, sketch.seed)).await.map_err(internal)?;
        let bytes = drawn.map_err(internal)?;
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        app.storage.put(&sketch.key, bytes.into(), "image/jpeg").await.map_err(internal)?;
        Ok((sketch.key, size))
    };
    stream::iter(sketches).map(put).buffer_unordered(at_once).try_collect().await
}
