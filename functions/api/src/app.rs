//! What the handlers work with.

use std::sync::Arc;

use jiff::tz::TimeZone;
use leadyard_domain::id::AccountId;
use leadyard_outbound::address::AddressPolicy;
use leadyard_runtime::{Outgoing, QueueSender, SendError, SettingsError, Start, now};
use leadyard_store::{CommitError, ConfigCache, Ruled, RulesCache, Store, StoreError};

use crate::outbound::Outbound;
use crate::problem::{Kind, Problem};

/// What the handlers work with. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The table.
    pub store: Store,
    /// The config in force, as seen lately.
    pub configs: Arc<ConfigCache>,
    /// The rules in force, for who decides.
    pub rules: Arc<RulesCache>,
    /// Where work is asked for.
    pub queues: Queues,
    /// Where senders reach this deployment, without a slash at its end: `https://….example`.
    pub public_url: Arc<str>,
    /// What a request to a destination needs.
    pub outbound: Arc<Outbound>,
}

/// The queues that the API sends to.
#[derive(Clone)]
pub struct Queues {
    /// Events to capture and decide.
    pub leads: QueueSender,
    /// Deliveries by webhook.
    pub webhook: QueueSender,
    /// Deliveries by email.
    pub email: QueueSender,
}

impl App {
    /// Reads the function's settings. Nothing is asked of a service here.
    ///
    /// # Errors
    /// Variables that are missing, all of them named, or that can't be read.
    pub fn from_start(start: &Start) -> Result<Self, SettingsError> {
        let [table, leads, webhook, email, public_url] = start.settings.all_required([
            "TABLE_NAME",
            "LEADS_QUEUE_URL",
            "WEBHOOK_QUEUE_URL",
            "EMAIL_QUEUE_URL",
            "PUBLIC_URL",
        ])?;
        let policy = AddressPolicy::from_settings(|name| start.settings.optional(name)).map_err(|error| {
            SettingsError::Invalid { name: error.setting(), value: error.value().to_owned(), reason: error.to_string() }
        })?;
        let sqs = start.aws.sqs();
        let queue = |url: &str| QueueSender::new(sqs.clone(), url);
        Ok(Self::new(
            Store::new(start.aws.dynamodb(), table.to_owned()),
            Queues { leads: queue(leads), webhook: queue(webhook), email: queue(email) },
            public_url,
            policy,
        ))
    }

    /// An app over given parts.
    #[must_use]
    pub fn new(store: Store, queues: Queues, public_url: &str, policy: AddressPolicy) -> Self {
        let configs = Arc::new(ConfigCache::new(store.clone()));
        let rules = Arc::new(RulesCache::new(store.clone()));
        let outbound = Arc::new(Outbound::new(store.clone(), policy));
        Self { store, configs, rules, queues, public_url: public_url.trim_end_matches('/').into(), outbound }
    }

    /// The rules in force.
    ///
    /// # Errors
    /// The account has published no config.
    pub(crate) async fn ruled(&self, account: &AccountId) -> Result<Arc<Ruled>, Problem> {
        self.rules.get(account, now()).await?.ok_or_else(|| {
            let detail = "This account has not published a config yet: PUT /v1/config publishes one.";
            Problem::new(Kind::NotFound, detail)
        })
    }

    /// Sees at once what was just published.
    pub(crate) fn forget_config(&self, account: &AccountId) {
        self.configs.forget(account);
        self.rules.forget(account);
    }

    /// The account's time zone by the config in force; UTC before the first one.
    pub(crate) async fn zone(&self, account: &AccountId) -> Result<TimeZone, StoreError> {
        let published = self.configs.get(account, now()).await?;
        Ok(published.map_or(TimeZone::UTC, |it| it.checked.config().account.timezone.time_zone().clone()))
    }
}

/// Sends what a request has already recorded. The record stands when this fails, so the same request is welcome again.
pub(crate) async fn send(queue: &QueueSender, message: Result<Outgoing, SendError>) -> Result<(), Problem> {
    queue.send_one(message?).await?;
    Ok(())
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { .. } => {
                Self::new(Kind::Superseded, "It changed at the same moment. Look at it, and send the request again.")
                    .caused_by(&error)
            }
            _ => Self::behind(error.is_retryable(), &error),
        }
    }
}

impl From<CommitError> for Problem {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict(_) | CommitError::Throttled { .. } => Self::overtaken().caused_by(&error),
            CommitError::Store(error) => error.into(),
            CommitError::TooLarge(_) => Self::behind(false, &error),
        }
    }
}

impl From<SendError> for Problem {
    fn from(error: SendError) -> Self {
        Self::behind(error.is_retryable(), &error)
    }
}
