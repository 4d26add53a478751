//! Violated foreign keys as user errors: a row was deleted while another request wrote a row that refers to it.
//!
//! Operations lock and check the rows they refer to first, so this is the second line of defence: it knows the constraint and not
//! the input.

use super::{Code, Problem};
use sea_orm::{DbErr, RuntimeErr};

/// A foreign key that a statement would have broken.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Violation {
    /// Name of the constraint; SQLite does not report it.
    constraint: Option<String>,
    /// Whether the statement deletes the row that is referred to; otherwise it writes a row that refers to it.
    deleting: bool,
}

/// The user error for a violated foreign key; `None` for every other error of the database.
pub(super) fn problem(error: &DbErr) -> Option<Problem> {
    let violation = violation(error)?;
    let (code, message) = describe(&violation);
    Some(Problem::new("", code, message))
}

/// Whether the database refused a row because this foreign key refers to a row that does not exist.
pub fn is_missing(error: &DbErr, constraint: &str) -> bool {
    violation(error).is_some_and(|found| !found.deleting && found.constraint.as_deref() == Some(constraint))
}

fn violation(error: &DbErr) -> Option<Violation> {
    let (DbErr::Exec(RuntimeErr::SqlxError(driver)) | DbErr::Query(RuntimeErr::SqlxError(driver))) = error else { return None };
    let driver = driver.as_database_error()?;
    let (message, code) = (driver.message(), driver.code().unwrap_or_default());
    if let Some(mysql) = driver.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        // 1451: the row to be deleted is referred to by others. 1452: the row refers to a row that does not exist.
        let deleting = match mysql.number() {
            1451 => true,
            1452 => false,
            _ => return None,
        };
        return Some(Violation { constraint: named_in(message), deleting });
    }
    if message == "FOREIGN KEY constraint failed" {
        // SQLITE_CONSTRAINT_TRIGGER: the code that SQLite reports for RESTRICT.
        return Some(Violation { constraint: None, deleting: code == "1811" });
    }
    // foreign_key_violation, restrict_violation.
    if !matches!(code.as_ref(), "23503" | "23001") {
        return None;
    }
    let deleting = !message.starts_with("insert or update");
    Some(Violation { constraint: driver.constraint().map(str::to_owned), deleting })
}

/// MariaDB reports the name only in the message: "... CONSTRAINT `reviews_product_id_fk` FOREIGN KEY ...".
fn named_in(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("CONSTRAINT `")?;
    rest.split('`').next().map(str::to_owned)
}

/// The message, from the name of the constraint: `{table}_{column}_fk`.
fn describe(violation: &Violation) -> (Code, String) {
    let name = violation.constraint.as_deref().unwrap_or_default();
    let what = [
        ("_variant_id_fk", "variant"),
        ("_product_id_fk", "product"),
        ("_store_id_fk", "store"),
        ("_category_id_fk", "category"),
        ("_parent_id_fk", "category"),
        ("_cart_id_fk", "cart"),
        ("_order_id_fk", "order"),
        ("_session_id_fk", "session"),
        ("_user_id_fk", "account"),
        ("_owner_id_fk", "account"),
    ];
    let what = what.iter().find(|(ending, _)| name.ends_with(ending)).map_or("object", |(_, what)| *what);
    match (violation.deleting, name) {
        (true, _) => (Code::InUse, format!("The {what} is still in use.")),
        (false, "store_orders_store_id_fk") => (Code::Unavailable, "A store of the cart does not exist.".to_owned()),
        (false, _) => (Code::NotFound, format!("The {what} does not exist.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(constraint: Option<&str>, deleting: bool) -> (Code, String) {
        describe(&Violation { constraint: constraint.map(str::to_owned), deleting })
    }

    #[test]
    fn the_name_of_the_foreign_key_says_what_is_missing_or_in_use() {
        assert_eq!(of(Some("reviews_product_id_fk"), false).1, "The product does not exist.");
        assert_eq!(of(Some("store_orders_store_id_fk"), false).0, Code::Unavailable);
        assert_eq!(of(Some("categories_parent_id_fk"), true), (Code::InUse, "The category is still in use.".to_owned()));
        assert_eq!(of(None, false).0, Code::NotFound);
        assert_eq!(of(None, true).0, Code::InUse);
        let sentence = "Cannot add or update a child row: a foreign key constraint fails (`souk`.`reviews`, CONSTRAINT \
                        `reviews_product_id_fk` FOREIGN KEY (`product_id`) REFERENCES `products` (`id`) ON DELETE CASCADE)";
        assert_eq!(named_in(sentence).as_deref(), Some("reviews_product_id_fk"));
    }
}
