//! `account_sync`: what another account tells of its leads (`leadyard_domain::sync::Push`).
//!
//! The fields stand in the event by the names that the other account gives them; a mapping leads from those names to fields
//! here, and fields that are called the same need none.

use http::StatusCode;
use leadyard_domain::config::Source;
use leadyard_domain::event::Intent;
use leadyard_domain::field::FIELDS_MAX;
use leadyard_domain::sync::{HOPS_MAX, LINKS_MAX, Push, PushKind, PushedLead};
use serde_json::{Map, Value, json};

use super::{Format, PLAIN, json, reply};
use crate::request::{Malformed, Part, Place, Request, Split, part};

/// Leads of another account.
pub(super) const FORMAT: Format = Format {
    name: "account_sync",
    title: "Another account: its leads, as its automations push them",
    split,
    reply: |_, events| reply(StatusCode::OK, "application/json", json!({ "events": events }).to_string()),
    proof: "a signature by Standard Webhooks: `verify: { standard_webhooks: { secret: NAME } }`, with the secret of the other \
            account's destination",
    answer: "200 with the id of the event",
    own_settings: &[("sync", "whose value a field keeps when both accounts have one, and whether deletions count")],
    ..PLAIN
};

fn split(source: &Source, request: &Request<'_>) -> Result<Split, Malformed> {
    let kind = request.media_type();
    if !kind.as_deref().is_none_or(json::is_json) {
        return Err(Malformed::ContentType { found: kind, expected: "application/json" });
    }
    let pushes = json::objects(json::parse::parse(request.body)?)?;
    let part = |(place, object)| event(source, request, place, object);
    Ok(Split::Events(pushes.into_iter().map(part).collect::<Result<_, _>>()?))
}

/// What a sender that gives its requests no ids means by one: a version of the lead, or of what happened to it.
fn id(push: &Push) -> String {
    let Push { kind, origin, activity, .. } = push;
    let lead = format!("{}/{}/{}", origin.account, origin.lead, origin.version);
    match (kind, activity) {
        (_, Some(activity)) => format!("{lead}/{}/{}", activity.origin.id, activity.updated_at),
        (PushKind::Deleted, None) => format!("{lead}/deleted"),
        (PushKind::Test, None) => format!("{lead}/test"),
        (PushKind::Created | PushKind::Updated | PushKind::Activity, None) => lead,
    }
}

/// What a push says of its way that no sensible set-up would.
fn too_much(push: &Push) -> Option<String> {
    let PushedLead { stamps, links, .. } = &push.lead;
    if links.len() > LINKS_MAX {
        return Some(format!("is known in {} accounts; at most {LINKS_MAX} are taken", links.len()));
    }
    if stamps.len() > 2 * FIELDS_MAX {
        return Some(format!("has {} stamps; at most {} are taken", stamps.len(), 2 * FIELDS_MAX));
    }
    let far = stamps.iter().find(|(_, stamp)| stamp.via.len() > HOPS_MAX);
    far.map(|(name, _)| format!("has a stamp for '{name}' that came through more than {HOPS_MAX} accounts"))
}

fn event(source: &Source, request: &Request<'_>, place: Place, object: Map<String, Value>) -> Result<Part, Malformed> {
    let push: Push = serde_path_to_error::deserialize(Value::Object(object)).map_err(|error| {
        let path = error.path().to_string();
        Malformed::Event { at: place.to_string(), what: format!("is no push of an account: {path}: {}", error.inner()) }
    })?;
    if let Some(what) = too_much(&push) {
        return Err(Malformed::Event { at: place.to_string(), what });
    }
    let id = id(&push);
    let (head, mut fields) = push.apart();
    if head.kind == PushKind::Deleted {
        // Nothing of the lead is left; the log shows which one it was.
        fields =
            Map::from_iter([("deleted".to_owned(), json!(format!("{}/{}", head.origin.account, head.origin.lead)))]);
    }
    let intent = match head.kind {
        PushKind::Test => {
            Intent::Log { reason: format!("a test of the account '{}': it arrived as it should", head.origin.account) }
        }
        _ => Intent::Sync(Box::new(head)),
    };
    Ok(part(source, request, place, fields)?.named(Some(id)).meant(intent))
}
