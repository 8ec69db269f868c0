//! What a request to a destination needs, made when the first one is asked for.

use leadyard_outbound::address::AddressPolicy;
use leadyard_outbound::exchange::{Exchange, StartError};
use leadyard_outbound::token::Tokens;
use leadyard_store::{SecretCache, Store};
use tokio::sync::OnceCell;

/// What a request to a destination needs.
pub struct Outbound {
    policy: AddressPolicy,
    /// Made with the first request, for it reads the system's certificates and hardly any call of the API needs them.
    exchange: OnceCell<Exchange>,
    secrets: SecretCache,
    tokens: Tokens,
}

impl Outbound {
    /// Nothing is read before it is asked for.
    #[must_use]
    pub fn new(store: Store, policy: AddressPolicy) -> Self {
        Self { policy, exchange: OnceCell::new(), secrets: SecretCache::new(store), tokens: Tokens::default() }
    }

    /// Where requests may go.
    #[must_use]
    pub fn policy(&self) -> &AddressPolicy {
        &self.policy
    }

    /// Secrets by name.
    #[must_use]
    pub fn secrets(&self) -> &SecretCache {
        &self.secrets
    }

    /// Tokens of receivers' authorisation servers.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Who sends requests.
    ///
    /// # Errors
    /// The system has no certificates.
    pub async fn exchange(&self) -> Result<&Exchange, StartError> {
        self.exchange.get_or_try_init(async || Exchange::new(self.policy.clone())).await
    }
}
