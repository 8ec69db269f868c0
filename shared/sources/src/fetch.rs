//! Fetching what a platform did not send: what is asked, and how the answer is read. Pure: whoever sends the request says
//! what came back.

use std::fmt;

use jiff::Timestamp;
use leadyard_domain::config::FetchSettings;
use leadyard_domain::event::{Identity, Intent, Origin, Received};
use leadyard_domain::id::{AccountId, EventId, SourceId};
use serde_json::{Map, Value};

use crate::request::Part;

/// How a platform is asked for what it did not send.
#[derive(Debug)]
pub struct Fetch {
    /// The platform's own address, without a slash at its end.
    pub base_url: &'static str,
    /// The version of its API that is asked where the source names none.
    pub version: &'static str,
    /// What is asked for the answers of an event, given its payload. Where the platform denies the first question
    /// ([`FetchError::Denied`]), the next one asks for less.
    pub lead: AskLead,
    /// Reads what was answered to it; the payload is the event's own.
    pub read: ReadLead,
    /// The lists in which leads that never arrived are looked for, given what the source names as its `forms`.
    pub lists: fn(&[String]) -> Vec<String>,
    /// What is asked for a page of a list: leads that were made in a time.
    pub list: AskList,
    /// Reads a page of a list.
    pub read_list: ReadList,
}

/// See [`Fetch::lead`].
pub type AskLead = fn(&Api<'_>, &Map<String, Value>) -> Result<Vec<Ask>, FetchError>;
/// See [`Fetch::read`].
pub type ReadLead = fn(&Map<String, Value>, &Answer<'_>) -> Result<Fetched, FetchError>;
/// See [`Fetch::list`]: the list, from when to when, and the page; the first one where none is named.
pub type AskList = fn(&Api<'_>, &str, (Timestamp, Timestamp), Option<&str>) -> Ask;
/// See [`Fetch::read_list`]: the list and the page that were asked for.
pub type ReadList = fn(&str, Option<&str>, &Answer<'_>) -> Result<Listed, FetchError>;

/// Where a platform's API is, and by what it knows us. It has no `Debug`: the token is a secret.
#[derive(Clone, Copy)]
pub struct Api<'a> {
    pub(crate) base_url: &'a str,
    pub(crate) version: &'a str,
    pub(crate) token: &'a str,
}

impl<'a> Api<'a> {
    /// The API as a source's settings name it.
    #[must_use]
    pub fn new(fetch: &'static Fetch, settings: &'a FetchSettings, token: &'a str) -> Self {
        let base_url = settings.base_url.as_deref().unwrap_or(fetch.base_url).trim_end_matches('/');
        // A token that was pasted with a line break is no header.
        Self { base_url, version: settings.version.as_deref().unwrap_or(fetch.version), token: token.trim() }
    }

    pub(crate) fn bearer(&self) -> (&'static str, String) {
        ("authorization", format!("Bearer {}", self.token))
    }
}

/// A `GET` to a platform. `Debug` shows neither ids nor the token.
#[derive(Clone, PartialEq, Eq)]
pub struct Ask {
    /// The whole address.
    pub url: String,
    /// Names in lower case, and values.
    pub headers: Vec<(&'static str, String)>,
}

impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask").finish_non_exhaustive()
    }
}

/// What a platform answered, whole.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: &'a [u8],
}

/// What the answers of a lead came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Fetched {
    /// The event with its answers, ready to be captured.
    Lead(Map<String, Value>),
    /// It is a test of the platform: it stands in the log and no lead is made of it.
    Test(Map<String, Value>),
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Listed {
    /// The events as their webhooks would have brought them.
    pub parts: Vec<Part>,
    /// The next page; `None` after the last one.
    pub next: Option<String>,
}

/// Why nothing came back. The text is for a person: it names no value, no token, and nothing that the platform wrote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// It may go better later.
    #[error("{0}")]
    Later(String),
    /// We may not see all that was asked for; less may go.
    #[error("{0}")]
    Denied(String),
    /// Somebody has to change something first.
    #[error("{0}")]
    Final(String),
}

impl FetchError {
    /// Whether the same question may be answered later without anybody changing anything.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Later(_))
    }
}

/// The event that a webhook would have made of a part of a list: the same id, so that both make one lead.
#[must_use]
pub fn received(account: &AccountId, source: &SourceId, part: Part, now: Timestamp) -> Option<Received> {
    let external_id = part.external_id?;
    Some(Received {
        account: account.clone(),
        source: source.clone(),
        event: EventId::from_external(account, source, &external_id),
        received_at: now,
        identity: Identity::External(external_id),
        payload: part.payload,
        origin: Origin::default(),
        intent: part.intent,
    })
}

/// A part of a list: its answers are fetched like those of a webhook.
pub(crate) fn listed(payload: Map<String, Value>, external_id: String) -> Part {
    Part { payload, external_id: Some(external_id), intent: Intent::Fetch }
}

/// A text as a part of a path or of a query.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

/// What is to be said of a status that is the same for all platforms.
pub(crate) fn by_status(platform: &str, status: u16) -> FetchError {
    match status {
        401 => FetchError::Final(format!(
            "{platform} does not take the access token (401): it has expired or was withdrawn; set the secret anew and retry"
        )),
        403 => FetchError::Denied(format!(
            "{platform} does not let the access token see this (403): give it the permission and retry"
        )),
        404 | 410 => FetchError::Final(format!(
            "{platform} knows no such lead ({status}): it was deleted there, or belongs to somebody else"
        )),
        408 | 425 | 500..=599 => FetchError::Later(format!("{platform} answered {status}")),
        429 => FetchError::Later(format!("{platform} asks to slow down (429): lower 'per_second' if that goes on")),
        _ => FetchError::Final(format!("{platform} answered {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_a_part_of_an_address_can_lead_nowhere_else() {
        assert_eq!(escape("../a?b=c&d#é"), "..%2Fa%3Fb%3Dc%26d%23%C3%A9");
        assert_eq!(escape("52dcb737-26f9_4.~"), "52dcb737-26f9_4.~");
    }

    #[test]
    fn what_may_pass_is_told_from_what_somebody_has_to_mend() {
        for status in [408, 425, 429, 500, 502, 503, 599] {
            assert!(by_status("X", status).is_retryable(), "{status}");
        }
        for status in [301, 400, 401, 403, 404, 410, 422] {
            assert!(!by_status("X", status).is_retryable(), "{status}");
        }
    }
}
