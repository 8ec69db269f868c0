//! One message of the webhook queue: claim the try, send it, store what came of it, ask for the next.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use leadyard_domain::config::Destination;
use leadyard_domain::delivery::alert::{Loss, SuspendedFor};
use leadyard_domain::delivery::{Attempt, ENDED, FollowUp, judge};
use leadyard_domain::id::{AccountId, DeliveryId};
use leadyard_domain::message::DeliveryMessage;
use leadyard_outbound::address::AddressPolicy;
use leadyard_outbound::exchange::StartError;
use leadyard_outbound::outcome::{Sent, refused};
use leadyard_outbound::ready::Ready;
use leadyard_runtime::{FollowUpError, FollowUps, Metrics, Record};
use leadyard_store::{Claim, ClaimRequest, ConfigCache, Lease, Order, Published, Store, StoreError};

use crate::alerts::Alerts;
use crate::gate::{Gate, Pass};
use crate::sender::Sender;

/// How long a try is nobody else's: the longest exchange, and time to store what came of it.
const LEASE: Duration = Duration::from_secs(40);

/// Says what time it is.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The function.
pub struct DeliverWebhook {
    store: Store,
    configs: ConfigCache,
    follow_ups: FollowUps,
    sender: Sender,
    gate: Gate,
    metrics: Metrics,
    now: Now,
}

