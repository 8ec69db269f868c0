//! What a reply means for a delivery, and what of the exchange is kept. Pure.

use jiff::Timestamp;
use leadyard_domain::delivery::{Exchange, TryResult, classify, retry_after_s};

use crate::exchange::{Answer, OutboundRequest, Reply};
use crate::redact;

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
    /// How long it took.
    pub elapsed_ms: u64,
}

/// A try that was not sent, because something has to be mended first.
pub fn refused(code: &str, reason: &str) -> Sent {
    Sent {
        result: TryResult::Final { reason: reason.to_owned() },
        may_have_arrived: false,
        code: Some(code.to_owned()),
        exchange: Exchange::default(),
        elapsed_ms: 0,
    }
}

/// Weighs the reply to a request. `secret_headers` are those that the destination's settings fill.
pub fn weigh(request: &OutboundRequest, reply: Reply, secret_headers: &[&str], now: Timestamp) -> Sent {
    let body = String::from_utf8_lossy(&request.body);
    let mut exchange = Exchange {
        to: redact::url(&request.url),
        request_headers: redact::headers(&request.headers, secret_headers),
        request_body: cut(&body, REQUEST_KEPT_BYTES_MAX).to_owned(),
        ..Exchange::default()
    };
    match reply {
        Reply::Answer(answer) => {
            let wish = answer.header("retry-after").and_then(|header| retry_after_s(header, now));
            let result = classify(answer.status, answer.location(), wish);
            // A gateway that gives up does not know what the receiver behind it did.
            let may_have_arrived = matches!(answer.status, 502 | 504);
            let code = (result != TryResult::Delivered).then(|| "E_STATUS".to_owned());
            exchange.response_status = Some(answer.status);
            exchange.response_body = answer.excerpt().text;
            let Answer { headers, elapsed_ms, .. } = answer;
            exchange.response_headers = redact::headers(&headers, &[]);
            Sent { result, may_have_arrived, code, exchange, elapsed_ms }
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
            }
        }
    }
}

/// The beginning of a text, whole characters only.
fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}
