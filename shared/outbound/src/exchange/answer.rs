//! A receiver's answer, read within bounds.

use std::fmt;

use reqwest::Response;
use reqwest::header::HeaderMap;
use tokio::time::{Instant, timeout_at};

/// At most so much of a body is read, for response rules to look at.
pub const BODY_READ_BYTES_MAX: usize = 64 * 1024;
/// At most so much of a body is kept in the log of attempts.
pub const BODY_KEPT_BYTES_MAX: usize = 16 * 1024;
/// At most so much of the headers, names and values together, is kept.
pub const HEADERS_KEPT_BYTES_MAX: usize = 16 * 1024;

/// What the receiver answered. Its `Debug` shows neither header values nor the body.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case, and values; a header that does not fit into [`HEADERS_KEPT_BYTES_MAX`] with those before it
    /// is left out.
    pub headers: Vec<(String, String)>,
    /// The body, or its beginning: at most [`BODY_READ_BYTES_MAX`].
    pub body: Vec<u8>,
    /// Whether `body` is all there was.
    pub body_end: BodyEnd,
    /// From the start of the attempt to the end of the reading.
    pub elapsed_ms: u64,
}

/// How the reading of a body ended. The status stands in every case: a receiver that answered 200 has the lead, and
/// sending it again because the rest of its answer was late would make a duplicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyEnd {
    /// All of it was read.
    Complete,
    /// There was more than is read.
    Capped,
    /// The exchange's time was over.
    TimedOut,
    /// The connection broke.
    Broken,
}

/// A body as it is kept in the log of attempts.
#[derive(Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// At most [`BODY_KEPT_BYTES_MAX`]; bytes that are not UTF-8 are replaced.
    pub text: String,
    /// Whether there was more.
    pub truncated: bool,
}

impl Answer {
    /// The first value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Where a redirect pointed. It was not followed.
    pub fn location(&self) -> Option<&str> {
        self.header("location")
    }

    /// The part of the body to keep.
    pub fn excerpt(&self) -> Excerpt {
        let mut text = String::from_utf8_lossy(&self.body).into_owned();
        let cut = text.floor_char_boundary(BODY_KEPT_BYTES_MAX);
        let truncated = cut < text.len() || self.body_end != BodyEnd::Complete;
        text.truncate(cut);
        Excerpt { text, truncated }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("headers", &names)
            .field("body_bytes", &self.body.len())
            .field("body_end", &self.body_end)
            .field("elapsed_ms", &self.elapsed_ms)
            .finish()
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Excerpt").field("text_bytes", &self.text.len()).field("truncated", &self.truncated).finish()
    }
}

/// Reads the answer until its end, the cap or the deadline. The time it took is the caller's to fill in.
pub(super) async fn read(mut response: Response, deadline: Instant) -> Answer {
    let status = response.status().as_u16();
    let headers = kept_headers(response.headers());
    let mut body = Vec::new();
    let body_end = loop {
        match timeout_at(deadline, response.chunk()).await {
            Ok(Ok(Some(chunk))) => {
                let room = BODY_READ_BYTES_MAX - body.len();
                if chunk.len() > room {
                    body.extend_from_slice(&chunk[..room]);
                    break BodyEnd::Capped;
                }
                body.extend_from_slice(&chunk);
            }
            Ok(Ok(None)) => break BodyEnd::Complete,
            // The status stands; `BodyEnd` keeps what happened for the log and for rules that need the body.
            Ok(Err(_)) => break BodyEnd::Broken,
            Err(_) => break BodyEnd::TimedOut,
        }
    };
    Answer { status, headers, body, body_end, elapsed_ms: 0 }
}

fn kept_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut room = HEADERS_KEPT_BYTES_MAX;
    let mut kept = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        if let Some(rest) = room.checked_sub(name.as_str().len() + value.len()) {
            room = rest;
            kept.push((name.as_str().to_owned(), value));
        }
    }
    kept
}
