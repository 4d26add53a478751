//! The choices of an attribute. Each change locks the attribute and changes its version.

use crate::attribute::usage::{self, Of, next_position, products_have, products_with, slug_taken};
use crate::attribute::write::{lock, made_slug, rewrite_options, touch};
use crate::attribute::{MAX_CHOICES, rules};
use entity::attribute;
use entity::attribute_choice::{ActiveModel, Column, Entity, Model};
use entity::id::{AttributeChoiceId, AttributeId};
use entity::versioned::put;
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use souk_core::app::App;
use souk_core::auth::Staff;
use souk_core::auth::permissions::ManageProducts;
use souk_core::check::Check;
use souk_core::db::Tx;
use souk_core::error::{Code, Fault, Result, refuse};
use souk_core::length;
use souk_core::transact;

/// Choices per statement.
const BATCH: usize = 500;

/// A choice to be added.
#[derive(Clone, Debug)]
pub struct NewChoice {
    pub name: String,
    /// Default: made from the name.
    pub slug: Option<String>,
    /// Colour such as `#1e90ff`.
    pub swatch: Option<String>,
}

/// Changes; a `None` field is left as it is.
#[derive(Clone, Debug, Default)]
pub struct ChoicePatch {
    pub name: Option<String>,
    /// `Some(None)` removes it.
    pub swatch: Option<Option<String>>,
}

/// Adds choices after the existing ones.
pub async fn add_choices(
    app: &App,
    _staff: &Staff<ManageProducts>,
    id: AttributeId,
    new: Vec<NewChoice>,
) -> Result<attribute::Model> {
    let checked = check(&new)?;
    transact!(app.db, tx, {
        let attribute = lock(tx, id).await?;
        if !rules::has_choices(attribute.input_type) {
            let message = format!("{} is of the type {}, which has no choices.", attribute.slug, attribute.input_type);
            return refuse("attributeId", Code::Invalid, message);
        }
        let existing = of_attribute(tx, id).await?;
        if existing.len() + checked.len() > MAX_CHOICES {
            let message = format!(
                "An attribute can have at most {MAX_CHOICES} choices; {} has {} already.",
                attribute.slug,
                existing.len()
            );
            return refuse("choices", Code::LimitReached, message);
        }
        refuse_taken(tx, id, &existing, &checked).await?;
        let first = next_position(&existing);
        let row = |(position, (name, slug, swatch)): (i32, &Checked)| ActiveModel {
            id: Set(app.clock.new_id()),
            attribute_id: Set(id),
            name: Set(name.clone()),
            slug: Set(slug.clone()),
            swatch: Set(swatch.clone()),
            position: Set(position),
        };
        let rows: Vec<_> = (first..).zip(&checked).map(row).collect();
        for batch in rows.chunks(BATCH) {
            let inserted = Entity::insert_many(batch.iter().cloned()).exec_without_returning(tx).await;
            inserted.map_err(|error| slug_taken(error, "choices", "of a choice"))?;
        }
        touch(tx, app, attribute.into_active_model()).await
    })
}

/// Name, slug and swatch.
type Checked = (String, String, Option<String>);

fn check(new: &[NewChoice]) -> Result<Vec<Checked>> {
    let mut check = Check::new();
    if new.is_empty() {
        check.problem("choices", Code::Required, format!("choices must have from 1 to {MAX_CHOICES} items; got 0."));
    }
    check.count("choices", new, MAX_CHOICES);
    let mut found: Vec<Checked> = Vec::new();
    let mut slugs = std::collections::HashSet::new();
    for (at, choice) in new.iter().take(MAX_CHOICES).enumerate() {
        let path = |field: &str| format!("choices.{at}.{field}");
        let name = check.line(&path("name"), &choice.name, 1..=length::NAME);
        let slug = made_slug(&mut check, &path("slug"), choice.slug.as_deref(), &name);
        let swatch = choice.swatch.as_deref().and_then(|swatch| self::swatch(&mut check, &path("swatch"), swatch));
        if !slug.is_empty() && !slugs.insert(slug.clone()) {
            check.problem(&path("slug"), Code::Taken, format!("slug must be unique; {slug:?} is given twice."));
        }
        found.push((name, slug, swatch));
    }
    check.finish()?;
    Ok(found)
}

/// A colour of six hexadecimal digits after `#`, in lower case; an empty text counts as absent.
fn swatch(check: &mut Check, path: &str, value: &str) -> Option<String> {
    let text = value.trim().to_lowercase();
    let is_color =
        text.strip_prefix('#').is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()));
    if text.is_empty() {
        return None;
    }
    if !is_color {
        check.problem(path, Code::Invalid, "swatch must be a colour of six hexadecimal digits, such as #1e90ff.");
    }
    Some(text)
}

