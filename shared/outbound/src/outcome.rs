//! What a reply means for a delivery, and what of the exchange is kept. Pure.

use jiff::Timestamp;
use leadyard_domain::delivery::health::Sign;
use leadyard_domain::delivery::{AnswerRule, AnswerSeen, Exchange, TryResult, classify, meaning, retry_after_s};

use crate::exchange::{Answer, Reply};
use crate::redact;
use crate::request::Prepared;

/// Most bytes of a request's body that are kept.
const REQUEST_KEPT_BYTES_MAX: usize = 16 * 1024;

/// A try that has come back.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// What it came to.
    pub result: TryResult,
    /// Whether the receiver may have taken it all the same.
    pub may_have_arrived: bool,
    /// A code for the kind of failure.
    pub code: Option<String>,
    /// What is kept of it.
    pub exchange: Exchange,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
    /// What it says of the destination; nothing where nothing was sent.
    pub sign: Option<Sign>,
}

/// A try that was not sent, because something has to be mended first.
pub fn refused(code: &str, reason: &str) -> Sent {
    Sent {
        result: TryResult::Final { reason: reason.to_owned() },
        may_have_arrived: false,
        code: Some(code.to_owned()),
        exchange: Exchange::default(),
        elapsed_ms: 0,
        sign: None,
    }
}

/// Weighs the reply to a request, by the destination's own rules first.
pub fn weigh(prepared: &Prepared, reply: Reply, rules: &[AnswerRule], now: Timestamp) -> Sent {
    let Prepared { request, secret_headers } = prepared;
    let secret_headers: Vec<&str> = secret_headers.iter().map(String::as_str).collect();
    let body = String::from_utf8_lossy(&request.body);
    let mut exchange = Exchange {
        to: redact::url(&request.url),
        request_headers: redact::headers(&request.headers, &secret_headers),
        request_body: cut(&body, REQUEST_KEPT_BYTES_MAX).to_owned(),
        ..Exchange::default()
    };
    match reply {
        Reply::Answer(answer) => {
            let wish = answer.header("retry-after").and_then(|header| retry_after_s(header, now));
            let seen = AnswerSeen { status: answer.status, headers: &answer.headers, body: &answer.body };
            let by_rule = meaning(rules, seen, wish);
            let sign = Some(sign_of(answer.status));
            let result = by_rule.unwrap_or_else(|| classify(answer.status, answer.location(), wish));
            // A gateway that gives up does not know what the receiver behind it did.
            let may_have_arrived = matches!(answer.status, 502 | 504);
            let code = match &result {
                TryResult::Delivered => None,
                TryResult::Rejected { .. } => Some("E_REJECTED".to_owned()),
                _ => Some("E_STATUS".to_owned()),
            };
            exchange.response_status = Some(answer.status);
            exchange.response_body = answer.excerpt().text;
            let Answer { headers, elapsed_ms, .. } = answer;
            exchange.response_headers = redact::headers(&headers, &[]);
            Sent { result, may_have_arrived, code, exchange, elapsed_ms, sign }
        }
        Reply::Failure(failure) => {
            let reason = failure.message.clone();
            let result = match failure.code.is_retryable() {
                true => TryResult::Transient { reason, retry_after_s: None },
                false => TryResult::Final { reason },
            };
            Sent {
                result,
                may_have_arrived: failure.code.may_have_arrived(),
                code: Some(failure.code.as_str().to_owned()),
                exchange,
                elapsed_ms: failure.elapsed_ms,
                // What was not sent at all, for its address or a header, says nothing of the receiver.
                sign: failure.code.is_retryable().then_some(Sign::Failing),
            }
        }
    }
}

/// What a status says of a receiver: one that refuses a request is there all the same.
fn sign_of(status: u16) -> Sign {
    match status {
        410 => Sign::Gone,
        408 | 429 | 500.. => Sign::Failing,
        _ => Sign::Alive,
    }
}

/// The beginning of a text, whole characters only.
fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}
