//! `tiktok`: leads of TikTok, as its webhooks or a connector send them.
//!
//! `TikTok-Signature: t=…,s=…` is the hexadecimal HMAC-SHA256 of `t`, a full stop and the raw body by the app's client secret
//! (<https://developers.tiktok.com/doc/webhooks-verification>), and an event may hold its content as JSON in a text
//! (<https://developers.tiktok.com/doc/webhooks-events>). TikTok sends again for 72 hours until it is answered 200.

#[cfg(test)]
mod tests;

use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::Mac as _;
use jiff::Timestamp;
use leadyard_domain::config::Source;
use leadyard_domain::event::Intent;
use serde_json::{Map, Value};

use super::form::add;
use super::json::no_object;
use super::json::parse::parse;
use super::{Format, PLAIN, ids};
use crate::request::{EVENTS_MAX, Malformed, Part, Place, Request, Split, part};
use crate::verify::{self, Unauthentic, hmac as by_hmac};

/// Leads of TikTok.
pub(super) const FORMAT: Format = Format {
    name: "tiktok",
    title: "lead generation of TikTok",
    verify: verify_signature,
    split,
    proof: "`TikTok-Signature` by the app's client secret, within 5 minutes: `verify: { platform: { secret: CLIENT_SECRET } }`",
    answer: "200 `{}`",
    ..PLAIN
};

const SIGNATURE: &str = "tiktok-signature";
const TOLERANCE_S: i64 = 300;
/// Where an event holds a list of its answers, as far as is known.
const ANSWERS: [&str; 4] = ["changes", "field_data", "field_list", "answers"];
/// What an answer's question is called, and where the answer stands.
const NAMES: [&str; 5] = ["field", "name", "field_name", "key", "question"];
const VALUES: [&str; 4] = ["value", "field_value", "values", "answer"];

fn verify_signature(
    source: &Source,
    secrets: &[&[u8]],
    request: &Request<'_>,
    now: Timestamp,
) -> Result<(), Unauthentic> {
    let secrets = verify::platform(source, secrets)?;
    let value = request.header(SIGNATURE).map_err(|problem| Unauthentic::header(SIGNATURE, problem))?;
    let form = || Unauthentic::Form {
        name: SIGNATURE.to_owned(),
        expected: "'t=', the seconds since 1970, ',s=' and the signature in hexadecimal".to_owned(),
    };
    let of = |name: &str| {
        let mut values = value.split(',').filter_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='));
        values.next().filter(|_| values.next().is_none()).ok_or_else(form)
    };
    let (time, signature) = (of("t")?, of("s")?);
    let seconds: i64 = time.parse().map_err(|_| form())?;
    let signature = HEXLOWER_PERMISSIVE.decode(signature.as_bytes()).map_err(|_| form())?;
    // The time is signed as it is written, so it is judged after the signature would be: either way it is a refusal.
    if now.as_second().abs_diff(seconds) > TOLERANCE_S.unsigned_abs() {
        return Err(Unauthentic::Stale { name: SIGNATURE, tolerance_s: TOLERANCE_S });
    }
    let fits = |secret: &&[u8]| {
        by_hmac::sha256(secret, &[time.as_bytes(), b".", request.body]).verify_slice(&signature).is_ok()
    };
    if secrets.iter().any(fits) { Ok(()) } else { Err(Unauthentic::Mismatch { name: SIGNATURE.to_owned() }) }
}

/// A lead, a list of leads, or an envelope with its `entry` of leads.
fn split(source: &Source, request: &Request<'_>) -> Result<Split, Malformed> {
    let (envelope, items) = match parse(request.body)? {
        Value::Object(mut body) => match body.remove("entry") {
            Some(Value::Array(items)) => (body, items),
            Some(entry @ Value::Object(_)) => (body, vec![entry]),
            Some(other) => return Err(no_object(Place::Only, &other)),
            None => (Map::new(), vec![Value::Object(body)]),
        },
        Value::Array(items) => (Map::new(), items),
        other => return Err(no_object(Place::Only, &other)),
    };
    if items.len() > EVENTS_MAX {
        return Err(Malformed::TooManyEvents { events: items.len() });
    }
    let alone = items.len() == 1;
    let mut envelope = envelope;
    if !alone {
        envelope.retain(|_, value| is_small(value));
    }
    let event = |(index, item)| {
        let place = if alone { Place::Only } else { Place::Index(index) };
        match item {
            Value::Object(item) => lead(source, request, place, &envelope, item),
            other => Err(no_object(place, &other)),
        }
    };
    Ok(Split::Events(items.into_iter().enumerate().map(event).collect::<Result<_, _>>()?))
}

fn lead(
    source: &Source,
    request: &Request<'_>,
    place: Place,
    envelope: &Map<String, Value>,
    item: Map<String, Value>,
) -> Result<Part, Malformed> {
    let event = flatten(envelope, item);
    let id = ["lead_id", "leadId", "leadgen_id"].into_iter().find_map(|key| ids::text(&event, key));
    // An entry's bare `id` may be that of a page or an account.
    let bare = ids::text(&event, "id");
    let news = event.get("event").and_then(Value::as_str).filter(|news| !news.to_ascii_lowercase().contains("lead"));
    let is_news = news.is_some();
    let part = part(source, request, place, event)?;
    if is_news {
        return Ok(part.meant(Intent::Log { reason: "news of the app that is no lead".to_owned() }));
    }
    Ok(part.named(id).named_with_content(bare))
}

/// Longest text around the entries of a request that goes with each of them: ids, names and times are shorter.
const AROUND_BYTES_MAX: usize = 256;

/// Whether what stands around several entries goes with each: a long text or a list would be there a thousand times.
fn is_small(value: &Value) -> bool {
    match value {
        Value::Array(_) | Value::Object(_) => false,
        Value::String(text) => text.len() <= AROUND_BYTES_MAX,
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

/// The answers at the top, each under its question's name; what stands around them beside.
fn flatten(envelope: &Map<String, Value>, mut item: Map<String, Value>) -> Map<String, Value> {
    // The content of an event may be JSON in a text.
    if let Some(Value::String(content)) = item.get("content")
        && let Ok(Value::Object(content)) = parse(content.as_bytes())
    {
        item.remove("content");
        for (key, value) in content {
            item.entry(key).or_insert(value);
        }
    }
    let mut event = Map::new();
    for list in ANSWERS {
        let Some(Value::Array(answers)) = item.get(list) else { continue };
        let pairs: Option<Vec<(String, Value)>> = answers.iter().map(pair).collect();
        // A list that is none of answers stays as it came.
        let Some(pairs) = pairs else { continue };
        item.remove(list);
        for (name, value) in pairs {
            match value {
                Value::Array(values) => values.into_iter().for_each(|value| add(&mut event, name.clone(), value)),
                value => add(&mut event, name, value),
            }
        }
    }
    ids::as_texts(&mut item);
    let around = item.into_iter().chain(envelope.clone());
    for (key, value) in around {
        let key = if event.contains_key(&key) { format!("tiktok_{key}") } else { key };
        event.entry(key).or_insert(value);
    }
    event
}

fn pair(answer: &Value) -> Option<(String, Value)> {
    let name = NAMES.iter().find_map(|key| answer.get(*key)?.as_str()).filter(|name| !name.trim().is_empty())?;
    let value = VALUES.iter().find_map(|key| answer.get(*key))?;
    Some((name.to_owned(), value.clone()))
}
