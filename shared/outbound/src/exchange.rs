//! One request to a destination and what came of it.
//!
//! Everything is bounded: the time of the whole exchange, the response's headers and its body. Whatever goes wrong is a
//! value ([`Failure`]) with a code, a message for the destination's owner, and an answer to both questions that decide
//! what follows: is a retry worth it, and may the request have arrived?

mod answer;
mod failure;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use rustls::RootCertStore;
use tokio::time::{Instant, timeout_at};

use crate::address::{AddressPolicy, Target};
use crate::resolve::CheckedResolver;

pub use answer::{Answer, BODY_KEPT_BYTES_MAX, BODY_READ_BYTES_MAX, BodyEnd, Excerpt, HEADERS_KEPT_BYTES_MAX};
pub use failure::{Failure, FailureCode};
pub use reqwest::Method;

#[cfg(test)]
mod tests;

/// Time for the name look-up, the connection and the TLS handshake together.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Time for the whole exchange, the response's body included, unless the destination sets its own.
pub const TIMEOUT_DEFAULT: Duration = Duration::from_secs(15);
/// The longest time that a destination may set.
pub const TIMEOUT_MAX: Duration = Duration::from_secs(30);

/// Headers that say how the message is framed or routed. The client writes them; a second opinion would let a
/// destination's settings smuggle a request past the receiver's front server.
const OWN_HEADERS: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A request as it is to go out. Its `Debug` shows no value that could be personal or secret.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboundRequest {
    /// `POST` as a rule; `PUT` or `GET` where configured.
    pub method: Method,
    /// The destination's URL as its owner wrote it.
    pub url: String,
    /// Header names and values. A name that comes twice counts with its last value.
    pub headers: Vec<(String, String)>,
    /// The body as it goes out, already signed.
    pub body: Vec<u8>,
    /// For the whole exchange, the response's body included; cut to [`TIMEOUT_MAX`].
    pub timeout: Duration,
}

impl fmt::Debug for OutboundRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("OutboundRequest")
            .field("method", &self.method)
            .field("headers", &names)
            .field("body_bytes", &self.body.len())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The receiver answered, with whatever status.
    Answer(Answer),
    /// No answer came, or none could be asked for.
    Failure(Failure),
}

/// Why no [`Exchange`] could be made. Not worth a retry: the deployment must change.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No certificate authority is known, so no receiver could be trusted.
    #[error(
        "no certificates of authorities were found on this system; install them (package ca-certificates) or name a file in SSL_CERT_FILE"
    )]
    NoRoots,
    /// The TLS settings do not fit together.
    #[error("TLS could not be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// The HTTP client could not be built.
    #[error("the HTTP client could not be built: {0}")]
    Client(#[from] reqwest::Error),
}

/// Sends requests to destinations. Make one per process: it holds the trusted certificates and the TLS sessions.
#[derive(Debug, Clone)]
pub struct Exchange {
    client: reqwest::Client,
    policy: Arc<AddressPolicy>,
}

impl Exchange {
    /// An exchange that goes where `policy` allows and trusts the system's certificate authorities, which are read now:
    /// nearly every delivery needs them, and it takes little (145 authorities: 3 to 11 ms, release build).
    pub fn new(policy: AddressPolicy) -> Result<Self, StartError> {
        let mut roots = RootCertStore::empty();
        // A certificate that cannot be read is one authority less; the others still serve.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(StartError::NoRoots);
        }
        Self::with_roots(policy, roots)
    }

    /// As [`Exchange::new`], trusting `roots` instead of the system's authorities.
    pub fn with_roots(policy: AddressPolicy, roots: RootCertStore) -> Result<Self, StartError> {
        let policy = Arc::new(policy);
        Self::with(Arc::clone(&policy), roots, CheckedResolver::new(policy))
    }

    fn with(policy: Arc<AddressPolicy>, roots: RootCertStore, resolver: CheckedResolver) -> Result<Self, StartError> {
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(resolver)
            .connect_timeout(CONNECT_TIMEOUT)
            .http1_only()
            // A redirect would lead past the judgement of the URL, and show the lead to someone who was not configured.
            .redirect(reqwest::redirect::Policy::none())
            // A proxy would look names up itself.
            .no_proxy()
            // The schedule of retries is the only one; each attempt is in the log.
            .retry(reqwest::retry::never())
            // No connection is kept. One that died while the function was frozen takes a request and never tells
            // whether it arrived, and that is the one outcome that cannot be repaired. TLS sessions are resumed.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("Leadyard/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, policy })
    }

    /// Sends the request and reads the answer, within the request's timeout. Redirects are not followed. Never fails as
    /// a function: what went wrong is in the reply.
    pub async fn send(&self, request: OutboundRequest) -> Reply {
        let started = Instant::now();
        match self.attempt(request, started).await {
            Ok(answer) => Reply::Answer(Answer { elapsed_ms: elapsed_ms(started), ..answer }),
            Err(failure) => Reply::Failure(Failure { elapsed_ms: elapsed_ms(started), ..failure }),
        }
    }

    async fn attempt(&self, request: OutboundRequest, started: Instant) -> Result<Answer, Failure> {
        let timeout = request.timeout.min(TIMEOUT_MAX);
        let deadline = started + timeout;
        let target = self.policy.check_url(&request.url).map_err(Failure::refused)?;
        let headers = header_map(&request.headers)?;
        let sending =
            self.client.request(request.method, target.url().clone()).headers(headers).body(request.body).send();
        match timeout_at(deadline, sending).await {
            Ok(Ok(response)) => Ok(answer::read(response, deadline).await),
            Ok(Err(error)) => Err(Failure::of(&error, &target)),
            Err(_) => Err(Failure::timeout(timeout)),
        }
    }
}

fn header_map(headers: &[(String, String)]) -> Result<HeaderMap, Failure> {
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        let parsed =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| Failure::header(name, "is no valid header name"))?;
        if OWN_HEADERS.contains(&parsed.as_str()) {
            return Err(Failure::header(name, "is written by the sender and cannot be set"));
        }
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| Failure::header(name, "has a value with a line break or another control character"))?;
        map.insert(parsed, value);
    }
    Ok(map)
}

fn elapsed_ms(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}
