//! How a request proves where it comes from.
//!
//! Always over the raw bytes and in constant time, before anything is parsed. Several secret values are tried, so that a
//! secret can be changed without losing a lead; none at all is a refusal, never a bypass.

mod basic;
mod bearer;
mod header;
pub(crate) mod hmac;
pub(crate) mod signed;
mod standard_webhooks;

#[cfg(test)]
mod tests;

use http::StatusCode;
use jiff::Timestamp;
use leadyard_domain::config::{Source, Verification};

use crate::request::{HeaderProblem, Request};

/// A request that does not prove where it comes from. Not worth a retry with the same request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unauthentic {
    /// The secret that the source names has no value, so nobody can be let in.
    #[error("this source can verify nobody: its secret has no value; its owner must set it")]
    NoSecret,
    /// The secret that the source names is none of the form it needs.
    #[error("this source can verify nobody: its secret is not of the form that it needs; its owner must set it again")]
    UnfitSecret,
    /// A header is missing, repeated or no text.
    #[error("the header '{name}' {problem}")]
    Header {
        /// The header.
        name: String,
        /// What is wrong with it.
        problem: HeaderProblem,
    },
    /// A header is not written as it should be.
    #[error("the header '{name}' must be {expected}")]
    Form {
        /// The header.
        name: String,
        /// How it should be written.
        expected: String,
    },
    /// It was signed too long ago, or in the future.
    #[error(
        "the time in the header '{name}' is more than {tolerance_s} s from now: send again, or set the clock right"
    )]
    Stale {
        /// The header.
        name: &'static str,
        /// The seconds that are allowed.
        tolerance_s: i64,
    },
    /// What was sent is not what the secret gives.
    #[error("the header '{name}' does not fit the secret and the body")]
    Mismatch {
        /// The header.
        name: String,
    },
    /// The platform signs, and the source names no secret of it.
    #[error(
        "this source can verify nobody: its format needs `verify: {{ platform: {{ secret: NAME }} }}`; its owner must set it"
    )]
    NoPlatformSecret,
    /// The platform tries the endpoint with a word of its own, and the source names no secret that holds it.
    #[error(
        "this source can answer no try of its endpoint: it needs `verify: {{ platform: {{ secret: NAME, challenge: NAME }} }}`; its owner must set it"
    )]
    NoChallengeSecret,
    /// What the body or the URL says of itself is not what the secret gives.
    #[error("{what} does not fit the secret")]
    Unproven {
        /// Which part, in words.
        what: &'static str,
    },
    /// A page that may not post here.
    #[error("this page may not post here: its origin is not on the source's list")]
    Origin,
}

impl Unauthentic {
    pub(crate) fn header(name: &str, problem: HeaderProblem) -> Self {
        Self::Header { name: name.to_owned(), problem }
    }

    /// The answer's status: 403 for a page that may not post, else 401.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Origin => StatusCode::FORBIDDEN,
            _ => StatusCode::UNAUTHORIZED,
        }
    }

    /// Whether only the owner of the source can mend it: worth a warning in the log.
    #[must_use]
    pub fn is_our_fault(&self) -> bool {
        matches!(self, Self::NoSecret | Self::NoPlatformSecret | Self::NoChallengeSecret | Self::UnfitSecret)
    }
}

/// The verification that the source is configured with.
///
/// # Errors
/// What the request lacks; see [`Unauthentic`].
pub fn verify(source: &Source, secrets: &[&[u8]], request: &Request<'_>, now: Timestamp) -> Result<(), Unauthentic> {
    if matches!(source.verify, Verification::None | Verification::Url) {
        return Ok(());
    }
    let secrets = usable(secrets)?;
    match &source.verify {
        Verification::None | Verification::Url => Ok(()),
        // A format with a way of its own does not come here.
        Verification::Platform(_) => Err(Unauthentic::UnfitSecret),
        Verification::Basic(by) => basic::verify(by, &secrets, request),
        Verification::Header(by) => header::verify(by, &secrets, request),
        Verification::Bearer(_) => bearer::verify(&secrets, request),
        Verification::Hmac(settings) => hmac::verify(settings, &secrets, request),
        Verification::StandardWebhooks(_) => standard_webhooks::verify(&secrets, request, now),
    }
}

/// The secrets by which somebody may prove himself. Anybody can sign with an empty key.
///
/// # Errors
/// [`Unauthentic::NoSecret`] when there is none.
pub(crate) fn usable<'a>(secrets: &[&'a [u8]]) -> Result<Vec<&'a [u8]>, Unauthentic> {
    let secrets: Vec<&[u8]> = secrets.iter().copied().filter(|secret| !secret.is_empty()).collect();
    if secrets.is_empty() { Err(Unauthentic::NoSecret) } else { Ok(secrets) }
}

/// The secrets of the source's platform, for a format that signs in a way of its own.
///
/// # Errors
/// The source names none, or it has no value.
pub(crate) fn platform<'a>(source: &Source, secrets: &[&'a [u8]]) -> Result<Vec<&'a [u8]>, Unauthentic> {
    match source.verify {
        Verification::Platform(_) => usable(secrets),
        _ => Err(Unauthentic::NoPlatformSecret),
    }
}
