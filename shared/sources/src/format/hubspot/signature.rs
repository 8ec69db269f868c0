//! HubSpot's signatures (developers.hubspot.com/docs/api/webhooks/validating-requests).
//!
//! - v3, `X-HubSpot-Signature-v3`: base64 of HMAC-SHA256 over method, URL, body and time; the time stands in milliseconds in
//!   `X-HubSpot-Request-Timestamp` and is at most 5 minutes old.
//! - v2, `X-HubSpot-Signature`: hexadecimal SHA-256 of secret, method, URL and body.
//! - v1, the same header: hexadecimal SHA-256 of secret and body.
//!
//! v2 and v1 know no time, so that a request that was overheard could be sent again: they count only where the source says
//! so.

use jiff::Timestamp;
use leadyard_domain::config::{HubspotSettings, HubspotSignature, Source};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::request::Request;
use crate::verify::Unauthentic;
use crate::verify::signed::{Written, fits, is_recent, signed};

const V3: &str = "x-hubspot-signature-v3";
const TIMESTAMP: &str = "x-hubspot-request-timestamp";
const OLDER: &str = "x-hubspot-signature";
/// How old a request may be.
const TOLERANCE_S: i64 = 5 * 60;

pub(super) fn verify(
    source: &Source,
    secrets: &[&[u8]],
    request: &Request<'_>,
    now: Timestamp,
) -> Result<(), Unauthentic> {
    signed(source, secrets, request, now, by_hubspot)
}

fn by_hubspot(source: &Source, secrets: &[&[u8]], request: &Request<'_>, now: Timestamp) -> Result<(), Unauthentic> {
    let usual = HubspotSettings::default();
    let settings = source.hubspot.as_ref().unwrap_or(&usual);
    let url = called_url(settings, request);
    let method = request.method.as_str().as_bytes();
    match settings.signature {
        HubspotSignature::V3 => v3(secrets, method, &url, request, now),
        HubspotSignature::V2 => older(secrets, &[method, url.as_bytes(), request.body], request),
        HubspotSignature::V1 => older(secrets, &[request.body], request),
    }
}

fn v3(secrets: &[&[u8]], method: &[u8], url: &str, request: &Request<'_>, now: Timestamp) -> Result<(), Unauthentic> {
    let header = |name| request.header(name).map_err(|problem| Unauthentic::header(name, problem));
    let (timestamp, signature) = (header(TIMESTAMP)?, header(V3)?);
    is_recent(TIMESTAMP, timestamp, 1, TOLERANCE_S, now)?;
    let signature = Written::Base64
        .decode(signature.trim())
        .ok_or_else(|| Unauthentic::Form { name: V3.to_owned(), expected: "the signature in base64".to_owned() })?;
    let signature = [signature];
    let over = |url: &str| fits(secrets, &[method, url.as_bytes(), request.body, timestamp.as_bytes()], &signature);
    // Where nothing is encoded the two are one. What HubSpot says it signs is the decoded form.
    if over(&decoded(url)) || over(url) { Ok(()) } else { Err(Unauthentic::Mismatch { name: V3.to_owned() }) }
}

fn older(secrets: &[&[u8]], parts: &[&[u8]], request: &Request<'_>) -> Result<(), Unauthentic> {
    let value = request.header(OLDER).map_err(|problem| Unauthentic::header(OLDER, problem))?;
    let signature = Written::Hex.decode(value.trim()).ok_or_else(|| Unauthentic::Form {
        name: OLDER.to_owned(),
        expected: "the signature in hexadecimal".to_owned(),
    })?;
    let fits = secrets.iter().fold(0, |found, secret| {
        let mut hash = Sha256::new();
        hash.update(secret);
        for part in parts {
            hash.update(part);
        }
        found | hash.finalize().as_slice().ct_eq(&signature).unwrap_u8()
    });
    if fits == 1 { Ok(()) } else { Err(Unauthentic::Mismatch { name: OLDER.to_owned() }) }
}

/// The URL as HubSpot called it: the request's own, or what the source says, with the endpoint's key and the query in it.
fn called_url(settings: &HubspotSettings, request: &Request<'_>) -> String {
    let Some(url) = &settings.url else { return request.url.to_owned() };
    let path = request.url.split(['?', '#']).next().unwrap_or_default();
    let key = path.rsplit('/').next().unwrap_or_default();
    let url = url.replace("{key}", key);
    if request.query.is_empty() { url } else { format!("{url}?{}", request.query) }
}

/// The characters that HubSpot decodes in a URL before it signs it; others stay as they are.
const DECODED: &[(&str, &str)] = &[
    ("%3A", ":"),
    ("%2F", "/"),
    ("%3F", "?"),
    ("%40", "@"),
    ("%21", "!"),
    ("%24", "$"),
    ("%27", "'"),
    ("%28", "("),
    ("%29", ")"),
    ("%2A", "*"),
    ("%2C", ","),
    ("%3B", ";"),
];

fn decoded(url: &str) -> String {
    let mut decoded = String::with_capacity(url.len());
    let mut rest = url;
    while let Some(at) = rest.find('%') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        let code = rest.get(..3);
        let known = code.and_then(|code| DECODED.iter().find(|(encoded, _)| encoded.eq_ignore_ascii_case(code)));
        let (plain, taken) = known.map_or(("%", 1), |(_, plain)| (*plain, 3));
        decoded.push_str(plain);
        rest = &rest[taken..];
    }
    decoded.push_str(rest);
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_hubspot_decodes_is_decoded() {
        for (url, expected) in [
            ("https://x.example/in/k", "https://x.example/in/k"),
            ("https://x.example/in/k?a=1%402%3a3", "https://x.example/in/k?a=1@2:3"),
            ("%2F%2f%3B%20%2B%C3%BC%", "//;%20%2B%C3%BC%"),
            // Once only.
            ("%253A%%3A", "%253A%:"),
            ("%ü%3", "%ü%3"),
        ] {
            assert_eq!(decoded(url), expected, "{url}");
        }
    }
}
