//! One message: of a delivery, claim the try, send the mail, store what came of it, ask for the next; of SES, see
//! [`crate::feedback`].

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use leadyard_domain::config::{Channel, Destination, Email};
use leadyard_domain::delivery::alert::{Loss, Subject};
use leadyard_domain::delivery::{Attempt, ENDED, Exchange, SUPPRESSED, TryResult, judge, payload, template_context};
use leadyard_domain::id::{AccountId, DeliveryId};
use leadyard_domain::message::DeliveryMessage;
use leadyard_domain::suppression::AddressHash;
use leadyard_runtime::{FollowUpError, FollowUps, Metrics, Record};
use leadyard_store::{Claim, ClaimRequest, ConfigCache, Lease, Order, Published, Store, StoreError};

use crate::compose::{Mail, compose};
use crate::event::Incoming;
use crate::post::Post;
use crate::tags::Tags;

/// How long a try is nobody else's: the SDK's whole call with its retries, and time to store what came of it.
const LEASE: Duration = Duration::from_secs(30);
/// Most bytes of a mail's text that are kept in the log.
const TEXT_KEPT_BYTES_MAX: usize = 16 * 1024;

/// The function.
pub struct DeliverEmail {
    /// The table.
    pub store: Store,
    /// The accounts' configs.
    pub configs: ConfigCache,
    /// Asking for further tries.
    pub follow_ups: FollowUps,
    /// SES.
    pub post: Post,
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
    /// Someone else is trying.
    #[error("delivery {delivery} is being tried until {until}")]
    Busy {
        /// The delivery.
        delivery: DeliveryId,
        /// Until when at most.
        until: Timestamp,
    },
    /// Someone else is telling people of a destination or a source.
    #[error("people are being told of {subject} until {until}")]
    AlertBusy {
        /// What they are told of.
        subject: Subject,
        /// Until when at most.
        until: Timestamp,
    },
    /// People could not be told of a destination or a source for now.
    #[error("people could not be told of {subject}: {why}")]
    Alert {
        /// What they were to be told of.
        subject: Subject,
        /// A code for what went wrong.
        why: &'static str,
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

/// A try that has come back.
pub(crate) struct Sent {
    pub(crate) result: TryResult,
    /// Whether SES may have taken it all the same.
    may_have_arrived: bool,
    code: Option<&'static str>,
    /// What else a person who looks should know.
    note: Option<String>,
    exchange: Exchange,
}

fn refused(code: &'static str, reason: String) -> Sent {
    Sent {
        result: TryResult::Final { reason },
        may_have_arrived: false,
        code: Some(code),
        note: None,
        exchange: Exchange::default(),
    }
}

impl DeliverEmail {
    /// Carries out one message; `Ok` once everything that it caused is durable.
    ///
    /// # Errors
    /// The message has to come again.
    pub async fn handle(&self, record: Record<Incoming>) -> Result<(), DeliverError> {
        match record.message {
            Incoming::Delivery(message) => self.deliver(message).await,
            Incoming::Alert(message) => self.tell(&message).await,
            Incoming::Event(event) => self.hear(&event).await,
            Incoming::Enveloped(envelope) => match envelope.event {
                Some(event) => self.hear(&event).await,
                None => {
                    tracing::warn!("a notification that is no event of SES");
                    Ok(())
                }
            },
        }
    }

    async fn deliver(&self, message: DeliveryMessage) -> Result<(), DeliverError> {
        let DeliveryMessage { account, delivery, number, .. } = message;
        let missing = |what| DeliverError::Missing { account: account.clone(), delivery: delivery.clone(), what };
        let published = self.configs.get(&account, (self.now)()).await?.ok_or_else(|| missing("the config"))?;
        let order = self.store.order(&account, &delivery).await?.ok_or_else(|| missing("the lead's assignment"))?;
        let destination = published.checked.destination(&delivery.destination());
        let now = (self.now)();
        let claim = ClaimRequest {
            account,
            delivery,
            number,
            source: order.lead.source.clone(),
            channel: "email".to_owned(),
            lease_until: now.saturating_add(LEASE).unwrap_or(Timestamp::MAX),
            now,
            at_most_once: destination.is_some_and(|destination| destination.at_most_once),
        };
        match self.store.claim_delivery(&claim).await? {
            Claim::Claimed(lease) => self.attempt(&published, destination, &order, &lease).await,
            // The outcome is on record, but its follow-up may not have been asked for.
            Claim::Settled(record) => {
                self.store.book_accepted(zone(&published), &order.assignment, &record).await?;
                Ok(self.follow_ups.ask_after(&record, (self.now)()).await?)
            }
            Claim::Busy { until } => Err(DeliverError::Busy { delivery: claim.delivery, until }),
            Claim::Superseded => Ok(()),
            Claim::Unknown(record) => {
                self.metrics.count(record.status.metric(&record.id, None), 1);
                tracing::error!(account = %record.account, delivery = %record.id, "nobody knows whether it was sent: a person has to look");
                self.count(&published, &record, Loss::of(&record.id, record.status, None)).await;
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
    ) -> Result<(), DeliverError> {
        let began = (self.now)();
        let channel = destination.map(|destination| &destination.channel);
        let over = order.over(&lease.record().id);
        let Sent { result, may_have_arrived, code, note, exchange } = match channel {
            _ if over.is_some() => refused(ENDED, over.unwrap_or_default()),
            Some(Channel::Email(email)) => self.send(published, email, order, lease).await,
            Some(_) => refused("E_CHANNEL", "the destination is no email any more: replay it when it is".to_owned()),
            None => {
                let reason = "the destination is not in the config any more: put it back and replay";
                refused("E_DESTINATION", reason.to_owned())
            }
        };
        let at_most_once = destination.is_some_and(|destination| destination.at_most_once);
        let result = if at_most_once { result.at_most_once(may_have_arrived) } else { result };
        let schedule = destination.map(|destination| destination.retry.clone()).unwrap_or_default();
        let record = lease.record();
        let now = (self.now)();
        let elapsed_ms = u64::try_from(now.duration_since(began).as_millis()).unwrap_or_default();
        let verdict = judge(result, &record.id, lease.number_in_series(), &schedule, now);
        let (status, _, reason) = verdict.clone().into_parts();
        let (code, reason) = (code.map(str::to_owned), reason.or(note));
        let attempt = Attempt { number: record.tries, at: began, elapsed_ms, status, code, reason, exchange };
        let log_days = published.checked.config().account.log_days;
        let record = self.store.finish_delivery(lease, &attempt, &verdict, log_days, now).await?;
        let code = attempt.code.as_deref();
        self.metrics.count(status.metric(&record.id, code), 1);
        tracing::info!(
            account = %record.account, delivery = %record.id, attempt = record.tries, status = status.name(), code,
            elapsed_ms, "delivery tried"
        );
        self.count(published, &record, Loss::of(&record.id, status, code)).await;
        self.store.book_accepted(zone(published), &order.assignment, &record).await?;
        Ok(self.follow_ups.ask_after(&record, (self.now)()).await?)
    }

    async fn send(&self, published: &Published, email: &Email, order: &Order, lease: &Lease) -> Sent {
        let record = lease.record();
        let config = &published.checked;
        let context = template_context(&order.told(), &record.id, config);
        let mail = match compose(email, &context, &payload(&order.told(), &record.id, config)) {
            Ok(mail) => mail,
            Err(error) => return refused("E_TEMPLATE", error.to_string()),
        };
        let (mail, note) = match self.leave_out(&record.account, mail).await {
            Ok(left) => left,
            Err(sent) => return sent,
        };
        let exchange = kept(&mail);
        let (account, delivery) = (record.account.clone(), record.id.clone());
        match self.post.send(mail, Tags { account, delivery, number: Some(record.tries) }.pairs()).await {
            Ok(message_id) => {
                let response_body = format!("SES took it as message {message_id}");
                let exchange = Exchange { response_body, ..exchange };
                Sent { result: TryResult::Delivered, may_have_arrived: true, code: None, note, exchange }
            }
            Err(failure) => Sent {
                result: failure.result(),
                may_have_arrived: failure.may_have_arrived(),
                code: Some(failure.code()),
                note,
                exchange,
            },
        }
    }

    /// The mail without its suppressed recipients, and words for the log when there were some. `Err` when nobody is left.
    pub(crate) async fn leave_out(&self, account: &AccountId, mail: Mail) -> Result<(Mail, Option<String>), Sent> {
        let hashes = mail.to.iter().filter_map(|address| AddressHash::of(address)).collect();
        let suppressed = match self.store.suppressed(account, hashes).await {
            Ok(suppressed) => suppressed,
            // Nothing was sent yet, so that another try is safe; and who complained must not be written to again.
            Err(error) => {
                let reason = format!("whether its recipients are suppressed could not be read: {error}");
                let result = TryResult::Transient { reason, retry_after_s: None };
                return Err(Sent { result, ..refused("E_TABLE", String::new()) });
            }
        };
        let all = mail.to.len();
        let may = |address: &String| AddressHash::of(address).is_none_or(|hash| !suppressed.contains(&hash));
        let to: Vec<String> = mail.to.into_iter().filter(may).collect();
        let out = all - to.len();
        if out > 0 && to.is_empty() {
            let reason = "no recipient is left: mails to them bounced or were complained about. Correct the address, or ask \
                          GET /v1/suppressions?address= why, lift it with DELETE, and replay";
            return Err(refused(SUPPRESSED, reason.to_owned()));
        }
        let note = (out > 0).then(|| format!("{out} of {all} recipients were left out: mails to them are suppressed"));
        Ok((Mail { to, ..mail }, note))
    }
}

/// The zone whose months the account's ledgers are kept by.
fn zone(published: &Published) -> &TimeZone {
    published.checked.config().account.timezone.time_zone()
}

/// What is kept of a mail.
fn kept(mail: &Mail) -> Exchange {
    Exchange {
        to: mail.to.join(", "),
        request_headers: vec![("subject".to_owned(), mail.subject.clone())],
        request_body: mail.text[..mail.text.floor_char_boundary(TEXT_KEPT_BYTES_MAX)].to_owned(),
        ..Exchange::default()
    }
}
