//! Codes of problems.

/// Defines [`Code`], and the macro `problem_codes!`, which passes the definition with its documentation to another macro: the API
/// makes its own enum of it. The `$` at the beginning is needed by that inner macro.
macro_rules! codes {
    ($d:tt $(#[$doc:meta])* $name:ident {
        $($(#[$vdoc:meta])* $variant:ident,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
        }

        impl $name {
            const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As clients read it, such as `TOO_LONG`.
            pub fn name(self) -> String {
                let mut name = String::new();
                for c in format!("{self:?}").chars() {
                    if c.is_ascii_uppercase() && !name.is_empty() {
                        name.push('_');
                    }
                    name.push(c.to_ascii_uppercase());
                }
                name
            }

            /// The code with a name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.name() == name)
            }
        }

        /// Passes the definition of the codes to a macro, after what else is given.
        #[macro_export]
        macro_rules! problem_codes {
            ($d macro_name:ident $d($d more:tt)*) => {
                $d macro_name! { $d($d more)* $(#[$doc])* $name { $($(#[$vdoc])* $variant,)* } }
            };
        }
    };
}

codes! {
    $
    /// Kind of a user error.
    Code {
        /// A required value is missing.
        Required,
        /// The value does not have the required format.
        Invalid,
        /// The ID is malformed or belongs to another type.
        InvalidId,
        /// The value is longer than allowed.
        TooLong,
        /// The value is shorter than allowed.
        TooShort,
        /// The value is below the minimum or above the maximum.
        OutOfRange,
        /// The value is already in use and must be unique.
        Taken,
        /// The object does not exist, or you may not see it.
        NotFound,
        /// The object has changed since you read it: read it again before you retry.
        Stale,
        /// The stock is lower than the requested quantity; `stockAvailable` is the quantity left.
        InsufficientStock,
        /// The item can't be bought, or can no longer be bought.
        Unavailable,
        /// The operation is not allowed in the current status; for orders, `allowedStatuses` lists the statuses that can follow.
        InvalidState,
        /// The email or the password is wrong.
        InvalidCredentials,
        /// The token is unknown, already used or expired.
        InvalidToken,
        /// The password is too easy to guess.
        WeakPassword,
        /// Required data of the object is missing and must be completed first.
        Incomplete,
        /// The payment was declined or cancelled; nothing was charged.
        PaymentFailed,
        /// The refund is more than what was paid and not refunded.
        RefundExceedsPaid,
        /// The balance of the store does not cover the refund.
        RefundExceedsBalance,
        /// The money is disputed: the bank decides whether it returns to the buyer.
        PaymentDisputed,
        /// An earlier payment for the same order is still pending, so no new payment was requested: retry in a moment.
        PaymentPending,
        /// The type or the content of the file is not allowed.
        InvalidFile,
        /// The file is larger than allowed.
        FileTooLarge,
        /// The maximum number of objects is reached.
        LimitReached,
        /// The object is still in use by other objects.
        InUse,
        /// The operation is not allowed by the policy of the marketplace.
        NotAllowed,
    }
}
