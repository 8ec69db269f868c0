//! What becomes of a request to a known source: decided without any service.

use jiff::Timestamp;
use lambda_http::http::{Method, StatusCode};
use leadyard_domain::config::Source;
use leadyard_domain::event::{Intent, Origin, Received};
use leadyard_domain::id::{AccountId, EventId};
use leadyard_sources::{Format, Malformed, Part, Reply, Request, Split, identify};
use serde_json::{Map, Value};

use crate::problem::Problem;

/// The source that a request goes to.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// The tenant.
    pub account: &'a AccountId,
    /// The source, enabled.
    pub source: &'a Source,
    /// Its format.
    pub format: &'a Format,
    /// The values of the secret that its verification names, the newest first; empty when it has none.
    pub secrets: &'a [&'a [u8]],
}

/// What to do with a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Put every event into the queue, and only then reply.
    Take {
        /// The events, in the request's order.
        events: Vec<Received>,
        /// What the sender is told when all of them are in the queue.
        reply: Reply,
    },
    /// Reply as if it were taken, and forget it.
    Ignore {
        /// The reply.
        reply: Reply,
        /// Why, for the log.
        reason: &'static str,
    },
    /// Reply to the platform that tries the endpoint.
    Answer(Reply),
    /// Refuse it.
    Refuse(Problem),
}

/// Decides what becomes of a request: verified first, over the raw bytes; then all of its events are taken, or none.
#[must_use]
pub fn receive(target: Target<'_>, request: &Request<'_>, origin: &Origin, now: Timestamp) -> Outcome {
    let Target { source, format, secrets, .. } = target;
    if request.method == Method::HEAD && format.answers_head {
        return Outcome::Answer(Reply { status: StatusCode::OK, headers: Vec::new(), body: String::new() });
    }
    if request.method != Method::POST {
        return match format.challenge.filter(|_| request.method == Method::GET) {
            Some(challenge) => match challenge(source, secrets, request) {
                Ok(reply) => Outcome::Answer(reply),
                Err(error) => Outcome::Refuse(Problem::unauthentic(&error)),
            },
            None => Outcome::Refuse(Problem::method_not_allowed()),
        };
    }
    if let Err(error) = (format.verify)(source, secrets, request, now) {
        return Outcome::Refuse(Problem::unauthentic(&error));
    }
    match format.read(source, request) {
        Ok(Split::Events(parts)) => {
            let received = |(index, part)| received(target, request, origin, now, index, part);
            let events: Vec<Received> = parts.into_iter().enumerate().map(received).collect();
            let ids: Vec<EventId> = events.iter().map(|event| event.event.clone()).collect();
            Outcome::Take { reply: (format.reply)(source, &ids), events }
        }
        Ok(Split::Ignored { reason }) => Outcome::Ignore { reply: (format.reply)(source, &[]), reason },
        Err(error) if format.forgiving => {
            let event = received(target, request, origin, now, 0, unread(request, &error));
            Outcome::Take { reply: (format.reply)(source, std::slice::from_ref(&event.event)), events: vec![event] }
        }
        Err(error) => Outcome::Refuse(Problem::malformed(&error)),
    }
}

/// What could not be read, whole, for the log: a person can see there what came.
fn unread(request: &Request<'_>, error: &Malformed) -> Part {
    let body = String::from_utf8_lossy(request.body).into_owned();
    let payload = Map::from_iter([("body".to_owned(), Value::String(body))]);
    Part { payload, external_id: None, intent: Intent::Fail { reason: error.to_string() } }
}

fn received(
    target: Target<'_>,
    request: &Request<'_>,
    origin: &Origin,
    now: Timestamp,
    index: usize,
    part: Part,
) -> Received {
    let Target { account, source, .. } = target;
    let (event, identity) = identify(account, &source.id, request.id, index, &part);
    Received {
        account: account.clone(),
        source: source.id.clone(),
        event,
        received_at: now,
        identity,
        payload: part.payload,
        origin: origin.clone(),
        intent: part.intent,
    }
}

#[cfg(test)]
mod tests;
