//! What a reply means for a delivery, and what of the exchange is kept. Pure.

use jiff::Timestamp;
use leadyard_domain::delivery::health::Sign;
use leadyard_domain::delivery::{AnswerRule, AnswerSeen, Exchange, TryResult, classify, meaning, retry_after_s};

use crate::exchange::{Answer, BodyEnd, Reply};
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

/// What was read out of an answer, beyond its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What it means.
    pub result: TryResult,
    /// The status that would have said the same: the answer's own, or that of a receiver which says it in the body.
    pub like: u16,
}

/// Weighs the reply to a request, by the destination's own rules first.
pub fn weigh(prepared: &Prepared, reply: Reply, rules: &[AnswerRule], now: Timestamp) -> Sent {
    weigh_by(prepared, reply, now, |answer, wish| by_rules(rules, answer, wish))
}

/// Weighs the reply to a request: `read` says what an answer means, given the wait in seconds that it asks for. Where it says
/// nothing the status decides.
pub fn weigh_by(
    prepared: &Prepared,
    reply: Reply,
    now: Timestamp,
    read: impl FnOnce(&Answer, Option<u32>) -> Option<Reading>,
) -> Sent {
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
            let reading = read(&answer, wish);
            let like = reading.as_ref().map_or(answer.status, |reading| reading.like);
            let sign = Some(sign_of(like, reading.as_ref().map(|reading| &reading.result)));
            let location = answer.location().map(redact::location);
            // A gateway that gives up does not know what the receiver behind it did; a 2xx says that it has the request.
            let may_have_arrived = matches!(like, 200..=299 | 502 | 504);
            let result = match reading {
                Some(Reading { result, .. }) => result,
                None => classify(answer.status, location.as_deref(), wish),
            };
            let code = match &result {
                TryResult::Delivered => None,
                TryResult::Rejected { .. } => Some("E_REJECTED".to_owned()),
                TryResult::Duplicate { .. } => Some("E_DUPLICATE".to_owned()),
                _ => Some("E_STATUS".to_owned()),
            };
            exchange.response_status = Some(answer.status);
            exchange.response_body = answer.excerpt().text;
            let Answer { headers, elapsed_ms, .. } = answer;
            exchange.response_headers = redact::headers(&headers, &[]);
            for (_, value) in exchange.response_headers.iter_mut().filter(|(name, _)| name == "location") {
                *value = redact::location(value);
            }
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

/// What a destination's own rules say of an answer.
pub(crate) fn by_rules(rules: &[AnswerRule], answer: &Answer, wish: Option<u32>) -> Option<Reading> {
    let seen = AnswerSeen { status: answer.status, headers: &answer.headers, body: &answer.body };
    let wants_body = || rules.iter().any(|rule| rule.json.is_some());
    let result = meaning(rules, seen, wish).or_else(|| wants_body().then(|| unread(answer)).flatten())?;
    Some(Reading { result, like: answer.status })
}

/// What a body that did not come whole keeps from being read. That a receiver answered 2xx is not enough where a refusal may
/// stand in the body.
pub(crate) fn unread(answer: &Answer) -> Option<TryResult> {
    if !(200..=299).contains(&answer.status) {
        return None;
    }
    match answer.body_end {
        BodyEnd::Complete => None,
        BodyEnd::TimedOut | BodyEnd::Broken => Some(TryResult::Transient {
            reason: format!(
                "the receiver answered {} and its body broke off before the rules could read it",
                answer.status
            ),
            retry_after_s: None,
        }),
        BodyEnd::Capped => Some(TryResult::Unknown {
            reason: format!(
                "the receiver answered {} with a body that is too large for the rules to read",
                answer.status
            ),
        }),
    }
}

/// What an answer says of a receiver: one that refuses a request is there all the same, and one whose owner has said what its
/// answer means is well.
fn sign_of(status: u16, by_rule: Option<&TryResult>) -> Sign {
    match (by_rule, status) {
        (Some(TryResult::Delivered | TryResult::Rejected { .. } | TryResult::Duplicate { .. }), _) => {
            return Sign::Alive;
        }
        (Some(_), 410) => return Sign::Failing,
        _ => {}
    }
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
