//! One message of the webhook queue: claim the try, send it, store what came of it, ask for the next.

use std::time::Duration;

use jiff::Timestamp;
use leadyard_domain::config::{Channel, Destination, HttpMethod, Webhook};
use leadyard_domain::delivery::{Attempt, judge, payload};
use leadyard_domain::id::{AccountId, DeliveryId};
use leadyard_domain::message::DeliveryMessage;
use leadyard_outbound::address::AddressPolicy;
use leadyard_outbound::exchange::{Exchange, Method, OutboundRequest, StartError};
use leadyard_outbound::outcome::{Sent, refused, weigh};
use leadyard_outbound::signature::{self, Secret};
use leadyard_runtime::{FollowUpError, FollowUps, Metrics, Record};
use leadyard_store::{Claim, ClaimRequest, ConfigCache, Lease, Order, Published, SecretCache, Store, StoreError};
use tokio::sync::OnceCell;

/// How long a try is nobody else's: the longest exchange, and time to store what came of it.
const LEASE: Duration = Duration::from_secs(40);

/// The function.
pub struct DeliverWebhook {
    /// The table.
    pub store: Store,
    /// The accounts' configs.
    pub configs: ConfigCache,
    /// The accounts' secrets.
    pub secrets: SecretCache,
    /// Asking for further tries.
    pub follow_ups: FollowUps,
    /// Where requests may go.
    pub policy: AddressPolicy,
    /// Made with the first delivery, for it reads the system's certificates.
    pub exchange: OnceCell<Exchange>,
    /// What CloudWatch counts.
    pub metrics: Metrics,
    /// What time it is.
    pub now: fn() -> Timestamp,
}

/// Why a message goes back to the queue.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// The table failed, or someone else's outcome stands.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The next try could not be asked for.
    #[error(transparent)]
    FollowUp(#[from] FollowUpError),
    /// No request can be sent at all.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Someone else is trying.
    #[error("delivery {delivery} is being tried until {until}")]
    Busy {
        /// The delivery.
        delivery: DeliveryId,
        /// Until when at most.
        until: Timestamp,
    },
    /// What the message names is not there.
    #[error("delivery {delivery}: {what} is missing in account {account}")]
    Missing {
        /// The tenant.
        account: AccountId,
        /// The delivery.
        delivery: DeliveryId,
        /// What is missing.
        what: &'static str,
    },
}

impl DeliverWebhook {
    /// Carries out one message; `Ok` once everything that it caused is durable.
    ///
    /// # Errors
    /// The message has to come again.
    pub async fn handle(&self, record: Record<DeliveryMessage>) -> Result<(), DeliverError> {
        let DeliveryMessage { account, delivery, number, .. } = record.message;
        let missing = |what| DeliverError::Missing { account: account.clone(), delivery: delivery.clone(), what };
        let published = self.configs.get(&account, (self.now)()).await?.ok_or_else(|| missing("the config"))?;
        let order = self.store.order(&account, &delivery).await?.ok_or_else(|| missing("the lead's assignment"))?;
        let destination = published.checked.destination(&delivery.destination());
        // What can fail without anything being sent is done before the claim: a claim that is left behind waits for its
        // lease to end, and an at-most-once one for a person.
        let exchange = self.exchange.get_or_try_init(async || Exchange::new(self.policy.clone())).await?;
        let keys = self.signing_keys(&account, destination).await?;
        let now = (self.now)();
        let claim = ClaimRequest {
            account,
            delivery,
            number,
            source: order.lead.source.clone(),
            channel: "webhook".to_owned(),
            lease_until: now.saturating_add(LEASE).unwrap_or(Timestamp::MAX),
            now,
            at_most_once: destination.is_some_and(|destination| destination.at_most_once),
        };
        match self.store.claim_delivery(&claim).await? {
            Claim::Claimed(lease) => self.attempt(&published, destination, &order, &lease, exchange, keys).await,
            // The outcome is on record, but its follow-up may not have been asked for.
            Claim::Settled(record) => Ok(self.follow_ups.ask_after(&record, (self.now)()).await?),
            Claim::Busy { until } => Err(DeliverError::Busy { delivery: claim.delivery, until }),
            Claim::Superseded => Ok(()),
            Claim::Unknown(record) => {
                self.metrics.count(record.status.metric(), 1);
                tracing::error!(account = %record.account, delivery = %record.id, "nobody knows whether it arrived: a person has to look");
                Ok(())
            }
        }
    }

