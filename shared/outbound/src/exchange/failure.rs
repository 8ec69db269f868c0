//! Why a request got no answer, as data.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use super::{CONNECT_TIMEOUT, Target};
use crate::address::Refusal;
use crate::resolve::ResolveError;

/// What went wrong, in the words of the log of attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureCode {
    /// The URL is not one that deliveries go to.
    Url,
    /// A header of the request cannot be sent.
    Header,
    /// The host is, or resolves to, an address that deliveries do not go to.
    AddressRefused,
    /// The host's name could not be resolved.
    Dns,
    /// No connection came about.
    Connect,
    /// The TLS handshake failed.
    Tls,
    /// The time was over before an answer came.
    Timeout,
    /// The connection ended before an answer came, or what came is not HTTP.
    Response,
    /// The answer's headers are larger than the client takes.
    TooLarge,
}

impl FailureCode {
    /// The code as it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Url => "E_URL",
            Self::Header => "E_HEADER",
            Self::AddressRefused => "E_ADDRESS_REFUSED",
            Self::Dns => "E_DNS",
            Self::Connect => "E_CONNECT",
            Self::Tls => "E_TLS",
            Self::Timeout => "E_TIMEOUT",
            Self::Response => "E_RESPONSE",
            Self::TooLarge => "E_TOO_LARGE",
        }
    }

    /// Whether the same request may succeed later without anybody changing the configuration.
    pub fn is_retryable(self) -> bool {
        match self {
            Self::Url | Self::Header | Self::AddressRefused => false,
            Self::Dns | Self::Connect | Self::Tls | Self::Timeout | Self::Response | Self::TooLarge => true,
        }
    }

    /// Whether the receiver may have got the request all the same. A destination that wants each lead at most once must
    /// not get it again after such a failure.
    pub fn may_have_arrived(self) -> bool {
        match self {
            Self::Timeout | Self::Response | Self::TooLarge => true,
            Self::Url | Self::Header | Self::AddressRefused | Self::Dns | Self::Connect | Self::Tls => false,
        }
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A request that got no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Failure {
    /// What went wrong.
    pub code: FailureCode,
    /// The same for the destination's owner, with what to do. Holds no path, query, header value or body.
    pub message: String,
    /// From the start of the attempt to its end.
    pub elapsed_ms: u64,
}

impl Failure {
    fn new(code: FailureCode, message: String) -> Self {
        Self { code, message, elapsed_ms: 0 }
    }

    /// The URL was refused before anything was sent.
    pub(super) fn refused(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::Address(_) => FailureCode::AddressRefused,
            Refusal::TooLong(_)
            | Refusal::Malformed(_)
            | Refusal::Scheme(_)
            | Refusal::UserInfo
            | Refusal::Host
            | Refusal::Port
            | Refusal::PortRefused(_) => FailureCode::Url,
        };
        Self::new(code, refusal.to_string())
    }

    /// A header was refused before anything was sent. Its value may be a secret and is not shown.
    pub(super) fn header(name: &str, problem: &str) -> Self {
        Self::new(FailureCode::Header, format!("the header `{}` {problem}", name.escape_debug()))
    }

    /// No answer came in time.
    pub(super) fn timeout(timeout: Duration) -> Self {
        Self::new(FailureCode::Timeout, format!("no answer came within {timeout:?}"))
    }

    /// Reads the client's error. The most telling cause in its chain decides.
    pub(super) fn of(error: &reqwest::Error, target: &Target) -> Self {
        let host = target.host();
        if error.is_builder() {
            return Self::new(
                FailureCode::Url,
                "the URL cannot be put into a request; check its characters".to_owned(),
            );
        }
        match find::<ResolveError>(error) {
            Some(ResolveError::Refused(refusal)) => {
                return Self::new(FailureCode::AddressRefused, refusal.to_string());
            }
            Some(failed @ (ResolveError::Lookup(_) | ResolveError::Empty)) => {
                return Self::new(FailureCode::Dns, format!("{host}: {failed}"));
            }
            None => {}
        }
        if error.is_connect() {
            return Self::connecting(error, host);
        }
        if find::<hyper::Error>(error).is_some_and(hyper::Error::is_parse_too_large) {
            return Self::new(
                FailureCode::TooLarge,
                format!("{host} answered with more headers than are read (100 headers, some 400 KiB)"),
            );
        }
        Self::new(
            FailureCode::Response,
            format!("{host} took the connection and gave no usable answer: {}", innermost(error)),
        )
    }

    /// Nothing was sent yet.
    fn connecting(error: &reqwest::Error, host: &str) -> Self {
        if let Some(tls) = find::<rustls::Error>(error) {
            return Self::new(FailureCode::Tls, format!("no secure connection to {host}: {tls}"));
        }
        let cause = if error.is_timeout() {
            format!("it took longer than {CONNECT_TIMEOUT:?}")
        } else {
            innermost(error).to_string()
        };
        Self::new(FailureCode::Connect, format!("no connection to {host}: {cause}"))
    }
}

/// The error and its causes.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| cause(error))
}

/// What an error wraps. `io::Error` leaves the error it wraps out of `source`, and TLS errors come wrapped so.
fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    chain(error).find_map(|cause| cause.downcast_ref())
}

fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    chain(error).last().unwrap_or(error)
}
