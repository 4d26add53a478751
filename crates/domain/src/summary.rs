//! Rows without their long texts.

/// Defines `Summary`, a row without its texts, and `Texts`, the rest of it, for tables of objects that have ratings and versions.
/// Lists and references read only summaries. `split_texts` makes both of a whole row. `Entity` and `Model` must be in scope.
macro_rules! summary_and_texts {
    (
        $(#[$summary_doc:meta])* Summary { $($(#[$doc:meta])* $field:ident: $ty:ty,)+ }
        $(#[$texts_doc:meta])* Texts { $($(#[$text_doc:meta])* $text:ident: $text_ty:ty,)+ }
    ) => {
        $crate::summary::summary_and_texts! {
            @define
            $(#[$summary_doc])*
            Summary {
                $($(#[$doc])* $field: $ty,)+
                /// Number of published reviews.
                rating_count: i64,
                /// Average rating in hundredths of a star: 100 to 500; 0 without reviews.
                rating_average: i32,
                /// Reviews with one star.
                rating_1: i64,
                /// Reviews with two stars.
                rating_2: i64,
                /// Reviews with three stars.
                rating_3: i64,
                /// Reviews with four stars.
                rating_4: i64,
                /// Reviews with five stars.
                rating_5: i64,
                /// Incremented at every change.
                version: i32,
                created_at: ::sea_orm::prelude::DateTimeUtc,
                updated_at: ::sea_orm::prelude::DateTimeUtc,
            }
            $(#[$texts_doc])*
            Texts { $($(#[$text_doc])* $text: $text_ty,)+ }
        }
    };
    (@define $($(#[$struct_doc:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $ty:ty,)+ })+) => {
        $(
            $(#[$struct_doc])*
            #[derive(Clone, Debug, PartialEq, Eq, ::sea_orm::DerivePartialModel)]
            #[sea_orm(entity = "Entity")]
            pub struct $name {
                $($(#[$doc])* pub $field: $ty,)+
            }
        )+

        /// Splits a whole row into summary and texts.
        pub fn split_texts(row: Model) -> (Summary, Texts) {
            ($($name { $($field: row.$field,)+ },)+)
        }
    };
}

pub(crate) use summary_and_texts;