    async fn attempt(
        &self,
        published: &Published,
        destination: Option<&Destination>,
        order: &Order,
        lease: &Lease,
        exchange: &Exchange,
        keys: Result<Vec<Secret>, String>,
    ) -> Result<(), DeliverError> {
        let began = (self.now)();
        let sent = match (destination.map(|destination| &destination.channel), keys) {
            (Some(Channel::Webhook(_)), Err(reason)) => refused("E_SECRET", &reason),
            (Some(Channel::Webhook(webhook)), Ok(keys)) => {
                self.send(published, webhook, order, lease, exchange, &keys, began).await
            }
            (Some(_), _) => refused("E_CHANNEL", "the destination is no webhook any more: replay it when it is"),
            (None, _) => {
                refused("E_DESTINATION", "the destination is not in the config any more: put it back and replay")
            }
        };
        let Sent { result, may_have_arrived, code, exchange, elapsed_ms } = sent;
        let at_most_once = destination.is_some_and(|destination| destination.at_most_once);
        let result = if at_most_once { result.at_most_once(may_have_arrived) } else { result };
        let schedule = destination.map(|destination| destination.retry.clone()).unwrap_or_default();
        let record = lease.record();
        let now = (self.now)();
        let verdict = judge(result, &record.id, lease.number_in_series(), &schedule, now);
        let (status, _, reason) = verdict.clone().into_parts();
        let attempt =
            Attempt { number: record.tries, at: began, elapsed_ms, status, code, reason, exchange: exchange.clone() };
        let log_days = published.checked.config().account.log_days;
        let record = self.store.finish_delivery(lease, &attempt, &verdict, log_days, now).await?;
        self.metrics.millis("Exchange", Duration::from_millis(elapsed_ms));
        self.metrics.count(status.metric(), 1);
        let answered = exchange.response_status;
        let code = attempt.code.as_deref();
        tracing::info!(
            account = %record.account, delivery = %record.id, attempt = record.tries, status = status.name(), answered,
            code, elapsed_ms, "delivery tried"
        );
        Ok(self.follow_ups.ask_after(&record, (self.now)()).await?)
    }

    /// The keys that sign requests to a destination, or why there are none that can be used.
    async fn signing_keys(
        &self,
        account: &AccountId,
        destination: Option<&Destination>,
    ) -> Result<Result<Vec<Secret>, String>, StoreError> {
        let Some(name) = destination.and_then(|destination| destination.channel.secret()) else {
            return Ok(Ok(Vec::new()));
        };
        let values = self.secrets.get(account, name, (self.now)()).await?;
        let keys: Result<Vec<Secret>, _> = values.iter().map(|value| Secret::parse(value.expose())).collect();
        Ok(match keys {
            // Sending unsigned what should be signed would teach receivers not to look.
            Ok(keys) if keys.is_empty() => Err("the secret that signs it has no value: set it and replay".to_owned()),
            Ok(keys) => Ok(keys),
            Err(error) => Err(error.to_string()),
        })
    }

    #[expect(clippy::too_many_arguments, reason = "one request is made of all of these, and of nothing else")]
    async fn send(
        &self,
        published: &Published,
        webhook: &Webhook,
        order: &Order,
        lease: &Lease,
        exchange: &Exchange,
        keys: &[Secret],
        at: Timestamp,
    ) -> Sent {
        let record = lease.record();
        let body = payload(&order.lead, &order.assignment, &record.id, &published.checked).to_string().into_bytes();
        let mut headers: Vec<(String, String)> =
            webhook.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
        headers.push(("idempotency-key".to_owned(), record.id.to_string()));
        headers.extend(signature::headers(record.id.as_str(), at, &body, keys));
        let request = OutboundRequest {
            method: method(webhook.method),
            url: webhook.url.clone(),
            headers,
            body,
            timeout: Duration::from_secs(webhook.timeout_s.into()),
        };
        let own: Vec<&str> = webhook.headers.keys().map(String::as_str).collect();
        let reply = exchange.send(request.clone()).await;
        weigh(&request, reply, &own, (self.now)())
    }
}

fn method(method: HttpMethod) -> Method {
    match method {
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
    }
}
