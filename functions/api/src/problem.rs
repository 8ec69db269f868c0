//! Every refusal of the API: a problem document as in RFC 9457, `application/problem+json`.
//!
//! A detail says what happened, where, and what to do. It never repeats a secret, and what went wrong inside is for the
//! log only.

use std::fmt;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use leadyard_domain::config;
use serde::Serialize;
use utoipa::ToSchema;

/// The media type of a problem document.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Seconds after which the same request may pass: most disturbances of a service are over by then.
const RETRY_AFTER_S: &str = "5";

/// Most findings of one answer: Lambda answers 6 MB.
const FINDINGS_MAX: usize = 1_000;

/// The kinds of problems: one row is all there is to say about a kind, whatever the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request cannot be read: bad syntax, a parameter that does not fit.
    BadRequest,
    /// No key, or one that nobody knows.
    Unauthenticated,
    /// The key's role is too small.
    Forbidden,
    /// An assignee is to do what only a member may.
    NotAMember,
    /// There is no such thing in the caller's account, or no such route.
    NotFound,
    /// The route knows other methods only.
    MethodNotAllowed,
    /// Someone else changed it in between.
    Superseded,
    /// The thing is not in a state that allows this.
    WrongState,
    /// `If-Match` names another version than the one in force.
    PreconditionFailed,
    /// The body is over the route's limit.
    TooLarge,
    /// The body is of a type that the route does not read.
    UnsupportedMediaType,
    /// The body was read and is refused as a whole.
    Unprocessable,
    /// Our own fault, and the same request will meet it again.
    Internal,
    /// A service that we need is away; the same request may pass in a moment.
    Unavailable,
}

impl Kind {
    fn row(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, "bad-request", "The request cannot be read"),
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated", "An API key is needed"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "This API key may not do that"),
            Self::NotAMember => (StatusCode::FORBIDDEN, "not-a-member", "Only a member may do that"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "There is no such thing"),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "This method is not for this route")
            }
            Self::Superseded => (StatusCode::CONFLICT, "superseded", "Someone else changed it in between"),
            Self::WrongState => (StatusCode::CONFLICT, "wrong-state", "It is not in a state that allows this"),
            Self::PreconditionFailed => {
                (StatusCode::PRECONDITION_FAILED, "precondition-failed", "Another version is in force")
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large"),
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "The body is of a type that is not read here",
            ),
            Self::Unprocessable => (StatusCode::UNPROCESSABLE_ENTITY, "unprocessable", "The body is refused"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something is broken here"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "A service is away for the moment"),
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(self) -> StatusCode {
        self.row().0
    }
}

/// A refusal on its way out.
#[derive(Debug, Clone)]
pub struct Problem {
    kind: Kind,
    detail: String,
    findings: Vec<Finding>,
    cause: Option<String>,
}

impl Problem {
    /// A refusal; `detail` says what happened in this case, where, and what to do.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), findings: Vec::new(), cause: None }
    }

    /// There is no `what` with this id in the caller's account.
    pub fn unknown(what: &str, id: &dyn fmt::Display) -> Self {
        Self::new(Kind::NotFound, format!("This account has no {what} '{id}'."))
    }

    /// Others changed the same thing each time that it was tried.
    #[must_use]
    pub fn overtaken() -> Self {
        Self::new(
            Kind::Superseded,
            "Others changed the same at the same moment, again and again. Send the request again.",
        )
    }

    /// A config that is refused whole, with everything that is wrong with it.
    #[must_use]
    pub fn config(findings: Vec<Finding>) -> Self {
        let detail = format!(
            "The config has {} problem(s), each listed with its place; nothing was published and the version in force \
             stays. Mend them and send it again.",
            findings.len()
        );
        Self::refused(detail, findings)
    }

    /// A body that is refused whole, with everything that is wrong with it.
    pub fn refused(detail: impl Into<String>, findings: Vec<Finding>) -> Self {
        Self { findings, ..Self::new(Kind::Unprocessable, detail) }
    }

    /// A failure of a service behind the API. `cause` goes to the log and not into the answer.
    pub fn behind(retry: bool, cause: &dyn fmt::Display) -> Self {
        let problem = if retry {
            Self::new(Kind::Unavailable, "A service behind the API did not answer in time. Send the request again.")
        } else {
            Self::new(
                Kind::Internal,
                "The API met a fault of its own and the request would meet it again. The function's log has the cause.",
            )
        };
        problem.caused_by(cause)
    }

    /// The same with its cause, which goes to the log and not into the answer.
    #[must_use]
    pub fn caused_by(mut self, cause: &dyn fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What happened in this case.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    fn document(&self) -> ProblemDocument {
        let (status, slug, title) = self.kind.row();
        ProblemDocument {
            kind: format!("urn:leadyard:problem:{slug}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: self.detail.clone(),
            problems: self.findings.clone(),
        }
    }
}

/// A refusal as RFC 9457 writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProblemDocument {
    /// The kind of problem, for programs. A name, not an address.
    #[serde(rename = "type")]
    #[schema(example = "urn:leadyard:problem:unprocessable")]
    pub kind: String,
    /// The kind of problem, for people.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened in this case, where, and what to do.
    pub detail: String,
    /// Everything that is wrong with a config, when that is the problem.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub problems: Vec<Finding>,
}

