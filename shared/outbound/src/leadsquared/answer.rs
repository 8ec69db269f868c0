//! What LeadSquared's answers mean.
//!
//! A call that went well is 200 with `"Status": "Success"`; one that did not has a JSON body with `"Status": "Error"`,
//! `ExceptionType` and `ExceptionMessage`, mostly under 500, also for a mistake in the request
//! (`apidocs.leadsquared.com/error-handling`). Exceptions that begin with `MX` are mistakes that no repeat mends, all others
//! failures of the system: that is how LeadSquared repeats its own queue (`/async-api`). Too many calls are 429
//! (`/get-public-auth-key` and others; `/rate-limits` names the limits for 5 seconds), wrong keys 401, and so is another
//! region's host (`/portal-api`).
//!
//! LeadSquared publishes no list of its exceptions. `MXMandatoryAttributeMissingException` stands on its pages; the other
//! names here are those that public code which calls it has met, as is that an error may come with 200.

use leadyard_domain::config::Leadsquared;
use leadyard_domain::delivery::TryResult;
use serde_json::Value;

use crate::exchange::Answer;
use crate::outcome::{Reading, unread};

/// Limits count calls in 5 seconds (`apidocs.leadsquared.com/rate-limits`); no page promises a `Retry-After`.
const LIMIT_S: u32 = 5;
/// Most attributes that a reason names.
const NAMES_MAX: usize = 5;
/// Most characters of an exception's name.
const EXCEPTION_CHARS_MAX: usize = 80;

/// What can be done about an exception, by the beginning of its name.
const HINTS: [(&str, &str); 5] = [
    (
        "MXMandatoryAttributeMissing",
        "the account asks for an attribute that the lead has no value of: add it under 'fields'",
    ),
    ("MXUnknownAttribute", "the account has no such attribute: write its schema name under 'fields'"),
    ("MXInvalidField", "the account does not take one of the attributes: look at 'fields'"),
    ("MXInvalidInput", "it does not take one of the values, or does not look by what 'search_by' names"),
    ("MXInvalidActivity", "the account has no such activity: look at 'activity.event'"),
];

/// What an answer means; `None` where its status says it all. `wish` is the wait in seconds that it asks for.
///
/// What LeadSquared says in words is not repeated, for it may quote the lead: only the attributes of ours that it names are.
#[must_use]
pub fn read(settings: &Leadsquared, answer: &Answer, wish: Option<u32>) -> Option<Reading> {
    if let Some(result) = unread(answer) {
        return Some(Reading { result, like: answer.status });
    }
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let said = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let exception = said("ExceptionType").trim();
    let begins = |with: &str| exception.get(..with.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(with));
    let error = said("Status").eq_ignore_ascii_case("error") || !exception.is_empty();
    let well = (200..=299).contains(&answer.status);
    let (result, like) = match answer.status {
        429 => (limited(wish), 429),
        _ if error && begins("MXAPIRateLimit") => (limited(wish), 429),
        401 => (keys(), 401),
        _ if error && begins("MXUnAuthorized") => (keys(), 401),
        404 if !error => {
            let reason = "LeadSquared answered 404: 'host' is no API host of theirs; look it up under API and Webhooks in the \
                          account's settings";
            (TryResult::Final { reason: reason.to_owned() }, 404)
        }
        _ if error && begins("MXDuplicateEntry") => {
            let reason =
                format!("LeadSquared has another lead with a value that is unique there{}", named(settings, &body));
            (TryResult::Duplicate { reason }, 409)
        }
        _ if error && begins("MX") => (TryResult::Final { reason: refusal(settings, exception, &body) }, 400),
        status if error && (well || status >= 500) => {
            let reason = format!("LeadSquared answered {status} and could not do it ({})", name(exception));
            (TryResult::Transient { reason, retry_after_s: wish }, 500)
        }
        status if well && said("Status").eq_ignore_ascii_case("success") => (TryResult::Delivered, status),
        status if well => {
            let reason = format!(
                "the answer was {status} without the 'Status' that LeadSquared's API always gives: look whether 'host' is its \
                 API host and whether the lead is there"
            );
            (TryResult::Unknown { reason }, status)
        }
        _ => return None,
    };
    Some(Reading { result, like })
}

fn limited(wish: Option<u32>) -> TryResult {
    let reason = "LeadSquared answered that the account makes too many calls: 'limits' keeps what is sent below what its plan \
                  allows";
    TryResult::Transient { reason: reason.to_owned(), retry_after_s: wish.or(Some(LIMIT_S)) }
}

fn keys() -> TryResult {
    let reason = "LeadSquared does not take the keys: check the secrets of 'access_key' and 'secret_key', whether their user is \
                  active, and whether 'host' is the account's region";
    TryResult::Final { reason: reason.to_owned() }
}

fn refusal(settings: &Leadsquared, exception: &str, body: &Value) -> String {
    let hint = HINTS.iter().find(|(begin, _)| exception.starts_with(begin)).map(|(_, hint)| format!(": {hint}"));
    let hint = hint.unwrap_or_default();
    format!("LeadSquared does not take the lead ({}){hint}{}", name(exception), named(settings, body))
}

/// An exception's name, as far as it is one.
fn name(exception: &str) -> &str {
    let plain = exception.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    if plain && (1..=EXCEPTION_CHARS_MAX).contains(&exception.len()) { exception } else { "without a name" }
}

/// The attributes of ours that a message names.
fn named(settings: &Leadsquared, body: &Value) -> String {
    let message = body.get("ExceptionMessage").and_then(Value::as_str).unwrap_or_default();
    let words: Vec<&str> = message.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let of_activity = settings.activity.iter().flat_map(|activity| activity.fields.keys().map(String::as_str));
    let ours = settings.attributes().chain(of_activity);
    let names: Vec<&str> = ours.filter(|name| words.contains(name)).take(NAMES_MAX).collect();
    if names.is_empty() { String::new() } else { format!("; it names {}", names.join(", ")) }
}
