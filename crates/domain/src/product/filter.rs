//! Product filters: from the form that clients send to checked criteria.

use crate::category;
use crate::product::tag::with_tag;
use crate::variant::{self, OptionFilter};
use entity::id::{CategoryId, StoreId};
use entity::money::Minor;
use entity::product::{Column, Entity};
use entity::value::ProductKind;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Select};
use souk_core::app::App;
use souk_core::auth::Viewer;
use souk_core::check::{Amount, Check};
use souk_core::db::InPadded;
use souk_core::error::{Error, Fault, Refusal, Result};
use souk_core::provider::search::{MAX_QUERY_LENGTH, tokens};
use souk_core::text::truncate;

/// Maximum number of items of a list in a filter.
pub const MAX_ITEMS: usize = 20;

/// Conditions on products, as clients send them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProductFilter {
    pub store_id: Option<StoreId>,
    /// In any of these categories or their descendants.
    pub category_ids: Option<Vec<CategoryId>>,
    /// As one of `category_ids`, by its slug.
    pub category_slug: Option<String>,
    /// Minimum of the lowest price, a decimal number.
    pub min_price: Option<Amount>,
    /// Maximum of the lowest price, a decimal number.
    pub max_price: Option<Amount>,
    /// Whether any variant can be bought.
    pub in_stock: Option<bool>,
    /// Whether any variant has a compare-at price.
    pub on_sale: Option<bool>,
    /// Whether the marketplace recommends it.
    pub featured: Option<bool>,
    /// Whether it is one of the best-selling products of its root category.
    pub bestseller: Option<bool>,
    /// Whether it was published a short time ago.
    pub new_arrival: Option<bool>,
    /// Whether it is shipped.
    pub kind: Option<ProductKind>,
    /// Minimum average rating, in hundredths of a star.
    pub min_rating: Option<i32>,
    /// With at least one of these tags.
    pub any_tag: Option<Vec<String>>,
    /// With all of these tags.
    pub all_tags: Vec<String>,
    /// With an active variant that has one of the values of each of these options.
    pub options: Vec<OptionFilter>,
    /// Words that the products match, all of them.
    pub search: Option<String>,
}

/// Conditions on products, checked and resolved.
#[derive(Clone, Debug, Default)]
pub struct Criteria {
    pub store: Option<StoreId>,
    /// In any of these categories.
    pub categories: Option<Vec<CategoryId>>,
    /// Minimum of the lowest price.
    pub min_price: Option<Minor>,
    /// Maximum of the lowest price.
    pub max_price: Option<Minor>,
    /// Whether any variant can be bought.
    pub in_stock: Option<bool>,
    /// Whether any variant has a compare-at price.
    pub on_sale: Option<bool>,
    /// Whether the marketplace recommends it.
    pub featured: Option<bool>,
    /// Whether it is one of the best-selling products of its root category.
    pub bestseller: Option<bool>,
    /// Whether it was published a short time ago.
    pub new_arrival: Option<bool>,
    /// Whether it is shipped.
    pub kind: Option<ProductKind>,
    /// Minimum average rating, in hundredths of a star.
    pub min_rating: Option<i32>,
    /// With at least one of these tags, in lower case.
    pub any_tag: Option<Vec<String>>,
    /// With all of these tags, in lower case.
    pub all_tags: Vec<String>,
    /// In lower case.
    pub options: Vec<OptionFilter>,
    /// Text with at least one word. The search index finds the products that match; lists of a store's own products look for the words.
    pub text: Option<String>,
}

