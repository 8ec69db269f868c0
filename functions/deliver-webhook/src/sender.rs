//! One request: what it needs, what goes out, what came of it.

use jiff::Timestamp;
use leadyard_domain::config::{Auth, Channel, Destination, Slack, Webhook};
use leadyard_domain::delivery::health::Sign;
use leadyard_domain::delivery::{TryResult, payload, template_context};
use leadyard_domain::id::{AccountId, DeliveryId, SecretName};
use leadyard_outbound::address::AddressPolicy;
use leadyard_outbound::exchange::Exchange;
use leadyard_outbound::outcome::{Sent, refused, weigh};
use leadyard_outbound::redact::REDACTED;
use leadyard_outbound::request::{self, Credentials};
use leadyard_outbound::signature::Secret;
use leadyard_outbound::token::{TokenError, Tokens};
use leadyard_store::{Order, Published, SecretCache, Store};
use tokio::sync::OnceCell;

use crate::handler::DeliverError;

/// Secrets that are shorter are not looked for in answers.
const SECRET_LEN_MIN: usize = 6;

/// Sends requests.
pub(crate) struct Sender {
    secrets: SecretCache,
    policy: AddressPolicy,
    /// Made with the first delivery, for it reads the system's certificates.
    exchange: OnceCell<Exchange>,
    tokens: Tokens,
}

/// All that a request needs beside the lead.
pub(crate) enum Ready<'a> {
    Webhook { webhook: &'a Webhook, signing: Vec<Secret>, auth: Option<String>, exchange: &'a Exchange },
    Slack { slack: &'a Slack, url: String, exchange: &'a Exchange },
}

impl Sender {
    pub(crate) fn new(store: Store, policy: AddressPolicy) -> Self {
        Self { secrets: SecretCache::new(store), policy, exchange: OnceCell::new(), tokens: Tokens::default() }
    }

