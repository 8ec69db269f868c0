//! `linkedin`: Lead Gen Forms of LinkedIn, by the Lead Sync API
//! (<https://learn.microsoft.com/en-us/linkedin/marketing/lead-sync/leadsync>).
//!
//! LinkedIn tells that a response was made or deleted; the answers are fetched, see [`fetch`]. The endpoint is tried by `GET`
//! when it is registered and every two hours after
//! (<https://learn.microsoft.com/en-us/linkedin/shared/api-guide/webhook-validation>).

mod fetch;

#[cfg(test)]
mod tests;

use data_encoding::HEXLOWER;
use hmac::Mac as _;
use http::StatusCode;
use jiff::Timestamp;
use leadyard_domain::config::Source;
use leadyard_domain::event::Intent;
use serde_json::{Map, Value, json};

use super::form::urlencoded;
use super::json::no_object;
use super::json::parse::parse;
use super::{Format, PLAIN, ids, reply};
use crate::request::{EVENTS_MAX, Malformed, Part, Place, Reply, Request, Split, part};
use crate::verify::{self, Unauthentic, hmac as by_hmac};

/// Lead Gen Forms of LinkedIn.
pub(super) const FORMAT: Format = Format {
    name: "linkedin",
    title: "Lead Gen Forms of LinkedIn; the answers are fetched from the Lead Sync API",
    verify: verify_signature,
    split,
    challenge: Some(challenge),
    proof: "`X-LI-Signature` by the app's client secret: `verify: { platform: { secret: CLIENT_SECRET } }`",
    answer: "200 `{}`; DELETED erases the lead",
    fetch: Some(&fetch::FETCH),
    ..PLAIN
};

const SIGNATURE: &str = "x-li-signature";
/// What is signed is this and the body.
const SIGNED_PREFIX: &[u8] = b"hmacsha256=";
/// What stands before the id of a response in its URN.
const RESPONSE: &str = "urn:li:leadGenFormResponse:";
/// Longest code of a try: a UUID has 36.
const CODE_BYTES_MAX: usize = 256;

fn verify_signature(
    source: &Source,
    secrets: &[&[u8]],
    request: &Request<'_>,
    _: Timestamp,
) -> Result<(), Unauthentic> {
    ids::prove(&verify::platform(source, secrets)?, request, (SIGNATURE, ""), SIGNED_PREFIX)
}

/// Answers the try of the endpoint. While the client secret changes, the newest value answers.
fn challenge(source: &Source, secrets: &[&[u8]], request: &Request<'_>) -> Result<Reply, Unauthentic> {
    let secrets = verify::platform(source, secrets)?;
    let pairs = urlencoded::parse(request.query.as_bytes()).unwrap_or_default();
    let code = pairs.iter().find(|(name, _)| name == "challengeCode").and_then(|(_, value)| value.as_str());
    // Whoever has the URL gets a signature of a word: it must not be one that a body could be signed with.
    let fit = |code: &&str| {
        !code.is_empty()
            && code.len() <= CODE_BYTES_MAX
            && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let (Some(code), Some(secret)) = (code.filter(fit), secrets.first()) else {
        return Err(Unauthentic::Unproven { what: "challengeCode" });
    };
    let response = HEXLOWER.encode(&by_hmac::sha256(secret, &[code.as_bytes()]).finalize().into_bytes());
    let body = json!({ "challengeCode": code, "challengeResponse": response });
    Ok(reply(StatusCode::OK, "application/json", body.to_string()))
}

/// One notification, or a list of them.
fn split(source: &Source, request: &Request<'_>) -> Result<Split, Malformed> {
    let events = match parse(request.body)? {
        Value::Object(event) => vec![notification(source, request, Place::Only, event)?],
        Value::Array(items) if items.len() > EVENTS_MAX => {
            return Err(Malformed::TooManyEvents { events: items.len() });
        }
        Value::Array(items) => {
            let event = |(index, item)| match item {
                Value::Object(event) => notification(source, request, Place::Index(index), event),
                other => Err(no_object(Place::Index(index), &other)),
            };
            items.into_iter().enumerate().map(event).collect::<Result<_, _>>()?
        }
        other => return Err(no_object(Place::Only, &other)),
    };
    Ok(Split::Events(events))
}

/// `{"type": "LEAD_ACTION", "leadGenFormResponse": URN, "leadGenForm": URN, "owner": {…}, "leadType", "leadAction",
/// "occurredAt"}`.
fn notification(
    source: &Source,
    request: &Request<'_>,
    place: Place,
    mut event: Map<String, Value>,
) -> Result<Part, Malformed> {
    ids::as_texts(&mut event);
    let text = |key: &str| event.get(key).and_then(Value::as_str).map(str::trim).unwrap_or_default().to_owned();
    let (kind, response, action) = (text("type"), text("leadGenFormResponse"), text("leadAction"));
    let event = part(source, request, place, event)?;
    if kind != "LEAD_ACTION" {
        return Ok(event.meant(Intent::Log { reason: "news that is no LEAD_ACTION".to_owned() }));
    }
    if response.is_empty() {
        let what = "is a LEAD_ACTION without leadGenFormResponse".to_owned();
        return Err(Malformed::Event { at: place.to_string(), what });
    }
    // Its id is the platform's, whatever the source says: by it a lead that is looked up later is known.
    let named = Part { external_id: Some(name_of(&response, &action)), ..event };
    Ok(match action.as_str() {
        CREATED => named.meant(Intent::Fetch),
        "DELETED" => named.meant(Intent::Erase { external_id: name_of(&response, CREATED) }),
        _ => named.meant(Intent::Log { reason: "a LEAD_ACTION that is neither CREATED nor DELETED".to_owned() }),
    })
}

const CREATED: &str = "CREATED";

/// The id of what happened to a response; lists know a response by its bare id, notifications by its URN.
fn name_of(response: &str, action: &str) -> String {
    let id = response.strip_prefix(RESPONSE).unwrap_or(response);
    format!("{RESPONSE}{id} {action}")
}
