//! `meta_lead_ads`: lead ads of Facebook and Instagram.
//!
//! Meta sends ids only, several in a request (<https://developers.facebook.com/docs/graph-api/webhooks/getting-started>:
//! updates are sent in batches of up to 1,000, signed by `X-Hub-Signature-256` with the app's secret; the endpoint is tried
//! by `GET` with `hub.mode`, `hub.verify_token` and `hub.challenge`). The answers are fetched, see [`fetch`]. An endpoint that
//! answers anything but 200 for long loses its subscription, so what cannot be read stands in the log instead.

mod fetch;

#[cfg(test)]
mod tests;

use http::StatusCode;
use jiff::Timestamp;
use leadyard_domain::config::{PlatformSecrets, Source, Verification};
use leadyard_domain::event::Intent;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use super::form::urlencoded;
use super::json::parse::parse;
use super::{Format, PLAIN, ids, reply};
use crate::request::{EVENTS_MAX, Malformed, Part, Place, Reply, Request, Split, part};
use crate::verify::{self, Unauthentic};

/// Lead ads of Facebook and Instagram.
pub(super) const FORMAT: Format = Format {
    name: "meta_lead_ads",
    title: "lead ads of Facebook and Instagram; the answers are fetched from the Graph API",
    verify: verify_signature,
    split,
    challenge: Some(challenge),
    proof: "`X-Hub-Signature-256` by the app's secret: `verify: { platform: { secret: APP_SECRET, challenge: VERIFY_TOKEN } }`",
    answer: "200 `{}`; what cannot be read is a failed event in the log",
    forgiving: true,
    fetch: Some(&fetch::FETCH),
    ..PLAIN
};

const SIGNATURE: &str = "x-hub-signature-256";

fn verify_signature(
    source: &Source,
    secrets: &[&[u8]],
    request: &Request<'_>,
    _: Timestamp,
) -> Result<(), Unauthentic> {
    ids::prove(&verify::platform(source, secrets)?, request, (SIGNATURE, "sha256="), b"")
}

/// Answers the try of the endpoint. The verify token is a word of its own: the app's secret never stands in a URL.
fn challenge(source: &Source, secrets: &[&[u8]], request: &Request<'_>) -> Result<Reply, Unauthentic> {
    let tokens = verify::platform(source, secrets)?;
    if !matches!(source.verify, Verification::Platform(PlatformSecrets { challenge: Some(_), .. })) {
        return Err(Unauthentic::NoChallengeSecret);
    }
    let refused = Unauthentic::Unproven { what: "hub.mode or hub.verify_token" };
    let Ok(pairs) = urlencoded::parse(request.query.as_bytes()) else { return Err(refused) };
    let one = |name: &str| {
        let mut values = pairs.iter().filter(|(found, _)| found == name).filter_map(|(_, value)| value.as_str());
        values.next().filter(|_| values.next().is_none())
    };
    let (Some("subscribe"), Some(token), Some(challenge)) =
        (one("hub.mode"), one("hub.verify_token"), one("hub.challenge"))
    else {
        return Err(refused);
    };
    let fits = tokens.iter().fold(0, |found, known| found | known.ct_eq(token.as_bytes()).unwrap_u8());
    if fits != 1 {
        return Err(refused);
    }
    Ok(reply(StatusCode::OK, "text/plain; charset=utf-8", challenge.to_owned()))
}

/// Every change of every entry. One that is no lead, or cannot be read, keeps none of the others from being taken.
fn split(source: &Source, request: &Request<'_>) -> Result<Split, Malformed> {
    let mut changes = Vec::new();
    let body = parse(request.body)?;
    let Some(entries) = body.get("entry").and_then(Value::as_array) else {
        return Err(unreadable("the top level", "has no list 'entry'"));
    };
    for (at, entry) in entries.iter().enumerate() {
        match entry.get("changes").and_then(Value::as_array) {
            Some(found) => changes.extend(found.iter().map(|change| (entry, change))),
            // Messages of a page, say: an app may have subscribed to more than leads.
            None if entry.is_object() => changes.push((entry, entry)),
            None => return Err(unreadable(&format!("entry[{at}]"), "is no object")),
        }
    }
    if changes.len() > EVENTS_MAX {
        return Err(Malformed::TooManyEvents { events: changes.len() });
    }
    let parts =
        changes.into_iter().enumerate().map(|(index, (entry, change))| event(source, request, index, entry, change));
    Ok(Split::Events(parts.collect()))
}

fn unreadable(at: &str, what: &str) -> Malformed {
    Malformed::Event { at: at.to_owned(), what: what.to_owned() }
}

/// One change: `{"field": "leadgen", "value": {"leadgen_id", "form_id", "page_id", "created_time", "ad_id", "adgroup_id"}}`
/// (<https://developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving>).
fn event(source: &Source, request: &Request<'_>, index: usize, entry: &Value, change: &Value) -> Part {
    let field = change.get("field").and_then(Value::as_str);
    let (payload, id) = match (field, change.get("value")) {
        (Some("leadgen"), Some(Value::Object(value))) => {
            let mut value = value.clone();
            ids::as_texts(&mut value);
            let id = ids::text(&value, "leadgen_id");
            (value, id)
        }
        _ => {
            let mut payload = change.as_object().cloned().unwrap_or_default();
            if let Some(page) = entry.get("id") {
                payload.entry("page_id").or_insert_with(|| page.clone());
            }
            ids::as_texts(&mut payload);
            (payload, None)
        }
    };
    match (part(source, request, Place::Index(index), payload), field, id) {
        // Its id is the platform's, whatever the source says: by it a lead that is looked up later is known.
        (Ok(part), _, Some(id)) => Part { external_id: Some(id), ..part }.meant(Intent::Fetch),
        (Ok(part), Some("leadgen"), None) => {
            part.meant(Intent::Fail { reason: format!("the change at [{index}] has no leadgen_id") })
        }
        (Ok(part), _, None) => {
            let reason = "news of a page that is no lead: the app has subscribed to more than 'leadgen'".to_owned();
            Part { external_id: None, ..part }.meant(Intent::Log { reason })
        }
        (Err(error), ..) => {
            let payload = Map::from_iter([("change".to_owned(), Value::String(change.to_string()))]);
            Part { payload, external_id: None, intent: Intent::Fail { reason: error.to_string() } }
        }
    }
}
