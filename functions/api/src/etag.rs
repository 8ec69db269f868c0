//! The config's version as an entity tag: `"7"`.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::problem::{Kind, Problem};

/// The tag of a version.
///
/// # Panics
/// Never: digits in quotes are a valid header.
#[must_use]
pub fn etag(version: u64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).expect("digits in quotes are a valid header")
}

/// What `If-Match` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// Any published version: `*`.
    Any,
    /// One of these versions.
    Versions(Vec<u64>),
}

impl IfMatch {
    /// Reads the header; `None` when there is none.
    ///
    /// A weak tag and one that is no version are valid and match nothing, as RFC 9110 asks for.
    ///
    /// # Errors
    /// The header is no list of entity tags.
    pub fn read(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let mut versions = Vec::new();
        let mut given = false;
        for value in headers.get_all(header::IF_MATCH) {
            given = true;
            let text = value.to_str().unwrap_or_default().trim();
            if text == "*" {
                return Ok(Some(Self::Any));
            }
            // A version has no comma in it, so tags that have one match nothing wherever they are cut.
            for tag in text.split(',').map(str::trim) {
                let quoted = tag.trim_start_matches("W/");
                if quoted.len() < 2 || !quoted.starts_with('"') || !quoted.ends_with('"') {
                    return Err(Problem::new(
                        Kind::BadRequest,
                        "The header If-Match holds no entity tag: send the ETag of the version you started from, in \
                         its quotes, such as \"7\".",
                    ));
                }
                if let Some(Ok(version)) = tag.strip_prefix('"').map(|rest| rest.trim_end_matches('"').parse()) {
                    versions.push(version);
                }
            }
        }
        Ok(given.then_some(Self::Versions(versions)))
    }

    /// Whether the version in force (0 when nothing was published) is one that was asked for.
    #[must_use]
    pub fn allows(&self, in_force: u64) -> bool {
        match self {
            Self::Any => in_force > 0,
            Self::Versions(versions) => versions.contains(&in_force),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<Option<IfMatch>, Kind> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_MATCH, value.parse().unwrap());
        }
        IfMatch::read(&headers).map_err(|problem| problem.kind())
    }

    #[test]
    fn lists_weak_tags_and_nonsense() {
        let versions = |versions: &[u64]| Ok(Some(IfMatch::Versions(versions.to_vec())));
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["*"]), Ok(Some(IfMatch::Any)));
        assert_eq!(read(&["\"7\""]), versions(&[7]));
        assert_eq!(read(&["\"7\", \"8\"", "\"9\""]), versions(&[7, 8, 9]));
        assert_eq!(read(&["W/\"7\""]), versions(&[]));
        assert_eq!(read(&["\"abc\""]), versions(&[]));
        for nonsense in ["7", "", "\"", "\"7", "7\""] {
            assert_eq!(read(&[nonsense]), Err(Kind::BadRequest), "{nonsense}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(read(&[etag(12).to_str().unwrap()]), Ok(Some(IfMatch::Versions(vec![12]))));
        assert!(IfMatch::Versions(vec![12]).allows(12) && !IfMatch::Versions(vec![12]).allows(13));
        assert!(IfMatch::Any.allows(1) && !IfMatch::Any.allows(0));
    }
}
