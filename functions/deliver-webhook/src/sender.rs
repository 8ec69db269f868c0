//! One request: what it needs, what goes out, what came of it.

use jiff::Timestamp;
use leadyard_domain::config::Destination;
use leadyard_domain::delivery::{payload, template_context};
use leadyard_domain::id::{AccountId, DeliveryId};
use leadyard_outbound::address::AddressPolicy;
use leadyard_outbound::exchange::Exchange;
use leadyard_outbound::outcome::{Sent, refused};
use leadyard_outbound::ready::{Ready, Values};
use leadyard_outbound::token::Tokens;
use leadyard_store::{Order, Published, SecretCache, Store};
use tokio::sync::OnceCell;

use crate::handler::DeliverError;

/// Sends requests.
pub(crate) struct Sender {
    secrets: SecretCache,
    policy: AddressPolicy,
    /// Made with the first delivery, for it reads the system's certificates.
    exchange: OnceCell<Exchange>,
    tokens: Tokens,
}

impl Sender {
    pub(crate) fn new(store: Store, policy: AddressPolicy) -> Self {
        Self { secrets: SecretCache::new(store), policy, exchange: OnceCell::new(), tokens: Tokens::default() }
    }

    /// Gathers what a request needs; the inner error is what the try came to without any request.
    pub(crate) async fn ready<'a>(
        &self,
        account: &AccountId,
        destination: &'a Destination,
        now: Timestamp,
    ) -> Result<Result<Ready<'a>, Sent>, DeliverError> {
        let exchange = self.exchange().await?;
        let mut values = Values::new();
        for name in destination.channel.secrets() {
            let good = self.secrets.get(account, name, now).await?;
            values.insert(name.clone(), good.iter().map(|value| value.expose().to_owned()).collect());
        }
        Ok(Ready::new(&destination.channel, &values, exchange, &self.tokens, now).await)
    }

    /// Makes the request, sends it and weighs the answer.
    pub(crate) async fn send(
        &self,
        published: &Published,
        order: &Order,
        delivery: &DeliveryId,
        ready: &Ready<'_>,
        at: Timestamp,
    ) -> Result<Sent, DeliverError> {
        let context = template_context(&order.told(), delivery, &published.checked);
        let payload = payload(&order.told(), delivery, &published.checked);
        Ok(match ready.prepare(&context, &payload, delivery.as_str(), at) {
            Ok(prepared) => ready.send(&prepared, self.exchange().await?, &self.tokens, at).await,
            Err(error) => refused(error.code(), &error.to_string()),
        })
    }

    async fn exchange(&self) -> Result<&Exchange, DeliverError> {
        Ok(self.exchange.get_or_try_init(async || Exchange::new(self.policy.clone())).await?)
    }
}
