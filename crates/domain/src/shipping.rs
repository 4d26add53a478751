//! Shipping methods: those of the marketplace for all stores, and those of single stores.

use crate::store;
use entity::id::{ShippingMethodId, StoreId};
use entity::money::{CurrencyCode, Minor};
use entity::shipping_method::{self, Column, Entity, Model};
use entity::value::{Countries, StoreStatus};
use entity::versioned::{Versioned, put};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
};
use souk_core::app::App;
use souk_core::auth::permissions::ManageProducts;
use souk_core::auth::{Customer, StoreTask, Viewer};
use souk_core::check::{self, Amount, Check, check_version};
use souk_core::db::{InPadded, Subject, keep, lock_for_change};
use souk_core::error::{Code, Fault, Result, refuse};
use souk_core::length;
use souk_core::transact;
use std::collections::{BTreeSet, HashMap};

/// Maximum number of methods per store, and of the marketplace.
pub const MAX_METHODS: u64 = 50;

/// A shipping method to be created.
#[derive(Clone, Debug)]
pub struct NewMethod {
    /// Absent for a method of the marketplace, which every store offers.
    pub store_id: Option<StoreId>,
    pub name: String,
    /// Flat rate per store order.
    pub price: Amount,
    /// Items total of the store order from which shipping is free.
    pub free_over: Option<Amount>,
    /// Destination countries; empty: all.
    pub countries: Vec<String>,
    /// Sort position among the methods, ascending.
    pub position: Option<i32>,
}

/// Changes; a `None` field is left as it is.
#[derive(Clone, Debug, Default)]
pub struct MethodPatch {
    pub name: Option<String>,
    /// Flat rate per store order.
    pub price: Option<Amount>,
    /// `Some(None)`: never free.
    pub free_over: Option<Option<Amount>>,
    /// Destination countries; empty: all.
    pub countries: Option<Vec<String>>,
    /// Sort position among the methods, ascending.
    pub position: Option<i32>,
    /// Whether it is offered.
    pub active: Option<bool>,
    /// Version the caller read; refused as STALE if it is not the current one.
    pub expected_version: Option<i32>,
}

/// Price for a store order with this items total: zero from `free_over` on.
pub fn price_for(method: &Model, items: Minor) -> Minor {
    if method.free_over.is_some_and(|least| items >= least) { Minor::ZERO } else { method.price }
}

/// Whether a method ships to a country; an unknown country matches every method.
pub fn sends_to(method: &Model, country: Option<&str>) -> bool {
    let Countries(countries) = &method.countries;
    countries.is_empty() || country.is_none_or(|country| countries.iter().any(|known| known == country))
}

/// The methods that a store offers, its own and the marketplace's; without a store only the marketplace's. `inactive` includes
/// inactive methods, and requires the right to manage the methods.
pub async fn list(app: &App, viewer: &Viewer, store_id: Option<StoreId>, inactive: bool) -> Result<Vec<Model>> {
    if inactive {
        check_may_manage(app.db.read(), viewer, store_id).await?;
    }
    // A store that the viewer can't see has the same result as one that does not exist.
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

/// Methods by ID; access is checked by their stores.
pub async fn by_ids(app: &App, _viewer: &Viewer, ids: &[ShippingMethodId]) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Id.in_padded(ids)).all(app.db.read()).await?)
}

/// Active methods by store, each store's own and the marketplace's.
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

/// The countries that the marketplace or an active store ships to, in alphabetical order.
pub async fn countries(app: &App, _viewer: &Viewer) -> Result<Vec<String>> {
    let open = Query::select()
        .column(entity::store::Column::Id)
        .from(entity::store::Entity)
        .and_where(entity::store::Column::Status.eq(StoreStatus::Active))
        .to_owned();
    let whose = Condition::any().add(Column::StoreId.is_null()).add(Column::StoreId.in_subquery(open));
    let query = Entity::find().filter(Column::Active.eq(true)).filter(whose);
    // DISTINCT, as many stores have the same list.
    let lists: Vec<Countries> = query.select_only().column(Column::Countries).distinct().into_tuple().all(app.db.read()).await?;
    Ok(all_of(lists.iter()))
}

/// The countries that these methods ship to, in alphabetical order.
pub fn countries_of(methods: &[Model]) -> Vec<String> {
    all_of(methods.iter().map(|method| &method.countries))
}

/// The union of the lists; an empty list means all countries.
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

