//! Ids of platforms: up to 64 bits, so texts.

use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::Mac as _;
use serde_json::{Map, Value};

use crate::request::{Request, id_text};
use crate::verify::{Unauthentic, hmac as by_hmac};

/// Writes every number that is an id as a text: whoever reads the event later may know numbers as doubles only.
pub(super) fn as_texts(event: &mut Map<String, Value>) {
    for (key, value) in event.iter_mut() {
        if (key == "id" || key.ends_with("_id"))
            && value.is_number()
            && let Some(text) = id_text(value)
        {
            *value = Value::String(text);
        }
    }
}

/// The id under a key, as a text.
pub(super) fn text(event: &Map<String, Value>, key: &str) -> Option<String> {
    event.get(key).and_then(id_text)
}

/// Proves a hexadecimal HMAC-SHA256 of a header, over some parts in a row, by any of the secrets.
pub(super) fn prove(
    secrets: &[&[u8]],
    request: &Request<'_>,
    (header, prefix): (&'static str, &str),
    before: &[u8],
) -> Result<(), Unauthentic> {
    let value = request.header(header).map_err(|problem| Unauthentic::header(header, problem))?.trim();
    let written = value.strip_prefix(prefix).and_then(|hex| HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok());
    let signature = written.ok_or_else(|| Unauthentic::Form {
        name: header.to_owned(),
        expected: format!("'{prefix}' and the signature in hexadecimal"),
    })?;
    let fits = |secret: &&[u8]| by_hmac::sha256(secret, &[before, request.body]).verify_slice(&signature).is_ok();
    if secrets.iter().any(fits) { Ok(()) } else { Err(Unauthentic::Mismatch { name: header.to_owned() }) }
}
