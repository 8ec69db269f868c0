//! The body of a platform that sends more than one media type, or names the wrong one.

use serde_json::{Map, Value};

use super::form::{add, multipart, urlencoded};
use super::json::{is_json, parse};
use super::nest;
use crate::request::{Malformed, Request};

const URLENCODED: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data";

/// A body by its syntax.
pub(super) enum Body {
    /// JSON, whatever the media type says.
    Json(Value),
    /// The pairs of a form, in its order.
    Pairs(Vec<(String, Value)>),
}

impl Body {
    /// The body as one JSON value: a form's names with brackets become objects and lists, as PHP writes them.
    ///
    /// # Errors
    /// There are too many pairs.
    pub(super) fn nested(self) -> Result<Value, Malformed> {
        match self {
            Self::Json(value) => Ok(value),
            Self::Pairs(pairs) => nest::nest(pairs).map(Value::Object),
        }
    }

    /// The body as one JSON value, a form's names as they are.
    pub(super) fn flat(self) -> Value {
        match self {
            Self::Json(value) => value,
            Self::Pairs(pairs) => {
                let mut object = Map::new();
                for (name, value) in pairs {
                    add(&mut object, name, value);
                }
                object.into()
            }
        }
    }
}

/// Reads JSON, an urlencoded or a multipart form.
///
/// Some platforms send JSON as plain text or as a form, and some name no type: no form begins with a brace, so that what
/// does is JSON.
///
/// # Errors
/// The body is not of its syntax, or of a media type that is none of these.
pub(super) fn read(request: &Request<'_>) -> Result<Body, Malformed> {
    let kind = request.media_type();
    match kind.as_deref() {
        Some(MULTIPART) => multipart::parse(request).map(Body::Pairs),
        Some(kind) if is_json(kind) => parse::parse(request.body).map(Body::Json),
        None | Some(URLENCODED | "text/plain") if looks_like_json(request.body) => {
            parse::parse(request.body).map(Body::Json)
        }
        None | Some(URLENCODED | "text/plain") => urlencoded::parse(request.body).map(Body::Pairs),
        Some(_) => {
            let expected = "application/json, application/x-www-form-urlencoded or multipart/form-data";
            Err(Malformed::ContentType { found: kind, expected })
        }
    }
}

/// Reads JSON of a platform that sends nothing else.
///
/// # Errors
/// The body is no JSON, or says that it is none.
pub(super) fn json(request: &Request<'_>) -> Result<Value, Malformed> {
    let kind = request.media_type();
    match kind.as_deref() {
        None => parse::parse(request.body),
        Some(kind) if is_json(kind) => parse::parse(request.body),
        Some(_) => Err(Malformed::ContentType { found: kind, expected: "application/json" }),
    }
}

/// Reads JSON that is one object.
///
/// # Errors
/// As [`json`], or it is something else.
pub(super) fn json_object(request: &Request<'_>) -> Result<Map<String, Value>, Malformed> {
    object(json(request)?, "the top level")
}

/// The object that a value is.
///
/// # Errors
/// It is something else.
pub(super) fn object(value: Value, at: &str) -> Result<Map<String, Value>, Malformed> {
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(Malformed::Event { at: at.to_owned(), what: "is no object".to_owned() }),
    }
}

/// Takes the object out that stands under a key.
///
/// # Errors
/// It is missing or something else.
pub(super) fn take_object(from: &mut Map<String, Value>, key: &str) -> Result<Map<String, Value>, Malformed> {
    match from.remove(key) {
        Some(value) => object(value, key),
        None => Err(Malformed::Event { at: "the top level".to_owned(), what: format!("has no '{key}'") }),
    }
}

fn looks_like_json(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    matches!(body.iter().find(|byte| !byte.is_ascii_whitespace()), Some(b'{' | b'['))
}
