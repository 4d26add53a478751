//! Rules for passwords.

use souk_core::check::Check;
use souk_core::crypto::password::{MAX_LENGTH, MIN_LENGTH};
use souk_core::error::Code;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Common passwords of at least [`MIN_LENGTH`] characters, lower-cased.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("../../../../assets/common-passwords.txt").lines().collect());

/// Adds the problems of a new password for the account with this email address. Messages never contain the password.
pub fn check_password(check: &mut Check, path: &str, password: &str, email: &str) {
    let length = password.chars().count();
    let lower = password.to_lowercase();
    if length < MIN_LENGTH {
        let message = format!("The password must have at least {MIN_LENGTH} characters; got {length}.");
        check.problem(path, Code::WeakPassword, message);
    } else if length > MAX_LENGTH {
        check.problem(path, Code::TooLong, format!("The password must have at most {MAX_LENGTH} characters; got {length}."));
    } else if COMMON.contains(lower.as_str()) || is_one_character(&lower) {
        check.problem(path, Code::WeakPassword, "The password is too common; choose another.");
    } else if lower == email || Some(lower.as_str()) == email.split('@').next() {
        check.problem(path, Code::WeakPassword, "The password must not be the email address.");
    }
}

fn is_one_character(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| characters.all(|c| c == first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(password: &str) -> Option<Code> {
        let mut check = Check::new();
        check_password(&mut check, "password", password, "ann.smith-jones@example.com");
        match check.finish() {
            Err(souk_core::error::Error::Refused(refusal)) => refusal.0.first().map(|problem| problem.code),
            _ => None,
        }
    }

    #[test]
    fn short_common_and_obvious_ones_are_refused() {
        for weak in [
            "",
            "short",
            "123456789",
            "1234567890",
            "Password123",
            "QWERTYUIOP",
            "zzzzzzzzzzzzzz",
            "Ann.Smith-Jones@example.com",
            "ann.smith-jones",
        ] {
            assert_eq!(code(weak), Some(Code::WeakPassword), "{weak}");
        }
        assert_eq!(code(&"ab".repeat(101)), Some(Code::TooLong));
        for good in ["nine quiet lanterns", "пароль-из-букв", &"ab".repeat(100)] {
            assert_eq!(code(good), None, "{good}");
        }
    }

    #[test]
    fn the_list_is_as_it_is_compared() {
        assert!(COMMON.len() > 500);
        for password in COMMON.iter() {
            assert!(password.chars().count() >= MIN_LENGTH && *password == password.to_lowercase(), "{password}");
        }
    }
}
