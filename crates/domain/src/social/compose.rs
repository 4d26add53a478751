//! The texts of posts about stores and products.

use crate::link;
use entity::id::ProductId;
use entity::money::Money;
use entity::social_post::Model;
use entity::value::{ProductStatus, StoreStatus};
use entity::{product, product_image, store};
use object_store::GetOptions;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use souk_core::app::App;
use souk_core::error::{Result, internal};
use souk_core::provider::social::{Announcement, Picture, weight};

/// Maximum number of tags that become hashtags.
const MAX_HASHTAGS: usize = 3;

/// Composes a post from current data; `None` if the store or the product is not shown any more.
pub(super) async fn compose(app: &App, post: &Model) -> Result<Option<Announcement>> {
    let found = store::Entity::find_by_id(post.store_id).one(app.db.read()).await?;
    let Some(store) = found.filter(|store| store.status == StoreStatus::Active) else { return Ok(None) };
    let id = post.id.to_string();
    let Some(product_id) = post.product_id else {
        let url = link::store(app, &store.slug);
        let head = format!("New on {}: {}", plain(&app.config.marketplace_name), plain(&store.name));
        let text = text(&head, &[], &url);
        return Ok(Some(Announcement { id, event: "store.created", text, name: store.name, url, picture: None }));
    };
    let found = product::Entity::find_by_id(product_id).one(app.db.read()).await?;
    let shown = |product: &product::Model| product.listed && product.status == ProductStatus::Active;
    let Some(product) = found.filter(shown) else { return Ok(None) };
    let url = link::product(app, &product.slug);
    let head = format!("New at {}: {}, {}", plain(&store.name), plain(&product.name), price(&product));
    let text = text(&head, &product.tags.0, &url);
    let picture = picture(app, product_id).await?;
    Ok(Some(Announcement { id, event: "product.published", text, name: product.name, url, picture }))
}

fn price(product: &product::Model) -> String {
    let from = if product.min_price == product.max_price { "" } else { "from " };
    format!("{from}{}", Money::new(product.min_price, product.currency))
}

/// Removes at signs, which would mention users of the network.
fn plain(name: &str) -> String {
    name.replace(['@', '＠'], "")
}

/// One line, as many hashtags as fit, and the URL; a line that is too long is truncated.
fn text(head: &str, tags: &[String], url: &str) -> String {
    let rest = weight::MAX_WEIGHT - weight::of(&format!("\n{url}"));
    let mut text = weight::truncate(head, rest);
    for tag in tags.iter().filter_map(|tag| hashtag(tag)).take(MAX_HASHTAGS) {
        let longer = format!("{text} {tag}");
        if weight::of(&longer) <= rest {
            text = longer;
        }
    }
    format!("{text}\n{url}")
}

/// `hand made` becomes `#handMade`; `None` for tags without a letter.
fn hashtag(tag: &str) -> Option<String> {
    let mut name = String::new();
    for word in tag.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if !name.is_empty() => name.extend(first.to_uppercase()),
            Some(first) => name.push(first),
            None => {}
        }
        name.extend(letters);
    }
    name.chars().any(char::is_alphabetic).then(|| format!("#{name}"))
}

/// The primary image of the product; `None` if its file does not exist.
async fn picture(app: &App, id: ProductId) -> Result<Option<Picture>> {
    let query = product_image::Entity::find().filter(product_image::Column::ProductId.eq(id));
    let query = query.order_by_desc(product_image::Column::IsPrimary).order_by_asc(product_image::Column::Position);
    let Some(image) = query.order_by_asc(product_image::Column::Id).one(app.db.read()).await? else { return Ok(None) };
    let bytes = match app.storage.get(&image.storage_key, GetOptions::default()).await {
        Ok(file) => file.bytes().await.map_err(internal)?,
        Err(object_store::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(internal(error)),
    };
    Ok(Some(Picture { bytes, content_type: image.content_type, url: app.storage.url(&image.storage_key) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_hashtags() {
        let cases =
            [("tea", Some("#tea")), ("hand made", Some("#handMade")), ("2024", None), ("--", None), ("日本 茶", Some("#日本茶"))];
        for (tag, expected) in cases {
            assert_eq!(hashtag(tag).as_deref(), expected, "{tag}");
        }
    }

    #[test]
    fn a_text_fits_and_ends_with_the_url() {
        let url = "https://example.com/products/a-product-with-a-name-that-is-not-short-at-all";
        let tags: Vec<String> = ["green tea", "organic", "nepal", "one too many"].map(str::to_owned).to_vec();
        assert_eq!(
            text("New at Tea House: Ilam", &tags, url),
            format!("New at Tea House: Ilam #greenTea #organic #nepal\n{url}")
        );
        let long = text(&"茶".repeat(200), &tags, url);
        assert!(weight::of(&long) <= weight::MAX_WEIGHT);
        assert!(long.ends_with(&format!("…\n{url}")), "{long}");
    }
}
