//! The category tree.

mod image;

pub use image::{remove_image, set_image};

use crate::image::delete_later;
use crate::setting::check_commission;
use entity::category::{self, Column, Entity, Model};
use entity::id::{CategoryId, ProductId};
use entity::value::Permission;
use entity::versioned::{Versioned, put};
use entity::{lock, product};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select,
};
use souk_core::app::App;
use souk_core::auth::permissions::{ManageFinance, ManageProducts};
use souk_core::auth::{Staff, Viewer};
use souk_core::check::{Check, check_version};
use souk_core::db::{InPadded, Subject, Tx, is_taken, keep, keep_all, lock_in_order};
use souk_core::error::{Code, Fault, Problem, Result, refuse};
use souk_core::group::grouped;
use souk_core::length;
use souk_core::text::slugify;
use souk_core::transact;
use std::collections::HashMap;

/// Maximum depth of the tree; a root has depth 1.
pub const MAX_DEPTH: usize = 8;

#[derive(Clone, Debug, Default)]
pub struct NewCategory {
    pub name: String,
    /// Default: made from the name.
    pub slug: Option<String>,
    pub description: Option<String>,
    /// Absent for a root.
    pub parent_id: Option<CategoryId>,
    /// Sort position among the siblings, ascending.
    pub position: Option<i32>,
    /// Name of an icon.
    pub icon: Option<String>,
    pub seo_title: Option<String>,
    pub seo_description: Option<String>,
}

/// Changes; a `None` field is left as it is.
#[derive(Clone, Debug, Default)]
pub struct CategoryPatch {
    pub name: Option<String>,
    pub slug: Option<String>,
    pub description: Option<String>,
    /// `Some(None)` makes it a root.
    pub parent_id: Option<Option<CategoryId>>,
    /// Sort position among the siblings, ascending.
    pub position: Option<i32>,
    /// `Some(None)` clears the field.
    pub icon: Option<Option<String>>,
    pub seo_title: Option<Option<String>>,
    pub seo_description: Option<Option<String>>,
    /// Whether storefronts show it.
    pub active: Option<bool>,
    /// Version the caller read; refused as STALE if it is not the current one.
    pub expected_version: Option<i32>,
}

/// The active root categories, by position.
pub async fn roots(app: &App, _viewer: &Viewer) -> Result<Vec<Model>> {
    let query = Entity::find().filter(Column::ParentId.is_null()).filter(Column::Active.eq(true));
    Ok(query.order_by_asc(Column::Position).order_by_asc(Column::Id).all(app.db.read()).await?)
}

pub async fn by_slug(app: &App, _viewer: &Viewer, slug: &str) -> Result<Option<Model>> {
    Ok(Entity::find().filter(Column::Slug.eq(slug)).filter(Column::Active.eq(true)).one(app.db.read()).await?)
}

/// Categories by ID that the viewer may see: active ones; all for staff with MANAGE_PRODUCTS.
pub async fn visible(app: &App, viewer: &Viewer, ids: &[CategoryId]) -> Result<Vec<Model>> {
    let mut query = Entity::find().filter(Column::Id.in_padded(ids));
    if !viewer.may(Permission::ManageProducts) {
        query = query.filter(Column::Active.eq(true));
    }
    Ok(query.all(app.db.read()).await?)
}

/// Active children by parent, sorted by position.
pub async fn children(app: &App, _viewer: &Viewer, parents: &[CategoryId]) -> Result<HashMap<CategoryId, Vec<Model>>> {
    let query = Entity::find().filter(Column::ParentId.in_padded(parents)).filter(Column::Active.eq(true));
    let rows = query.order_by_asc(Column::Position).order_by_asc(Column::Id).all(app.db.read()).await?;
    Ok(grouped(rows, |row| row.parent_id).into_iter().filter_map(|(id, rows)| Some((id?, rows))).collect())
}

/// Ancestors by category, from the root down, without the category itself; only those that the viewer may see. One statement per
/// level of the tree.
pub async fn ancestors(app: &App, viewer: &Viewer, ids: &[CategoryId]) -> Result<HashMap<CategoryId, Vec<Model>>> {
    let all = viewer.may(Permission::ManageProducts);
    let known = with_ancestors(app.db.read(), ids.to_vec()).await?;
    let path = |id: CategoryId| {
        let mut path = Vec::new();
        let mut next = known.get(&id).and_then(|row| row.parent_id);
        while let Some(row) = next.and_then(|id| known.get(&id)).filter(|_| path.len() < MAX_DEPTH) {
            path.push(row.clone());
            next = row.parent_id;
        }
        path.reverse();
        path.retain(|row| all || row.active);
        path
    };
    Ok(ids.iter().map(|id| (*id, path(*id))).collect())
}

