//! Checks a signature as a receiver would: by the Standard Webhooks specification, with code of its own, so that a
//! mistake of the sender is not repeated here.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::Recorded;

/// The longest that a signature is good for, in seconds: the specification's libraries have five minutes.
const TOLERANCE_S: i64 = 5 * 60;

/// What is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header is missing or cannot be read.
    #[error("the header {0} is missing or no text of its form")]
    Header(&'static str),
    /// The timestamp is too far from when the request arrived.
    #[error("the timestamp is {0} s away from when the request arrived")]
    Stale(i64),
    /// No signature is right.
    #[error("none of the signatures is right for this secret")]
    Mismatch,
    /// The secret is no `whsec_` and base64.
    #[error("the secret is no whsec_ and base64")]
    Secret,
}

/// Checks the Standard Webhooks headers of a request with a secret of the form `whsec_BASE64`.
///
/// # Errors
/// The first thing that a receiver would refuse the request for.
pub fn verify(secret: &str, request: &Recorded) -> Result<(), SignatureError> {
    let header = |name: &'static str| request.header(name).ok_or(SignatureError::Header(name));
    let id = header("webhook-id")?;
    let timestamp = header("webhook-timestamp")?;
    let signatures = header("webhook-signature")?;

    let seconds: i64 = timestamp.parse().map_err(|_| SignatureError::Header("webhook-timestamp"))?;
    let age_s = request.at.as_second() - seconds;
    if age_s.abs() > TOLERANCE_S {
        return Err(SignatureError::Stale(age_s));
    }

    let key = secret
        .strip_prefix("whsec_")
        .and_then(|encoded| BASE64.decode(encoded.as_bytes()).ok())
        .ok_or(SignatureError::Secret)?;
    let signed = [id.as_bytes(), timestamp.as_bytes(), &request.body].join(&b'.');
    let is_right = |signature: &str| {
        let Some(Ok(bytes)) = signature.strip_prefix("v1,").map(|text| BASE64.decode(text.as_bytes())) else {
            return false;
        };
        let mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes a key of any length");
        mac.chain_update(&signed).verify_slice(&bytes).is_ok()
    };
    if signatures.split(' ').any(is_right) { Ok(()) } else { Err(SignatureError::Mismatch) }
}

#[cfg(test)]
mod tests {
    use hyper::{HeaderMap, Method};
    use jiff::Timestamp;
    use serde_json::Value;

    use super::*;

    /// The vector that the specification's authors publish.
    fn published() -> (String, Recorded) {
        let vector: Value =
            serde_json::from_str(include_str!("../../../events/standard_webhooks_vector.json")).unwrap();
        let text = |name: &str| vector[name].as_str().map_or_else(|| vector[name].to_string(), str::to_owned);
        let mut headers = HeaderMap::new();
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            headers.insert(name, text(name).parse().unwrap());
        }
        let at = Timestamp::from_second(text("webhook-timestamp").parse().unwrap()).unwrap();
        let body = text("payload").into();
        (text("secret"), Recorded { method: Method::POST, path: "/".to_owned(), headers, body, at })
    }

    #[test]
    fn the_published_vector_is_right_and_anything_else_is_not() {
        let (secret, request) = published();
        assert_eq!(verify(&secret, &request), Ok(()));

        let changed = Recorded { body: "{}".into(), ..request.clone() };
        assert_eq!(verify(&secret, &changed), Err(SignatureError::Mismatch));
        assert_eq!(verify("whsec_a2V5", &request), Err(SignatureError::Mismatch));
        assert_eq!(verify("key", &request), Err(SignatureError::Secret));

        let mut late = request.clone();
        late.at = Timestamp::from_second(late.at.as_second() + TOLERANCE_S + 1).unwrap();
        assert_eq!(verify(&secret, &late), Err(SignatureError::Stale(TOLERANCE_S + 1)));

        let mut unsigned = request;
        unsigned.headers.remove("webhook-signature");
        assert_eq!(verify(&secret, &unsigned), Err(SignatureError::Header("webhook-signature")));
    }
}
