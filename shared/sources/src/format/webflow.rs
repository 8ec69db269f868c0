//! `webflow`: a form submission by Webflow's webhook, of version 2 and of the older version 1
//! (developers.webflow.com/data/docs/working-with-webhooks).
//!
//! Signed are `timestamp:body`: `x-webflow-signature` in hexadecimal, `x-webflow-timestamp` in milliseconds, 5 minutes.
//! Webhooks that were made in the dashboard of older sites are not signed: those need `verify: url`.

use jiff::Timestamp;
use leadyard_domain::config::Source;
use leadyard_domain::event::Intent;
use serde_json::{Map, Value};

use super::answers::{Answers, text};
use super::{Format, PLAIN, body};
use crate::request::{Malformed, Place, Request, Split, id_text, part};
use crate::verify::Unauthentic;
use crate::verify::signed::{Written, fits, is_recent, signed};

/// A form of Webflow.
pub(super) const FORMAT: Format = Format {
    name: "webflow",
    title: "Webflow: a submitted form",
    verify,
    split,
    proof: "`x-webflow-signature`: the webhook's secret key, or the app's client secret, as `verify.platform.secret`",
    names: true,
    ..PLAIN
};

const SIGNATURE: &str = "x-webflow-signature";
const TIMESTAMP: &str = "x-webflow-timestamp";
/// How old a request may be, by Webflow's own advice.
const TOLERANCE_S: i64 = 5 * 60;

fn verify(source: &Source, secrets: &[&[u8]], request: &Request<'_>, now: Timestamp) -> Result<(), Unauthentic> {
    signed(source, secrets, request, now, |_, secrets, request, now| {
        let header = |name| request.header(name).map_err(|problem| Unauthentic::header(name, problem));
        let (timestamp, signature) = (header(TIMESTAMP)?, header(SIGNATURE)?);
        is_recent(TIMESTAMP, timestamp, 1, TOLERANCE_S, now)?;
        let signature = Written::Hex.decode(signature.trim()).ok_or_else(|| Unauthentic::Form {
            name: SIGNATURE.to_owned(),
            expected: "the signature in hexadecimal".to_owned(),
        })?;
        let fits = fits(secrets, &[timestamp.as_bytes(), b":", request.body], &[signature]);
        if fits { Ok(()) } else { Err(Unauthentic::Mismatch { name: SIGNATURE.to_owned() }) }
    })
}

fn split(source: &Source, request: &Request<'_>) -> Result<Split, Malformed> {
    let mut event = body::json_object(request)?;
    // Version 1 has no envelope.
    let mut payload = match event.remove("payload") {
        Some(Value::Object(payload)) => payload,
        Some(other) => body::object(other, "payload")?,
        None => std::mem::take(&mut event),
    };
    let id = ["id", "_id"].iter().find_map(|key| payload.get(*key).and_then(id_text));
    let kind = text(&event, "triggerType").to_owned();
    if !matches!(kind.as_str(), "" | "form_submission") {
        event.insert("payload".to_owned(), payload.into());
        let intent = Intent::Log { reason: "no form submission".to_owned() };
        return Ok(Split::Events(vec![part(source, request, Place::Only, event)?.named(id).meant(intent)]));
    }
    let data = body::take_object(&mut payload, "data")?;
    let mut answers = Answers::default();
    for (name, value) in data {
        // The path by which Webflow's documents call it.
        answers.put(&[&name, &format!("data.{name}")], value);
    }
    for (key, value) in payload {
        // What a form looks like says nothing of who filled it in.
        if key != "schema" {
            answers.about(&key, value);
        }
    }
    answers.about_all(event);
    let payload: Map<String, Value> = answers.into_payload();
    Ok(Split::Events(vec![part(source, request, Place::Only, payload)?.named(id)]))
}
