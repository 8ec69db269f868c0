//! `hubspot`: what HubSpot sends: a workflow's contact, the events that an app is subscribed to, a form's submission, or the
//! body that a workflow was told to send.
//!
//! - A contact has its fields as `properties.{name}.value`; each is kept under its name.
//! - A subscription's events come as an array, each an event of its own. They name the contact (`objectId`) and at most one
//!   property, which is kept under its name: give the source a unique field for `objectId`, so that they meet in one lead.
//!   What is deleted, merged or restored only stands in the log.
//! - A form's submission has its fields as a list of names and values.

mod signature;

use leadyard_domain::config::Source;
use leadyard_domain::event::Intent;
use serde_json::{Map, Value};

use super::answers::{Answers, text};
use super::{Format, PLAIN, body, json};
use crate::request::{Malformed, Part, Place, Request, Split, id_text, part};

/// Contacts and form submissions of HubSpot.
pub(super) const FORMAT: Format = Format {
    name: "hubspot",
    title: "HubSpot: a contact of a workflow, subscribed events, or a form",
    verify: signature::verify,
    split,
    proof: "`X-HubSpot-Signature-v3` (v1 or v2 where `hubspot.signature` says so): the app's client secret as \
            `verify.platform.secret`; where a proxy stands before the endpoint, `hubspot.url` is its address",
    names: true,
    usual_keys: &[
        ("click.gclid", &["hsgoogleclickid"]),
        ("click.fbclid", &["hsfacebookclickid"]),
        ("phone", &["phone", "mobilephone", "hscalculatedphonenumber"]),
        ("stage", &["hsleadstatus"]),
    ],
    ..PLAIN
};

fn split(source: &Source, request: &Request<'_>) -> Result<Split, Malformed> {
    let objects = json::objects(body::json(request)?)?;
    let event = |(place, object): (_, Map<String, Value>)| event(source, request, place, object);
    Ok(Split::Events(objects.into_iter().map(event).collect::<Result<_, _>>()?))
}

fn event(source: &Source, request: &Request<'_>, place: Place, object: Map<String, Value>) -> Result<Part, Malformed> {
    let mut unsure = None;
    let (answers, id, intent) = if object.contains_key("subscriptionType") || object.contains_key("subscriptionId") {
        let intent = intent_of(text(&object, "subscriptionType"));
        let id = subscription_id(&object);
        (subscription(object), id, intent)
    } else if object.get("properties").is_some_and(Value::is_object) {
        let id = match contact_id(&object) {
            Some(ContactId::Change(id)) => Some(id),
            Some(ContactId::Submission(id)) => {
                unsure = Some(id);
                None
            }
            None => None,
        };
        (contact(object), id, Intent::Capture)
    } else {
        let id = SUBMISSION_IDS.iter().find_map(|key| object.get(*key).and_then(id_text));
        unsure = object.get("eventId").and_then(id_text);
        (submission(object), id, Intent::Capture)
    };
    let part = part(source, request, place, answers.into_payload())?;
    Ok(part.named(id).named_with_content(unsure).meant(intent))
}

/// Where a form's submission may have its id.
const SUBMISSION_IDS: &[&str] = &["conversionId", "conversion-id", "submissionId", "formSubmissionId"];

fn intent_of(subscription: &str) -> Intent {
    let what = subscription.rsplit('.').next().unwrap_or_default();
    match what {
        "deletion" | "privacyDeletion" | "merge" | "restore" | "associationChange" => {
            Intent::Log { reason: "news of a contact that make no lead of it".to_owned() }
        }
        _ => Intent::Capture,
    }
}

/// HubSpot does not promise that an `eventId` is given to one event only, and repeats it with each attempt: the object and
/// the time, which an attempt repeats too, make it one.
fn subscription_id(event: &Map<String, Value>) -> Option<String> {
    let of = |key: &str| event.get(key).and_then(id_text);
    let id = of("eventId")?;
    let more = ["objectId", "subscriptionId", "occurredAt"].iter().filter_map(|key| of(key));
    Some(std::iter::once(id).chain(more).collect::<Vec<_>>().join("/"))
}

