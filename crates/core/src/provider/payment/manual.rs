//! The `MANUAL` provider: cash on delivery or a bank transfer, without calls. People record what was received and returned.

use super::ProviderError;
use super::entry::{Entry, Setup};
use super::gateway::{Abilities, PaymentGateway, Refunds};
use super::report::{Charge, ProviderPayment, ProviderRefund, ProviderState, RefundRequest};
use crate::config::ConfigError;
use async_trait::async_trait;
use entity::money::Minor;
use entity::value::PaymentProvider;
use std::sync::Arc;
use uuid::Uuid;

/// Always offered.
pub(super) fn entry(_setup: &Setup<'_>) -> Result<Option<Entry>, ConfigError> {
    Ok(Some(Entry { provider: PaymentProvider::Manual, offered: true, gateway: Arc::new(Manual) }))
}

struct Manual;

#[async_trait]
impl PaymentGateway for Manual {
    fn display_name(&self) -> &'static str {
        "Cash on delivery or bank transfer"
    }

    fn abilities(&self) -> Abilities {
        Abilities { creates_first: false, manual_capture: false, refunds: Refunds::None, webhooks: false }
    }

    fn check_token(&self, _token: Option<&str>) -> Result<(), String> {
        Ok(())
    }

    fn immediate_report(&self, charge: &Charge) -> Option<ProviderPayment> {
        Some(authorized(charge))
    }

    async fn authorize(&self, charge: &Charge) -> Result<ProviderPayment, ProviderError> {
        Ok(authorized(charge))
    }

    async fn confirm(&self, charge: &Charge) -> Result<ProviderPayment, ProviderError> {
        Ok(authorized(charge))
    }

    async fn capture(&self, _charge: &Charge, _amount: Minor, _key: Uuid) -> Result<ProviderPayment, ProviderError> {
        Err(by_a_person())
    }

    async fn cancel(&self, charge: &Charge) -> Result<ProviderPayment, ProviderError> {
        Ok(report(charge, ProviderState::Cancelled))
    }

    async fn look_up(&self, charge: &Charge) -> Result<Option<ProviderPayment>, ProviderError> {
        Ok(Some(authorized(charge)))
    }

    async fn refund(&self, _charge: &Charge, _refund: &RefundRequest) -> Result<ProviderRefund, ProviderError> {
        Err(by_a_person())
    }

    async fn look_up_refund(&self, _charge: &Charge, _refund: &RefundRequest) -> Result<Option<ProviderRefund>, ProviderError> {
        Err(by_a_person())
    }
}

/// Authorized until staff record that the money was received.
fn authorized(charge: &Charge) -> ProviderPayment {
    report(charge, ProviderState::Authorized).with_authorization(charge.money.amount, None)
}

fn report(charge: &Charge, state: ProviderState) -> ProviderPayment {
    ProviderPayment::from_provider(charge.id.to_string(), state, charge.money.currency)
}

fn by_a_person() -> ProviderError {
    ProviderError::Refused { why: "a person receives and returns the money of manual payments".into() }
}
