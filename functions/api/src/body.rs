//! Reading what a request carries: its body, its query, the ids in its path. Whatever does not fit is a problem document.

use std::fmt::Display;
use std::str::FromStr;

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use leadyard_domain::config::document::Syntax;
use serde::de::DeserializeOwned;

use crate::problem::{Kind, Problem};

/// Most bytes of a config document. A config of 10,000 rules and 5,000 assignees stays below; Lambda itself takes 6 MB.
pub const CONFIG_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most bytes of any other body.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// A JSON body.
pub struct JsonBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let json = syntax(request.headers()) == Some(Syntax::Json);
        let text = text(request, BODY_BYTES_MAX).await?;
        if json { read_json(&text).map(Self) } else { Err(wrong_type("application/json")) }
    }
}

/// A JSON body of a route that takes as much as a config has.
pub struct LargeJsonBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for LargeJsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let json = syntax(request.headers()) == Some(Syntax::Json);
        let text = text(request, CONFIG_BYTES_MAX).await?;
        if json { read_json(&text).map(Self) } else { Err(wrong_type("application/json")) }
    }
}

/// A JSON body that may be left out, or `null`.
pub struct OptionalJsonBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalJsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let json = syntax(request.headers()) == Some(Syntax::Json);
        let text = text(request, BODY_BYTES_MAX).await?;
        match (text.is_empty(), json) {
            (true, _) => Ok(Self(T::default())),
            (false, true) => read_json(&text).map(|body: Option<T>| Self(body.unwrap_or_default())),
            (false, false) => Err(wrong_type("application/json")),
        }
    }
}

/// The text of a config document and how it is written.
pub struct ConfigText {
    /// The text.
    pub text: String,
    /// By the content type.
    pub syntax: Syntax,
}

impl<S: Send + Sync> FromRequest<S> for ConfigText {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let syntax = syntax(request.headers()).ok_or_else(|| wrong_type("application/yaml or application/json"))?;
        Ok(Self { text: text(request, CONFIG_BYTES_MAX).await?, syntax })
    }
}

/// The query's parameters. An unknown one is refused: a misspelt filter must not look like an answer.
pub struct Parameters<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(parameters)) => Ok(Self(parameters)),
            Err(rejection) => Err(Problem::new(
                Kind::BadRequest,
                format!("{}. GET /v1/openapi.json lists the parameters.", rejection.body_text()),
            )),
        }
    }
}

/// The two ids in the path.
pub struct Ids<T, U>(pub T, pub U);

impl<S, T, U> FromRequestParts<S> for Ids<T, U>
where
    S: Send + Sync,
    T: FromStr,
    T::Err: Display,
    U: FromStr,
    U::Err: Display,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((first, second)) = path.map_err(|rejection| unreadable_path(&rejection.body_text()))?;
        Ok(Self(read_id(&first)?, read_id(&second)?))
    }
}

/// The one id in the path.
pub struct Id<T>(pub T);

impl<S, T> FromRequestParts<S> for Id<T>
where
    S: Send + Sync,
    T: FromStr,
    T::Err: Display,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = path.map_err(|rejection| unreadable_path(&rejection.body_text()))?;
        read_id(&text).map(Self)
    }
}

pub(crate) fn unreadable_path(why: &str) -> Problem {
    Problem::new(Kind::BadRequest, format!("The path cannot be read: {why}."))
}

pub(crate) fn read_id<T: FromStr<Err: Display>>(text: &str) -> Result<T, Problem> {
    // Nothing has an id that is none, so it is not found like any other unknown one.
    text.parse().map_err(|error| Problem::new(Kind::NotFound, format!("In the path, {error}.")))
}

/// How a body is written, by its content type; `None` for a type that is neither JSON nor YAML.
fn syntax(headers: &HeaderMap) -> Option<Syntax> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/json" | "text/json" => Some(Syntax::Json),
        // The registered name (RFC 9512) and the ones from before it.
        "application/yaml" | "application/x-yaml" | "text/yaml" | "text/x-yaml" => Some(Syntax::Yaml),
        other if other.ends_with("+json") => Some(Syntax::Json),
        other if other.ends_with("+yaml") => Some(Syntax::Yaml),
        _ => None,
    }
}

async fn text(request: Request, bytes_max: usize) -> Result<String, Problem> {
    // Lambda hands a body over as a whole, so its length is all that can fail.
    let bytes = to_bytes(request.into_body(), bytes_max).await.map_err(|_| {
        Problem::new(Kind::TooLarge, format!("The body is over {} KiB, the most for this route.", bytes_max / 1024))
    })?;
    String::from_utf8(bytes.into()).map_err(|error| {
        let place = error.utf8_error().valid_up_to();
        Problem::new(Kind::BadRequest, format!("The body is not UTF-8 at byte {place}: send it as UTF-8."))
    })
}

fn read_json<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let at = match error.path().to_string() {
            path if path == "." => String::new(),
            path => format!(" at '{path}'"),
        };
        // serde_json ends its messages with the line and the column.
        Problem::new(Kind::BadRequest, format!("The JSON body does not fit{at}: {}.", error.inner()))
    })?;
    json.end().map_err(|error| Problem::new(Kind::BadRequest, format!("After the JSON body: {error}.")))?;
    Ok(value)
}

fn wrong_type(expected: &str) -> Problem {
    Problem::new(
        Kind::UnsupportedMediaType,
        format!("The header Content-Type names no type that this route reads: send {expected}."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types() {
        for (value, expected) in [
            ("application/json", Some(Syntax::Json)),
            ("Application/JSON; charset=utf-8", Some(Syntax::Json)),
            ("application/vnd.acme+json", Some(Syntax::Json)),
            ("application/yaml", Some(Syntax::Yaml)),
            ("text/x-yaml ;charset=utf-8", Some(Syntax::Yaml)),
            ("text/plain", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, value.parse().unwrap())]);
            assert_eq!(syntax(&headers), expected, "{value}");
        }
        assert_eq!(syntax(&HeaderMap::new()), None);
    }

    #[test]
    fn json_errors_name_the_place() {
        #[derive(Debug, serde::Deserialize)]
        struct Inner {
            #[serde(rename = "n")]
            _n: u8,
        }
        let error = |text: &str| format!("{:?}", read_json::<Vec<Inner>>(text).unwrap_err());
        assert!(error("[{\"n\": 1},\n {\"n\": true}]").contains("at '[1].n'"));
        assert!(error("[{\"n\": 1},\n {\"n\": true}]").contains("line 2 column 11"));
        assert!(error("[\n{").contains("line 2 column 1"));
        assert!(error("[] []").contains("After the JSON body"));
    }
}