async fn refuse_taken(tx: &Tx, id: AttributeId, existing: &[Model], new: &[Checked]) -> Result<()> {
    let slugs: Vec<_> = new.iter().map(|(_, slug, _)| slug.clone()).collect();
    let retired = usage::retired(tx, id.0, &slugs).await?;
    let mut check = Check::new();
    for (at, slug) in slugs.iter().enumerate() {
        let path = format!("choices.{at}.slug");
        if existing.iter().any(|choice| choice.slug == *slug) {
            check.problem(&path, Code::Taken, format!("The slug {slug:?} is taken; choose another."));
        } else if retired.contains(slug) {
            check.push(usage::retired_problem(&path, slug));
        }
    }
    check.finish()
}

/// Changes a choice. If it is renamed, the options of variants follow by a job.
pub async fn update_choice(
    app: &App,
    _staff: &Staff<ManageProducts>,
    id: AttributeChoiceId,
    patch: ChoicePatch,
) -> Result<Model> {
    let mut check = Check::new();
    let name = patch.name.as_ref().map(|name| check.line("name", name, 1..=length::NAME));
    let swatch = patch.swatch.as_ref().map(|swatch| swatch.as_deref().and_then(|text| self::swatch(&mut check, "swatch", text)));
    check.finish()?;
    transact!(app.db, tx, {
        let (attribute, row) = lock_choice(tx, id).await?;
        let is_renamed = name.as_ref().is_some_and(|name| *name != row.name);
        let mut active = row.into_active_model();
        put(&mut active.name, &name);
        put(&mut active.swatch, &swatch);
        if is_renamed {
            rewrite_options(tx, app, attribute.id).await?;
        }
        touch(tx, app, attribute.into_active_model()).await?;
        Ok(Entity::update(active).exec(tx).await?)
    })
}

/// Deletes a choice that no product has.
pub async fn delete_choice(app: &App, _staff: &Staff<ManageProducts>, id: AttributeChoiceId) -> Result<AttributeChoiceId> {
    transact!(app.db, tx, {
        let (attribute, row) = lock_choice(tx, id).await?;
        let used = products_with(tx, Of::Choice(id)).await?;
        if used > 0 {
            let message = format!("{} {}; merge it into another choice instead.", products_have(used), row.slug);
            return refuse("id", Code::InUse, message);
        }
        remove(tx, app, attribute, &row).await?;
        Ok(id)
    })
}

/// Deletes a choice that is not used, of a locked attribute.
pub(super) async fn remove(tx: &Tx, app: &App, attribute: attribute::Model, row: &Model) -> Result<()> {
    usage::retire_slug(tx, app, attribute.id.0, &row.slug).await?;
    touch(tx, app, attribute.into_active_model()).await?;
    Entity::delete_by_id(row.id).exec(tx).await?;
    Ok(())
}

/// Sets the order of all choices of an attribute.
pub async fn reorder_choices(
    app: &App,
    _staff: &Staff<ManageProducts>,
    id: AttributeId,
    order: &[AttributeChoiceId],
) -> Result<attribute::Model> {
    transact!(app.db, tx, {
        let attribute = lock(tx, id).await?;
        let existing = of_attribute(tx, id).await?;
        let mut given = order.to_vec();
        given.sort();
        let mut all: Vec<_> = existing.iter().map(|choice| choice.id).collect();
        all.sort();
        if given != all {
            let message = format!("choiceIds must contain each of the {} choices of the attribute once.", all.len());
            return refuse("choiceIds", Code::Invalid, message);
        }
        let positions: std::collections::HashMap<_, _> = existing.iter().map(|choice| (choice.id, choice.position)).collect();
        for (position, id) in (0..).zip(order) {
            if positions.get(id) != Some(&position) {
                let active = ActiveModel { id: Unchanged(*id), position: Set(position), ..Default::default() };
                Entity::update(active).exec(tx).await?;
            }
        }
        touch(tx, app, attribute.into_active_model()).await
    })
}

/// A choice and its attribute, which is locked. [`Fault::NotFound`] if the choice does not exist.
pub(super) async fn lock_choice(tx: &Tx, id: AttributeChoiceId) -> Result<(attribute::Model, Model)> {
    let query = Entity::find_by_id(id).select_only().column(Column::AttributeId);
    let attribute: Option<AttributeId> = query.into_tuple().one(tx).await?;
    let attribute = lock(tx, attribute.ok_or(Fault::NotFound)?).await?;
    // Read again: it could be deleted before the attribute was locked.
    let row = Entity::find_by_id(id).one(tx).await?.ok_or(Fault::NotFound)?;
    Ok((attribute, row))
}

async fn of_attribute(db: &impl ConnectionTrait, id: AttributeId) -> Result<Vec<Model>> {
    let query = Entity::find().filter(Column::AttributeId.eq(id));
    Ok(query.order_by_asc(Column::Position).order_by_asc(Column::Id).all(db).await?)
}
