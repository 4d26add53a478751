//! What is sent to a payment provider, and what it reports.

use crate::text::truncate;
use entity::id::PaymentId;
use entity::money::{AmountOverflow, CurrencyCode, Minor, Money};
use entity::value::{AttemptKind, CaptureMethod, DisputeStatus};
use sea_orm::prelude::DateTimeUtc;
use uuid::Uuid;

/// Maximum length of a provider's identifier, in characters; a longer one is truncated.
const MAX_REFERENCE: usize = 255;

/// A payment as it is sent to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// ID of the payment; also the idempotency key.
    pub id: PaymentId,
    pub money: Money,
    /// Payment token that the client obtained from the provider.
    pub token: Option<String>,
    /// When the money is captured.
    pub capture_method: CaptureMethod,
    /// The provider's identifier of the payment; `None` until it is stored.
    pub reference: Option<String>,
    /// Number of earlier calls that created the payment or requested its money and had no readable response.
    pub attempt: u32,
    /// Time at which the payment was created in Souk.
    pub created_at: DateTimeUtc,
    /// Current time.
    pub now: DateTimeUtc,
}

/// A payment as its provider reports it. The same report can arrive several times, from a call, a lookup or a webhook.
///
/// A payment is settled only with such a report, and only providers make it. Its amounts are the provider's: what was requested is
/// never taken for what was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderPayment {
    reference: String,
    state: ProviderState,
    currency: CurrencyCode,
    authorized: Minor,
    captures: Vec<ProviderCapture>,
    refunds: Vec<ProviderRefund>,
    disputes: Vec<ProviderDispute>,
    expires_at: Option<DateTimeUtc>,
    account: Option<String>,
    call: AttemptKind,
}

impl ProviderPayment {
    /// A payment without any money yet. For providers, and for tests in place of a provider.
    pub fn from_provider(reference: String, state: ProviderState, currency: CurrencyCode) -> Self {
        let reference = truncate(&reference, MAX_REFERENCE).to_owned();
        Self {
            reference,
            state,
            currency,
            authorized: Minor::ZERO,
            captures: Vec::new(),
            refunds: Vec::new(),
            disputes: Vec::new(),
            expires_at: None,
            account: None,
            call: AttemptKind::LookUp,
        }
    }

    /// Adds the amount that is authorized and not captured yet, and the time at which the authorization lapses.
    pub fn with_authorization(mut self, amount: Minor, expires_at: Option<DateTimeUtc>) -> Self {
        (self.authorized, self.expires_at) = (amount, expires_at);
        self
    }

    /// Adds a capture. One with a reference that was added before takes its place, so that no money is counted twice.
    pub fn with_capture(mut self, capture: ProviderCapture) -> Self {
        let reference = truncate(&capture.reference, MAX_REFERENCE).to_owned();
        self.captures.retain(|added| added.reference != reference);
        self.captures.push(ProviderCapture { reference, ..capture });
        self
    }

    /// Adds a refund.
    pub fn with_refund(mut self, refund: ProviderRefund) -> Self {
        self.refunds.push(refund);
        self
    }

    /// Adds a dispute.
    pub fn with_dispute(mut self, dispute: ProviderDispute) -> Self {
        self.disputes.push(dispute);
        self
    }

    /// Sets the provider's account that received the payment.
    pub fn with_account(mut self, account: Option<String>) -> Self {
        self.account = account;
        self
    }

    /// Sets the kind of the call that the provider answered.
    pub(super) fn answering(mut self, call: AttemptKind) -> Self {
        self.call = call;
        self
    }

    /// The same payment as failed, if it is cancelled: it was cancelled because it was declined or refused.
    pub(super) fn or_failed(mut self, reason: &str) -> Self {
        if self.state == ProviderState::Cancelled {
            self.state = ProviderState::Failed { reason: reason.to_owned() };
        }
        self
    }

