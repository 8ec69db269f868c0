//! `calendly`: what people book by Calendly's webhook (developer.calendly.com/docs/webhooks/overview).
//!
//! `invitee.created` makes a lead, and so does a submitted routing form. A cancellation, a no-show and all else only stand
//! in the log: Calendly tells of a new date by a cancellation and a booking, and the booking is what counts. Each is an
//! event of its own, named by the `uri` of who booked and what happened.
//!
//! Signed is `t.body`: `Calendly-Webhook-Signature: t=…,v1=…` in hexadecimal, 3 minutes. Calendly disables a webhook whose
//! deliveries fail for a day, so that a body that cannot be read is a failed event.

use jiff::Timestamp;
use leadyard_domain::config::Source;
use leadyard_domain::event::Intent;
use serde_json::{Map, Value};

use super::answers::{Answers, text};
use super::{Format, PLAIN, body};
use crate::request::{Malformed, Place, Request, Split, id_text, part};
use crate::verify::Unauthentic;
use crate::verify::signed::{Written, fits, is_recent, signed};

/// Bookings of Calendly.
pub(super) const FORMAT: Format = Format {
    name: "calendly",
    title: "Calendly: a booking, or a routing form",
    verify,
    split,
    proof: "`Calendly-Webhook-Signature`: the subscription's signing key as `verify.platform.secret`",
    forgiving: true,
    names: true,
    usual_keys: &[("phone", &["textremindernumber"])],
    ..PLAIN
};

const SIGNATURE: &str = "calendly-webhook-signature";
/// How old a request may be, by Calendly's own advice.
const TOLERANCE_S: i64 = 3 * 60;

fn verify(source: &Source, secrets: &[&[u8]], request: &Request<'_>, now: Timestamp) -> Result<(), Unauthentic> {
    signed(source, secrets, request, now, |_, secrets, request, now| {
        let value = request.header(SIGNATURE).map_err(|problem| Unauthentic::header(SIGNATURE, problem))?;
        let parts = || value.split(',').filter_map(|part| part.trim().split_once('='));
        let timestamp = parts().find_map(|(key, value)| (key == "t").then_some(value));
        let signatures: Vec<Vec<u8>> =
            parts().filter(|(key, _)| *key == "v1").filter_map(|(_, value)| Written::Hex.decode(value)).collect();
        let (Some(timestamp), false) = (timestamp, signatures.is_empty()) else {
            let expected = "'t=', seconds since 1970, ',v1=' and the signature in hexadecimal".to_owned();
            return Err(Unauthentic::Form { name: SIGNATURE.to_owned(), expected });
        };
        is_recent(SIGNATURE, timestamp, 1000, TOLERANCE_S, now)?;
        let fits = fits(secrets, &[timestamp.as_bytes(), b".", request.body], &signatures);
        if fits { Ok(()) } else { Err(Unauthentic::Mismatch { name: SIGNATURE.to_owned() }) }
    })
}

fn split(source: &Source, request: &Request<'_>) -> Result<Split, Malformed> {
    let mut event = body::json_object(request)?;
    let kind = text(&event, "event").to_owned();
    let payload = body::take_object(&mut event, "payload")?;
    let id = payload.get("uri").and_then(id_text).map(|uri| format!("{uri} {kind}"));
    let intent = match kind.as_str() {
        "" | "invitee.created" | "routing_form_submission.created" => Intent::Capture,
        "invitee.canceled" => Intent::Log { reason: "a booking that was canceled".to_owned() },
        _ => Intent::Log { reason: "no booking".to_owned() },
    };
    let mut answers = read(payload);
    answers.about_all(event);
    let part = part(source, request, Place::Only, answers.into_payload())?;
    Ok(Split::Events(vec![part.named(id).meant(intent)]))
}

/// What is said of the booking, not of who booked.
const OF_BOOKING: &[&str] = &[
    "cancel_url",
    "cancellation",
    "created_at",
    "event",
    "invitee_scheduled_by",
    "new_invitee",
    "no_show",
    "old_invitee",
    "payment",
    "reconfirmation",
    "reschedule_url",
    "rescheduled",
    "routing_form",
    "routing_form_submission",
    "scheduled_event",
    "scheduling_method",
    "status",
    "submitter",
    "submitter_type",
    "timezone",
    "updated_at",
    "uri",
];

fn read(mut payload: Map<String, Value>) -> Answers {
    let mut answers = Answers::default();
    let questions = payload.remove("questions_and_answers");
    let tracking = payload.remove("tracking");
    for (key, value) in payload {
        if OF_BOOKING.contains(&key.as_str()) {
            answers.about(&key, value);
        } else {
            answers.put(&[&key, &format!("payload.{key}")], value);
        }
    }
    match tracking {
        Some(Value::Object(tracking)) => {
            for (key, value) in tracking {
                answers.put(&[&key, &format!("tracking.{key}")], value);
            }
        }
        other => answers.about("tracking", other.unwrap_or_default()),
    }
    match questions {
        Some(Value::Array(questions)) => {
            for question in questions {
                match question {
                    Value::Object(mut asked) if asked.contains_key("question") => {
                        let answer = asked.remove("answer").unwrap_or_default();
                        answers.put(&[text(&asked, "question")], answer);
                    }
                    other => drop(answers.put(&["question"], other)),
                }
            }
        }
        other => answers.about("questions_and_answers", other.unwrap_or_default()),
    }
    answers
}
