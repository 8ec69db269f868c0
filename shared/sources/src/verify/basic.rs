//! `Authorization: Basic …` (RFC 7617).

use data_encoding::{BASE64, BASE64_NOPAD};
use leadyard_domain::config::BasicSecret;
use subtle::ConstantTimeEq as _;

use super::Unauthentic;
use crate::request::Request;

const HEADER: &str = "authorization";

pub(super) fn verify(settings: &BasicSecret, secrets: &[&[u8]], request: &Request<'_>) -> Result<(), Unauthentic> {
    let form = || Unauthentic::Form {
        name: HEADER.to_owned(),
        expected: "'Basic' and the user's name, ':' and the password in base64".to_owned(),
    };
    let value = request.header(HEADER).map_err(|problem| Unauthentic::header(HEADER, problem))?;
    let encoded = match value.split_once(' ') {
        Some((scheme, encoded)) if scheme.eq_ignore_ascii_case("basic") => encoded.trim().as_bytes(),
        _ => return Err(form()),
    };
    let given = BASE64.decode(encoded).or_else(|_| BASE64_NOPAD.decode(encoded)).map_err(|_| form())?;
    // Name and password are compared as one text, for every secret, so that the time does not tell which one came close.
    let fits = secrets.iter().fold(0, |found, secret| {
        let expected = [settings.username.as_bytes(), b":", secret].concat();
        found | expected.ct_eq(&given).unwrap_u8()
    });
    if fits == 1 { Ok(()) } else { Err(Unauthentic::Mismatch { name: HEADER.to_owned() }) }
}