fn subscription(mut event: Map<String, Value>) -> Answers {
    let mut answers = Answers::default();
    if let Some(object) = event.remove("objectId") {
        answers.put(&["objectId"], object);
    }
    let property = text(&event, "propertyName").to_owned();
    if !property.is_empty()
        && let Some(value) = event.remove("propertyValue")
    {
        answers.put(&[&property], value);
    }
    answers.about_all(event);
    answers
}

/// How a contact that a workflow sends is told from the same contact at another time.
enum ContactId {
    /// The contact, its newest submission if it has any, and when it was changed last.
    Change(String),
    /// The contact and its newest submission alone: it may be sent again for another reason.
    Submission(String),
}

/// A contact comes more than once: for each of its submissions, and whenever a workflow sends it. Neither the submission nor
/// the change says it alone, for a workflow may send an old submission's contact after a change.
fn contact_id(contact: &Map<String, Value>) -> Option<ContactId> {
    let vid = ["vid", "id", "objectId"].iter().find_map(|key| contact.get(*key).and_then(id_text))?;
    let submissions = contact.get("form-submissions").and_then(Value::as_array).into_iter().flatten();
    let newest = submissions.max_by_key(|submission| submission.get("timestamp").and_then(Value::as_i64));
    let submission = newest.and_then(|submission| submission.get("conversion-id").and_then(id_text));
    let properties = contact.get("properties").and_then(Value::as_object);
    let changed = properties.and_then(|properties| id_text(value_of(properties.get("lastmodifieddate")?)));
    match (submission, changed) {
        (Some(submission), Some(changed)) => Some(ContactId::Change(format!("{vid}/{submission}/{changed}"))),
        (None, Some(changed)) => Some(ContactId::Change(format!("{vid}/{changed}"))),
        (Some(submission), None) => Some(ContactId::Submission(format!("{vid}/{submission}"))),
        (None, None) => None,
    }
}

/// The value of a property, with its history or plain.
fn value_of(property: &Value) -> &Value {
    property.get("value").unwrap_or(property)
}

fn contact(mut contact: Map<String, Value>) -> Answers {
    let mut answers = Answers::default();
    let emails: Vec<Value> = emails(&contact).cloned().collect();
    if let Some(Value::Object(properties)) = contact.remove("properties") {
        for (name, property) in properties {
            // The path by which HubSpot's documents call it.
            answers.put(&[&name, &format!("properties.{name}.value")], value_of(&property).clone());
        }
    }
    for email in emails {
        if let Some(name) = answers.put(&["identity_email"], email) {
            answers.name("email", &name);
        }
    }
    // A list of all that has ever happened to the contact.
    for key in ["identity-profiles", "merge-audits", "list-memberships"] {
        contact.remove(key);
    }
    answers.about_all(contact);
    answers
}

/// The addresses by which HubSpot knows the contact, where its properties do not have one.
fn emails(contact: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let properties = contact.get("properties").and_then(Value::as_object);
    let has_email = properties.is_some_and(|properties| properties.contains_key("email"));
    let profiles = contact.get("identity-profiles").and_then(Value::as_array).filter(|_| !has_email);
    let identities =
        profiles.into_iter().flatten().filter_map(|profile| profile.get("identities")?.as_array()).flatten();
    let is_email = |identity: &&Value| identity.get("type").and_then(Value::as_str) == Some("EMAIL");
    identities.filter(is_email).filter_map(|identity| identity.get("value"))
}

/// A form's submission; any other object is what a workflow was told to send, and has names of its own.
fn submission(mut object: Map<String, Value>) -> Answers {
    let mut answers = Answers::default();
    for key in ["values", "fields", "form-fields"] {
        match object.remove(key) {
            Some(Value::Array(fields)) => {
                for field in fields {
                    match (field.get("name").and_then(Value::as_str), field.get("value")) {
                        (Some(name), Some(value)) => drop(answers.put(&[name], value.clone())),
                        _ => drop(answers.put(&[key], field)),
                    }
                }
            }
            other => drop(answers.put(&[key], other.unwrap_or_default())),
        }
    }
    for (key, value) in object {
        answers.put(&[&key], value);
    }
    answers
}