async fn with_ancestors(db: &impl ConnectionTrait, mut next: Vec<CategoryId>) -> Result<HashMap<CategoryId, Model>> {
    let mut known: HashMap<CategoryId, Model> = HashMap::new();
    for _ in 0..=MAX_DEPTH {
        if next.is_empty() {
            break;
        }
        let rows = Entity::find().filter(Column::Id.in_padded(&next)).all(db).await?;
        next = rows.iter().filter_map(|row| row.parent_id).filter(|id| !known.contains_key(id)).collect();
        known.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(known)
}

/// The own commission of categories; none for callers without MANAGE_FINANCE.
pub async fn own_commissions(app: &App, viewer: &Viewer, ids: &[CategoryId]) -> Result<Vec<(CategoryId, i32)>> {
    if viewer.staff::<ManageFinance>().is_err() {
        return Ok(Vec::new());
    }
    let query = Entity::find().select_only().columns([Column::Id, Column::CommissionBasisPoints]);
    let own = query.filter(Column::Id.in_padded(ids)).filter(Column::CommissionBasisPoints.is_not_null());
    Ok(own.into_tuple().all(app.db.read()).await?)
}

/// Sets the commission of a category, in hundredths of a percent; `None` for that of its parent, or of the setting.
pub async fn set_commission(
    app: &App,
    _staff: &Staff<ManageFinance>,
    id: CategoryId,
    basis_points: Option<i32>,
) -> Result<Model> {
    check_commission(basis_points)?;
    transact!(app.db, tx, {
        let row = Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        let mut active = row.into_active_model();
        active.commission_basis_points = Set(basis_points);
        active.touch(app.clock.now());
        tx.changed(Subject::Category(id));
        Ok(Entity::update(active).exec(tx).await?)
    })
}

/// Commission by category, in hundredths of a percent: its own, or that of its nearest ancestor that has one. One statement if none has.
pub(crate) async fn commissions(db: &impl ConnectionTrait, ids: &[CategoryId]) -> Result<HashMap<CategoryId, i32>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let has_own = Entity::find().filter(Column::CommissionBasisPoints.is_not_null()).select_only().column(Column::Id).limit(1);
    if has_own.into_tuple::<CategoryId>().one(db).await?.is_none() {
        return Ok(HashMap::new());
    }
    let known = with_ancestors(db, ids.to_vec()).await?;
    let nearest = |id: CategoryId| {
        let mut next = known.get(&id);
        for _ in 0..=MAX_DEPTH {
            let row = next?;
            if let Some(commission) = row.commission_basis_points {
                return Some((id, commission));
            }
            next = row.parent_id.and_then(|id| known.get(&id));
        }
        None
    };
    Ok(ids.iter().filter_map(|id| nearest(*id)).collect())
}

/// IDs of a category and all its descendants. One statement per level.
pub(crate) async fn subtree(db: &impl ConnectionTrait, root: CategoryId) -> Result<Vec<CategoryId>> {
    Ok(levels(db, root).await?.concat())
}

/// IDs of categories and all their descendants, by category. One statement per level.
pub(crate) async fn subtrees(db: &impl ConnectionTrait, roots: &[CategoryId]) -> Result<HashMap<CategoryId, Vec<CategoryId>>> {
    let mut children: HashMap<CategoryId, Vec<CategoryId>> = HashMap::new();
    let mut next: Vec<CategoryId> = roots.to_vec();
    for _ in 0..=MAX_DEPTH {
        next.retain(|id| !children.contains_key(id));
        if next.is_empty() {
            break;
        }
        let query =
            Entity::find().select_only().columns([Column::ParentId, Column::Id]).filter(Column::ParentId.in_padded(&next));
        let found: Vec<(CategoryId, CategoryId)> = query.into_tuple().all(db).await?;
        children.extend(next.into_iter().map(|id| (id, Vec::new())));
        next = found.iter().map(|(_, id)| *id).collect();
        for (parent, id) in found {
            children.entry(parent).or_default().push(id);
        }
    }
    let below = |root: CategoryId| {
        let (mut all, mut at) = (vec![root], 0);
        // Terminates even if the data contained a cycle.
        while let Some(id) = all.get(at).copied() {
            let new: Vec<_> = children.get(&id).into_iter().flatten().filter(|id| !all.contains(id)).copied().collect();
            all.extend(new);
            at += 1;
        }
        all
    };
    Ok(roots.iter().map(|root| (*root, below(*root))).collect())
}

