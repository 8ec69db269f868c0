//! A body that carries entries: its encoding, its type, its limits.

use std::io::Read as _;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use flate2::bufread::MultiGzDecoder;

use super::Entries;
use super::read::Form;
use crate::problem::{Kind, Problem};

/// Most bytes of a body as it is sent. Lambda takes 6 MB, and gets what is no text in base64.
const PACKED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most bytes of a body when unpacked: a list of the most bytes, in the longest of its forms.
const UNPACKED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Entries that were sent.
pub(crate) struct EntriesBody(pub(crate) Entries);

impl<S: Send + Sync> FromRequest<S> for EntriesBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let form = form(request.headers())?;
        let packed = is_packed(request.headers())?;
        let body = to_bytes(request.into_body(), PACKED_BYTES_MAX).await.map_err(|_| {
            too_large(format!(
                "The body is over {} MiB. Send it with Content-Encoding: gzip, or in parts: PUT the first to \
                 /v1/lists/{{name}} and POST the others to /v1/lists/{{name}}/entries.",
                PACKED_BYTES_MAX / (1024 * 1024)
            ))
        })?;
        let body = if packed { unpacked(&body, UNPACKED_BYTES_MAX)? } else { body.to_vec() };
        form.read(&utf8(body)?).map(Self)
    }
}

fn form(headers: &HeaderMap) -> Result<Form, Problem> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.and_then(Form::of).ok_or_else(|| {
        Problem::new(
            Kind::UnsupportedMediaType,
            "The header Content-Type names no type that this route reads: send text/plain (one entry a line), text/csv \
             (the first column) or application/json (an array of strings).",
        )
    })
}

/// Whether a body is packed with gzip, as RFC 9110 names it.
fn is_packed(headers: &HeaderMap) -> Result<bool, Problem> {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    let encoding = encodings.next().map(|value| value.to_str().unwrap_or_default().trim().to_ascii_lowercase());
    match (encoding.as_deref(), encodings.next()) {
        (None | Some("" | "identity"), None) => Ok(false),
        (Some("gzip" | "x-gzip"), None) => Ok(true),
        _ => Err(Problem::new(
            Kind::UnsupportedMediaType,
            "The header Content-Encoding names an encoding that is not read here: send gzip, or no encoding.",
        )),
    }
}

/// Unpacks at most `bytes_max` bytes: a small body can hold a very large one.
fn unpacked(body: &Bytes, bytes_max: usize) -> Result<Vec<u8>, Problem> {
    let mut unpacked = Vec::new();
    let most = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    let read = MultiGzDecoder::new(body.as_ref()).take(most).read_to_end(&mut unpacked);
    read.map_err(|error| Problem::new(Kind::BadRequest, format!("The body is not whole gzip data: {error}.")))?;
    if unpacked.len() > bytes_max {
        let most = bytes_max / (1024 * 1024);
        return Err(too_large(format!("The body unpacks to more than {most} MiB. Send it in parts.")));
    }
    Ok(unpacked)
}

fn too_large(detail: String) -> Problem {
    Problem::new(Kind::TooLarge, detail)
}

fn utf8(body: Vec<u8>) -> Result<String, Problem> {
    String::from_utf8(body).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..valid].iter().filter(|byte| **byte == b'\n').count() + 1;
        let detail = format!("The body is not UTF-8 on line {line}, at byte {valid}: send it as UTF-8.");
        Problem::new(Kind::BadRequest, detail)
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_was_packed_is_unpacked_up_to_a_bound() {
        let unpack = |body: Vec<u8>, most| unpacked(&Bytes::from(body), most).map_err(|problem| problem.kind());
        assert_eq!(unpack(gzip(b"10115\n"), 6), Ok(b"10115\n".to_vec()));
        assert_eq!(unpack(gzip(b"10115\n"), 5), Err(Kind::TooLarge));
        // Several members, as from `cat a.gz b.gz`.
        assert_eq!(unpack([gzip(b"1\n"), gzip(b"2\n")].concat(), 9), Ok(b"1\n2\n".to_vec()));
        // A bomb: a thousand times its size.
        assert_eq!(unpack(gzip(&vec![0; 10_000_000]), 1_000_000), Err(Kind::TooLarge));
        for broken in [b"10115\n".to_vec(), Vec::new(), gzip(b"10115\n")[..20].to_vec()] {
            assert_eq!(unpack(broken, 100), Err(Kind::BadRequest));
        }
        let mut changed = gzip(b"10115\n");
        let checksum = changed.len() - 8;
        changed[checksum] ^= 1;
        assert_eq!(unpack(changed, 100), Err(Kind::BadRequest));
    }

    #[test]
    fn encodings() {
        let packed = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::CONTENT_ENCODING, value.parse().unwrap());
            }
            is_packed(&headers).map_err(|problem| problem.kind())
        };
        for (values, expected) in [
            (&[][..], Ok(false)),
            (&["identity"], Ok(false)),
            (&["gzip"], Ok(true)),
            (&["X-GZIP"], Ok(true)),
            (&["br"], Err(Kind::UnsupportedMediaType)),
            (&["gzip, gzip"], Err(Kind::UnsupportedMediaType)),
            (&["gzip", "gzip"], Err(Kind::UnsupportedMediaType)),
        ] {
            assert_eq!(packed(values), expected, "{values:?}");
        }
    }

    #[test]
    fn the_line_that_is_not_utf_8() {
        let problem = utf8(b"a\nb\n\xfc\n".to_vec()).unwrap_err();
        assert!(format!("{problem:?}").contains("line 3, at byte 4"), "{problem:?}");
    }
}
