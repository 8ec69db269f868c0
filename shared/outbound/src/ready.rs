//! A destination with all that a request to it needs beside the lead: its keys, who we are to it, and what must not be kept of
//! an answer. A delivery and a test of a destination go through the same.

use std::collections::BTreeMap;

use jiff::Timestamp;
use leadyard_domain::config::{Auth, Channel, Leadsquared, Slack, Webhook};
use leadyard_domain::delivery::TryResult;
use leadyard_domain::delivery::health::Sign;
use leadyard_domain::id::SecretName;
use serde_json::Value;

use crate::exchange::Exchange;
use crate::leadsquared::{self, Keys};
use crate::outcome::{Sent, by_rules, refused, weigh, weigh_by};
use crate::request::{self, Credentials, PrepareError, Prepared};
use crate::scrub::Scrub;
use crate::signature::Secret;
use crate::token::{TokenError, Tokens};

/// The good values of a channel's secrets ([`Channel::secrets`]) by name, the newest first.
pub type Values = BTreeMap<SecretName, Vec<String>>;

/// Headers of an owner's own that say what is sent and hold no secret.
const PLAIN_HEADERS: [&str; 5] = ["accept", "accept-language", "content-language", "content-type", "user-agent"];

/// A destination that can be called.
pub struct Ready<'a> {
    kind: Kind<'a>,
    scrub: Scrub,
}