/// A category and its descendants by level, at most one level more than allowed.
async fn levels(db: &impl ConnectionTrait, root: CategoryId) -> Result<Vec<Vec<CategoryId>>> {
    let mut levels = vec![vec![root]];
    while let Some(last) = levels.last().filter(|last| !last.is_empty() && levels.len() <= MAX_DEPTH) {
        let query = Entity::find().select_only().column(Column::Id).filter(Column::ParentId.in_padded(last));
        let found: Vec<CategoryId> = query.into_tuple().all(db).await?;
        levels.push(found.into_iter().filter(|id| !levels.iter().flatten().any(|known| known == id)).collect());
    }
    levels.retain(|level| !level.is_empty());
    Ok(levels)
}

pub async fn create(app: &App, _staff: &Staff<ManageProducts>, new: NewCategory) -> Result<Model> {
    let mut check = Check::new();
    let name = check.line("name", &new.name, 1..=length::NAME);
    let slug = match &new.slug {
        Some(slug) => check.slug("slug", slug),
        None => slugify(&name),
    };
    if slug.is_empty() && check.is_clean() {
        check.problem("slug", Code::Required, "slug is required, as it can't be made from this name.");
    }
    let description = check.html("description", new.description.as_deref().unwrap_or_default(), length::HTML);
    let icon = check.optional_line("icon", new.icon.as_deref(), length::ICON);
    let seo_title = check.seo_title("seoTitle", new.seo_title.as_deref());
    let seo_description = check.seo_description("seoDescription", new.seo_description.as_deref());
    let position = check.integer("position", new.position.unwrap_or(0), 0..=1_000_000);
    check.finish()?;
    let now = app.clock.now();
    let row = category::ActiveModel {
        id: Set(app.clock.new_id()),
        parent_id: Set(new.parent_id),
        name: Set(name),
        slug: Set(slug.clone()),
        description: Set(description),
        image_key: Set(None),
        icon: Set(icon),
        seo_title: Set(seo_title),
        seo_description: Set(seo_description),
        position: Set(position),
        active: Set(true),
        commission_basis_points: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    transact!(app.db, tx, {
        if let Some(parent) = new.parent_id {
            lock_tree(tx).await?;
            check_parent(tx, None, parent).await?;
        }
        row.id.try_as_ref().into_iter().for_each(|id| tx.changed(Subject::Category(*id)));
        Entity::insert(row.clone()).exec_with_returning(tx).await.map_err(|error| slug_taken(error, &slug))
    })
}

pub async fn update(app: &App, _staff: &Staff<ManageProducts>, id: CategoryId, patch: CategoryPatch) -> Result<Model> {
    let mut check = Check::new();
    let name = patch.name.as_ref().map(|name| check.line("name", name, 1..=length::NAME));
    let slug = patch.slug.as_ref().map(|slug| check.slug("slug", slug));
    let description = patch.description.as_ref().map(|text| check.html("description", text, length::HTML));
    let icon = patch.icon.as_ref().map(|icon| check.optional_line("icon", icon.as_deref(), length::ICON));
    let seo_title = patch.seo_title.as_ref().map(|text| check.seo_title("seoTitle", text.as_deref()));
    let seo_description = patch.seo_description.as_ref().map(|text| check.seo_description("seoDescription", text.as_deref()));
    let position = patch.position.map(|position| check.integer("position", position, 0..=1_000_000));
    check.finish()?;
    transact!(app.db, tx, {
        if patch.parent_id.is_some() {
            lock_tree(tx).await?;
        }
        // Locked: the second of two concurrent changes waits, and then sees the new version.
        let row = Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        check_version(patch.expected_version, row.version)?;
        if let Some(Some(parent)) = patch.parent_id {
            check_parent(tx, Some(id), parent).await?;
        }
        let mut active = row.into_active_model();
        put(&mut active.name, &name);
        put(&mut active.slug, &slug);
        put(&mut active.description, &description);
        put(&mut active.icon, &icon);
        put(&mut active.seo_title, &seo_title);
        put(&mut active.seo_description, &seo_description);
        put(&mut active.position, &position);
        put(&mut active.parent_id, &patch.parent_id);
        put(&mut active.active, &patch.active);
        active.touch(app.clock.now());
        tx.changed(Subject::Category(id));
        Entity::update(active).exec(tx).await.map_err(|error| slug_taken(error, slug.as_deref().unwrap_or_default()))
    })
}

/// Deletes a category without children; its products stay without a category.
pub async fn delete(app: &App, _staff: &Staff<ManageProducts>, id: CategoryId) -> Result<CategoryId> {
    transact!(app.db, tx, {
        lock_tree(tx).await?;
        // Locked: a concurrent request that assigns a product to the category waits and then does not find it, or its product is
        // seen here.
        let row = Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Fault::NotFound)?;
        if Entity::find().filter(Column::ParentId.eq(id)).one(tx).await?.is_some() {
            return refuse("id", Code::InUse, "The category has children; move or delete them first.");
        }
        // Deleting the category changes its products.
        let products = product::Entity::find().filter(product::Column::CategoryId.eq(id));
        let _: Vec<ProductId> = lock_in_order(tx, products, product::Column::Id).await?;
        delete_later(tx, app, row.image_key.as_slice()).await?;
        tx.changed(Subject::Category(id));
        let done = Entity::delete_by_id(id).exec(tx).await?;
        if done.rows_affected == 0 { Err(Fault::NotFound.into()) } else { Ok(id) }
    })
}

