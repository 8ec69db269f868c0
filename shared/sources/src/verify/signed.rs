//! What the platforms' own signatures have in common.

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use hmac::Mac as _;
use jiff::Timestamp;
use leadyard_domain::config::{Source, Verification};

use super::{Unauthentic, hmac::sha256, platform, verify};
use crate::format::Verify;
use crate::request::Request;

/// Verifies a source whose platform signs in a way of its own: with `verify: {platform: …}` by that way; with another way
/// that the source names, by that one, for some platforms can send a header instead; where nothing is said, nobody is let
/// in. Only `verify: url` says that the URL's secrecy is enough.
///
/// # Errors
/// What the request lacks, or the source.
pub(crate) fn signed(
    source: &Source,
    secrets: &[&[u8]],
    request: &Request<'_>,
    now: Timestamp,
    by_platform: Verify,
) -> Result<(), Unauthentic> {
    match source.verify {
        Verification::Platform(_) => by_platform(source, &platform(source, secrets)?, request, now),
        Verification::None => Err(Unauthentic::NoPlatformSecret),
        _ => verify(source, secrets, request, now),
    }
}

/// How a signature is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// In hexadecimal, of either case.
    Hex,
    /// In base64 with its padding.
    Base64,
}

impl Written {
    /// The bytes of a signature; `None` when it is none.
    pub(crate) fn decode(self, signature: &str) -> Option<Vec<u8>> {
        match self {
            Self::Hex => HEXLOWER_PERMISSIVE.decode(signature.as_bytes()).ok(),
            Self::Base64 => BASE64.decode(signature.as_bytes()).ok(),
        }
        .filter(|bytes| !bytes.is_empty())
    }
}

/// Whether one of the secrets gives one of the signatures over the parts, by HMAC-SHA256, compared in constant time.
pub(crate) fn fits(secrets: &[&[u8]], parts: &[&[u8]], signatures: &[Vec<u8>]) -> bool {
    secrets.iter().any(|secret| {
        let mac = sha256(secret, parts);
        signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
    })
}

/// An HMAC-SHA256 over the body in one header.
///
/// # Errors
/// The header is missing, malformed, or does not fit.
pub(crate) fn body_in_header(
    name: &'static str,
    prefix: &str,
    written: Written,
    secrets: &[&[u8]],
    request: &Request<'_>,
) -> Result<(), Unauthentic> {
    let value = request.header(name).map_err(|problem| Unauthentic::header(name, problem))?;
    let signature = value.trim().strip_prefix(prefix).and_then(|signature| written.decode(signature));
    let signature = signature.ok_or_else(|| Unauthentic::Form {
        name: name.to_owned(),
        expected: format!(
            "'{prefix}' and the signature in {}",
            if written == Written::Hex { "hexadecimal" } else { "base64" }
        ),
    })?;
    let fits = fits(secrets, &[request.body], &[signature]);
    if fits { Ok(()) } else { Err(Unauthentic::Mismatch { name: name.to_owned() }) }
}

/// A moment in a header that is near enough to now, whole seconds or milliseconds since 1970.
///
/// # Errors
/// It is no such number, or too far away.
pub(crate) fn is_recent(
    name: &'static str,
    value: &str,
    unit_ms: i64,
    tolerance_s: i64,
    now: Timestamp,
) -> Result<(), Unauthentic> {
    let unit = if unit_ms == 1 { "milliseconds since 1970" } else { "seconds since 1970" };
    let form = || Unauthentic::Form { name: name.to_owned(), expected: unit.to_owned() };
    let sent: i64 = value.parse().map_err(|_| form())?;
    let sent_ms = sent.checked_mul(unit_ms).ok_or_else(form)?;
    let apart_ms = now.as_millisecond().abs_diff(sent_ms);
    if apart_ms > (tolerance_s * 1000).unsigned_abs() {
        return Err(Unauthentic::Stale { name, tolerance_s });
    }
    Ok(())
}
