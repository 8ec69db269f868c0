//! Requests as platforms send them, for the tests of their formats.

use data_encoding::HEXLOWER;
use hmac::Mac as _;
use http::{HeaderMap, HeaderName, Method};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use leadyard_domain::config::{FieldTable, Source};
use leadyard_domain::event::{Identity, Intent, Origin, Received};
use leadyard_domain::id::EventId;
use serde_json::{Map, Value, json};

use crate::capture::Draft;
use crate::request::{Malformed, Part, Reply, Request, Split};
use crate::verify::{Unauthentic, hmac as by_hmac};
use crate::{capture, format};

/// Seconds since 1970 at which tests are.
pub(super) const NOW_S: i64 = 1_784_628_000;

/// A source of a format with the platform's secrets.
pub(super) fn source(format: &str) -> Source {
    let verify = json!({"platform": {"secret": "app", "challenge": "token"}});
    serde_json::from_value(json!({"id": "ads", "format": format, "verify": verify, "default_country": "DE"})).unwrap()
}

/// A request's headers and body, or its query.
#[derive(Clone, Default)]
pub(super) struct Sent {
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    pub(super) query: &'static str,
}

impl Sent {
    pub(super) fn body(body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::default() }
    }

    pub(super) fn with(mut self, header: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((header, value.into()));
        self
    }

    fn asked<T>(&self, method: &Method, ask: impl FnOnce(&Request<'_>) -> T) -> T {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        let (url, query, body) = ("https://example.com/in/key", self.query, &self.body[..]);
        ask(&Request { id: "r1", method, url, query, headers: &headers, received_at: Timestamp::UNIX_EPOCH, body })
    }

    /// Verifies it as a source of the format.
    pub(super) fn verify(&self, source: &Source, secrets: &[&str]) -> Result<(), Unauthentic> {
        let secrets: Vec<&[u8]> = secrets.iter().map(|secret| secret.as_bytes()).collect();
        let now = Timestamp::from_second(NOW_S).unwrap();
        let format = format(&source.format).unwrap();
        self.asked(&Method::POST, |request| (format.verify)(source, &secrets, request, now))
    }

    /// Reads its events.
    pub(super) fn parts(&self, source: &Source) -> Result<Vec<Part>, Malformed> {
        let format = format(&source.format).unwrap();
        match self.asked(&Method::POST, |request| format.read(source, request))? {
            Split::Events(parts) => Ok(parts),
            Split::Ignored { reason } => panic!("ignored: {reason}"),
        }
    }

    /// What is wrong with it.
    pub(super) fn wrong(&self, source: &Source) -> String {
        self.parts(source).unwrap_err().to_string()
    }

    /// Answers it as a try of the endpoint.
    pub(super) fn challenge(&self, source: &Source, secrets: &[&str]) -> Result<Reply, Unauthentic> {
        let secrets: Vec<&[u8]> = secrets.iter().map(|secret| secret.as_bytes()).collect();
        let challenge = format(&source.format).unwrap().challenge.unwrap();
        self.asked(&Method::GET, |request| challenge(source, &secrets, request))
    }
}

/// The hexadecimal HMAC-SHA256 of some bytes.
pub(super) fn mac(secret: &str, parts: &[&[u8]]) -> String {
    HEXLOWER.encode(&by_hmac::sha256(secret.as_bytes(), parts).finalize().into_bytes())
}

/// Proves that a request is refused however its proof is changed, and taken with an old secret and a new one.
pub(super) fn prove_signature(source: &Source, header: &'static str, body: &str, sign: impl Fn(&str, &str) -> String) {
    let secrets = ["new", "old"];
    for secret in secrets {
        let signed = |value: String| Sent::body(body).with(header, value);
        let right = sign(secret, body);
        assert_eq!(signed(right.clone()).verify(source, &secrets), Ok(()), "{secret}");
        assert!(matches!(signed(right.clone()).verify(source, &["other"]), Err(Unauthentic::Mismatch { .. })));
        for none in [&[][..], &[""], &["", ""]] {
            assert_eq!(signed(right.clone()).verify(source, none), Err(Unauthentic::NoSecret), "{none:?}");
        }
        assert!(signed(right.clone()).with(header, right.clone()).verify(source, &secrets).is_err(), "it stands twice");
        let mut changed = signed(right.clone());
        changed.body.push(b' ');
        assert!(changed.verify(source, &secrets).is_err(), "the raw bytes count");
        for wrong in ["", "sha256=", "zz", &right[..right.len() - 2], &format!("{right}00"), &sign("", body)] {
            assert!(signed(wrong.to_owned()).verify(source, &secrets).is_err(), "{wrong}");
        }
        let open = Source { verify: Default::default(), ..source.clone() };
        assert_eq!(signed(right).verify(&open, &secrets), Err(Unauthentic::NoPlatformSecret));
    }
    assert!(Sent::body(body).verify(source, &secrets).is_err(), "no header at all");
}

/// What a lead of an event would be.
pub(super) fn captured(source: &Source, payload: Map<String, Value>) -> Draft {
    let (account, received_at) = ("main".parse().unwrap(), Timestamp::from_second(NOW_S).unwrap());
    let received = Received {
        event: EventId::from_external(&account, &source.id, "1"),
        account,
        source: source.id.clone(),
        received_at,
        identity: Identity::External("1".to_owned()),
        payload,
        origin: Origin::default(),
        intent: Intent::Capture,
    };
    capture(source, &FieldTable::new(&[]), &TimeZone::UTC, &received).unwrap()
}

/// The fields of a draft as texts.
pub(super) fn fields(draft: &Draft) -> Vec<(String, String)> {
    draft.fields.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}
