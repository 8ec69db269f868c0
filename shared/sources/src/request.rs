//! A request to a source, what is read from it, and what it is answered.

use http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use leadyard_domain::config::{ExternalIdFrom, Source, Verification};
use leadyard_domain::event::Intent;
use leadyard_domain::field::{FIELD_BYTES_MAX, FIELDS_MAX};
use leadyard_domain::id::body_hash;
use serde_json::{Map, Value};

use crate::path;

/// Most bytes of a request's body.
pub const BODY_BYTES_MAX: usize = 256 * 1024;
/// Most events in one request.
pub const EVENTS_MAX: usize = 1_000;
/// Most bytes of all events of one request as JSON. What stands around several events goes with each of them, so they may
/// hold more than the body did.
pub const EVENTS_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How deep an event may be nested: far beyond what a form or a CRM sends, and safe for any stack.
pub const DEPTH_MAX: usize = 32;

/// A request as the gateway handed it over.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The gateway's id of the request.
    pub id: &'a str,
    /// The method.
    pub method: &'a Method,
    /// The whole URL as the sender called it: some platforms sign it.
    pub url: &'a str,
    /// What follows `?` in the URL, as it was sent; empty without one.
    pub query: &'a str,
    /// The headers; names are looked up without regard to case.
    pub headers: &'a HeaderMap,
    /// When it came.
    pub received_at: Timestamp,
    /// The raw body, as the sender signed it.
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// The one value of a header.
    ///
    /// # Errors
    /// It is absent, stands there twice, or is no text: which of them would count is for nobody to guess.
    pub fn header(&self, name: &str) -> Result<&'a str, HeaderProblem> {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Err(HeaderProblem::Absent),
            (Some(_), Some(_)) => Err(HeaderProblem::Repeated),
            (Some(value), None) => value.to_str().map_err(|_| HeaderProblem::NoText),
        }
    }

    /// The media type without its parameters, in lower case; `None` when the request names none.
    pub(crate) fn media_type(&self) -> Option<String> {
        let whole = self.header("content-type").ok()?;
        let kind = whole.split(';').next().unwrap_or_default();
        Some(kind.trim().to_ascii_lowercase()).filter(|kind| !kind.is_empty())
    }
}

/// Why a header has no one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderProblem {
    /// It is not there.
    #[error("is missing")]
    Absent,
    /// It is there more than once.
    #[error("is there more than once")]
    Repeated,
    /// It has bytes that no header text has.
    #[error("is not plain text")]
    NoText,
}

/// What a request holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Split {
    /// Events, in the request's order. None of them may be skipped.
    Events(Vec<Part>),
    /// Nothing that should be kept; the sender is answered as if it were.
    Ignored {
        /// Why, for the log.
        reason: &'static str,
    },
}

impl Split {
    /// Holds that the events together are not far larger than a body may be.
    pub(crate) fn bounded(self) -> Result<Self, Malformed> {
        let Self::Events(parts) = &self else { return Ok(self) };
        let mut left = Left(EVENTS_BYTES_MAX);
        for part in parts {
            // It writes to nothing that could fail but for want of room.
            serde_json::to_writer(&mut left, &part.payload).map_err(|_| Malformed::EventsTooLarge)?;
        }
        Ok(self)
    }
}

/// The bytes that may still be written. Nothing is kept of them.
struct Left(usize);

impl std::io::Write for Left {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::FileTooLarge)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// One lead's worth of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The event: a JSON object, or the pairs of a form.
    pub payload: Map<String, Value>,
    /// The sender's own id of it. Ids are texts: those with 64 bits must survive.
    pub external_id: Option<String>,
    /// What is to be done with it.
    pub intent: Intent,
}

impl Part {
    /// Names it by the platform's id, unless the source says where else its id stands.
    #[must_use]
    pub(crate) fn named(mut self, id: Option<String>) -> Self {
        self.external_id = self.external_id.or(id);
        self
    }

    /// Names it by an id that may come again with another event (a row, a contact, whatever a person calls `id`): what the
    /// event holds makes it one. The same request again is a repeat then, and other content is an event of its own.
    #[must_use]
    pub(crate) fn named_with_content(self, id: Option<String>) -> Self {
        let id = id.map(|id| format!("{id}/{}", self.content_hash()));
        self.named(id)
    }

    /// The hash of what it holds, however it was spaced and ordered.
    pub(crate) fn content_hash(&self) -> String {
        // `Display` of a `Value` is compact, and its objects are sorted by key: one event has one canonical text.
        body_hash(Value::Object(self.payload.clone()).to_string().as_bytes())
    }

    /// With another intent than a lead.
    #[must_use]
    pub(crate) fn meant(mut self, intent: Intent) -> Self {
        self.intent = intent;
        self
    }
}

/// What the sender is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// Headers.
    pub headers: Vec<(http::HeaderName, http::HeaderValue)>,
    /// The body.
    pub body: String,
}