/// Locks the categories of products that are going to be listed, hidden or moved against deletion, and the category that they are
/// moved to. Called after their store is locked and before the products are. MariaDB checks the category again when `listed`
/// changes, as both columns are in one index.
pub(super) async fn lock_for_products(tx: &Tx, products: Select<product::Entity>, new: Option<CategoryId>) -> Result<()> {
    let mut ids: Vec<CategoryId> = Vec::new();
    if tx.get_database_backend() == DbBackend::MySql {
        let query = products.filter(product::Column::CategoryId.is_not_null());
        ids = query.select_only().column(product::Column::CategoryId).distinct().into_tuple().all(tx).await?;
    }
    ids.extend(new);
    ids.sort_unstable();
    ids.dedup();
    let locked = keep_all::<Entity, CategoryId>(tx, &ids, Column::Id).await?;
    match new.filter(|id| !locked.contains(id)) {
        Some(_) => refuse("categoryId", Code::NotFound, "The category does not exist."),
        None => Ok(()),
    }
}

/// Locks the shape of the category tree, so that the result of [`check_parent`] stays valid until the commit.
async fn lock_tree(tx: &Tx) -> Result<()> {
    match lock::Entity::find_by_id(lock::CATEGORY_TREE).lock_exclusive().one(tx).await? {
        Some(_) => Ok(()),
        None => Err(Fault::internal("locks has no row for the category tree: the migrations have not been applied").into()),
    }
}

/// Checks that the parent exists, is not a descendant of the category, and that the tree does not become too deep. `moved` is
/// absent for a new category.
async fn check_parent(tx: &Tx, moved: Option<CategoryId>, parent: CategoryId) -> Result<()> {
    // The foreign key locks the parent, too; here it is locked in the order of `docs/LOCKS.md`.
    keep::<Entity>(tx, parent).await?;
    let above = with_ancestors(tx, vec![parent]).await?;
    if !above.contains_key(&parent) {
        return refuse("parentId", Code::NotFound, "The category does not exist.");
    }
    if moved.is_some_and(|id| above.contains_key(&id)) {
        return refuse("parentId", Code::Invalid, "The parent must not be the category itself or one of its descendants.");
    }
    let height = match moved {
        Some(id) => levels(tx, id).await?.len(),
        None => 1,
    };
    let depth = above.len() + height;
    if depth > MAX_DEPTH {
        let message = format!("The category tree can have at most {MAX_DEPTH} levels; below this parent it would have {depth}.");
        return refuse("parentId", Code::OutOfRange, message);
    }
    Ok(())
}

fn slug_taken(error: DbErr, slug: &str) -> souk_core::error::Error {
    if is_taken(&error, "categories_slug", "categories", &["slug"]) {
        return Problem::new("slug", Code::Taken, format!("The slug {slug:?} is taken; choose another.")).into();
    }
    error.into()
}