    /// Gathers what a request needs; the inner error is what the try came to without any request.
    pub(crate) async fn ready<'a>(
        &'a self,
        account: &AccountId,
        destination: &'a Destination,
        now: Timestamp,
    ) -> Result<Result<Ready<'a>, Sent>, DeliverError> {
        let exchange = self.exchange.get_or_try_init(async || Exchange::new(self.policy.clone())).await?;
        match &destination.channel {
            Channel::Webhook(webhook) => {
                let signing = match self.signing(account, webhook, now).await? {
                    Ok(signing) => signing,
                    Err(reason) => return Ok(Err(refused("E_SECRET", &reason))),
                };
                let auth = match &webhook.auth {
                    None => None,
                    Some(auth) => match self.auth(account, auth, exchange, now).await? {
                        Ok(secret) => Some(secret),
                        Err(sent) => return Ok(Err(sent)),
                    },
                };
                Ok(Ok(Ready::Webhook { webhook, signing, auth, exchange }))
            }
            Channel::Slack(slack) => Ok(match self.newest(account, &slack.secret, now).await? {
                Some(url) => Ok(Ready::Slack { slack, url, exchange }),
                None => Err(unset(&slack.secret)),
            }),
            Channel::Email(_) => {
                Ok(Err(refused("E_CHANNEL", "the destination is no webhook any more: replay it when it is")))
            }
        }
    }

    /// The keys that sign requests to a webhook, or why there are none that can be used.
    async fn signing(
        &self,
        account: &AccountId,
        webhook: &Webhook,
        now: Timestamp,
    ) -> Result<Result<Vec<Secret>, String>, DeliverError> {
        let Some(name) = &webhook.secret else { return Ok(Ok(Vec::new())) };
        let values = self.secrets.get(account, name, now).await?;
        let keys: Result<Vec<Secret>, _> = values.iter().map(|value| Secret::parse(value.expose())).collect();
        Ok(match keys {
            // Sending unsigned what should be signed would teach receivers not to look.
            Ok(keys) if keys.is_empty() => Err("the secret that signs it has no value: set it and replay".to_owned()),
            Ok(keys) => Ok(keys),
            Err(error) => Err(error.to_string()),
        })
    }

    /// The secret or the token that says who we are.
    async fn auth(
        &self,
        account: &AccountId,
        auth: &Auth,
        exchange: &Exchange,
        now: Timestamp,
    ) -> Result<Result<String, Sent>, DeliverError> {
        let Some(secret) = self.newest(account, auth.secret(), now).await? else {
            return Ok(Err(unset(auth.secret())));
        };
        let Auth::Oauth2(settings) = auth else { return Ok(Ok(secret)) };
        Ok(self.tokens.get(exchange, settings, &secret, now).await.map_err(|error| {
            let reason = error.to_string();
            let refused = refused("E_TOKEN", &reason);
            match error {
                // Without tokens a receiver can't be reached, whichever of its servers is down.
                TokenError::Transient(_) => Sent {
                    result: TryResult::Transient { reason, retry_after_s: None },
                    sign: Some(Sign::Failing),
                    ..refused
                },
                TokenError::Final(_) => refused,
            }
        }))
    }

    async fn newest(
        &self,
        account: &AccountId,
        name: &SecretName,
        now: Timestamp,
    ) -> Result<Option<String>, DeliverError> {
        let values = self.secrets.get(account, name, now).await?;
        Ok(values.first().map(|value| value.expose().to_owned()))
    }

    /// Makes the request, sends it and weighs the answer.
    pub(crate) async fn send(
        &self,
        published: &Published,
        order: &Order,
        delivery: &DeliveryId,
        ready: Ready<'_>,
        at: Timestamp,
    ) -> Sent {
        let Order { lead, assignment } = order;
        let context = template_context(lead, assignment, delivery, &published.checked);
        let (prepared, exchange) = match &ready {
            Ready::Webhook { webhook, signing, auth, exchange } => {
                let payload = payload(lead, assignment, delivery, &published.checked);
                let credentials = Credentials { signing, auth: auth.as_deref() };
                (request::webhook(webhook, &context, &payload, delivery.as_str(), at, credentials), exchange)
            }
            Ready::Slack { slack, url, exchange } => {
                (request::slack(slack, url, &context, delivery.as_str()), exchange)
            }
        };
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(error) => return refused(error.code(), &error.to_string()),
        };
        let reply = exchange.send(prepared.request.clone()).await;
        match &ready {
            Ready::Webhook { webhook, auth, .. } => {
                let sent = self.weigh(webhook, &ready, weigh(&prepared, reply, &webhook.answers, at));
                // Some receivers show what they were sent.
                let secret_headers = prepared.request.headers.iter();
                let shown = secret_headers.filter(|(name, _)| prepared.secret_headers.contains(name));
                let secrets: Vec<&str> = shown.map(|(_, value)| value.as_str()).chain(auth.as_deref()).collect();
                scrub(sent, &secrets)
            }
            Ready::Slack { url, .. } => {
                let sent = weigh(&prepared, reply, &[], at);
                // The address is the secret.
                let path = url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
                let mut sent = scrub(sent, &[Some(url.as_str()), path].into_iter().flatten().collect::<Vec<_>>());
                sent.exchange.to = format!("slack ({})", host(&prepared.request.url));
                sent
            }
        }
    }

    /// A token that a receiver does not take is forgotten, and the next try comes with a new one.
    fn weigh(&self, webhook: &Webhook, ready: &Ready<'_>, sent: Sent) -> Sent {
        let refused = sent.exchange.response_status == Some(401) && matches!(sent.result, TryResult::Final { .. });
        let (Some(Auth::Oauth2(_)), Ready::Webhook { auth: Some(token), .. }, true) = (&webhook.auth, ready, refused)
        else {
            return sent;
        };
        self.tokens.forget(token);
        let reason = "the receiver answered 401: it does not take the token; a new one is asked for".to_owned();
        Sent { result: TryResult::Transient { reason, retry_after_s: None }, ..sent }
    }
}

/// Takes secrets out of what is kept of an answer. Short ones stay: they would be found everywhere.
fn scrub(mut sent: Sent, secrets: &[&str]) -> Sent {
    // The part behind `Bearer` or `Basic` alone, too.
    let parts = secrets.iter().flat_map(|secret| [Some(*secret), secret.split_once(' ').map(|(_, part)| part)]);
    for secret in parts.flatten().filter(|secret| secret.len() >= SECRET_LEN_MIN) {
        let clean = |text: &mut String| {
            if text.contains(secret) {
                *text = text.replace(secret, REDACTED);
            }
        };
        clean(&mut sent.exchange.response_body);
        sent.exchange.response_headers.iter_mut().for_each(|(_, value)| clean(value));
        match &mut sent.result {
            TryResult::Delivered => {}
            TryResult::Rejected { reason }
            | TryResult::Duplicate { reason }
            | TryResult::Transient { reason, .. }
            | TryResult::Final { reason }
            | TryResult::Unknown { reason } => clean(reason),
        }
    }
    sent
}

fn unset(name: &SecretName) -> Sent {
    refused("E_SECRET", &format!("the secret '{name}' has no value: set it and replay"))
}

/// The host of a URL, for the log; nothing else of it.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}
