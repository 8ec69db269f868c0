//! A message that is to be sent.

use std::fmt;

use serde::Serialize;

use super::{SendError, split::BYTES_MAX};

/// The longest delay that SQS takes: 15 minutes. Later is for a schedule.
pub const DELAY_SECONDS_MAX: u16 = 900;

/// One message for a queue. `Debug` leaves the body out: it can hold a lead.
#[derive(Clone, Eq, PartialEq)]
pub struct Outgoing {
    /// Names the message in logs and errors; SQS does not see it.
    pub id: String,
    /// The message, at most 1 MiB.
    pub body: String,
    /// Whom the message belongs to (a destination, an account). SQS serves the groups of a standard queue fairly,
    /// so that one with many messages does not hold up the others.
    pub group: String,
    /// Seconds until the queue hands it out, at most [`DELAY_SECONDS_MAX`]; the queue's own delay when `None`.
    pub delay_seconds: Option<u16>,
}

impl Outgoing {
    /// A message with `body` as JSON, to be handed out as soon as possible.
    pub fn json(id: impl Into<String>, group: impl Into<String>, body: &impl Serialize) -> Result<Self, SendError> {
        let id = id.into();
        match serde_json::to_string(body) {
            Ok(body) => Ok(Self { id, body: escape_noncharacters(body), group: group.into(), delay_seconds: None }),
            Err(_) => Err(SendError::refused(id, "NotSerializable")),
        }
    }

    /// The same message, handed out `seconds` later.
    #[must_use]
    pub fn delayed(mut self, seconds: u16) -> Self {
        self.delay_seconds = Some(seconds);
        self
    }

    /// Why SQS would refuse the message, when it would.
    pub(super) fn fault(&self) -> Option<&'static str> {
        if self.body.is_empty() {
            Some("EmptyBody")
        } else if self.body.len() > BYTES_MAX {
            Some("BodyTooLarge")
        } else if self.delay_seconds.is_some_and(|seconds| seconds > DELAY_SECONDS_MAX) {
            Some("DelayTooLong")
        } else {
            None
        }
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("id", &self.id)
            .field("body_bytes", &self.body.len())
            .field("group", &self.group)
            .field("delay_seconds", &self.delay_seconds)
            .finish()
    }
}

/// SQS takes the characters of XML 1.0 only. JSON text has just two others that it may hold unescaped; a lead can
/// hold any, so they are written as escapes, which mean the same.
fn escape_noncharacters(json: String) -> String {
    if json.contains(['\u{fffe}', '\u{ffff}']) {
        json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff")
    } else {
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_becomes_a_body_that_sqs_takes_and_comes_back_the_same() {
        let text: String = (0..=u32::from(char::MAX)).filter_map(char::from_u32).collect();
        let body = Outgoing::json("id", "group", &text).unwrap().body;
        let allowed =
            |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        assert_eq!(body.chars().find(|c| !allowed(*c)), None);
        assert_eq!(serde_json::from_str::<String>(&body).unwrap(), text);
    }

    #[test]
    fn faults_are_found_before_anything_is_sent() {
        let message = |bytes: usize| Outgoing {
            id: "id".into(),
            body: "x".repeat(bytes),
            group: "group".into(),
            delay_seconds: None,
        };
        let cases = [
            (message(0), Some("EmptyBody")),
            (message(BYTES_MAX), None),
            (message(BYTES_MAX + 1), Some("BodyTooLarge")),
            (message(1).delayed(900), None),
            (message(1).delayed(901), Some("DelayTooLong")),
        ];
        for (message, fault) in cases {
            assert_eq!(message.fault(), fault, "{message:?}");
        }
    }

    #[test]
    fn debug_leaves_the_body_out() {
        let message = Outgoing::json("id", "group", &"anna@example.com").unwrap();
        assert!(!format!("{message:?}").contains("anna"));
    }
}