/// Checks that the viewer may manage the methods of a store (its owner, staff), or of the marketplace (staff).
async fn check_may_manage(db: &impl ConnectionTrait, viewer: &Viewer, store_id: Option<StoreId>) -> Result<()> {
    match store_id {
        Some(store) => viewer.store_staff_on(db, store, StoreTask::Settings).await.map(drop),
        None => Ok(viewer.staff::<ManageProducts>().map(drop)?),
    }
}

pub async fn create(app: &App, customer: &Customer, new: NewMethod) -> Result<Model> {
    let currency = app.config.currency;
    let mut check = Check::new();
    let name = check.line("name", &new.name, 1..=length::NAME);
    let price = check.price("price", &new.price, currency, true);
    let free_over = new.free_over.as_ref().map(|value| check.price("freeOver", value, currency, true));
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
            // Locked: the second of two concurrent requests counts the method of the first. A store that does not exist is
            // reported by the next check.
            lock_for_change::<entity::store::Entity>(tx, store).await?;
        }
        check_may_manage(tx, customer.viewer(), new.store_id).await?;
        let whose = new.store_id.map_or(Column::StoreId.is_null(), |id| Column::StoreId.eq(id));
        if Entity::find().filter(whose).count(tx).await? >= MAX_METHODS {
            return refuse(
                "",
                Code::LimitReached,
                format!("At most {MAX_METHODS} shipping methods are allowed; delete one first."),
            );
        }
        tx.changed(subject(new.store_id));
        Ok(Entity::insert(row.clone()).exec_with_returning(tx).await?)
    })
}

/// Changes a method. Placed orders are not affected.
pub async fn update(app: &App, customer: &Customer, id: ShippingMethodId, patch: MethodPatch) -> Result<Model> {
    let mut check = Check::new();
    let name = patch.name.as_ref().map(|name| check.line("name", name, 1..=length::NAME));
    let currency = app.config.currency;
    let price = patch.price.as_ref().map(|value| check.price("price", value, currency, true));
    let free_over =
        patch.free_over.as_ref().map(|value| value.as_ref().map(|value| check.price("freeOver", value, currency, true)));
    let countries = patch.countries.as_ref().map(|codes| check_countries(&mut check, codes));
    let position = patch.position.map(|position| check.integer("position", position, 0..=1_000_000));
    check.finish()?;
    transact!(app.db, tx, {
        // Before the method: MariaDB checks the store again if the method's position or status changes, as all are in one index.
        let store = Entity::find_by_id(id).one(tx).await?.ok_or(Fault::NotFound)?.store_id;
        if let Some(store) = store
            && !keep::<entity::store::Entity>(tx, store).await?
        {
            return Err(Fault::NotFound.into());
        }
        let row = Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        check_may_manage(tx, customer.viewer(), row.store_id).await?;
        check_version(patch.expected_version, row.version)?;
        tx.changed(subject(row.store_id));
        let mut active = row.into_active_model();
        put(&mut active.name, &name);
        if let Some(price) = price {
            active.price = Set(price);
            active.currency = Set(currency);
        }
        put(&mut active.free_over, &free_over);
        put(&mut active.countries, &countries);
        put(&mut active.position, &position);
        put(&mut active.active, &patch.active);
        active.touch(app.clock.now());
        Ok(Entity::update(active).exec(tx).await?)
    })
}

/// Deletes a method. Placed orders keep its name and price.
pub async fn delete(app: &App, customer: &Customer, id: ShippingMethodId) -> Result<ShippingMethodId> {
    transact!(app.db, tx, {
        let row = Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        check_may_manage(tx, customer.viewer(), row.store_id).await?;
        tx.changed(subject(row.store_id));
        Entity::delete_by_id(id).exec(tx).await?;
        Ok(id)
    })
}

/// What a method belongs to: its store, or the settings of the marketplace.
fn subject(store: Option<StoreId>) -> Subject {
    store.map_or(Subject::Settings, Subject::Store)
}

/// Checks country codes; removes duplicates and sorts them.
fn check_countries(check: &mut Check, codes: &[String]) -> Countries {
    check.count("countries", codes, 250);
    let codes = codes.iter().take(250).enumerate();
    let codes: BTreeSet<_> = codes.map(|(at, code)| check.country(&format!("countries.{at}"), code)).collect();
    Countries(codes.into_iter().collect())
}

/// A shipping method as offered for a store order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedMethod {
    pub id: ShippingMethodId,
    pub name: String,
    /// Price for this store order.
    pub price: Minor,
    pub currency: CurrencyCode,
}

impl OfferedMethod {
    /// For a store order with this items total.
    pub fn new(method: &Model, items: Minor) -> Self {
        Self { id: method.id, name: method.name.clone(), price: price_for(method, items), currency: method.currency }
    }
}