enum Kind<'a> {
    Webhook { webhook: &'a Webhook, signing: Vec<Secret>, auth: Option<String> },
    Slack { slack: &'a Slack, url: String },
    Leadsquared { settings: &'a Leadsquared, access: String, secret: String },
}

impl<'a> Ready<'a> {
    /// Makes a channel ready with its secrets' values; a token is asked for where it needs one.
    ///
    /// # Errors
    /// What a try has come to that could not be sent.
    pub async fn new(
        channel: &'a Channel,
        values: &Values,
        exchange: &Exchange,
        tokens: &Tokens,
        now: Timestamp,
    ) -> Result<Self, Sent> {
        let mut scrub = Scrub::default();
        values.values().flatten().for_each(|value| scrub.secret(value));
        let newest = |name: &SecretName| values.get(name).and_then(|values| values.first());
        let kind = match channel {
            Channel::Webhook(webhook) => {
                let signing = match &webhook.secret {
                    None => Vec::new(),
                    Some(name) => {
                        newest(name).ok_or_else(|| unset(name))?;
                        let all = values.get(name).into_iter().flatten();
                        let keys: Result<_, _> = all.map(|value| Secret::parse(value)).collect();
                        keys.map_err(|error| refused("E_SECRET", &error.to_string()))?
                    }
                };
                let auth = match &webhook.auth {
                    None => None,
                    Some(auth) => {
                        let value = newest(auth.secret()).ok_or_else(|| unset(auth.secret()))?;
                        for value in values.get(auth.secret()).into_iter().flatten() {
                            learn(&mut scrub, auth, value);
                        }
                        Some(match auth {
                            Auth::Oauth2(settings) => {
                                let token = tokens.get(exchange, settings, value, now).await;
                                let token = token.map_err(|error| scrub.sent(without_token(&error)))?;
                                scrub.secret(&token);
                                token
                            }
                            _ => value.clone(),
                        })
                    }
                };
                for (_, value) in webhook.headers.iter().filter(|(name, _)| !is_plain(name)) {
                    scrub.header(value);
                }
                Kind::Webhook { webhook, signing, auth }
            }
            Channel::Slack(slack) => {
                let url = newest(&slack.secret).ok_or_else(|| unset(&slack.secret))?.clone();
                for url in values.get(&slack.secret).into_iter().flatten() {
                    scrub.url(url);
                }
                Kind::Slack { slack, url }
            }
            Channel::Leadsquared(settings) => {
                let access = newest(&settings.access_key).ok_or_else(|| unset(&settings.access_key))?.clone();
                let secret = newest(&settings.secret_key).ok_or_else(|| unset(&settings.secret_key))?.clone();
                Kind::Leadsquared { settings, access, secret }
            }
            Channel::Email(_) => {
                return Err(refused("E_CHANNEL", "the destination is no webhook any more: replay it when it is"));
            }
        };
        Ok(Self { kind, scrub })
    }

    /// Makes the request of one try. `context` is what templates see, `payload` the body where the channel has none of its own;
    /// `id` is the delivery's, the same on every try.
    ///
    /// # Errors
    /// [`PrepareError`].
    pub fn prepare(&self, context: &Value, payload: &Value, id: &str, at: Timestamp) -> Result<Prepared, PrepareError> {
        match &self.kind {
            Kind::Webhook { webhook, signing, auth } => {
                let credentials = Credentials { signing, auth: auth.as_deref() };
                request::webhook(webhook, context, payload, id, at, credentials)
            }
            Kind::Slack { slack, url } => request::slack(slack, url, context, id),
            Kind::Leadsquared { settings, access, secret } => {
                leadsquared::request(settings, Keys { access, secret }, context, payload, id)
            }
        }
    }

    /// Sends a request and weighs the answer. What comes back holds no secret. A token that the receiver does not take is
    /// forgotten, and the next try comes with a new one.
    pub async fn send(&self, prepared: &Prepared, exchange: &Exchange, tokens: &Tokens, at: Timestamp) -> Sent {
        let reply = exchange.send(prepared.request.clone()).await;
        let scrub = self.scrub.with_url(&prepared.request.url);
        match &self.kind {
            Kind::Webhook { webhook, auth, .. } => {
                let mut sent = weigh(prepared, reply, &webhook.answers, at);
                if let (Some(Auth::Oauth2(_)), Some(token)) = (&webhook.auth, auth)
                    && sent.exchange.response_status == Some(401)
                    && matches!(sent.result, TryResult::Final { .. })
                {
                    tokens.forget(token);
                    let reason = "the receiver answered 401: it does not take the token; a new one is asked for";
                    sent.result = TryResult::Transient { reason: reason.to_owned(), retry_after_s: None };
                }
                scrub.sent(sent)
            }
            Kind::Slack { .. } => {
                let mut sent = scrub.sent(weigh(prepared, reply, &[], at));
                // The address is the secret.
                sent.exchange.to = format!("slack ({})", host(&prepared.request.url));
                sent
            }
            Kind::Leadsquared { settings, .. } => scrub.sent(weigh_by(prepared, reply, at, |answer, wish| {
                by_rules(&settings.answers, answer, wish).or_else(|| leadsquared::read(settings, answer, wish))
            })),
        }
    }
}

/// Sending unsigned or unnamed what should not be would teach receivers not to look.
fn unset(name: &SecretName) -> Sent {
    refused("E_SECRET", &format!("the secret '{name}' has no value: set it, then try again"))
}

/// Learns in which forms a secret goes out.
fn learn(scrub: &mut Scrub, auth: &Auth, value: &str) {
    match auth {
        Auth::Basic { user, .. } => scrub.basic(user, value),
        Auth::Oauth2(settings) => scrub.basic(&settings.client_id, value),
        // Learned with all values.
        Auth::Bearer { .. } | Auth::Header { .. } => {}
    }
}

fn is_plain(header: &str) -> bool {
    PLAIN_HEADERS.iter().any(|plain| plain.eq_ignore_ascii_case(header))
}

fn without_token(error: &TokenError) -> Sent {
    let reason = error.to_string();
    let refused = refused("E_TOKEN", &reason);
    match error {
        // Without tokens a receiver can't be reached, whichever of its servers is down.
        TokenError::Transient(_) => {
            let result = TryResult::Transient { reason, retry_after_s: None };
            Sent { result, sign: Some(Sign::Failing), ..refused }
        }
        TokenError::Final(_) => refused,
    }
}

/// The host of a URL, for the log; nothing else of it.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}