/// Checks a filter and resolves its categories. Problems are errors of the argument `filter`.
pub async fn resolve(app: &App, viewer: &Viewer, filter: &ProductFilter) -> Result<Criteria> {
    let mut check = Check::new();
    let mut price =
        |path, value: &Option<Amount>| value.as_ref().map(|value| check.price(path, value, app.config.currency, true));
    let (min_price, max_price) = (price("price.min", &filter.min_price), price("price.max", &filter.max_price));
    if let Err(Error::Refused(Refusal(problems))) = check.finish() {
        // Messages begin with the last name of the path.
        return wrong(problems.into_iter().next().map(|problem| format!("price.{}", problem.message)).unwrap_or_default());
    }
    if filter.category_slug.is_some() && filter.category_ids.is_some() {
        return wrong("categorySlug cannot be given together with categoryIds or categoryId.".into());
    }
    let lists = [
        ("categoryIds", filter.category_ids.as_ref().map_or(0, Vec::len)),
        ("tags.any", filter.any_tag.as_ref().map_or(0, Vec::len)),
        ("tags.all", filter.all_tags.len()),
    ];
    let values = filter.options.iter().map(|option| ("options.values", option.values.len()));
    if let Some((name, found)) = lists.into_iter().chain(values).find(|(_, length)| *length > MAX_ITEMS) {
        return wrong(format!("{name} must have at most {MAX_ITEMS} items; got {found}."));
    }
    if filter.options.len() > variant::MAX_OPTIONS {
        let found = filter.options.len();
        return wrong(format!("options must have at most {} items; got {found}.", variant::MAX_OPTIONS));
    }
    let text = filter.search.as_deref().map(|text| truncate(text, MAX_QUERY_LENGTH));
    Ok(Criteria {
        store: filter.store_id,
        categories: categories(app, viewer, filter).await?,
        min_price,
        max_price,
        in_stock: filter.in_stock,
        on_sale: filter.on_sale,
        featured: filter.featured,
        bestseller: filter.bestseller,
        new_arrival: filter.new_arrival,
        kind: filter.kind,
        min_rating: filter.min_rating,
        any_tag: filter.any_tag.as_deref().map(lower_cased),
        all_tags: lower_cased(&filter.all_tags),
        options: filter.options.iter().map(lower_cased_option).collect(),
        text: text.filter(|text| !tokens(text).is_empty()).map(str::to_owned),
    })
}

fn wrong<T>(message: String) -> Result<T> {
    Err(Fault::BadUserInput { argument: "filter", message }.into())
}

fn lower_cased(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| text.trim().to_lowercase()).collect()
}

fn lower_cased_option(option: &OptionFilter) -> OptionFilter {
    OptionFilter { name: option.name.trim().to_lowercase(), values: lower_cased(&option.values) }
}

/// The requested categories with their descendants. An unknown slug resolves to none, which matches nothing.
async fn categories(app: &App, viewer: &Viewer, filter: &ProductFilter) -> Result<Option<Vec<CategoryId>>> {
    let roots = match &filter.category_slug {
        Some(slug) => Some(category::by_slug(app, viewer, slug).await?.map(|row| row.id).into_iter().collect()),
        None => filter.category_ids.clone(),
    };
    let Some(roots) = roots else { return Ok(None) };
    let mut all: Vec<_> = category::subtrees(app.db.read(), &roots).await?.into_values().flatten().collect();
    all.sort_unstable();
    all.dedup();
    Ok(Some(all))
}

/// Products that storefronts show and that meet the criteria, but for the text.
pub fn select(criteria: &Criteria) -> Select<Entity> {
    narrow(Entity::find().filter(Column::Listed.eq(true)), criteria)
}

/// Restricts a query to products that meet the criteria, but for the text.
pub(super) fn narrow(mut query: Select<Entity>, criteria: &Criteria) -> Select<Entity> {
    if let Some(store) = criteria.store {
        query = query.filter(Column::StoreId.eq(store));
    }
    if let Some(categories) = &criteria.categories {
        query = query.filter(Column::CategoryId.in_padded(categories));
    }
    if let Some(least) = criteria.min_price {
        query = query.filter(Column::MinPrice.gte(least));
    }
    if let Some(most) = criteria.max_price {
        query = query.filter(Column::MinPrice.lte(most));
    }
    let flags = [
        (Column::InStock, criteria.in_stock),
        (Column::OnSale, criteria.on_sale),
        (Column::Featured, criteria.featured),
        (Column::Bestseller, criteria.bestseller),
        (Column::NewArrival, criteria.new_arrival),
    ];
    for (column, expected) in flags {
        if let Some(expected) = expected {
            query = query.filter(column.eq(expected));
        }
    }
    if let Some(kind) = criteria.kind {
        query = query.filter(Column::Kind.eq(kind));
    }
    if let Some(least) = criteria.min_rating {
        query = query.filter(Column::RatingAverage.gte(least));
    }
    if let Some(tags) = &criteria.any_tag {
        query = query.filter(Column::Id.in_subquery(with_tag(tags)));
    }
    for tag in &criteria.all_tags {
        query = query.filter(Column::Id.in_subquery(with_tag(std::slice::from_ref(tag))));
    }
    if let Some(with_options) = variant::products_with_options(&criteria.options) {
        query = query.filter(Column::Id.in_subquery(with_options));
    }
    query
}
