//! Table `fulfillment_lines`.

use crate::prelude::*;

/// A quantity of an order line in a fulfillment.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "fulfillment_lines")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FulfillmentLineId,
    pub fulfillment_id: FulfillmentId,
    pub order_line_id: OrderLineId,
    pub quantity: i32,
}

impl ActiveModelBehavior for ActiveModel {}
