//! `form`: what a browser sends, urlencoded or multipart. One request is one event.

pub(super) mod multipart;
pub(super) mod urlencoded;

#[cfg(test)]
mod tests;

use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use leadyard_domain::config::Source;
use leadyard_domain::event::Intent;
use leadyard_domain::id::{EventId, body_hash};
use serde_json::{Map, Value};

use super::{Format, PLAIN, Written, reply};
use crate::page::{self, Posted};
use crate::request::{Malformed, Part, Place, Reply, Request, Split, part};
use crate::verify::{self, Unauthentic};

/// A form of a web page.
pub(super) const FORMAT: Format = Format {
    name: "form",
    title: "a form of a web page, urlencoded or multipart",
    verify: verify_origin,
    split,
    reply: thank,
    proof: "the secrecy of the URL, or what `verify` says; `form.allowed_origins` lists the pages that may post",
    answer: "303 to `form.thank_you_url`, or 200",
    own_settings: &[
        ("form.thank_you_url", "where the browser goes afterwards"),
        ("form.honeypot", "a field that people do not see"),
        ("form.allowed_origins", "the pages that may post"),
    ],
    example: Some(example),
    ..PLAIN
};

/// The source's own verification, and the page that posts.
///
/// A browser sets `Origin` on every form post and no page can change it; other programs can, so the list keeps foreign
/// pages out and nothing more.
fn verify_origin(source: &Source, secrets: &[&[u8]], request: &Request<'_>, now: Timestamp) -> Result<(), Unauthentic> {
    verify::verify(source, secrets, request, now)?;
    let allowed = source.form.as_ref().map_or(&[][..], |form| &form.allowed_origins);
    if allowed.is_empty() {
        return Ok(());
    }
    let origin = request.header("origin").unwrap_or_default();
    // A request that names no page has no host, and neither may the URL: two of nothing are not the same page.
    let (here, there) = (page::host_of(request.url), page::host_of(origin));
    let own = source.form.as_ref().is_some_and(|form| form.page.is_some())
        && !there.is_empty()
        && here.eq_ignore_ascii_case(there);
    let is = |allowed: &String| allowed.trim_end_matches('/').eq_ignore_ascii_case(origin);
    if own || allowed.iter().any(is) { Ok(()) } else { Err(Unauthentic::Origin) }
}

fn split(source: &Source, request: &Request<'_>) -> Result<Split, Malformed> {
    let kind = request.media_type();
    let pairs = match kind.as_deref() {
        Some("application/x-www-form-urlencoded") => urlencoded::parse(request.body)?,
        Some("multipart/form-data") => multipart::parse(request)?,
        _ => {
            let expected = "application/x-www-form-urlencoded or multipart/form-data";
            return Err(Malformed::ContentType { found: kind, expected });
        }
    };
    let honeypot = source.form.as_ref().and_then(page::honeypot);
    let hosted = source.form.as_ref().is_some_and(|form| form.page.is_some());
    let mut posted = Posted::default();
    let mut doubt = None;
    let mut event = Map::new();
    for (name, value) in pairs {
        if honeypot == Some(name.as_str()) {
            if is_filled(&value) {
                doubt = Some("the honeypot field is filled");
            }
            continue;
        }
        if hosted && page::taken_out(&mut posted, &name, value.as_str().unwrap_or_default()) {
            continue;
        }
        add(&mut event, name, value);
    }
    if posted.is_too_fast(request) {
        doubt = doubt.or(Some("the hosted form was sent sooner than a person fills it"));
    }
    match doubt {
        Some(reason) if !hosted => Ok(Split::Ignored { reason }),
        _ => {
            let part = part(source, request, Place::Only, event)?;
            Ok(Split::Events(vec![of_page(part, posted, doubt)]))
        }
    }
}

/// An event of a hosted page: a second click is the same event, and a step that was left makes no lead. Nor does what a
/// program seems to have sent, but a person can find it in the log: browsers fill forms quickly, too.
fn of_page(mut part: Part, posted: Posted, doubt: Option<&'static str>) -> Part {
    let Posted { nonce, partial, .. } = posted;
    if let Some(reason) = doubt {
        return part.meant(Intent::Log { reason: reason.to_owned() });
    }
    let Some(step) = partial else {
        // With the answers: whoever goes back and mends them, or sends for somebody else, means another event.
        let answers = body_hash(Value::Object(part.payload.clone()).to_string().as_bytes());
        return part.named(nonce.map(|nonce| format!("{nonce}/{answers}")));
    };
    if let Some(nonce) = nonce {
        // By it a person finds what the same visitor left and sent.
        part.payload.insert("form_visit".to_owned(), nonce.into());
    }
    // Its repeats are told by what it holds: a visitor may go back and leave the step with other answers.
    part.external_id = None;
    let reason = format!("a visitor left step {step} of the hosted form; what is sent in the end is another event");
    part.meant(Intent::Log { reason })
}

fn is_filled(value: &Value) -> bool {
    !matches!(value, Value::String(text) if text.trim().is_empty())
}

/// A name that comes again makes a list, as check boxes mean it.
pub(super) fn add(event: &mut Map<String, Value>, name: String, value: Value) {
    match event.get_mut(&name) {
        None => {
            event.insert(name, value);
        }
        Some(Value::Array(items)) => items.push(value),
        Some(first) => {
            let items = vec![first.take(), value];
            *first = items.into();
        }
    }
}

fn thank(source: &Source, _: &[EventId]) -> Reply {
    let page = source.form.as_ref().and_then(|form| form.thank_you_url.as_deref());
    let hosted = || source.form.as_ref().and_then(page::thanks);
    let plain =
        || hosted().unwrap_or_else(|| reply(StatusCode::OK, "text/plain; charset=utf-8", "Thank you.\n".to_owned()));
    // The lead is safe by now: an address that no header can hold must not look like a failure to who sent it.
    match page.map(HeaderValue::from_str) {
        Some(Ok(page)) => Reply {
            // 303: the browser gets the page with GET, and going back does not send the form again.
            status: StatusCode::SEE_OTHER,
            headers: vec![(header::LOCATION, page)],
            body: String::new(),
        },
        Some(Err(_)) | None => plain(),
    }
}

/// The pairs of an event; a value that is no text is written as JSON writes it, and a list as a name that comes again.
fn example(event: &Map<String, Value>) -> Written {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    for (name, value) in event {
        let items = match value {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        for item in items {
            match item {
                Value::String(text) => pairs.append_pair(name, text),
                other => pairs.append_pair(name, &other.to_string()),
            };
        }
    }
    Written { content_type: "application/x-www-form-urlencoded", body: pairs.finish() }
}
