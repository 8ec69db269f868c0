//! What a hosted page sends beside its answers.

use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::Mac as _;
use jiff::Timestamp;

use crate::request::Request;
use crate::verify::hmac::sha256;

/// Tells two clicks of one visitor from two visitors.
pub(super) const NONCE: &str = "ly_nonce";
/// When the page was made, signed.
pub(super) const STARTED: &str = "ly_started";
/// The step that was left, when nothing has been sent yet.
const PARTIAL: &str = "ly_partial";

/// Nobody reads and fills a form in less.
const FASTEST_S: i64 = 2;
/// A page that stood open for longer is sent all the same, but says nothing of when it was made.
const LONGEST_S: i64 = 7 * 24 * 60 * 60;
/// Longest nonce that is one.
const NONCE_BYTES_MAX: usize = 64;

/// What came beside the answers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Posted {
    /// The visit's nonce.
    pub(crate) nonce: Option<String>,
    /// The number of the step that was left, in the page's own words.
    pub(crate) partial: Option<String>,
    started: Option<String>,
}

/// Keeps a field that is the page's own; `false` when it is an answer.
pub(crate) fn taken_out(posted: &mut Posted, name: &str, value: &str) -> bool {
    let place = match name {
        NONCE => &mut posted.nonce,
        STARTED => &mut posted.started,
        PARTIAL => &mut posted.partial,
        _ => return false,
    };
    *place = Some(value.chars().take(NONCE_BYTES_MAX).collect()).filter(|value: &String| !value.is_empty());
    true
}

impl Posted {
    /// Whether a program filled the form: a page that we made was sent back at once. One without the field came from a page
    /// that others made, of which nothing is known.
    pub(crate) fn is_too_fast(&self, request: &Request<'_>) -> bool {
        let Some(started) = &self.started else { return false };
        let Some((seconds, signature)) = started.split_once('.') else { return false };
        let (Ok(at), Ok(signature)) = (seconds.parse::<i64>(), HEXLOWER_PERMISSIVE.decode(signature.as_bytes())) else {
            return false;
        };
        let right = sha256(key_of(request.url).as_bytes(), &[STARTED.as_bytes(), seconds.as_bytes()])
            .verify_truncated_left(&signature)
            .is_ok();
        let took_s = request.received_at.as_second().saturating_sub(at);
        right && signature.len() >= SIGNATURE_BYTES && took_s < FASTEST_S && took_s > -LONGEST_S
    }
}

/// Enough that nobody guesses one, short enough for a page.
const SIGNATURE_BYTES: usize = 16;

/// The time at which a page is made, signed with the endpoint's key.
pub(super) fn started(key: &str, at: Timestamp) -> String {
    let seconds = at.as_second().to_string();
    let signature = sha256(key.as_bytes(), &[STARTED.as_bytes(), seconds.as_bytes()]).finalize().into_bytes();
    format!("{seconds}.{}", HEXLOWER_PERMISSIVE.encode(&signature[..SIGNATURE_BYTES]))
}

/// The last part of an endpoint's URL.
fn key_of(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default()
}

/// The host of a URL with its port. What stands before the functions may have ended TLS, so schemes are not compared.
pub(crate) fn host_of(url: &str) -> &str {
    origin_of(url).split_once("://").map_or("", |(_, host)| host)
}

/// Scheme and host of a URL.
pub(super) fn origin_of(url: &str) -> &str {
    let begin = url.find("://").map_or(0, |at| at + 3);
    let end = url[begin..].find(['/', '?', '#']).map_or(url.len(), |at| begin + at);
    &url[..end]
}
