//! A header that holds the secret itself, as many form plugins and CRMs send it.

use leadyard_domain::config::HeaderSecret;
use subtle::ConstantTimeEq as _;

use super::Unauthentic;
use crate::request::Request;

pub(super) fn verify(settings: &HeaderSecret, secrets: &[&[u8]], request: &Request<'_>) -> Result<(), Unauthentic> {
    let name = settings.header.as_str();
    let value = request.header(name).map_err(|problem| Unauthentic::header(name, problem))?;
    // Every secret is compared, so that the time does not tell which one came close. The length may show.
    let fits = secrets.iter().fold(0, |found, secret| found | secret.ct_eq(value.trim().as_bytes()).unwrap_u8());
    if fits == 1 { Ok(()) } else { Err(Unauthentic::Mismatch { name: name.to_owned() }) }
}
