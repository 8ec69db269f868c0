//! Tokens of the receivers' authorisation servers (OAuth 2.0 client credentials, RFC 6749, 4.4), kept until shortly before
//! they end.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use data_encoding::BASE64;
use form_urlencoded::{Serializer, byte_serialize};
use jiff::{SignedDuration, Timestamp};
use leadyard_domain::config::Oauth2;
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::exchange::{Exchange, OutboundRequest, Reply};

/// A token that ends within so many seconds is not used any more: the request has to arrive, too.
const RESERVE_S: i64 = 60;
/// How long a token is taken for good whose server does not say it, in seconds.
const EXPIRES_IN_S: i64 = 300;
/// A token server is asked within the time of a delivery: it has to be quick.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Most tokens that are kept.
const KEPT_MAX: usize = 1_000;

/// Why there is no token. Never holds the secret, nor what the server answered beside its code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It may go better later.
    #[error("no token came from the authorisation server: {0}")]
    Transient(String),
    /// The settings have to change.
    #[error("the authorisation server gave no token: {0}; check token_url, client_id and the secret, then replay")]
    Final(String),
}

/// Tokens by the settings and the secret that they were given for.
#[derive(Debug, Default)]
pub struct Tokens(Mutex<HashMap<[u8; 32], Kept>>);

#[derive(Clone)]
struct Kept {
    token: String,
    until: Timestamp,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("until", &self.until).finish_non_exhaustive()
    }
}

/// The answer of a token endpoint (RFC 6749, 5.1 and 5.2).
#[derive(Deserialize)]
struct Answered {
    access_token: Option<String>,
    /// A number, by the RFC; some servers send it as a text.
    #[serde(default)]
    expires_in: Value,
    error: Option<String>,
}

impl Tokens {
    /// A token that is good for now: one that is kept, or a new one.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn get(
        &self,
        exchange: &Exchange,
        settings: &Oauth2,
        secret: &str,
        now: Timestamp,
    ) -> Result<String, TokenError> {
        let key = key(settings, secret);
        if let Some(kept) = self.with(|kept| kept.get(&key).filter(|kept| kept.until > now).cloned()) {
            return Ok(kept.token);
        }
        let (token, expires_in_s) = ask(exchange, settings, secret).await?;
        let good_s = expires_in_s.unwrap_or(EXPIRES_IN_S).clamp(0, 86_400) - RESERVE_S;
        let until = now.checked_add(SignedDuration::from_secs(good_s)).unwrap_or(now);
        self.with(|kept| {
            if kept.len() >= KEPT_MAX {
                kept.retain(|_, kept| kept.until > now);
            }
            if kept.len() < KEPT_MAX {
                kept.insert(key, Kept { token: token.clone(), until });
            }
        });
        Ok(token)
    }

    /// Forgets a token: the receiver did not take it.
    pub fn forget(&self, token: &str) {
        self.with(|kept| kept.retain(|_, kept| kept.token != token));
    }

    fn with<T>(&self, act: impl FnOnce(&mut HashMap<[u8; 32], Kept>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn key(settings: &Oauth2, secret: &str) -> [u8; 32] {
    let Oauth2 { token_url, client_id, scope, audience, .. } = settings;
    let parts =
        [token_url.as_str(), client_id, scope.as_deref().unwrap_or(""), audience.as_deref().unwrap_or(""), secret];
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn question(settings: &Oauth2, secret: &str) -> OutboundRequest {
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    for (name, value) in [("scope", &settings.scope), ("audience", &settings.audience)] {
        if let Some(value) = value {
            form.append_pair(name, value);
        }
    }
    // Both parts are form-encoded before they are joined (RFC 6749, 2.3.1).
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let basic = BASE64.encode(format!("{}:{}", encoded(&settings.client_id), encoded(secret)).as_bytes());
    OutboundRequest {
        method: Method::POST,
        url: settings.token_url.clone(),
        headers: vec![
            ("authorization".to_owned(), format!("Basic {basic}")),
            ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
            ("accept".to_owned(), "application/json".to_owned()),
        ],
        body: form.finish().into_bytes(),
        timeout: TIMEOUT,
    }
}

async fn ask(exchange: &Exchange, settings: &Oauth2, secret: &str) -> Result<(String, Option<i64>), TokenError> {
    let answer = match exchange.send(question(settings, secret)).await {
        Reply::Answer(answer) => answer,
        Reply::Failure(failure) if failure.code.is_retryable() => return Err(TokenError::Transient(failure.message)),
        Reply::Failure(failure) => return Err(TokenError::Final(failure.message)),
    };
    let read: Option<Answered> = serde_json::from_slice(&answer.body).ok();
    match (answer.status, read) {
        (200..=299, Some(Answered { access_token: Some(token), expires_in, .. })) if is_sound(&token) => {
            let text = expires_in.as_str().map(str::to_owned).unwrap_or_else(|| expires_in.to_string());
            Ok((token, text.trim().parse::<f64>().ok().and_then(whole_seconds)))
        }
        (408 | 429 | 500.., _) => Err(TokenError::Transient(format!("it answered {}", answer.status))),
        (status, read) => {
            // The code is one of a few words; what else it says may hold anything.
            let code = read.and_then(|read| read.error).filter(|code| code.len() <= 60 && is_sound(code));
            Err(TokenError::Final(match code {
                Some(code) => format!("it answered {status} with the error '{code}'"),
                None => format!("it answered {status} without a token"),
            }))
        }
    }
}

/// A length in whole seconds, where it is one that anybody could mean.
#[expect(clippy::cast_possible_truncation, reason = "it is below a billion")]
fn whole_seconds(seconds: f64) -> Option<i64> {
    (0.0..1e9).contains(&seconds).then_some(seconds as i64)
}

/// Whether a text can stand in a header.
fn is_sound(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| (0x21..=0x7e).contains(&byte))
}
