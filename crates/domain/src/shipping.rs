//! Ways to send: the marketplace's, for every store, and a store's own beside them.

use crate::store;
use entity::id::{ShippingMethodId, StoreId};
use entity::money::{CurrencyCode, Minor};
use entity::shipping_method::{self, Column, Entity, Model};
use entity::value::{Countries, Permission, StoreStatus};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
};
use souk_core::app::App;
use souk_core::auth::{StoreTask, Viewer};
use souk_core::check::{self, Check, check_version};
use souk_core::db::{InPadded, Subject, keep, lock_for_change};
use souk_core::error::{Code, Error, Fault, Result, refuse};
use souk_core::transact;
use std::collections::{BTreeSet, HashMap};

/// The most methods of one store, and of the marketplace.
pub const MOST: u64 = 50;

/// What a new method is to be.
#[derive(Clone, Debug, Default)]
pub struct NewMethod {
    /// Absent for one that every store offers.
    pub store_id: Option<StoreId>,
    /// As buyers read it.
    pub name: String,
    /// Flat, for a store's part of an order; an exact decimal.
    pub price: String,
    /// From this value of the part's items on it costs nothing.
    pub free_over: Option<String>,
    /// Where it sends to; empty means everywhere.
    pub countries: Vec<String>,
    /// InPadded the others, lowest first.
    pub position: Option<i32>,
}

/// What is to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct MethodPatch {
    /// As buyers read it.
    pub name: Option<String>,
    /// Flat, for a store's part of an order; an exact decimal.
    pub price: Option<String>,
    /// `Some(None)`: never free.
    pub free_over: Option<Option<String>>,
    /// Where it sends to; empty means everywhere.
    pub countries: Option<Vec<String>>,
    /// InPadded the others, lowest first.
    pub position: Option<i32>,
    /// Whether it is offered.
    pub active: Option<bool>,
    /// Refused as stale when it has moved on.
    pub expected_version: Option<i32>,
}

/// What a method costs for a store's part of this value: nothing from `free_over` on.
pub fn price_for(method: &Model, items: Minor) -> Minor {
    if method.free_over.is_some_and(|least| items >= least) { Minor::ZERO } else { method.price }
}

/// Whether a method sends to a country; while the country is not known, every method may.
pub fn sends_to(method: &Model, country: Option<&str>) -> bool {
    let Countries(countries) = &method.countries;
    countries.is_empty() || country.is_none_or(|country| countries.iter().any(|known| known == country))
}

/// The methods that a store offers, its own and the marketplace's; without a store the marketplace's alone. Those that are not
/// offered at present are listed for whoever keeps them, when asked for.
pub async fn list(app: &App, viewer: &Viewer, store_id: Option<StoreId>, inactive: bool) -> Result<Vec<Model>> {
    if inactive {
        keeper(app.db.read(), viewer, store_id).await?;
    }
    // A store that the viewer can't see is as one that does not exist: it has no methods of its own.
    let seen = match store_id {
        Some(id) => store::visible(app, viewer, &[id]).await?.into_iter().map(|row| row.id).collect(),
        None => Vec::new(),
    };
    let mut query = of_stores_query(&seen);
    if !inactive {
        query = query.filter(Column::Active.eq(true));
    }
    Ok(query.all(app.db.read()).await?)
}

/// Several by their IDs; whether the viewer may see them is for their stores to say.
pub async fn by_ids(app: &App, _viewer: &Viewer, ids: &[ShippingMethodId]) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

/// The methods that several stores offer, each store's own and the marketplace's.
pub async fn of_stores(app: &App, _viewer: &Viewer, stores: &[StoreId]) -> Result<HashMap<StoreId, Vec<Model>>> {
    offered(app.db.read(), stores).await
}

pub(super) async fn offered(db: &impl ConnectionTrait, stores: &[StoreId]) -> Result<HashMap<StoreId, Vec<Model>>> {
    let rows = of_stores_query(stores).filter(Column::Active.eq(true)).all(db).await?;
    let of = |store: StoreId| rows.iter().filter(move |row| row.store_id.is_none_or(|id| id == store)).cloned().collect();
    Ok(stores.iter().map(|store| (*store, of(*store))).collect())
}

fn of_stores_query(stores: &[StoreId]) -> Select<Entity> {
    let mut whose = Condition::any().add(Column::StoreId.is_null());
    if !stores.is_empty() {
        whose = whose.add(Column::StoreId.in_padded(stores));
    }
    Entity::find().filter(whose).order_by_asc(Column::Position).order_by_asc(Column::Id)
}

/// The countries that the marketplace or an open store ships to, in alphabetical order.
pub async fn countries(app: &App, _viewer: &Viewer) -> Result<Vec<String>> {
    let open = Query::select()
        .column(entity::store::Column::Id)
        .from(entity::store::Entity)
        .and_where(entity::store::Column::Status.eq(StoreStatus::Active))
        .to_owned();
    let whose = Condition::any().add(Column::StoreId.is_null()).add(Column::StoreId.in_subquery(open));
    let query = Entity::find().filter(Column::Active.eq(true)).filter(whose);
    // Many stores have the same list.
    let lists: Vec<Countries> = query.select_only().column(Column::Countries).distinct().into_tuple().all(app.db.read()).await?;
    Ok(all_of(lists.iter()))
}

/// The countries that these methods ship to, in alphabetical order.
pub fn countries_of(methods: &[Model]) -> Vec<String> {
    all_of(methods.iter().map(|method| &method.countries))
}

/// An empty list means everywhere.
fn all_of<'a>(lists: impl Iterator<Item = &'a Countries>) -> Vec<String> {
    let mut all = BTreeSet::new();
    for list in lists {
        if list.0.is_empty() {
            return check::countries().map(str::to_owned).collect();
        }
        all.extend(list.0.iter().cloned());
    }
    all.into_iter().collect()
}

