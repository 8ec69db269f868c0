//! `multipart/form-data`.

use std::convert::Infallible;

use futures_util::{FutureExt as _, stream};
use multer::bytes::Bytes;
use serde_json::{Value, json};

use crate::request::{Malformed, Request};

/// The pairs of a body, in its order. Of a file only its name, type and size are kept.
pub(in crate::format) fn parse(request: &Request<'_>) -> Result<Vec<(String, Value)>, Malformed> {
    let whole = request.header("content-type").map_err(|problem| syntax(format!("the content type {problem}")))?;
    let boundary = multer::parse_boundary(whole).map_err(|error| syntax(error.to_string()))?;
    let body = Bytes::copy_from_slice(request.body);
    let body = stream::once(async move { Ok::<_, Infallible>(body) });
    // The parser is written for bodies that come in pieces. This one is whole in memory, so it never has to wait and
    // one poll drives it to its end.
    read(multer::Multipart::new(body, boundary))
        .now_or_never()
        .unwrap_or_else(|| Err(syntax("it ends before its last boundary".to_owned())))
}

async fn read(mut form: multer::Multipart<'_>) -> Result<Vec<(String, Value)>, Malformed> {
    let refuse = |error: multer::Error| syntax(error.to_string());
    let mut pairs = Vec::new();
    while let Some(field) = form.next_field().await.map_err(refuse)? {
        let Some(name) = field.name().filter(|name| !name.is_empty()).map(str::to_owned) else {
            return Err(syntax(format!("part {} has no name", field.index() + 1)));
        };
        let file_name = field.file_name().map(str::to_owned);
        let content_type = field.content_type().map(ToString::to_string);
        let content = field.bytes().await.map_err(refuse)?;
        let value = match file_name {
            // A file input that nobody used.
            Some(file_name) if file_name.is_empty() && content.is_empty() => continue,
            Some(name) => json!({ "file_name": name, "content_type": content_type, "bytes": content.len() }),
            None => {
                let text = String::from_utf8(content.to_vec())
                    .map_err(|_| syntax(format!("the value of field {name:?} is not UTF-8")))?;
                Value::String(text)
            }
        };
        pairs.push((name, value));
    }
    Ok(pairs)
}

fn syntax(what: String) -> Malformed {
    Malformed::Syntax { syntax: "multipart form", what }
}
