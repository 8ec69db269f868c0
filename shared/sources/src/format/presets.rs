//! Presets over JSON and forms, for senders that a person sets up: `gravity_forms`, `wpforms`, `google_forms`, `zapier`.
//! They take either, name their events by the platform's usual id, and know the shapes that the platform has by itself.

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

/// Reads the events of a body, each by a format's own reading of one object, named by the first of the ids that it has.
fn split_by(
    source: &Source,
    request: &Request<'_>,
    ids: &[&str],
    read: fn(Map<String, Value>) -> Answers,
) -> Result<Split, Malformed> {
    let events = json::objects(body::read(request)?.nested()?)?;
    let event = |(place, event): (_, Map<String, Value>)| {
        let id = ids.iter().find_map(|key| event.get(*key).and_then(id_text));
        Ok(part(source, request, place, read(event).into_payload())?.named(id))
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
