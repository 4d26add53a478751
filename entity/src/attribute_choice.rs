//! Table `attribute_choices`.

use crate::prelude::*;

/// A value that can be chosen for an attribute.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attribute_choices")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AttributeChoiceId,
    pub attribute_id: AttributeId,
    pub name: String,
    /// Unique within the attribute; never changed or used again.
    pub slug: String,
    /// Colour to show, such as `#1e90ff`.
    pub swatch: Option<String>,
    /// Sort position among the choices of the attribute, ascending.
    pub position: i32,
}

impl ActiveModelBehavior for ActiveModel {}
