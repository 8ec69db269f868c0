//! The sample as it is pasted: the body itself, or a request taken apart.

use std::collections::BTreeMap;

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use leadyard_sources::BODY_BYTES_MAX;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::problem::{Kind, Problem};

/// A body in JSON is longer than what it stands for: each of its bytes may be escaped.
const PASTED_BYTES_MAX: usize = 6 * BODY_BYTES_MAX;

/// A request taken apart.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PastedRequest {
    /// The headers, by name. With others than `Content-Type` the request is verified as well.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// The URL as the sender called it: some platforms sign it.
    #[serde(default)]
    #[schema(required = false)]
    url: Option<String>,
    /// The raw body.
    body: String,
}

/// What was pasted.
pub(super) struct Pasted {
    pub(super) headers: HeaderMap,
    pub(super) url: Option<String>,
    pub(super) body: Vec<u8>,
    /// Whether there are headers that may prove where it comes from.
    pub(super) may_prove: bool,
}

/// Reads a sample.
///
/// # Errors
/// It is too large, or names a header that is none.
pub(super) async fn read(request: Request) -> Result<Pasted, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).cloned();
    let bytes = to_bytes(request.into_body(), PASTED_BYTES_MAX).await.map_err(|_| {
        let detail = format!("The body is over {} KiB, the most for this route.", PASTED_BYTES_MAX / 1024);
        Problem::new(Kind::TooLarge, detail)
    })?;
    let is_json = kind.as_ref().and_then(|kind| kind.to_str().ok()).is_some_and(|kind| kind.contains("json"));
    // An event of these names alone, with a text for its body, is nothing that a form or a CRM sends.
    let apart = is_json.then(|| serde_json::from_slice::<PastedRequest>(&bytes).ok()).flatten();
    let Some(PastedRequest { headers: given, url, body }) = apart else {
        // The others are of this request and say nothing of the sample.
        let headers = kind.map(|kind| (header::CONTENT_TYPE, kind)).into_iter().collect();
        return Ok(Pasted { headers, url: None, body: bytes.into(), may_prove: false });
    };
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let parsed = name.parse::<HeaderName>().ok().zip(HeaderValue::from_str(&value).ok());
        let Some((parsed, value)) = parsed else {
            let detail = format!("'{name}' is no header: its name is a token, and its value has no line breaks.");
            return Err(Problem::new(Kind::BadRequest, detail));
        };
        headers.append(parsed, value);
    }
    let may_prove = headers.keys().any(|name| *name != header::CONTENT_TYPE);
    Ok(Pasted { headers, url, body: body.into_bytes(), may_prove })
}
