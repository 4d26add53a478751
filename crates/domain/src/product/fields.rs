//! Validation of the fields of a product.

use entity::value::{Section, Sections, Tags};
use sea_orm::DbErr;
use souk_core::check::Check;
use souk_core::db::is_taken;
use souk_core::error::{Code, Error, Problem};
use souk_core::length;

const MAX_TAGS: usize = 20;
const MAX_SECTIONS: usize = 20;

pub(super) fn name(check: &mut Check, value: &str) -> String {
    check.line("name", value, 1..=length::PRODUCT_NAME)
}

pub(super) fn short_description(check: &mut Check, value: &str) -> String {
    check.text("shortDescription", value, 0..=length::SHORT_DESCRIPTION)
}

pub(super) fn description(check: &mut Check, value: &str) -> String {
    check.html("description", value, length::PRODUCT_DESCRIPTION)
}

pub(super) fn seo_title(check: &mut Check, value: Option<&str>) -> Option<String> {
    check.seo_title("seoTitle", value)
}

pub(super) fn seo_description(check: &mut Check, value: Option<&str>) -> Option<String> {
    check.seo_description("seoDescription", value)
}

/// Tags without duplicates, in the given order.
pub(super) fn tags(check: &mut Check, values: &[String]) -> Tags {
    check.count("tags", values, MAX_TAGS);
    let mut tags: Vec<String> = Vec::new();
    for (at, value) in values.iter().take(MAX_TAGS).enumerate() {
        let tag = check.line(&format!("tags.{at}"), value, 1..=length::TAG);
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Tags(tags)
}

pub(super) fn details(check: &mut Check, values: &[Section]) -> Sections {
    check.count("details", values, MAX_SECTIONS);
    let section = |(at, section): (usize, &Section)| Section {
        title: check.line(&format!("details.{at}.title"), &section.title, 1..=length::NAME),
        body: check.html(&format!("details.{at}.body"), &section.body, length::HTML),
    };
    Sections(values.iter().take(MAX_SECTIONS).enumerate().map(section).collect())
}

/// Maps a failed insert or update of a product to a problem.
pub(super) fn write_failed(error: DbErr, slug: &str) -> Error {
    if is_taken(&error, "products_slug", "products", &["slug"]) {
        return Problem::new("slug", Code::Taken, format!("The slug {slug:?} is taken; choose another.")).into();
    }
    error.into()
}
