//! An HMAC over the raw body in a header.

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, KeyInit as _, Mac as _};
use leadyard_domain::config::{HmacAlgorithm, HmacEncoding, HmacSettings};
use sha2::{Sha256, Sha512};

use super::Unauthentic;
use crate::request::Request;

pub(super) fn verify(settings: &HmacSettings, secrets: &[&[u8]], request: &Request<'_>) -> Result<(), Unauthentic> {
    let name = settings.header.as_str();
    let value = request.header(name).map_err(|problem| Unauthentic::header(name, problem))?;
    let signature = decode(settings, value.trim()).ok_or_else(|| Unauthentic::Form {
        name: name.to_owned(),
        expected: match settings.encoding {
            HmacEncoding::Hex => format!("'{}' and the signature in hexadecimal", settings.prefix),
            HmacEncoding::Base64 => format!("'{}' and the signature in base64", settings.prefix),
        },
    })?;
    let fits = |secret: &&[u8]| match settings.algorithm {
        HmacAlgorithm::Sha256 => sha256(secret, &[request.body]).verify_slice(&signature).is_ok(),
        HmacAlgorithm::Sha512 => {
            let mut mac = Hmac::<Sha512>::new_from_slice(secret).expect("HMAC takes a key of any length");
            mac.update(request.body);
            mac.verify_slice(&signature).is_ok()
        }
    };
    if secrets.iter().any(fits) { Ok(()) } else { Err(Unauthentic::Mismatch { name: name.to_owned() }) }
}

fn decode(settings: &HmacSettings, value: &str) -> Option<Vec<u8>> {
    let signature = value.strip_prefix(settings.prefix.as_str())?.as_bytes();
    match settings.encoding {
        HmacEncoding::Hex => HEXLOWER_PERMISSIVE.decode(signature).ok(),
        HmacEncoding::Base64 => BASE64.decode(signature).ok(),
    }
}

/// The HMAC-SHA256 over the parts in a row, ready to be compared in constant time.
pub(crate) fn sha256(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac
}
