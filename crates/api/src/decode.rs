//! What clients send, on its way into the domain: typed values, or all that is wrong with them, each with its path in the input.
//!
//! - [`by_id`] is for an operation on one object: it reads the ID, and names it if the object is not found.
//! - [`Input`] reads several values and refuses with all problems at once. [`Input::object`] reads the ID of the object that
//!   [`Input::run`] names if it is not found.
//! - [`found`] is for an operation that finds another object first.
//! - [`read`] and [`amount`] read a value whose problem is told by the domain together with those that it finds itself.

use crate::money::Decimal;
use async_graphql::ID;
use entity::id::Id;
use entity::money::{CurrencyCode, Minor};
use souk_core::check::{Amount, Check};
use souk_core::error::{Code, Error, Fault, Problem, Refusal};
use std::future::Future;
use uuid::Uuid;

/// An ID in the input of a mutation, or what is wrong with it.
pub fn read<I: Id>(path: &str, id: &ID) -> Result<I, Problem> {
    crate::id::parse(id).ok_or_else(|| Problem::new(path, Code::InvalidId, crate::id::malformed::<I>(path, id)))
}

/// An amount in the marketplace's currency, or what is wrong with it.
pub fn amount(path: &str, amount: &Decimal, currency: CurrencyCode) -> Amount {
    Amount::parse(path, &amount.0, currency)
}

/// Runs an operation on the object with this ID. `path` names the ID: if it is malformed, and if the operation does not find the
/// object.
pub async fn by_id<I: Id, T>(
    path: &'static str,
    id: &ID,
    operation: impl AsyncFnOnce(I) -> Result<T, Error>,
) -> Result<T, Error> {
    found(path, operation(read(path, id)?)).await
}

/// Runs an operation on the object whose ID is at `path`. If the operation does not find the object, the problem has this path;
/// so have the problems of the object itself, which the domain reports at `id`.
pub async fn found<T>(path: &'static str, operation: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    operation.await.map_err(|error| match error {
        Error::Fault(Fault::NotFound) => Problem::new(path, Code::NotFound, "The object does not exist.").into(),
        Error::Refused(Refusal(mut problems)) => {
            for problem in problems.iter_mut().filter(|problem| problem.field == ["id"]) {
                problem.field = path.split('.').map(str::to_owned).collect();
            }
            Error::Refused(Refusal(problems))
        }
        fault => fault,
    })
}

/// Reads the values of an input and collects what is wrong with them.
#[derive(Debug, Default)]
pub struct Input {
    check: Check,
    /// Path of the ID of the object that the operation is on.
    object: Option<&'static str>,
}

impl Input {
    /// An ID at a path such as `lines.0.variantId`. What is returned for a malformed one names nothing: [`Input::finish`] refuses it.
    pub fn id<I: Id>(&mut self, path: &str, id: &ID) -> I {
        read(path, id).unwrap_or_else(|problem| {
            self.check.push(problem);
            I::from(Uuid::nil())
        })
    }

    /// The ID of the object that the operation is on: [`Input::run`] names it if the object is not found.
    pub fn object<I: Id>(&mut self, path: &'static str, id: &ID) -> I {
        self.object = Some(path);
        self.id(path, id)
    }

    /// A list of IDs.
    pub fn ids<I: Id>(&mut self, path: &str, ids: &[ID]) -> Vec<I> {
        ids.iter().enumerate().map(|(n, id)| self.id(&format!("{path}.{n}"), id)).collect()
    }

    /// The value of a field that has an earlier name. `new` and `old` are the names, with their values; `path` is what stands before
    /// them, such as `variants.0.`. Both at once is a problem.
    pub fn renamed<T>(&mut self, path: &str, new: (&str, Option<T>), old: (&str, Option<T>)) -> Option<T> {
        if new.1.is_some() && old.1.is_some() {
            self.check.problem(&format!("{path}{}", old.0), Code::Invalid, crate::renamed::both(new.0, old.0));
        }
        new.1.or(old.1)
    }

    /// An amount in the currency, in minor units; zero for one that [`Input::finish`] refuses.
    pub fn minor(&mut self, path: &str, value: &Decimal, currency: CurrencyCode) -> Minor {
        self.check.amount(path, &amount(path, value, currency), currency).unwrap_or_default()
    }

    /// Adds a problem that was found otherwise.
    pub fn problem(&mut self, problem: Problem) {
        self.check.push(problem);
    }

    /// Refuses with everything that was wrong.
    pub fn finish(self) -> Result<(), Error> {
        self.check.finish()
    }

    /// Runs the operation if nothing was wrong.
    pub async fn run<T>(self, operation: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        self.check.finish()?;
        match self.object {
            Some(path) => found(path, operation).await,
            None => operation.await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::id::{ProductId, StoreId};
    use futures::FutureExt;

    fn told<T>(result: Result<T, Error>) -> Vec<String> {
        match result {
            Ok(_) => Vec::new(),
            Err(Error::Refused(Refusal(all))) => {
                all.iter().map(|one| format!("{} {:?}", one.field.join("."), one.code)).collect()
            }
            Err(Error::Fault(fault)) => vec![format!("{fault:?}")],
        }
    }

    fn store(number: u128) -> ID {
        StoreId(Uuid::from_u128(number)).to_string().into()
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_with_its_path() {
        let mut input = Input::default();
        assert_eq!(input.id::<StoreId>("storeId", &store(7)), StoreId(Uuid::from_u128(7)));
        let _: ProductId = input.id("productId", &store(7));
        let _: Vec<StoreId> = input.ids("storeIds", &[store(1), "nothing".into(), store(2)]);
        assert_eq!(input.renamed("variants.0.", ("isActive", None), ("active", Some(true))), Some(true));
        input.renamed("variants.1.", ("isActive", Some(true)), ("active", Some(true)));
        assert_eq!(told(input.finish()), ["productId InvalidId", "storeIds.1 InvalidId", "variants.1.active Invalid"]);
    }

    #[test]
    fn what_is_not_found_is_named_by_the_id_that_was_given() {
        let run = |id: &ID, answer: Result<(), Error>| {
            by_id("input.storeId", id, async |_: StoreId| answer).now_or_never().expect("it does not wait")
        };
        assert_eq!(told(run(&store(1), Err(Fault::NotFound.into()))), ["input.storeId NotFound"]);
        assert_eq!(told(run(&"product_1".into(), Ok(()))), ["input.storeId InvalidId"]);
        assert_eq!(told(run(&store(1), Err(Fault::Unauthenticated.into()))), ["Unauthenticated"]);
        assert!(run(&store(1), Ok(())).is_ok());
    }

    #[test]
    fn a_malformed_amount_is_told_by_the_domain_with_its_own_problems_in_their_order() {
        let currency: CurrencyCode = "USD".parse().expect("a currency");
        let of = |text: &str| amount("variants.0.price", &Decimal(text.to_owned()), currency);
        let mut check = Check::new();
        check.line("name", "", 1..=10);
        assert_eq!(check.price("variants.0.price", &of(" 19.90 "), currency, true).0, 1990);
        assert_eq!(check.price("variants.0.price", &of("19.901"), currency, true).0, 0);
        assert_eq!(check.price("variants.0.price", &of("-1"), currency, true).0, -100);
        let other = "NPR".parse().expect("a currency");
        assert_eq!(check.amount("total", &of("1"), other), None);
        let price = |code: &str| format!("variants.0.price {code}");
        let expected = ["name Required".to_owned(), price("Invalid"), price("OutOfRange"), "total Invalid".to_owned()];
        assert_eq!(told(check.finish()), expected);
    }
}
