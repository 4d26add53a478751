//! Table `refund_lines`.

use crate::prelude::*;

/// What a refund returns of an order line.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refund_lines")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RefundLineId,
    pub refund_id: RefundId,
    pub order_line_id: OrderLineId,
    /// Zero if an amount is refunded without items.
    pub quantity: i32,
    /// After discount and with tax.
    pub amount: Minor,
}

impl ActiveModelBehavior for ActiveModel {}
