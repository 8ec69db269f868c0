//! What a sender is told when its request is not taken: a problem document as in RFC 9457.
//!
//! The detail says what happened, where, and what to do. It goes to who sent the request and into no log: it can quote
//! the names of fields.

use lambda_http::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use lambda_http::http::{HeaderName, HeaderValue, StatusCode};
use leadyard_sources::{Malformed, Reply, Unauthentic};
use serde_json::json;

/// Seconds after which a sender may try again: most disturbances of a service are over by then.
const RETRY_AFTER_S: &str = "5";

/// A refusal on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The status.
    pub status: StatusCode,
    /// What happened in this case, where, and what to do.
    pub detail: String,
    /// Why, for the log: nothing of the request's body.
    pub cause: String,
    /// Whether a person on our side must act.
    pub is_our_fault: bool,
}

impl Problem {
    fn of_sender(status: StatusCode, detail: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), cause: cause.into(), is_our_fault: false }
    }

    /// No source has this key, or the source is disabled: the sender sees no difference.
    #[must_use]
    pub fn no_source(cause: &'static str) -> Self {
        let detail = "There is no source at this address, or it is disabled. Compare the address with the source's.";
        Self::of_sender(StatusCode::NOT_FOUND, detail, cause)
    }

    /// The source takes other methods only.
    #[must_use]
    pub fn method_not_allowed() -> Self {
        let detail = "This source takes events with POST.";
        Self::of_sender(StatusCode::METHOD_NOT_ALLOWED, detail, "method not allowed")
    }

    /// The request does not prove where it comes from.
    #[must_use]
    pub fn unauthentic(error: &Unauthentic) -> Self {
        Self {
            is_our_fault: error.is_our_fault(),
            ..Self::of_sender(error.status(), sentence(error), error.to_string())
        }
    }

    /// The body cannot be read.
    #[must_use]
    pub fn malformed(error: &Malformed) -> Self {
        Self::of_sender(error.status(), sentence(error), error.kind())
    }

    /// An event is within the limits as it came, and beyond those of the queue once it is written as JSON.
    #[must_use]
    pub fn outgrown(cause: &dyn std::fmt::Display) -> Self {
        let detail = "An event of this request is too large for the queue. Send shorter fields, or plain text in them.";
        Self::of_sender(StatusCode::PAYLOAD_TOO_LARGE, detail, cause.to_string())
    }

    /// A service that intake needs is away. The events are not taken, or not all of them: the sender must send again.
    #[must_use]
    pub fn unavailable(cause: &dyn std::fmt::Display) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            detail: format!(
                "The events could not be taken for the moment. Send the request again in {RETRY_AFTER_S} s."
            ),
            cause: cause.to_string(),
            is_our_fault: true,
        }
    }

    /// The answer.
    #[must_use]
    pub fn reply(&self) -> Reply {
        let (slug, title) = match self.status {
            StatusCode::UNAUTHORIZED => ("unauthenticated", "The request does not prove where it comes from"),
            StatusCode::FORBIDDEN => ("forbidden", "This page may not post here"),
            StatusCode::NOT_FOUND => ("not-found", "There is no such source"),
            StatusCode::METHOD_NOT_ALLOWED => ("method-not-allowed", "This method is not for this source"),
            StatusCode::PAYLOAD_TOO_LARGE => ("too-large", "The body is too large"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                ("unsupported-media-type", "The body is of a type that is not read here")
            }
            StatusCode::SERVICE_UNAVAILABLE => ("unavailable", "A service is away for the moment"),
            _ => ("bad-request", "The request cannot be read"),
        };
        let body = json!({
            "type": format!("urn:leadyard:problem:{slug}"),
            "title": title,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let mut headers = vec![header(CONTENT_TYPE, "application/problem+json")];
        match self.status {
            StatusCode::METHOD_NOT_ALLOWED => headers.push(header(ALLOW, "POST")),
            StatusCode::SERVICE_UNAVAILABLE => headers.push(header(RETRY_AFTER, RETRY_AFTER_S)),
            // RFC 9110 asks for it with every 401.
            StatusCode::UNAUTHORIZED => headers.push(header(WWW_AUTHENTICATE, "Bearer")),
            _ => {}
        }
        Reply { status: self.status, headers, body: body.to_string() }
    }
}

fn header(name: HeaderName, value: &'static str) -> (HeaderName, HeaderValue) {
    (name, HeaderValue::from_static(value))
}

/// An error's text with a capital letter and a full stop.
fn sentence(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    let mut chars = text.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_document_is_as_rfc_9457_has_it() {
        let reply = Problem::malformed(&Malformed::TooLarge { bytes: 300_000 }).reply();
        assert_eq!(reply.headers[0].1, "application/problem+json");
        let body: Value = reply.body.parse().unwrap();
        let detail = "The body has 300000 bytes; at most 262144 are taken: send fewer events in a request.";
        assert_eq!(
            body,
            json!({"type": "urn:leadyard:problem:too-large", "title": "The body is too large", "status": 413, "detail": detail})
        );
    }

    #[test]
    fn headers_that_a_status_asks_for() {
        for (problem, name, value) in [
            (Problem::method_not_allowed(), "allow", "POST"),
            (Problem::unavailable(&"x"), "retry-after", "5"),
            (Problem::unauthentic(&Unauthentic::NoSecret), "www-authenticate", "Bearer"),
        ] {
            let reply = problem.reply();
            assert!(reply.headers.iter().any(|(n, v)| n == name && v == value), "{reply:?}");
        }
    }

    #[test]
    fn the_cause_is_for_the_log_only() {
        let reply = Problem::unavailable(&"table leads-1234 is away").reply();
        assert!(!reply.body.contains("1234"), "{}", reply.body);
        assert_eq!(Problem::no_source("disabled").reply(), Problem::no_source("unknown key").reply());
    }
}