impl DeliverWebhook {
    /// Delivers what `store` holds to where `policy` allows; `now` says what time it is.
    #[must_use]
    pub fn new(store: Store, follow_ups: FollowUps, policy: AddressPolicy, metrics: Metrics, now: Now) -> Self {
        Self {
            configs: ConfigCache::new(store.clone()),
            sender: Sender::new(store.clone(), policy),
            gate: Gate::new(store.clone(), metrics.clone()),
            store,
            follow_ups,
            metrics,
            now,
        }
    }
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
        // A message that comes again may have been sent and not recorded.
        let sent_before = record.receive_count > 1 || record.message.number > 1;
        let message = record.message;
        let account = &message.account;
        let published = self.configs.get(account, (self.now)()).await?;
        let published = published.ok_or_else(|| missing(&message, "the config"))?;
        let destination = published.checked.destination(&message.delivery.destination());
        let pass = match destination {
            Some(destination) => self.gate.admit(destination, &message, (self.now)()).await?,
            // It is put on record as dead.
            None => Pass::Go(None),
        };
        match pass {
            Pass::Go(place) => {
                let done = self.go(&published, destination, &message, sent_before, None).await;
                if let Some(place) = place {
                    self.gate.leave(place).await;
                }
                done
            }
            Pass::Later(message, wait_s) => Ok(self.follow_ups.ask(FollowUp::put_off(message, wait_s)).await?),
            Pass::Suspended(why) => {
                let reason = format!("the destination is suspended: {why}; resume it and replay");
                self.go(&published, destination, &message, sent_before, Some(refused("E_SUSPENDED", &reason))).await
            }
        }
    }

    /// Claims the try and carries it out; what is decided already needs no request.
    async fn go(
        &self,
        published: &Published,
        destination: Option<&Destination>,
        message: &DeliveryMessage,
        sent_before: bool,
        decided: Option<Sent>,
    ) -> Result<(), DeliverError> {
        let DeliveryMessage { account, delivery, number, .. } = message;
        let order = self.store.order(account, delivery).await?;
        let order = order.ok_or_else(|| missing(message, "the lead's assignment"))?;
        // What can fail without anything being sent is done before the claim: a claim that is left behind waits for its
        // lease to end, and an at-most-once one for a person.
        let over = order.over(delivery).map(|why| refused(ENDED, &why));
        let ready = match (over.or(decided), destination) {
            (Some(sent), _) => Err(sent),
            (None, Some(destination)) => self.sender.ready(account, destination, (self.now)()).await?,
            (None, None) => {
                Err(refused("E_DESTINATION", "the destination is not in the config any more: put it back and replay"))
            }
        };
        let now = (self.now)();
        let claim = ClaimRequest {
            account: account.clone(),
            delivery: delivery.clone(),
            number: *number,
            source: order.lead.source.clone(),
            channel: destination.map_or("webhook", |destination| destination.channel.name()).to_owned(),
            lease_until: now.saturating_add(LEASE).unwrap_or(Timestamp::MAX),
            now,
            at_most_once: destination.is_some_and(|destination| destination.at_most_once),
        };
        match self.store.claim_delivery(&claim).await? {
            Claim::Claimed(lease) => {
                let ready = ready.map(|ready| (ready, sent_before));
                self.attempt(published, destination, message, &order, &lease, ready).await
            }
            // The outcome is on record, but what follows may not have been asked for.
            Claim::Settled(record) => {
                self.store.book_accepted(zone(published), &order.assignment, &record).await?;
                Ok(self.follow_ups.ask_after(&record, (self.now)()).await?)
            }
            Claim::Busy { until } => Err(DeliverError::Busy { delivery: claim.delivery, until }),
            Claim::Superseded => Ok(()),
            Claim::Unknown(record) => {
                self.metrics.count(record.status.metric(&record.id, None), 1);
                tracing::error!(account = %record.account, delivery = %record.id, "nobody knows whether it arrived: a person has to look");
                let loss = Loss::of(&record.id, record.status, None);
                self.alerts(published).of_delivery(&record.id, &record.account, loss, (self.now)()).await;
                Ok(())
            }
        }
    }

    fn alerts<'a>(&'a self, published: &'a Published) -> Alerts<'a> {
        Alerts { store: &self.store, follow_ups: &self.follow_ups, published }
    }

    async fn attempt(
        &self,
        published: &Published,
        destination: Option<&Destination>,
        message: &DeliveryMessage,
        order: &Order,
        lease: &Lease,
        ready: Result<(Ready<'_>, bool), Sent>,
    ) -> Result<(), DeliverError> {
        let began = (self.now)();
        let sent = match ready {
            Ok((ready, sent_before)) => {
                let sent = self.sender.send(published, order, &lease.record().id, &ready, began).await?;
                Sent { result: sent.result.duplicate_of_ours(sent_before), ..sent }
            }
            Err(sent) => sent,
        };
        let Sent { result, may_have_arrived, code, exchange, elapsed_ms, sign } = sent;
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
        let answered = exchange.response_status;
        let code = attempt.code.as_deref();
        self.metrics.count(status.metric(&record.id, code), 1);
        tracing::info!(
            account = %record.account, delivery = %record.id, attempt = record.tries, status = status.name(), answered,
            code, elapsed_ms, "delivery tried"
        );
        let alerts = self.alerts(published);
        if let (Some(destination), Some(sign)) = (destination, sign) {
            self.gate.note_wait(message, code == Some("E_TIMEOUT"), (self.now)());
            let reason = attempt.reason.as_deref().unwrap_or_default();
            let suspended = self.gate.note(destination, message, (sign, code, reason), (self.now)()).await;
            if let Some(since) = suspended {
                alerts.of_suspension(&record.account, &destination.id, SuspendedFor::of(sign), since).await;
            }
        }
        let loss = Loss::of(&record.id, status, code);
        alerts.of_delivery(&record.id, &record.account, loss, (self.now)()).await;
        self.store.book_accepted(zone(published), &order.assignment, &record).await?;
        Ok(self.follow_ups.ask_after(&record, (self.now)()).await?)
    }
}

/// The zone whose months the account's ledgers are kept by.
fn zone(published: &Published) -> &TimeZone {
    published.checked.config().account.timezone.time_zone()
}

fn missing(message: &DeliveryMessage, what: &'static str) -> DeliverError {
    DeliverError::Missing { account: message.account.clone(), delivery: message.delivery.clone(), what }
}
