//! Presets over JSON and forms, for senders that a person sets up: `gravity_forms`, `wpforms`, `google_forms`, `zapier`.
//! They take either, name their events by the platform's usual id, and know the shapes that the platform has by itself.
//!
//! An id counts alone only where the platform gives it to one submission. A row of a sheet is written anew, and a bare `id` is
//! what a person chose to send, perhaps that of a form or a contact: with those the content makes the name too.

mod google_forms;
mod gravity_forms;

mod wpforms;
mod zapier;

pub(super) use google_forms::FORMAT as GOOGLE_FORMS;
pub(super) use gravity_forms::FORMAT as GRAVITY_FORMS;
pub(super) use wpforms::FORMAT as WPFORMS;
pub(super) use zapier::FORMAT as ZAPIER;

use leadyard_domain::config::Source;
use serde_json::{Map, Value};

use super::answers::Answers;
use super::{body, json};
use crate::request::{Malformed, Request, Split, id_text, part};

/// Where a preset's events have their ids.
struct Ids {
    /// Those of one submission.
    sure: &'static [&'static str],
    /// Those that may come again with another one.
    unsure: &'static [&'static str],
}

/// Reads the events of a body, each by a format's own reading of one object, named by the first of the ids that it has.
fn split_by(
    source: &Source,
    request: &Request<'_>,
    ids: &Ids,
    read: fn(Map<String, Value>) -> Answers,
) -> Result<Split, Malformed> {
    let events = json::objects(body::read(request)?.nested()?)?;
    let event = |(place, event): (_, Map<String, Value>)| {
        let of = |keys: &[&str]| keys.iter().find_map(|key| event.get(*key).and_then(id_text));
        let (sure, unsure) = (of(ids.sure), of(ids.unsure));
        Ok(part(source, request, place, read(event).into_payload())?.named(sure).named_with_content(unsure))
    };
    Ok(Split::Events(events.into_iter().map(event).collect::<Result<_, _>>()?))
}

/// Keeps every answer under its own name.
fn put_all(answers: &mut Answers, fields: Map<String, Value>) {
    for (name, value) in fields {
        answers.put(&[&name], value);
    }
}

/// How a preset is verified, for people.
const PROOF: &str = "what `verify` says: a header, basic, bearer or an HMAC";
