//! Signs deliveries as the Standard Webhooks specification says.
//!
//! Source: the specification's "Signature scheme" and "Webhook headers" chapters (standardwebhooks.com), version 1 with a
//! symmetric key. The signed text is `id.timestamp.body`; a receiver takes the delivery when one of the signatures in
//! the header is right, so a secret is changed by signing with the old and the new one for a while.

use std::fmt;

use data_encoding::{BASE64, BASE64_NOPAD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

/// What a secret in the specification's own form begins with; base64 follows.
const PREFIX: &str = "whsec_";

/// A key shared with a receiver. Its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// A secret that cannot be used. Not worth a retry: the destination's secret must be set anew. Shows nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedSecret {
    /// There is nothing in it.
    #[error("the signing secret is empty; set one of 24 bytes or more")]
    Empty,
    /// White space at an end comes from copying. The receiver, which has none, would refuse every signature.
    #[error("the signing secret begins or ends with white space; set it again without")]
    WhiteSpace,
    /// `whsec_` is not followed by base64.
    #[error("the signing secret begins with `whsec_` and base64 must follow, but does not; copy it again as a whole")]
    Base64,
}

impl Secret {
    /// Reads a secret: `whsec_` and base64 (padding may be missing), or else the key itself.
    pub fn parse(text: &str) -> Result<Self, MalformedSecret> {
        if text.trim() != text {
            return Err(MalformedSecret::WhiteSpace);
        }
        let key = match text.strip_prefix(PREFIX) {
            Some(encoded) => {
                BASE64_NOPAD.decode(encoded.trim_end_matches('=').as_bytes()).map_err(|_| MalformedSecret::Base64)?
            }
            None => text.as_bytes().to_vec(),
        };
        if key.is_empty() { Err(MalformedSecret::Empty) } else { Ok(Self(key)) }
    }

    /// `v1,` and the signature in base64.
    fn sign(&self, id: &str, timestamp: &str, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

/// The headers that identify and sign one attempt.
///
/// `id` is the delivery's id, the same on every attempt; `at` is the time of this attempt, of which whole seconds are
/// sent; `body` is exactly what is sent. Each secret gives one signature, in the given order. Without a secret there is
/// no `webhook-signature`.
pub fn headers(id: &str, at: Timestamp, body: &[u8], secrets: &[Secret]) -> Vec<(String, String)> {
    let timestamp = at.as_second().to_string();
    let signatures: Vec<_> = secrets.iter().map(|secret| secret.sign(id, &timestamp, body)).collect();
    let mut headers = vec![("webhook-id".to_owned(), id.to_owned()), ("webhook-timestamp".to_owned(), timestamp)];
    if !signatures.is_empty() {
        headers.push(("webhook-signature".to_owned(), signatures.join(" ")));
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    const VECTOR: &str = include_str!("../../../events/standard_webhooks_vector.json");

    fn vector() -> serde_json::Value {
        serde_json::from_str(VECTOR).unwrap()
    }

    fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
        headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    fn sign_vector(secrets: &[Secret]) -> Vec<(String, String)> {
        let vector = vector();
        let at = Timestamp::from_second(vector["webhook-timestamp"].as_i64().unwrap()).unwrap();
        let body = vector["payload"].as_str().unwrap().as_bytes();
        headers(vector["webhook-id"].as_str().unwrap(), at, body, secrets)
    }

    #[test]
    fn the_published_vector_is_met() {
        let vector = vector();
        let secret = Secret::parse(vector["secret"].as_str().unwrap()).unwrap();
        let headers = sign_vector(&[secret]);
        assert_eq!(header(&headers, "webhook-id"), vector["webhook-id"].as_str());
        assert_eq!(header(&headers, "webhook-timestamp"), Some("1614265330"));
        assert_eq!(header(&headers, "webhook-signature"), vector["webhook-signature"].as_str());
    }

    #[test]
    fn several_secrets_sign_in_their_order() {
        let published = Secret::parse(vector()["secret"].as_str().unwrap()).unwrap();
        let other = Secret::parse("a raw secret that is no base64").unwrap();
        let both = sign_vector(&[other.clone(), published.clone()]);
        let signatures: Vec<_> = header(&both, "webhook-signature").unwrap().split(' ').collect();
        assert_eq!(signatures.len(), 2);
        assert_eq!(Some(signatures[0]), header(&sign_vector(&[other]), "webhook-signature"));
        assert_eq!(Some(signatures[1]), header(&sign_vector(&[published]), "webhook-signature"));
    }

    #[test]
    fn without_a_secret_nothing_is_signed() {
        let headers = sign_vector(&[]);
        assert_eq!(header(&headers, "webhook-signature"), None);
        assert_eq!(headers.len(), 2);
    }

    #[test]
    fn a_raw_secret_is_the_key_itself() {
        let raw = Secret::parse("key").unwrap();
        assert_eq!(raw, Secret::parse("whsec_a2V5").unwrap());
        // HMAC-SHA256("key", "m.1.b"), computed with another implementation.
        let at = Timestamp::from_second(1).unwrap();
        assert_eq!(
            header(&headers("m", at, b"b", &[raw]), "webhook-signature"),
            Some("v1,c3xHO36lE2+kOwlNrqyMc/MXXvNCEcHJzBWIjqnOh4o=")
        );
    }

    #[test]
    fn padding_may_be_missing() {
        assert_eq!(Secret::parse("whsec_a2V5cw==").unwrap(), Secret::parse("whsec_a2V5cw").unwrap());
    }

    #[test]
    fn a_malformed_secret_is_refused_without_showing_it() {
        for (text, expected) in [
            ("", MalformedSecret::Empty),
            ("whsec_", MalformedSecret::Empty),
            ("whsec_hunter2!", MalformedSecret::Base64),
            ("whsec_a", MalformedSecret::Base64),
            (" hunter2", MalformedSecret::WhiteSpace),
            ("whsec_a2V5\n", MalformedSecret::WhiteSpace),
        ] {
            let error = Secret::parse(text).unwrap_err();
            assert_eq!(error, expected, "{text:?}");
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }

    #[test]
    fn debug_shows_nothing_of_a_secret() {
        assert_eq!(format!("{:?}", Secret::parse("hunter2").unwrap()), "Secret([redacted])");
    }
}