/// One thing that is wrong with a config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    /// The node of the document.
    #[schema(example = "profiles[0].rules[2].when.all[1].value")]
    pub path: String,
    /// What is wrong and what was expected there.
    pub message: String,
}

impl Finding {
    /// The domain's problems as the API writes them.
    #[must_use]
    pub fn all(config::Problems(problems): config::Problems) -> Vec<Self> {
        let left_out = problems.len().saturating_sub(FINDINGS_MAX);
        let told = problems.into_iter().take(FINDINGS_MAX);
        let mut findings: Vec<Self> = told.map(|config::Problem { path, message }| Self { path, message }).collect();
        if left_out > 0 {
            findings.push(Self { path: String::new(), message: format!("{left_out} more problems are left out here") });
        }
        findings
    }
}

/// What the log says of a refusal; travels in the response's extensions.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The kind's name.
    pub kind: &'static str,
    /// What went wrong inside, where something did.
    pub cause: Option<String>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // Strings and numbers only: there is nothing that could fail to serialise.
        let body = serde_json::to_vec(&self.document()).unwrap_or_default();
        let (status, slug, _) = self.kind.row();
        let mut response = (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response();
        let extra = match self.kind {
            // RFC 9110 asks for it with every 401.
            Kind::Unauthenticated => Some((header::WWW_AUTHENTICATE, "Bearer")),
            Kind::Unavailable => Some((header::RETRY_AFTER, RETRY_AFTER_S)),
            _ => None,
        };
        if let Some((name, value)) = extra {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response.extensions_mut().insert(Refused { kind: slug, cause: self.cause });
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_as_rfc_9457_has_it() {
        let problems = config::Problems(vec![config::Problem::new("pools[0].members", "needs one")]);
        let document = serde_json::to_value(Problem::config(Finding::all(problems)).document()).unwrap();
        assert_eq!(document["type"], "urn:leadyard:problem:unprocessable");
        assert_eq!(document["status"], 422);
        assert_eq!(document["problems"][0]["path"], "pools[0].members");
        let plain = serde_json::to_value(Problem::unknown("lead", &"x").document()).unwrap();
        assert_eq!(plain["detail"], "This account has no lead 'x'.");
        assert_eq!(plain.get("problems"), None);
    }

    #[test]
    fn a_cause_is_for_the_log_only() {
        let response = Problem::behind(true, &"table leads-1234 is away").into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.extensions().get::<Refused>().unwrap().cause.as_deref(), Some("table leads-1234 is away"));
        let document = serde_json::to_string(&Problem::behind(false, &"table leads-1234").document()).unwrap();
        assert!(!document.contains("1234"), "{document}");
    }

    #[test]
    fn headers_that_a_status_asks_for() {
        let response = Problem::behind(true, &"x").into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], RETRY_AFTER_S);
        let response = Problem::new(Kind::Unauthenticated, "x").into_response();
        assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer");
        assert_eq!(response.headers()[header::CONTENT_TYPE], MEDIA_TYPE);
    }
}
