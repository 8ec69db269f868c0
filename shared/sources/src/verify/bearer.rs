//! `Authorization: Bearer …`.

use subtle::ConstantTimeEq as _;

use super::Unauthentic;
use crate::request::Request;

const HEADER: &str = "authorization";

pub(super) fn verify(secrets: &[&[u8]], request: &Request<'_>) -> Result<(), Unauthentic> {
    let value = request.header(HEADER).map_err(|problem| Unauthentic::header(HEADER, problem))?;
    // RFC 9110: the scheme's case does not matter, and one or more spaces follow it.
    let token = match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => return Err(Unauthentic::Form { name: HEADER.to_owned(), expected: "'Bearer' and the token".to_owned() }),
    };
    // Every secret is compared, so that the time does not tell which one came close. The length may show.
    let matches = secrets.iter().fold(0, |found, secret| found | secret.ct_eq(token.as_bytes()).unwrap_u8());
    if matches == 1 { Ok(()) } else { Err(Unauthentic::Mismatch { name: HEADER.to_owned() }) }
}