/// Whoever may keep the methods of a store (its owner, the staff), or the marketplace's (the staff).
async fn keeper(db: &impl ConnectionTrait, viewer: &Viewer, store_id: Option<StoreId>) -> Result<()> {
    match store_id {
        Some(store) => viewer.store_staff_on(db, store, StoreTask::Settings).await.map(drop),
        None => Ok(viewer.staff(Permission::ManageProducts).map(drop)?),
    }
}

/// Adds a method.
pub async fn create(app: &App, viewer: &Viewer, new: NewMethod) -> Result<Model> {
    let currency = app.config.currency;
    let mut check = Check::new();
    let name = check.line("name", &new.name, 1..=100);
    let price = check.price("price", &new.price, currency, true);
    let free_over = new.free_over.as_deref().map(|text| check.price("freeOver", text, currency, true));
    let countries = check_countries(&mut check, &new.countries);
    let position = check.integer("position", new.position.unwrap_or(0), 0..=1_000_000);
    check.finish()?;
    let now = app.clock.now();
    let row = shipping_method::ActiveModel {
        id: Set(app.clock.new_id()),
        store_id: Set(new.store_id),
        name: Set(name),
        price: Set(price),
        free_over: Set(free_over),
        currency: Set(currency),
        countries: Set(countries),
        position: Set(position),
        active: Set(true),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    transact!(app.db, tx, {
        if let Some(store) = new.store_id {
            // Locked: of two at once the second counts the first one's method. One that does not exist is missed by the next line.
            lock_for_change::<entity::store::Entity>(tx, store).await?;
        }
        match keeper(tx, viewer, new.store_id).await {
            Err(Error::Fault(Fault::NotFound)) => return refuse("storeId", Code::NotFound, "there is no such store"),
            other => other?,
        }
        let whose = new.store_id.map_or(Column::StoreId.is_null(), |id| Column::StoreId.eq(id));
        if Entity::find().filter(whose).count(tx).await? >= MOST {
            return refuse("", Code::LimitReached, format!("there may be at most {MOST} shipping methods: delete one first"));
        }
        tx.changed(subject(new.store_id));
        Ok(Entity::insert(row.clone()).exec_with_returning(tx).await?)
    })
}

/// Changes a method. Orders keep what they were placed with.
pub async fn update(app: &App, viewer: &Viewer, id: ShippingMethodId, patch: MethodPatch) -> Result<Model> {
    let mut check = Check::new();
    let name = patch.name.as_ref().map(|name| check.line("name", name, 1..=100));
    let currency = app.config.currency;
    let price = patch.price.as_ref().map(|text| check.price("price", text, currency, true));
    let free_over = patch.free_over.as_ref().map(|text| text.as_ref().map(|text| check.price("freeOver", text, currency, true)));
    let countries = patch.countries.as_ref().map(|codes| check_countries(&mut check, codes));
    let position = patch.position.map(|position| check.integer("position", position, 0..=1_000_000));
    check.finish()?;
    transact!(app.db, tx, {
        // Before the method: MariaDB looks at the store again where the method's place or state changes, as all are in one index.
        let store = Entity::find_by_id(id).one(tx).await?.ok_or(Fault::NotFound)?.store_id;
        if let Some(store) = store
            && !keep::<entity::store::Entity>(tx, store).await?
        {
            return Err(Fault::NotFound.into());
        }
        let row = Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        keeper(tx, viewer, row.store_id).await?;
        check_version(patch.expected_version, row.version)?;
        tx.changed(subject(row.store_id));
        let version = row.version;
        let mut active = row.into_active_model();
        if let Some(name) = &name {
            active.name = Set(name.clone());
        }
        if let Some(price) = price {
            active.price = Set(price);
            active.currency = Set(currency);
        }
        if let Some(free_over) = free_over {
            active.free_over = Set(free_over);
        }
        if let Some(countries) = &countries {
            active.countries = Set(countries.clone());
        }
        if let Some(position) = position {
            active.position = Set(position);
        }
        if let Some(is_active) = patch.active {
            active.active = Set(is_active);
        }
        active.version = Set(version + 1);
        active.updated_at = Set(app.clock.now());
        Ok(Entity::update(active).exec(tx).await?)
    })
}

/// Removes a method. Orders keep its name and price.
pub async fn delete(app: &App, viewer: &Viewer, id: ShippingMethodId) -> Result<ShippingMethodId> {
    transact!(app.db, tx, {
        let row = Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        keeper(tx, viewer, row.store_id).await?;
        tx.changed(subject(row.store_id));
        Entity::delete_by_id(id).exec(tx).await?;
        Ok(id)
    })
}

/// What a method belongs to: its store, or the settings of the marketplace.
fn subject(store: Option<StoreId>) -> Subject {
    store.map_or(Subject::Settings, Subject::Store)
}

/// Each country once, in their order.
fn check_countries(check: &mut Check, codes: &[String]) -> Countries {
    check.count("countries", codes, 250);
    let codes = codes.iter().take(250).enumerate();
    let codes: BTreeSet<_> = codes.map(|(at, code)| check.country(&format!("countries.{at}"), code)).collect();
    Countries(codes.into_iter().collect())
}

/// A method as it is offered for one store's part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Which.
    pub id: ShippingMethodId,
    /// As buyers read it.
    pub name: String,
    /// What it costs for this part.
    pub price: Minor,
    /// In what.
    pub currency: CurrencyCode,
}

impl Offered {
    /// For a part of this value.
    pub fn new(method: &Model, items: Minor) -> Self {
        Self { id: method.id, name: method.name.clone(), price: price_for(method, items), currency: method.currency }
    }
}