/// A body that cannot be read. Not worth a retry: the sender must send something else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// More than [`BODY_BYTES_MAX`].
    #[error("the body has {bytes} bytes; at most {BODY_BYTES_MAX} are taken: send fewer events in a request")]
    TooLarge {
        /// The size of the body.
        bytes: usize,
    },
    /// A media type that the format does not read.
    #[error("the content type {} is not read here: send {expected}", found.as_deref().map_or("is missing and nothing".to_owned(), |found| format!("{found:?}")))]
    ContentType {
        /// What the request says.
        found: Option<String>,
        /// What the format reads.
        expected: &'static str,
    },
    /// The body is not of its syntax.
    #[error("the body is no valid {syntax}: {what}")]
    Syntax {
        /// `JSON`, `form` or `multipart form`.
        syntax: &'static str,
        /// What is wrong, with the line and column or the field.
        what: String,
    },
    /// More than [`EVENTS_MAX`].
    #[error("the body holds {events} events; at most {EVENTS_MAX} are taken in one request")]
    TooManyEvents {
        /// How many there are.
        events: usize,
    },
    /// More than [`EVENTS_BYTES_MAX`].
    #[error(
        "the events of the body have more than {EVENTS_BYTES_MAX} bytes together, for what stands around them goes with each; at most {EVENTS_BYTES_MAX} are taken: send fewer in a request"
    )]
    EventsTooLarge,
    /// One of the events is not what an event may be: the request is refused whole.
    #[error("the event at {at} {what}")]
    Event {
        /// Which one: `the top level`, or `[3]` in an array.
        at: String,
        /// What is wrong with it.
        what: String,
    },
}

impl Malformed {
    /// The answer's status: 413, 415 or 400.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge { .. } | Self::EventsTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::ContentType { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Syntax { .. } | Self::TooManyEvents { .. } | Self::Event { .. } => StatusCode::BAD_REQUEST,
        }
    }

    /// The kind in two words, for the log, where nothing of the body may stand.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "body too large",
            Self::ContentType { .. } => "unsupported content type",
            Self::Syntax { .. } => "syntax error",
            Self::TooManyEvents { .. } => "too many events",
            Self::EventsTooLarge => "events too large",
            Self::Event { .. } => "unfit event",
        }
    }
}

/// Most values of one event, at any depth.
pub(crate) const VALUES_MAX: usize = 2_000;
/// Longest name of a value.
const KEY_BYTES_MAX: usize = 512;

/// Checks an event's size and reads its id where the source says it stands.
///
/// A request with several events whose id stands in a header has one id for all: the place in the request is added, so
/// that none is taken for a repeat of another.
pub(crate) fn part(
    source: &Source,
    request: &Request<'_>,
    place: Place,
    payload: Map<String, Value>,
) -> Result<Part, Malformed> {
    if let Some(what) = unfit(&payload) {
        return Err(Malformed::Event { at: place.to_string(), what });
    }
    let in_header = |name: &str| {
        let id = request.header(name).ok().map(str::trim).filter(|id| !id.is_empty())?;
        Some(match place {
            Place::Only => id.to_owned(),
            Place::Index(index) => format!("{id}#{index}"),
        })
    };
    let external_id = match (&source.external_id, &source.verify) {
        (Some(ExternalIdFrom::Field(at)), _) => path::get(&payload, at).and_then(id_text),
        (Some(ExternalIdFrom::Header(name)), _) => in_header(name),
        // The specification gives a message one id through all of its attempts, and signs it.
        (None, Verification::StandardWebhooks(_)) => in_header("webhook-id"),
        (None, _) => None,
    };
    Ok(Part { payload, external_id, intent: Intent::Capture })
}

/// Why an event is empty or too large, if it is.
pub(crate) fn unfit(payload: &Map<String, Value>) -> Option<String> {
    if payload.is_empty() {
        return Some("has no fields".to_owned());
    }
    if payload.len() > FIELDS_MAX {
        return Some(format!("has {} fields; at most {FIELDS_MAX} are taken", payload.len()));
    }
    // Counted at every depth: each value costs a path and a look at its name, whatever it is nested in.
    let values = path::count(payload);
    if values > VALUES_MAX {
        return Some(format!("has {values} values in all; at most {VALUES_MAX} are taken"));
    }
    if let Some((at, bytes)) = path::key_longer_than(payload, KEY_BYTES_MAX) {
        return Some(format!("has a name of {bytes} bytes at '{at}'; at most {KEY_BYTES_MAX} are taken"));
    }
    let (at, bytes) = path::longer_than(payload, FIELD_BYTES_MAX)?;
    Some(format!("has a text of {bytes} bytes at '{at}'; at most {FIELD_BYTES_MAX} are taken"))
}

/// An id as a text, whether it is written as one or as a number.
pub(crate) fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        // A repeated field of a form, or an object, names no one event.
        _ => None,
    }
}

/// Where an event stands in its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is the whole body.
    Only,
    /// An item of the array that is the body.
    Index(usize),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Only => f.write_str("the top level"),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}
