//! Payment providers behind one interface.

use entity::value::PaymentProvider;

/// The providers this marketplace offers.
#[derive(Clone, Debug)]
pub struct Payments {
    sandbox: bool,
}

impl Payments {
    /// `MANUAL` always, `SANDBOX` where it is allowed.
    pub fn new(sandbox: bool) -> Self {
        Self { sandbox }
    }

    /// Whether a provider can be chosen.
    pub fn offers(&self, provider: PaymentProvider) -> bool {
        match provider {
            PaymentProvider::Manual => true,
            PaymentProvider::Sandbox => self.sandbox,
        }
    }
}