    /// The provider's identifier of the payment; empty if it does not know the payment.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// State of the payment at the provider.
    pub fn state(&self) -> &ProviderState {
        &self.state
    }

    /// Currency of all amounts.
    pub fn currency(&self) -> CurrencyCode {
        self.currency
    }

    /// Amount that is authorized and not captured yet.
    pub fn authorized(&self) -> Minor {
        self.authorized
    }

    /// All captures until now, each with its own reference.
    pub fn captures(&self) -> &[ProviderCapture] {
        &self.captures
    }

    /// Sum of the captures.
    pub fn captured(&self) -> Result<Minor, AmountOverflow> {
        Minor::sum(self.captures.iter().map(|capture| capture.amount))
    }

    /// All refunds until now.
    pub fn refunds(&self) -> &[ProviderRefund] {
        &self.refunds
    }

    /// All disputes until now.
    pub fn disputes(&self) -> &[ProviderDispute] {
        &self.disputes
    }

    /// Time at which an authorization lapses; `None` if it is not known.
    pub fn expires_at(&self) -> Option<DateTimeUtc> {
        self.expires_at
    }

    /// The provider's account that received the payment; `None` for the marketplace's only one.
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// Kind of the call that the provider answered.
    pub fn call(&self) -> AttemptKind {
        self.call
    }
}

/// Money that a provider received from the buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderCapture {
    /// The provider's identifier of the capture, unique within the payment.
    pub reference: String,
    pub amount: Minor,
    /// Fee of the provider; `None` if it is not known yet.
    pub fee: Option<Minor>,
}

/// A refund as it is sent to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRequest {
    /// ID of the refund; also the idempotency key.
    pub id: Uuid,
    pub money: Money,
    /// Number of earlier calls for it whose effect was unknown, and after which a look-up did not find it.
    pub attempt: u32,
    /// Current time.
    pub now: DateTimeUtc,
}

/// Money that a provider returns to the buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderRefund {
    /// The provider's identifier of the refund, unique within the payment.
    pub reference: String,
    /// ID of the refund that the marketplace requested; `None` if it was made at the provider.
    pub souk_refund: Option<Uuid>,
    pub amount: Minor,
    pub state: RefundState,
}

/// The state of a refund at its provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundState {
    /// Not decided yet.
    Pending,
    /// The money was returned; it can still fail afterwards.
    Succeeded,
    /// The money was not returned.
    Failed {
        /// A clause without a capital letter and full stop.
        reason: String,
    },
}

/// A dispute in which a buyer claims the money back at the bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderDispute {
    /// The provider's identifier of the dispute, unique within the payment.
    pub reference: String,
    pub amount: Minor,
    pub status: DisputeStatus,
    /// The provider's code of the reason.
    pub reason: String,
    /// Time until which the marketplace can answer.
    pub respond_by: Option<DateTimeUtc>,
    /// What the provider did with the money, whatever the status says.
    pub funds: ProviderFunds,
    /// Fee of the provider for the dispute; `None` if it is not known.
    pub fee: Option<Minor>,
}

/// What a provider did with the money of a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderFunds {
    /// Nothing yet.
    Untouched,
    /// It was withdrawn.
    Withdrawn,
    /// It was withdrawn and given back.
    Reinstated,
}

/// The state of a payment at its provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderState {
    /// Created, and the money is not requested yet.
    Created,
    /// Not decided yet.
    Pending,
    /// The buyer must confirm the payment.
    RequiresAction {
        /// Page on which the buyer confirms it, if there is one.
        redirect_url: Option<String>,
        /// Secret with which the provider's client library continues, if it needs one.
        client_secret: Option<String>,
    },
    /// Promised but not received yet.
    Authorized,
    /// Money was received; how much is in the captures.
    Captured,
    /// Declined.
    Failed {
        /// A clause without a capital letter and full stop that may be shown to the buyer.
        reason: String,
    },
    /// Cancelled; the payment can no longer succeed.
    Cancelled,
}
