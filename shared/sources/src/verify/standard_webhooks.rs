//! The Standard Webhooks specification, version 1 with a symmetric key (standardwebhooks.com).
//!
//! Signed is `id.timestamp.body`; the signature's header may hold several signatures, of which one must fit, so that the
//! sender too can change its secret.

use data_encoding::{BASE64, BASE64_NOPAD};
use hmac::Mac as _;
use jiff::Timestamp;

use super::{Unauthentic, hmac::sha256};
use crate::request::Request;

const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";

/// How far the sender's clock, and the message's way, may be from ours; the specification's own figure.
pub(super) const TOLERANCE_S: i64 = 5 * 60;

pub(super) fn verify(secrets: &[&[u8]], request: &Request<'_>, now: Timestamp) -> Result<(), Unauthentic> {
    let header = |name| request.header(name).map_err(|problem| Unauthentic::header(name, problem));
    let (id, timestamp, signatures) = (header(ID)?, header(TIMESTAMP)?, header(SIGNATURE)?);
    let form = |name: &str, expected: &str| Unauthentic::Form { name: name.to_owned(), expected: expected.to_owned() };
    if id.is_empty() {
        return Err(form(ID, "the id of the message"));
    }
    let sent: i64 = timestamp.parse().map_err(|_| form(TIMESTAMP, "seconds since 1970"))?;
    if now.as_second().abs_diff(sent) > TOLERANCE_S.unsigned_abs() {
        return Err(Unauthentic::Stale { name: TIMESTAMP, tolerance_s: TOLERANCE_S });
    }
    // Other versions stand beside ours and are not for us.
    let signatures: Vec<Vec<u8>> = signatures
        .split(' ')
        .filter_map(|signature| BASE64.decode(signature.strip_prefix("v1,")?.as_bytes()).ok())
        .collect();
    if signatures.is_empty() {
        return Err(form(SIGNATURE, "'v1,' and the signature in base64; several are separated by spaces"));
    }
    let keys: Vec<Vec<u8>> = secrets.iter().filter_map(|secret| key(secret)).collect();
    if keys.is_empty() {
        return Err(Unauthentic::UnfitSecret);
    }
    let fits = keys.iter().any(|key| {
        let mac = sha256(key, &[id.as_bytes(), b".", timestamp.as_bytes(), b".", request.body]);
        signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
    });
    if fits { Ok(()) } else { Err(Unauthentic::Mismatch { name: SIGNATURE.to_owned() }) }
}

/// `whsec_` and base64, with or without padding; another text is the key itself, as senders outside the specification
/// have it.
fn key(secret: &[u8]) -> Option<Vec<u8>> {
    let key = match secret.strip_prefix(b"whsec_") {
        Some(encoded) => {
            let padding = encoded.iter().rev().take_while(|&&byte| byte == b'=').count();
            BASE64_NOPAD.decode(&encoded[..encoded.len() - padding]).ok()?
        }
        None => secret.to_vec(),
    };
    Some(key).filter(|key| !key.is_empty())
}
